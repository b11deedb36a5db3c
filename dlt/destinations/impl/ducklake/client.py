"""What a load does at DuckLake."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from typing_extensions import override

from dlt.destinations.impl.duckdb.client import DuckDbClient
from dlt.destinations.impl.ducklake.dialect import LAKE_DIALECT
from dlt.destinations.ledger import FENCES_TABLE
from dlt.error_kinds import database_error
from dlt.errors import DatabaseTransientException, DestinationException
from dlt.schema.schema import Schema
from dlt.schema.typing import TableSchema
from dlt.schema.update import SchemaUpdate

if TYPE_CHECKING:
    import duckdb


_CLASHES = ("conflict", "database is locked", "maximum retry count", "could not serialize")
"""What is said when another load was faster."""


_WRITES = "writes"


_LAST_LOAD = "_dlt_last_load_of_"
"""Beginning of the name of a view for each schema; DuckLake lets one of several transactions replace it."""


_MAX_INLINED_COLUMNS = 200
"""Rows of wider tables go into files always: in a catalog they would not fit into a page of Postgres."""


class DuckLakeClient(DuckDbClient):
    """Work on one dataset of a lake."""

    engine: ClassVar[str] = "ducklake"

    def translated(self, error: duckdb.Error) -> DestinationException:
        """Return our error for one of DuckDB; the catalog's own messages stand in it."""
        # the cause is on a line of its own; the excerpt of the statement comes behind an empty one
        text = " ".join(str(error).strip().partition("\n\n")[0].split())
        # a message of the catalog may quote its statement, with values of rows
        text = re.sub(r'query ".*": ', "query: ", text)
        if any(word in text.lower() for word in _CLASHES):
            return database_error(
                "clash", f"ducklake: another load was faster: {text}. Nothing of this one was loaded; run it again."
            )
        found = super().translated(error)
        if getattr(found, "clash", False):
            return DatabaseTransientException(f"ducklake: {text}", kind=found.kind)
        return found

    def apply_ddl(self, update: SchemaUpdate) -> None:
        """Add tables and columns.

        Raises:
            SchemaUpdateTerminalError: a column has another type at the destination.
        """
        if any(len(table["columns"]) > _MAX_INLINED_COLUMNS for table in update.tables.values()):
            name = "ducklake_default_data_inlining_row_limit"
            # lakes of DuckDB 1.4 have no such setting, and put no rows into the catalog
            if self.query("SELECT 1 FROM duckdb_settings() WHERE name = %s", (name,)).fetchone() is not None:
                self.query(f"SET {name} = 0")
        super().apply_ddl(update)

    # -- loads at the same time: DuckLake sees a conflict only where both delete or change rows of one table

    def stage(self, chain: Sequence[TableSchema], load_id: str) -> dict[str, str]:
        """Prepare to take the files of a chain; two loads that replace or merge at the same time will clash."""
        if chain[0].get("write_disposition", "append") != "append":
            self._create_fences()
            self._touch_fences()
        return super().stage(chain, load_id)

    def record_load(self, load_id: str, schema: Schema) -> None:
        """Write that the load is complete, and the version of its schema; two tries of one load will clash.

        Nothing else would keep the second one from adding the same rows again, where both only add.
        """
        super().record_load(load_id, schema)
        name = self.qualified(f"{_LAST_LOAD}{schema.name}")
        self.query(f"CREATE OR REPLACE VIEW {name} AS SELECT {LAKE_DIALECT.literal(load_id)} AS load_id")

    @override
    def _hold_first(self, pipeline_name: str) -> None:
        # nothing: two first loads write one schema, and clash over its view
        return

    def _create_fences(self) -> None:
        if not self.stored_tables([FENCES_TABLE]):
            super()._create_fences()
            super()._add_fence(_WRITES)

    def _add_fence(self, name: str) -> None:
        # nothing else keeps two from adding the same row
        self._touch_fences()
        super()._add_fence(name)

    def _touch_fences(self) -> None:
        key, epoch = self._fence_columns()
        table = self.qualified(FENCES_TABLE)
        self.query(f"UPDATE {table} SET {epoch} = {epoch} + 1 WHERE {key} = %s", (_WRITES,))

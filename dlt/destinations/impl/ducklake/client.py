"""What a load does at DuckLake."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dlt.destinations.impl.duckdb.client import DuckDbCatalog, DuckDbLoader, DuckDbSession
from dlt.destinations.impl.duckdb.memory import Memory
from dlt.destinations.impl.ducklake.dialect import LAKE_DIALECT
from dlt.destinations.impl.ducklake.errors import translate
from dlt.destinations.ledger import FENCES_TABLE
from dlt.destinations.sql.client import SqlDestinationClient
from dlt.destinations.sql.ledger import Ledger
from dlt.late import duckdb
from dlt.schema.schema import Schema
from dlt.schema.typing import TableSchema
from dlt.schema.update import SchemaUpdate
from dlt.types import override

if TYPE_CHECKING:
    from dlt.destinations.impl.ducklake.undo import DuckLakeUndo

_WRITES = "writes"
_LAST_LOAD = "_dlt_last_load_of_"
"""Beginning of the name of a view for each schema; DuckLake lets one of several transactions replace it."""
_MAX_INLINED_COLUMNS = 200
"""Rows of wider tables go into files always: in a catalog they would not fit into a page of Postgres."""


def ducklake_client(
    dataset_name: str, connection: duckdb.DuckDBPyConnection, lake: str, memory: Memory
) -> SqlDestinationClient:
    """Return a client for a dataset of a lake.

    Args:
        dataset_name: Name of the dataset.
        connection: Open connection, to which the lake is attached.
        lake: Its name there.
        memory: What loads may use.
    """
    session = DuckDbSession(LAKE_DIALECT, connection, memory, translate)
    # what the catalog asks is about current_catalog()
    session.query(f"USE {LAKE_DIALECT.quote(lake)}")
    catalog = DuckDbCatalog(session, dataset_name, _prefer_files)
    return DuckLakeClient(DuckDbLoader(catalog), DuckLakeLedger(catalog))


class DuckLakeClient(SqlDestinationClient):
    """Work on one dataset of a lake."""

    @override
    def undoing(self) -> DuckLakeUndo:
        """Return what undoes loads."""
        from dlt.destinations.impl.ducklake.undo import DuckLakeUndo

        return DuckLakeUndo(self.loader, self.ledger)


def _prefer_files(session: DuckDbSession, update: SchemaUpdate) -> None:
    if any(len(table["columns"]) > _MAX_INLINED_COLUMNS for table in update.tables.values()):
        name = "ducklake_default_data_inlining_row_limit"
        # lakes of DuckDB 1.4 have no such setting, and put no rows into the catalog
        if session.query("SELECT 1 FROM duckdb_settings() WHERE name = %s", (name,)).fetchone() is not None:
            session.query(f"SET {name} = 0")


class DuckLakeLedger(Ledger):
    """Records of one dataset. DuckLake sees a conflict only where two loads delete or change rows of one table."""

    def record_load(self, load_id: str, schema: Schema) -> None:
        """Write that the load is complete, and the version of its schema; two tries of one load will clash.

        Nothing else would keep the second one from adding the same rows again, where both only add.
        """
        super().record_load(load_id, schema)
        name = self.catalog.qualified(f"{_LAST_LOAD}{schema.name}")
        self.session.query(f"CREATE OR REPLACE VIEW {name} AS SELECT {LAKE_DIALECT.literal(load_id)} AS load_id")

    def hold_first(self, pipeline_name: str) -> None:
        """Need nothing: two first loads write one schema, and clash over its view."""

    def create_fences(self) -> None:
        """Make the table of fences if it is not there."""
        if not self.catalog.has_table(FENCES_TABLE):
            super().create_fences()
            # not by the method below, which changes this very row
            super().add_fence(_WRITES)

    def add_fence(self, name: str) -> None:
        """Add a fence; nothing else than the row that all change keeps two from adding the same one."""
        self.touch(_WRITES)
        super().add_fence(name)

    @override
    def take_turn(self, chain: Sequence[TableSchema]) -> None:
        """Clash with other loads that replace or merge at the same time."""
        self.create_fences()
        self.touch(_WRITES)

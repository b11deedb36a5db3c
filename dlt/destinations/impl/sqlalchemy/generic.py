"""Databases that have no file of their own here: types as SQLAlchemy writes them, otherwise standard SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from dlt.destinations.impl.sqlalchemy.client import SqlAlchemyClient
from dlt.destinations.ledger import FENCES_TABLE
from dlt.destinations.sql.dialect import Dialect
from dlt.error_kinds import database_error
from dlt.errors import DatabaseTerminalException, DestinationException
from dlt.schema.capabilities import Capabilities
from dlt.schema.typing import ColumnSchema, DataType, TableSchema

CAPABILITIES = Capabilities(
    max_identifier_length=63,
    max_column_identifier_length=63,
    supports_ddl_transactions=False,
    enforces_length=True,
    max_decimal=(38, 38),
)
NO_MERGE = replace(CAPABILITIES, supported_merge_strategies=())
"""Of databases that cannot make a temporary table of a query the standard way."""
_NO_MERGE = ("mssql", "oracle", "ibm_db_sa", "db2", "hana", "firebird")
_WRITES = "writes"
"""Name of the row that loads change which must not run beside each other."""
_THERE_SIGNS = ("already exists", "duplicate", "already an object", "already used", "unique")
_KEEPS_DDL = ("postgresql", "mssql", "redshift", "db2", "ibm_db_sa", "duckdb")


def capabilities_of(name: str) -> Capabilities:
    """Return what a database can do.

    Args:
        name: Name of the dialect in SQLAlchemy.
    """
    return NO_MERGE if name in _NO_MERGE else CAPABILITIES


def ddl_commits(name: str) -> bool:
    """Tell whether a change of tables must be taken to end the transaction.

    Args:
        name: Name of the dialect in SQLAlchemy.
    """
    return name not in _KEEPS_DDL


class StandardDialect(Dialect):
    """Standard SQL."""

    @property
    def key_text(self) -> str:
        """Return type and constraint of a column of short texts that is a primary key."""
        return "VARCHAR(255) PRIMARY KEY"

    def delete_matching(self, table: str, keys: str, match: str) -> str:
        """Return the statement that deletes rows whose keys are in a query."""
        return f"DELETE FROM {table} AS d WHERE EXISTS (SELECT 1 FROM {keys} AS s WHERE {match})"

    def insert_new(self, table: str, columns: str, places: str) -> str:
        """Return the statement that inserts a row; one that is there already is an error that passes."""
        return f"INSERT INTO {table} ({columns}) VALUES ({places})"


class StandardClient(SqlAlchemyClient):
    """Work on one dataset of a database of which only standard SQL is known."""

    def run_ddl(self, sql: str) -> None:
        """Run a statement that makes, changes or drops a table or dataset."""
        try:
            super().run_ddl(sql)
        except DatabaseTerminalException as error:
            # it was looked for before, so another load made it meanwhile
            raise _clash(error, self.dataset_name) or error from error

    def stage(self, chain: Sequence[TableSchema], load_id: str) -> dict[str, str]:
        """Prepare to take the files of a chain; loads that replace or merge take turns."""
        if chain[0].get("write_disposition", "append") != "append":
            self._create_fences()
            if self._epoch(_WRITES) is None:
                self._add_fence(_WRITES)
            table, (key, epoch) = self.qualified(FENCES_TABLE), self._fence_columns()
            self.query(f"UPDATE {table} SET {epoch} = {epoch} + 1 WHERE {key} = %s", (_WRITES,))
        return super().stage(chain, load_id)

    def _add_fence(self, name: str) -> None:
        try:
            super()._add_fence(name)
        except DatabaseTerminalException as error:
            raise _clash(error, self.dataset_name) or error from error


def _clash(error: DatabaseTerminalException, dataset_name: str) -> DestinationException | None:
    if not any(sign in str(error).lower() for sign in _THERE_SIGNS):
        return None
    return database_error(
        "clash", f"dataset {dataset_name}: another load made the same at the same moment: {error}. Run it again."
    )


def dialect_for(native: Any) -> Dialect:
    """Return how a database writes names and types.

    Args:
        native: Dialect of SQLAlchemy.
    """
    import sqlalchemy as sa

    generic: dict[DataType, Any] = {
        "text": sa.Text(),
        "double": sa.Float(53),
        "bool": sa.Boolean(),
        "timestamp": sa.DateTime(timezone=True),
        "bigint": sa.BigInteger(),
        "binary": sa.LargeBinary(),
        "json": sa.Text(),
        "date": sa.Date(),
        "time": sa.Time(),
    }
    types: dict[DataType, str] = {kind: value.compile(dialect=native) for kind, value in generic.items()}

    def sized(column: ColumnSchema, capabilities: Capabilities) -> str | None:
        kind, precision, scale = column["data_type"], column.get("precision"), column.get("scale")
        if kind in ("decimal", "wei"):
            default = capabilities.decimal_precision if kind == "decimal" else capabilities.wei_precision
            numeric = sa.Numeric(precision or default[0], default[1] if scale is None else scale)
            return str(numeric.compile(dialect=native))
        if kind == "timestamp" and not column.get("timezone", True):
            return str(sa.DateTime().compile(dialect=native))
        if kind == "text" and precision is not None:
            return str(sa.String(precision).compile(dialect=native))
        return None

    families: dict[str, DataType] = {}
    for kind, text in types.items():
        families.setdefault(text.upper().partition("(")[0].strip(), kind)
    families |= {"NUMERIC": "decimal", "DECIMAL": "decimal", "VARCHAR": "text"}
    return StandardDialect(
        types=types,
        sized=sized,
        families=families,
        capabilities=CAPABILITIES,
        temporary="TEMPORARY",
        quote_character=native.identifier_preparer.initial_quote,
    )

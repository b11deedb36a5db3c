"""Databases that have no file of their own here: types as SQLAlchemy writes them, otherwise standard SQL."""

from __future__ import annotations

from typing import Any

from dlt.destinations.sql.dialect import Dialect
from dlt.schema.capabilities import Capabilities
from dlt.schema.typing import ColumnSchema, DataType

CAPABILITIES = Capabilities(max_identifier_length=63, max_column_identifier_length=63, supports_ddl_transactions=False)
_KEEPS_DDL = ("postgresql", "mssql", "redshift", "db2", "ibm_db_sa", "duckdb")


def ddl_commits(name: str) -> bool:
    """Tell whether a change of tables must be taken to end the transaction.

    Args:
        name: Name of the dialect in SQLAlchemy.
    """
    return name not in _KEEPS_DDL


class StandardDialect(Dialect):
    """Standard SQL."""

    def delete_matching(self, table: str, keys: str, match: str) -> str:
        """Return the statement that deletes rows whose keys are in a query."""
        return f"DELETE FROM {table} AS d WHERE EXISTS (SELECT 1 FROM {keys} AS s WHERE {match})"

    def insert_new(self, table: str, columns: str, places: str) -> str:
        """Return the statement that inserts a row; one that is there already is an error that passes."""
        return f"INSERT INTO {table} ({columns}) VALUES ({places})"


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

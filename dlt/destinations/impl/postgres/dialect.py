"""Types and limits of PostgreSQL."""

from __future__ import annotations

from dlt.destinations.sql.dialect import Dialect
from dlt.schema.capabilities import Capabilities
from dlt.schema.typing import ColumnSchema

CAPABILITIES = Capabilities(
    # https://www.postgresql.org/docs/current/limits.html
    max_identifier_length=63,
    max_column_identifier_length=63,
    has_case_sensitive_identifiers=True,
    max_columns=1_600,
    supports_nul=False,
    enforces_length=True,
    sqlglot_dialect="postgres",
)


def _sized(column: ColumnSchema, capabilities: Capabilities) -> str | None:
    kind, precision, scale = column["data_type"], column.get("precision"), column.get("scale")
    if kind in ("decimal", "wei"):
        # 256 bits have 78 digits
        default = capabilities.decimal_precision if kind == "decimal" else (78, 0)
        return f"numeric({precision or default[0]},{default[1] if scale is None else scale})"
    if kind in ("timestamp", "time"):
        # six is all that PostgreSQL keeps, and what it keeps where no size stands
        size = "" if precision is None or precision >= 6 else f"({precision})"
        zone = "with" if kind == "timestamp" and column.get("timezone", True) else "without"
        return f"{kind}{size} {zone} time zone"
    if kind == "bigint" and precision is not None:
        return "smallint" if precision <= 16 else "integer" if precision <= 32 else "bigint"
    if kind == "text" and precision is not None:
        return f"character varying({precision})"
    return None


DIALECT = Dialect(
    regex="{text} ~ {pattern}",
    types={
        "text": "text",
        "double": "double precision",
        "bool": "boolean",
        "timestamp": "timestamp with time zone",
        "bigint": "bigint",
        "binary": "bytea",
        # as in PyPI dlt 1.x, whose tables stay as they are
        "json": "jsonb",
        "date": "date",
        "time": "time without time zone",
    },
    sized=_sized,
    families={
        "TEXT": "text",
        "CHARACTER VARYING": "text",
        "CHARACTER": "text",
        "DOUBLE PRECISION": "double",
        "REAL": "double",
        "BOOLEAN": "bool",
        "TIMESTAMP WITH TIME ZONE": "timestamp",
        "TIMESTAMP WITHOUT TIME ZONE": "timestamp",
        "TIMESTAMP": "timestamp",
        "BIGINT": "bigint",
        "INTEGER": "bigint",
        "SMALLINT": "bigint",
        "BYTEA": "binary",
        "JSONB": "json",
        "JSON": "json",
        "NUMERIC": "decimal",
        "DATE": "date",
        "TIME": "time",
        "TIME WITHOUT TIME ZONE": "time",
    },
    capabilities=CAPABILITIES,
    precisions={"TIMESTAMP WITH TIME ZONE": 6, "TIMESTAMP WITHOUT TIME ZONE": 6},
)

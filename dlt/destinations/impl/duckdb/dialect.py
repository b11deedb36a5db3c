"""The SQL of DuckDB."""

from __future__ import annotations

from dlt.destinations.sql.dialect import Dialect
from dlt.schema.capabilities import Capabilities
from dlt.schema.typing import ColumnSchema

CAPABILITIES = Capabilities(max_decimal=(38, 38), sqlglot_dialect="duckdb")


def _sized(column: ColumnSchema, capabilities: Capabilities) -> str | None:
    kind, precision, scale = column["data_type"], column.get("precision"), column.get("scale")
    if kind in ("decimal", "wei"):
        default = capabilities.decimal_precision if kind == "decimal" else capabilities.wei_precision
        # DECIMAL has 38 digits at most; larger numbers go to a variant column
        return f"DECIMAL({min(precision or default[0], 38)},{default[1] if scale is None else scale})"
    # moments with a zone have microseconds only
    if kind == "timestamp" and not column.get("timezone", True):
        return {0: "TIMESTAMP_S", 3: "TIMESTAMP_MS", 9: "TIMESTAMP_NS"}.get(precision or 6, "TIMESTAMP")
    if kind == "bigint" and precision is not None:
        sizes = {8: "TINYINT", 16: "SMALLINT", 32: "INTEGER"}
        return next((name for bits, name in sizes.items() if precision <= bits), None)
    return None


DIALECT = Dialect(
    regex="regexp_matches({text}, {pattern})",
    types={
        "text": "VARCHAR",
        "double": "DOUBLE",
        "bool": "BOOLEAN",
        "timestamp": "TIMESTAMP WITH TIME ZONE",
        "bigint": "BIGINT",
        "binary": "BLOB",
        "json": "JSON",
        "date": "DATE",
        "time": "TIME",
    },
    sized=_sized,
    families={
        "VARCHAR": "text",
        "DOUBLE": "double",
        "FLOAT": "double",
        "BOOLEAN": "bool",
        "TIMESTAMP WITH TIME ZONE": "timestamp",
        "TIMESTAMP": "timestamp",
        "TIMESTAMP_S": "timestamp",
        "TIMESTAMP_MS": "timestamp",
        "TIMESTAMP_NS": "timestamp",
        "TINYINT": "bigint",
        "SMALLINT": "bigint",
        "INTEGER": "bigint",
        "BIGINT": "bigint",
        # sums of whole numbers have this type, in tables that people make of ours
        "HUGEINT": "bigint",
        "BLOB": "binary",
        "JSON": "json",
        "DECIMAL": "decimal",
        "DATE": "date",
        "TIME": "time",
    },
    capabilities=CAPABILITIES,
    precisions={
        "TIMESTAMP WITH TIME ZONE": 6,
        "TIMESTAMP": 6,
        "TIMESTAMP_S": 0,
        "TIMESTAMP_MS": 3,
        "TIMESTAMP_NS": 9,
    },
)

"""Redshift is PostgreSQL with differences: these are the ones of types, limits and SQL.

What Redshift accepts is in https://docs.aws.amazon.com/redshift/latest/dg/ under SQL reference.
"""

from __future__ import annotations

import datetime
import decimal
import math
import re
from dataclasses import replace

from dlt.destinations.impl.postgres.dialect import DIALECT as POSTGRES
from dlt.destinations.sql.dialect import Dialect
from dlt.errors import DatasetException, SchemaUpdateTerminalError
from dlt.late_dataclass import dataclass
from dlt.schema.capabilities import Capabilities
from dlt.schema.typing import ColumnSchema, TableSchema

SUPER, VARBYTE = 4000, 6551
"""OIDs of Redshift's own types, as Amazon's driver redshift_connector has them."""
MAX_TEXT = 65_535
"""Bytes of the longest VARCHAR, and of the longest literal."""
MAX_BINARY = 1_024_000
MAX_STATEMENT = 16 << 20
"""Bytes of the longest statement: https://docs.aws.amazon.com/redshift/latest/dg/c_redshift-sql.html"""
CAPABILITIES = Capabilities(
    # https://docs.aws.amazon.com/redshift/latest/dg/r_names.html
    max_identifier_length=127,
    max_column_identifier_length=127,
    has_case_sensitive_identifiers=False,
    max_columns=1_600,
    max_text_data_type_length=MAX_TEXT,
    supports_nul=False,
    enforces_length=True,
    # one digit stands before the point at least
    max_decimal=(38, 37),
    sqlglot_dialect="redshift",
)


def _sized(column: ColumnSchema, capabilities: Capabilities) -> str | None:
    kind, precision, scale = column["data_type"], column.get("precision"), column.get("scale")
    if kind in ("decimal", "wei"):
        default = capabilities.decimal_precision if kind == "decimal" else capabilities.wei_precision
        return f"numeric({precision or default[0]},{default[1] if scale is None else scale})"
    if kind == "timestamp":
        # moments of Redshift take no precision: they have microseconds
        return f"timestamp {'with' if column.get('timezone', True) else 'without'} time zone"
    if kind == "bigint" and precision is not None:
        return "smallint" if precision <= 16 else "integer" if precision <= 32 else "bigint"
    if kind == "text" and precision is not None:
        return f"character varying({min(precision, MAX_TEXT)})"
    if kind == "binary" and precision is not None:
        return f"varbyte({min(precision, MAX_BINARY)})"
    return None


@dataclass(frozen=True)
class RedshiftDialect(Dialect):
    """SQL of Redshift."""

    def column_of(self, name: str, reported: str) -> ColumnSchema:
        """Return the column that a type text of the catalog stands for, with the bytes that a text may have."""
        column = super().column_of(name, reported)
        sizes = re.findall(r"\d+", reported)
        if sizes and column.get("data_type") in ("text", "binary"):
            column["precision"] = int(sizes[0])
        if column.get("data_type") == "timestamp":
            column["timezone"] = "WITHOUT" not in reported.upper()
        return column

    def table_options(self, table: TableSchema) -> str:
        """Return the distribution key and the sort key that hints ask for.

        Raises:
            SchemaUpdateTerminalError: two columns shall be the distribution key.
        """
        spread = [self.quote(name) for name, column in table["columns"].items() if column.get("cluster")]
        order = [self.quote(name) for name, column in table["columns"].items() if column.get("sort")]
        if len(spread) > 1:
            raise SchemaUpdateTerminalError(
                f"table {table['name']}: columns {', '.join(spread)} have the hint cluster, and Redshift distributes "
                "rows by one column. Leave the hint on one of them.",
                table=table["name"],
            )
        keys = f" DISTKEY ({spread[0]})" if spread else ""
        return keys + (f" SORTKEY ({', '.join(order)})" if order else "")

    def moment(self, value: datetime.datetime) -> str:
        """Return a moment with a time zone as a literal."""
        return f"CAST('{value.isoformat(sep=' ')}' AS TIMESTAMPTZ)"

    def delete_matching(self, table: str, keys: str, match: str) -> str:
        """Return the statement that deletes rows whose keys are in a query; the table cannot have another name."""
        named = re.sub(r"(^| AND )_dlt_d\.", lambda found: f"{found[1]}{table}.", match)
        return f"DELETE FROM {table} WHERE EXISTS (SELECT 1 FROM {keys} AS _dlt_s WHERE {named})"

    def insert_new(self, table: str, columns: str, places: str) -> str:
        """Return the statement that inserts a row; whoever runs it holds the lock under which the key was looked up."""
        return f"INSERT INTO {table} ({columns}) VALUES ({places})"

    def literal(self, value: object) -> str:
        """Return a value as a literal; a backslash would begin an escape.

        Raises:
            DatasetException: there is no literal for the value.
        """
        if isinstance(value, str):
            if "\0" in value:
                raise DatasetException("Redshift cannot store the character NUL in a text. Remove it first.")
            return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"
        if isinstance(value, (bytes, bytearray, memoryview)):
            return f"FROM_HEX('{bytes(value).hex()}')"
        if isinstance(value, float) and not math.isfinite(value):
            return f"CAST('{value}' AS DOUBLE PRECISION)"
        # never with an exponent, which would make a double of it
        if isinstance(value, decimal.Decimal):
            return format(value, "f")
        if isinstance(value, datetime.datetime):
            kind = "TIMESTAMP" if value.tzinfo is None else "TIMESTAMPTZ"
            return f"CAST('{value.isoformat(sep=' ')}' AS {kind})"
        if isinstance(value, datetime.time):
            return f"CAST('{value.isoformat()}' AS TIME)"
        return super().literal(value)


DIALECT = RedshiftDialect(
    regex=POSTGRES.regex,
    types={
        **POSTGRES.types,
        "text": f"character varying({MAX_TEXT})",
        "json": "super",
        "binary": f"varbyte({MAX_BINARY})",
    },
    sized=_sized,
    families={
        **{name: kind for name, kind in POSTGRES.families.items() if kind not in ("json", "binary")},
        "SUPER": "json",
        "VARBYTE": "binary",
        "BINARY VARYING": "binary",
    },
    capabilities=CAPABILITIES,
    precisions={**POSTGRES.precisions, "SMALLINT": 16, "INTEGER": 32},
)
CASE_SENSITIVE = replace(DIALECT, capabilities=replace(CAPABILITIES, has_case_sensitive_identifiers=True))

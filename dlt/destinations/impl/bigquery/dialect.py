"""How BigQuery writes names, types and statements."""

from __future__ import annotations

import datetime
import decimal

from dlt.destinations.sql.dialect import Dialect
from dlt.schema.capabilities import Capabilities
from dlt.schema.typing import ColumnSchema

CAPABILITIES = Capabilities(
    preferred_loader_file_format="parquet",
    supported_loader_file_formats=("parquet", "jsonl", "arrow"),
    # a dataset has 1,024 and a column 300: https://cloud.google.com/bigquery/quotas
    max_identifier_length=300,
    max_column_identifier_length=300,
    has_case_sensitive_identifiers=True,
    max_columns=10_000,
    supports_ddl_transactions=False,
    # the transaction is one script, which is sent with the commit
    supported_checks=(),
    max_decimal=(76, 38),
    sqlglot_dialect="bigquery",
)
NUMERIC_DIGITS, NUMERIC_SCALE = 29, 9
"""Digits before and after the point that NUMERIC holds; BIGNUMERIC holds 38 and 38."""


def _sized(column: ColumnSchema, capabilities: Capabilities) -> str | None:
    kind, precision, scale = column["data_type"], column.get("precision"), column.get("scale")
    if kind in ("decimal", "wei"):
        default = capabilities.decimal_precision if kind == "decimal" else capabilities.wei_precision
        digits, places = precision or default[0], default[1] if scale is None else scale
        places = min(places, 38)
        if places <= NUMERIC_SCALE and digits - places <= NUMERIC_DIGITS:
            return f"NUMERIC({digits},{places})"
        # digits may be 38 more than places: https://cloud.google.com/bigquery/docs/reference/standard-sql/data-types
        return f"BIGNUMERIC({min(digits, places + 38)},{places})"
    if kind == "timestamp":
        return "TIMESTAMP" if column.get("timezone", True) else "DATETIME"
    if kind in ("text", "binary") and precision is not None:
        return f"{'STRING' if kind == 'text' else 'BYTES'}({precision})"
    return None


class BigQueryDialect(Dialect):
    """GoogleSQL."""

    def quote(self, name: str) -> str:
        """Return an identifier in quotes."""
        # inside of backticks GoogleSQL reads escapes, unlike other engines
        return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"

    def moment(self, value: datetime.datetime) -> str:
        """Return a moment with a time zone as a literal."""
        return f"TIMESTAMP '{value.isoformat(sep=' ')}'"

    def delete_matching(self, table: str, keys: str, match: str) -> str:
        """Return the statement that deletes rows whose keys are in a query."""
        # GoogleSQL has no DELETE with USING or JOIN
        return f"DELETE FROM {table} AS _dlt_d WHERE EXISTS (SELECT 1 FROM {keys} AS _dlt_s WHERE {match})"

    def literal(self, value: object) -> str:
        """Return a value as a literal.

        Raises:
            DatasetException: there is no literal for values of its class.
        """
        if isinstance(value, str):
            return text_literal(value)
        if isinstance(value, decimal.Decimal):
            return f"BIGNUMERIC '{value}'"
        if isinstance(value, datetime.datetime) and value.tzinfo is None:
            return f"DATETIME '{value.isoformat(sep=' ')}'"
        return super().literal(value)


def text_literal(text: str) -> str:
    """Return a text as a literal; BigQuery reads backslashes, and takes no line end inside of quotes."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\r", "\\r")
    return f"'{escaped}'"


DIALECT = BigQueryDialect(
    types={
        "text": "STRING",
        "double": "FLOAT64",
        "bool": "BOOL",
        "timestamp": "TIMESTAMP",
        "bigint": "INT64",
        "binary": "BYTES",
        "json": "JSON",
        "date": "DATE",
        "time": "TIME",
    },
    sized=_sized,
    families={
        "STRING": "text",
        "FLOAT64": "double",
        "FLOAT": "double",
        "BOOL": "bool",
        "BOOLEAN": "bool",
        "TIMESTAMP": "timestamp",
        "DATETIME": "timestamp",
        "INT64": "bigint",
        "INTEGER": "bigint",
        "BYTES": "binary",
        "JSON": "json",
        "NUMERIC": "decimal",
        "BIGNUMERIC": "decimal",
        "DATE": "date",
        "TIME": "time",
    },
    capabilities=CAPABILITIES,
    quote_character="`",
    precisions={"TIMESTAMP": 6, "DATETIME": 6},
)

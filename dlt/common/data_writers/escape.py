"""Values and names as SQL has them, a function a dialect.

For programs that write SQL themselves. A load does not: it gives values to drivers as parameters, or in files.
"""

from __future__ import annotations

import base64
import datetime
from collections.abc import Callable, Mapping

from dlt.common import json
from dlt.common.time import reduce_pendulum_datetime_precision

__all__ = [
    "escape_athena_identifier",
    "escape_bigquery_identifier",
    "escape_bigquery_literal",
    "escape_clickhouse_identifier",
    "escape_clickhouse_literal",
    "escape_databricks_identifier",
    "escape_databricks_literal",
    "escape_dremio_identifier",
    "escape_duckdb_literal",
    "escape_hive_identifier",
    "escape_lancedb_literal",
    "escape_mssql_literal",
    "escape_postgres_identifier",
    "escape_postgres_literal",
    "escape_redshift_identifier",
    "escape_redshift_literal",
    "escape_snowflake_identifier",
    "escape_snowflake_literal",
    "format_bigquery_datetime_literal",
    "format_clickhouse_datetime_literal",
    "format_datetime_literal",
    "format_datetime_value",
]

# a text of PostgreSQL cannot hold NUL
SQL_ESCAPE_DICT = {"'": "''", "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\x00": ""}
# T-SQL has no escapes with a backslash
MS_SQL_ESCAPE_DICT = {"'": "''", "\n": "' + CHAR(10) + N'", "\r": "' + CHAR(13) + N'", "\t": "' + CHAR(9) + N'"}
DATABRICKS_ESCAPE_DICT = {**SQL_ESCAPE_DICT, "'": "\\'"}
_OF_C = {"\t": "\\t", "\b": "\\b", "\f": "\\f", "\a": "\\a", "\v": "\\v", "\n": "\\n", "\r": "\\r", "\\": "\\\\"}
BIGQUERY_ESCAPE_DICT = {**_OF_C, "'": "\\'"}
CLICKHOUSE_ESCAPE_DICT = {**_OF_C, "'": "''", "\x00": "\\0"}
_SNOWFLAKE = {"'": "''", "\\": "\\\\"}


def escape_postgres_identifier(v: str) -> str:
    """Return a name in double quotes."""
    return '"' + v.replace('"', '""') + '"'


escape_redshift_identifier = escape_postgres_identifier
escape_athena_identifier = escape_postgres_identifier
escape_snowflake_identifier = escape_postgres_identifier
escape_dremio_identifier = escape_postgres_identifier


def escape_bigquery_identifier(v: str) -> str:
    """Return a name in backticks, which a backslash lets stand in it."""
    return "`" + v.replace("\\", "\\\\").replace("`", "\\`") + "`"


escape_hive_identifier = escape_bigquery_identifier


def escape_databricks_identifier(v: str) -> str:
    """Return a name in backticks, which are doubled in it."""
    return "`" + v.replace("`", "``") + "`"


def escape_clickhouse_identifier(v: str) -> str:
    """Return a name in backticks, which are doubled in it, as backslashes are."""
    return "`" + v.replace("`", "``").replace("\\", "\\\\") + "`"


def escape_postgres_literal(v: object) -> str:
    """Return a value as SQL of PostgreSQL."""
    # without E PostgreSQL takes a backslash for itself
    return _literal(v, SQL_ESCAPE_DICT, lambda data: f"'\\x{data.hex()}'", prefix="E")


def escape_duckdb_literal(v: object) -> str:
    """Return a value as SQL of DuckDB."""
    # as in PostgreSQL: only behind E a backslash is an escape
    return _literal(v, SQL_ESCAPE_DICT, _from_base64, prefix="E")


def escape_lancedb_literal(v: object) -> str:
    """Return a value as SQL of LanceDB."""
    return _literal(v, SQL_ESCAPE_DICT, _from_base64)


def escape_redshift_literal(v: object) -> str:
    """Return a value as SQL of Redshift."""
    text = _literal(v, SQL_ESCAPE_DICT, lambda data: f"from_hex('{data.hex()}')")
    # without it a SUPER of Redshift holds the document as one text
    return f"json_parse({text})" if isinstance(v, (list, dict)) else text


def escape_mssql_literal(v: object) -> str:
    """Return a value as SQL of SQL Server."""
    if isinstance(v, bool):
        # bit of SQL Server knows 0 and 1 only
        return str(int(v))
    # without N SQL Server puts ? for letters that its code page lacks
    return _literal(v, MS_SQL_ESCAPE_DICT, lambda data: f"0x{data.hex()}", prefix="N")


def escape_bigquery_literal(v: object) -> str:
    """Return a value as SQL of BigQuery."""
    if isinstance(v, bool):
        return str(v).upper()
    return _literal(v, BIGQUERY_ESCAPE_DICT, lambda data: f"FROM_BASE64('{_base64(data)}')")


def escape_snowflake_literal(v: object) -> str:
    """Return a value as SQL of Snowflake."""
    return _literal(v, _SNOWFLAKE, lambda data: f"X'{data.hex()}'")


def escape_databricks_literal(v: object) -> str:
    """Return a value as SQL of Databricks."""
    return _literal(v, DATABRICKS_ESCAPE_DICT, lambda data: f"X'{data.hex()}'")


def escape_clickhouse_literal(v: object) -> str:
    """Return a value as SQL of ClickHouse."""
    return _literal(v, CLICKHOUSE_ESCAPE_DICT, lambda data: f"'{data.hex()}'")


def format_datetime_value(v: datetime.datetime, precision: int = 6, no_tz: bool = False) -> str:
    """Return a moment as SQL reads it, without quotes.

    Args:
        v: The moment.
        precision: Digits of a second; six at most.
        no_tz: Without its time zone.
    """
    if no_tz:
        v = v.replace(tzinfo=None)
    # isoformat has no other steps; the digits in between are zeros by then
    unit = "seconds" if precision < 3 else "milliseconds" if precision < 6 else "microseconds"
    return reduce_pendulum_datetime_precision(v, precision).isoformat(sep=" ", timespec=unit)


def format_datetime_literal(v: datetime.datetime, precision: int = 6, no_tz: bool = False) -> str:
    """Return a moment as SQL.

    Args:
        v: The moment.
        precision: Digits of a second; six at most.
        no_tz: Without its time zone.
    """
    return f"'{format_datetime_value(v, precision, no_tz)}'"


def format_bigquery_datetime_literal(v: datetime.datetime, precision: int = 6, no_tz: bool = False) -> str:
    """Return a moment as SQL of BigQuery; see `format_datetime_literal`."""
    return f"TIMESTAMP {format_datetime_literal(v, precision, no_tz)}"


def format_clickhouse_datetime_literal(v: datetime.datetime, precision: int = 6, no_tz: bool = False) -> str:
    """Return a moment as SQL of ClickHouse; see `format_datetime_literal`."""
    del no_tz
    # its literals have no offset: the time zone stands beside
    moment = v if v.tzinfo is None else v.astimezone(datetime.timezone.utc)
    return f"toDateTime64({format_datetime_literal(moment, precision, no_tz=True)}, {precision}, 'UTC')"


def _literal(v: object, escapes: Mapping[str, str], binary: Callable[[bytes], str], prefix: str = "") -> str:
    if isinstance(v, (list, dict)):
        v = json.dumps(v)
    match v:
        case None:
            return "NULL"
        case str():
            return f"{prefix}'{''.join(escapes.get(character, character) for character in v)}'"
        case bytes():
            return binary(v)
        case datetime.datetime() | datetime.date() | datetime.time():
            return f"'{v.isoformat()}'"
    return str(v)


def _from_base64(data: bytes) -> str:
    return f"from_base64('{_base64(data)}')"


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")

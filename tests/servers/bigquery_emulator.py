"""The program that runs local-bigquery, in an environment of its own: `python bigquery_emulator.py --port 1 ...`."""

from __future__ import annotations

import re
import sys
from importlib.metadata import entry_points
from typing import Any

import duckdb
from duckdb_extensions import import_extension

_connect = duckdb.connect


def connect(*args: Any, **options: Any) -> Any:
    """Open DuckDB; the time zone is set afterwards, because the option loads an extension that cannot be fetched."""
    config = dict(options.pop("config", None) or {})
    zone = config.pop("TimeZone", None)
    connection = _connect(*args, **options, config=config)
    # the tables of tests are small, and threads that wait for each other cost more than they bring
    connection.execute("SET GLOBAL threads = 1")
    if zone:
        connection.execute(f"SET GLOBAL TimeZone = '{zone}'")
    return connection


def patch() -> None:
    """Correct what differs from BigQuery."""
    from local_bigquery import errors
    from local_bigquery.engine import types
    from local_bigquery.engine.database import quote
    from local_bigquery.jobs import load

    # in the words of BigQuery, by which clients tell a conflict of transactions
    conflict = re.compile(r"Failed to commit(?P<name>)")
    text = "Transaction is aborted due to concurrent update against table unknown"
    errors.DUCKDB_ERRORS.insert(0, (conflict, "invalidQuery", text))

    # bytes in Parquet are bytes; the emulator takes them for base64 where the job has a schema
    project = load._projection

    def projection(config: Any, fields: list[Any], columns: list[str]) -> tuple[str, str]:
        if config.sourceFormat != "PARQUET" or not fields:
            return project(config, fields, columns)
        casts = [f"CAST({quote(f.name)} AS {types.duckdb_type(f)}) AS {quote(f.name)}" for f in fields]
        return ", ".join(casts), "false"

    load._projection = projection


if __name__ == "__main__":
    for name in ("ducklake", "httpfs", "spatial"):
        import_extension(name)
    duckdb.connect = connect
    patch()
    program = next(entry for entry in entry_points(group="console_scripts") if entry.name == "local-bigquery")
    sys.exit(program.load()())

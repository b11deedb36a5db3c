"""An API, and a pipeline in a folder of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import dlt
from tests.servers.web_api import WebApi, web_api


@pytest.fixture
def api() -> Iterator[WebApi]:
    """Return an API without routes."""
    with web_api() as found:
        yield found


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., dict[str, list[dict[str, Any]]]]:
    """Return a function that loads a source into DuckDB, and gives the rows of the tables that it names."""

    def run(source: Any, *tables: str, **options: Any) -> dict[str, list[dict[str, Any]]]:
        made = dlt.pipeline(
            "web", destination=dlt.destinations.duckdb(str(tmp_path / "web.duckdb")), pipelines_dir=str(tmp_path)
        )
        made.run(source, **options)
        found = {}
        for table in tables:
            with (
                made.sql_client() as client,
                client.execute_query(f"select * exclude (_dlt_load_id, _dlt_id) from {table}") as cursor,
            ):
                names = [column[0] for column in cursor.description]
                found[table] = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        return found

    return run

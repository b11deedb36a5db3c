"""An API, and a pipeline in a folder of its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import dlt
from tests.servers import rest
from tests.servers.process import running
from tests.servers.rest import Reply, RestServer


@dataclass(frozen=True)
class Asked:
    """A request, with the last value of each parameter, and what the groups of a pattern found in the path."""

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    groups: tuple[str, ...]
    json: Any


class WebApi(RestServer):
    """An API whose paths are patterns; the one that was said last comes first."""

    def __init__(self) -> None:
        super().__init__()
        self._patterns: list[tuple[str, Callable[[Asked], Any]]] = []

    def route(self, pattern: str, answer: Any) -> None:
        """Say what paths like a pattern answer: a document, a Reply, or a function of the request."""
        self._patterns.insert(0, (pattern, answer if callable(answer) else lambda _asked: answer))

    def asked(self, pattern: str) -> list[Asked]:
        """Return the requests so far whose path is like a pattern."""
        return [_told(asked, found) for asked in self.seen if (found := re.fullmatch(pattern, asked.path))]

    def _answer(self, asked: rest.Asked) -> Reply:
        for pattern, answer in self._patterns:
            found = re.fullmatch(pattern, asked.path)
            if found:
                made = answer(_told(asked, found))
                return made if isinstance(made, Reply) else Reply(document=made)
        return Reply(404, {"error": f"nothing at {asked.path}"})


def _told(asked: rest.Asked, found: re.Match[str]) -> Asked:
    query = {name: values[-1] for name, values in asked.params.items()}
    document = asked.json if "json" in asked.headers.get("content-type", "") else None
    return Asked(asked.path, query, asked.headers, asked.body, found.groups(), document)


@pytest.fixture
def api() -> Iterator[WebApi]:
    """Return an API without routes."""
    with running(WebApi()) as found:
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
            query = f"select * exclude (_dlt_load_id, _dlt_id) from {table}"
            with made.sql_client() as client, client.execute_query(query) as cursor:
                names = [column[0] for column in cursor.description]
                found[table] = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        return found

    return run

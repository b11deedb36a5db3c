"""What tests of sources on servers share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.postgres import PostgresServer
from tests.sources_on_servers.replicated import Replicated

HERE = Path(__file__).parent
SERVERS = ("logical_postgres", "mariadb", "postgres")
"""Fixtures that start one."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the tests of one server run in one process, as those of destinations do."""
    for item in items:
        if HERE in item.path.parents:
            used = [name for name in SERVERS if name in getattr(item, "fixturenames", ())]
            item.add_marker(pytest.mark.xdist_group(used[0] if used else "stores"))


@pytest.fixture
def replicated(logical_postgres: PostgresServer, tmp_path: Path) -> Iterator[Replicated]:
    """Return an empty database, and a pipeline that takes its changes."""
    found = Replicated(logical_postgres, tmp_path)
    yield found
    found.close()

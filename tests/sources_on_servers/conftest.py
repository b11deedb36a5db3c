"""What tests of sources on servers share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.postgres import PostgresServer
from tests.sources_on_servers.replicated import Replicated


@pytest.fixture
def replicated(logical_postgres: PostgresServer, tmp_path: Path) -> Iterator[Replicated]:
    """Return an empty database, and a pipeline that takes its changes."""
    found = Replicated(logical_postgres, tmp_path)
    yield found
    found.close()

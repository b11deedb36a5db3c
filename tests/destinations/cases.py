"""One line for each destination that the conformance suite runs on."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import dlt
from dlt.destinations.base import Destination


@dataclass(frozen=True)
class World:
    """What a case may use to make a destination that is empty.

    Attributes:
        folder: Folder of the test.
        server: Gives a fixture of the session by name; servers start when the first test asks for one.
    """

    folder: Path
    server: Callable[[str], Any]


@dataclass(frozen=True)
class Case:
    """A destination under test.

    Attributes:
        name: Name in the ids of tests.
        make: Gives the destination, with nothing in it.
    """

    name: str
    make: Callable[[World], Destination]


def _s3(server: Any) -> Destination:
    return dlt.destinations.filesystem(server.new_folder(), server.credentials())


def _gcs(server: Any) -> Destination:
    return dlt.destinations.filesystem(server.new_bucket(), kwargs=server.kwargs())


def _azure(server: Any) -> Destination:
    return dlt.destinations.filesystem(server.new_container(), server.credentials())


CASES = [
    Case("duckdb", lambda world: dlt.destinations.duckdb(str(world.folder / "case.duckdb"))),
    Case("filesystem", lambda world: dlt.destinations.filesystem(str(world.folder / "bucket"))),
    Case("s3", lambda world: _s3(world.server("seaweedfs"))),
    Case("gcs", lambda world: _gcs(world.server("gcs"))),
    Case("azure", lambda world: _azure(world.server("azurite"))),
    Case("sqlite", lambda world: dlt.destinations.sqlalchemy(f"sqlite:///{world.folder}/case.db")),
    Case("mariadb", lambda world: dlt.destinations.sqlalchemy(world.server("mariadb").new_server_url())),
    Case("postgres", lambda world: dlt.destinations.postgres(world.server("postgres").new_database())),
]
LARGE_LOAD = 1_000_000 if os.environ.get("DLT_TEST_LARGE_LOAD") else 100_000


def needs(can: object, reason: str) -> None:
    """Skip the test where the destination declares that it cannot do this.

    Args:
        can: What the capabilities say.
        reason: What the destination lacks.
    """
    if not can:
        pytest.skip(reason)

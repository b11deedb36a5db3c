"""One line for each destination that the conformance suite runs on."""

from __future__ import annotations

import importlib.util
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
        wei_digits: Digits of the largest whole number, where an emulator holds fewer than the engine.
    """

    name: str
    make: Callable[[World], Destination]
    wei_digits: int = 38


def lake_in(folder: Path, catalog: str | None = None) -> dict[str, str]:
    """Return the credentials of a lake in a folder, or skip the test where the extensions of DuckDB are not there."""
    import duckdb

    package = importlib.util.find_spec("duckdb_extension_ducklake")
    folder_of = Path(str(package.origin)).parent if package is not None else Path("nowhere")
    if not (folder_of / "extensions" / f"v{duckdb.__version__}").exists():
        pytest.skip("there is no DuckLake for this DuckDB here: make test-ducklake runs it in .venv-ducklake")
    return {"catalog": catalog or f"sqlite:///{folder}/lake.sqlite", "storage": str(folder / "lake.files")}


def _s3(server: Any) -> Destination:
    return dlt.destinations.filesystem(server.new_folder(), server.credentials())


def _gcs(server: Any) -> Destination:
    return dlt.destinations.filesystem(server.new_bucket(), kwargs=server.kwargs())


def _azure(server: Any) -> Destination:
    return dlt.destinations.filesystem(server.new_container(), server.credentials())


def _other(server: Any) -> Destination:
    return dlt.destinations.sqlalchemy(server.new_database("psycopg2"))


CASES = [
    Case("duckdb", lambda world: dlt.destinations.duckdb(str(world.folder / "case.duckdb"))),
    Case("ducklake", lambda world: dlt.destinations.ducklake(lake_in(world.folder))),
    Case("filesystem", lambda world: dlt.destinations.filesystem(str(world.folder / "bucket"))),
    Case("delta", lambda world: dlt.destinations.filesystem(str(world.folder / "bucket"), table_format="delta")),
    Case("iceberg", lambda world: dlt.destinations.filesystem(str(world.folder / "bucket"), table_format="iceberg")),
    Case("s3", lambda world: _s3(world.server("seaweedfs"))),
    Case("gcs", lambda world: _gcs(world.server("gcs"))),
    Case("azure", lambda world: _azure(world.server("azurite"))),
    Case("sqlite", lambda world: dlt.destinations.sqlalchemy(f"sqlite:///{world.folder}/case.db")),
    Case("mariadb", lambda world: dlt.destinations.sqlalchemy(world.server("mariadb").new_server_url())),
    Case("other-sqlalchemy", lambda world: _other(world.server("postgres"))),
    Case("postgres", lambda world: dlt.destinations.postgres(world.server("postgres").new_database())),
    Case("redshift-emulated", lambda world: dlt.destinations.redshift(world.server("redshift").new_database())),
    Case("redshift-emulated-staged", lambda world: staged_redshift(world.server("redshift"))),
    Case("bigquery-emulated", lambda world: emulated_bigquery(world.server("bigquery")), wei_digits=20),
]


def staged_redshift(server: Any) -> Destination:
    """Return a Redshift whose files go through a bucket."""
    bucket = dlt.destinations.filesystem(server.s3.new_bucket(), credentials=server.s3.credentials())
    return dlt.destinations.redshift(server.new_database(), staging=bucket)


def emulated_bigquery(server: Any) -> Destination:
    """Return an empty project."""
    return dlt.destinations.bigquery(project_id=server.new_project(), api_endpoint=server.url, retry_deadline=5.0)


LARGE_LOAD = 1_000_000 if os.environ.get("DLT_TEST_LARGE_LOAD") else 100_000


def needs(can: object, reason: str) -> None:
    """Skip the test where the destination declares that it cannot do this.

    Args:
        can: What the capabilities say.
        reason: What the destination lacks.
    """
    if not can:
        pytest.skip(reason)

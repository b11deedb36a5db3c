"""Every test runs in a folder of its own; packages are made by hand, as another program would make them."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import dlt
from dlt import context
from dlt.destinations.base import Destination
from dlt.packages.manifest import Manifest, PackageFile
from dlt.packages.package import LoadPackage, PackageBuilder
from dlt.schema.capabilities import Capabilities
from dlt.schema.schema import Schema
from dlt.schema.typing import TableSchema
from tests.destinations.cases import CASES, Case, World

MakePackage = Callable[..., LoadPackage]
MakePipeline = Callable[..., Any]
HERE = Path(__file__).parent
LOCAL = {"delta", "duckdb", "filesystem", "iceberg", "sqlite"}
"""Cases of the conformance suite that need no server."""
SERVERS = ("azurite", "bigquery", "gcs", "mariadb", "redshift", "seaweedfs", "postgres")
"""Fixtures that start one."""
SLOW_CASES = {"delta", "iceberg"}
SLOW_MODULES = {"test_filesystem_safety", "test_kills", "test_random_kills", "test_table_formats", "test_zombies"}
SLOW_MODULES |= {"test_undo_kills"}
"""Modules whose tests start, stop and kill processes, or write formats that take long."""
MODULES = {"test_faults": "faults", "test_filesystem_stores": "stores"}
"""Modules that start servers by themselves."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that need a server; those of one server run in one process."""
    for item in items:
        if HERE in item.path.parents:
            params = getattr(getattr(item, "callspec", None), "params", {})
            case = params.get("case")
            if item.path.stem in SLOW_MODULES or (isinstance(case, Case) and case.name in SLOW_CASES):
                item.add_marker("slow")
            server = "postgres" if params.get("server") == "other-sqlalchemy" else params.get("server")
            asked = (*getattr(item, "fixturenames", ()), params.get("store"), params.get("kind"), server)
            used = [name for name in SERVERS if name in asked]
            if item.path.stem in MODULES:
                # what runs on the emulator of BigQuery takes as long as all the rest
                used = ["bigquery" if params.get("server") == "bigquery" else MODULES[item.path.stem]]
            if isinstance(case, Case) and case.name not in LOCAL:
                used = [case.name.partition("-")[0]]
            if used:
                item.add_marker("server")
                item.add_marker(pytest.mark.xdist_group(used[0]))


@pytest.fixture(params=CASES, ids=lambda case: case.name)
def case(request: pytest.FixtureRequest) -> Case:
    """Return a line of the cases."""
    found: Case = request.param
    return found


@pytest.fixture
def destination(case: Case, request: pytest.FixtureRequest, tmp_path: Path) -> Destination:
    """Return the destination of a case, empty."""
    return case.make(World(tmp_path, request.getfixturevalue))


@pytest.fixture
def caps(destination: Destination) -> Capabilities:
    """Return what the destination declares."""
    return destination.capabilities()


@pytest.fixture
def make(destination: Destination) -> MakePipeline:
    """Return a function that makes pipelines into one dataset."""

    def pipeline(name: str = "spec", **options: Any) -> Any:
        return dlt.pipeline(name, destination=destination, **{"dataset_name": "data", **options})

    return pipeline


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Work in an empty folder; pipelines live in it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DLT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("RUNTIME__USER_LOG", "false")
    context.activate(None)
    yield tmp_path
    context.activate(None)


@pytest.fixture
def make_package(tmp_path: Path) -> MakePackage:
    """Return a function that makes a normalized package of table schemas and lists of Arrow tables."""
    numbers = count(1)

    def make(
        tables: list[TableSchema],
        rows: dict[str, list[pa.Table]],
        *,
        load_id: str | None = None,
        state: dict[str, Any] | None = None,
        **info: Any,
    ) -> LoadPackage:
        schema = Schema("spec")
        for table in tables:
            schema.update_table(table)
        schema.bump()
        (tmp_path / "packages" / "normalized").mkdir(parents=True, exist_ok=True)
        builder = PackageBuilder(str(tmp_path / "packages"), load_id or f"load{next(numbers)}")
        files = []
        for name, parts in rows.items():
            for number, part in enumerate(parts):
                path = Path(builder.path) / f"{name}.{number:05d}.arrow"
                with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, part.schema) as writer:
                    writer.write_table(part)
                data = path.read_bytes()
                files.append(PackageFile(path.name, name, "arrow", part.num_rows, len(data), zlib.crc32(data)))
        return builder.commit(Manifest(schema.name, "normalized", files=tuple(files), **info), schema, state)

    return make

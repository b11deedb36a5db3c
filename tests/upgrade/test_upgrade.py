"""Working folders, datasets and hand-off archives of an earlier release are read and finished: nothing lost or doubled.

`places.tar.xz` was made by `make.py` with the code of that release; see there.
"""

from __future__ import annotations

import json
import os
import tarfile
from pathlib import Path
from typing import Any

import pytest

from dlt.tasks import Token, cleanup_step, load_step, normalize_step
from tests.upgrade import make, program

ARCHIVE = Path(__file__).with_name("places.tar.xz")
TABLES = {
    "orders": ("id", "seen", "place__city"),
    "orders__tags": ("name",),
    "orders__tags__words": ("w",),
    "pages": ("id", "text"),
    "customers": ("id", "seen", "place__city"),
    "customers__tags": ("name",),
    "stock": ("id", "seen"),
    "stock__tags__words": ("w",),
    "history": ("id", "v"),
    "history__list": ("of",),
}
LOCAL = [(kind, case) for kind, case in make.MADE if kind != "postgres"]


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder with all places; each test takes one that no other test does."""
    folder = tmp_path_factory.mktemp("places")
    with tarfile.open(ARCHIVE) as archive:
        for member in archive.getmembers():
            assert not member.name.startswith(("/", "..")) and (member.isfile() or member.isdir()), member.name
        archive.extractall(folder)
    return folder


def content(pipeline: Any) -> dict[str, Any]:
    """Return what readers find; all nested rows have their parents, and every row the id of a load that is known."""
    dataset, found = pipeline.dataset(), {}
    for table, columns in TABLES.items():
        found[table] = sorted(dataset[table].select(*columns).fetchall())
        parent = pipeline.default_schema.tables[table].get("parent")
        if parent:
            ids = {row[0] for row in dataset[parent].select("_dlt_id").fetchall()}
            assert ids.issuperset(row[0] for row in dataset[table].select("_dlt_parent_id").fetchall()), table
        else:
            loads = {row[0] for row in dataset["_dlt_loads"].select("load_id").fetchall()}
            used = {row[0] for row in dataset[table].select("_dlt_load_id").fetchall()} if table != "pages" else set()
            assert used <= loads, table
    ends = dataset["history"].select("id", "_dlt_valid_to").fetchall()
    found["current"] = sorted(key for key, end in ends if end is None)
    found["runs_until"] = pipeline.state["sources"]["shop"]["resources"]["orders"]["runs_until"]
    return found


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return what three clean runs of this release leave."""
    pipeline = program.pipeline("duckdb", str(tmp_path_factory.mktemp("clean")))
    for last in (3, 5, 7):
        pipeline.run(program.shop(last))
    return content(pipeline)


def finish(kind: str, case: str, root: str) -> Any:
    """Run again, as an upgraded program does; what the earlier release left waiting goes first."""
    pipeline = program.pipeline(kind, root)
    if case == "loaded":
        pipeline.run(program.shop(5))
    pipeline.run(program.shop(7))
    return pipeline


@pytest.mark.parametrize(("kind", "case"), LOCAL, ids=[f"{kind}-{case}" for kind, case in LOCAL])
def test_a_folder_of_an_earlier_release(kind: str, case: str, places: Path, expected: dict[str, Any]) -> None:
    """The rows are those of clean runs, whatever state its packages were in and wherever it was killed."""
    pipeline = finish(kind, case, str(places / f"{kind}-{case}"))
    assert content(pipeline) == expected
    assert not pipeline.has_pending_data


def test_a_package_of_an_earlier_release_that_is_given_up(places: Path, expected: dict[str, Any]) -> None:
    """Its rows come again, although it does not say what its extract changed in the state."""
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(places / "again", [m for m in archive.getmembers() if m.name.startswith("./files-norm")])
    pipeline = program.pipeline("files", str(places / "again" / "files-normalized"))
    pipeline.drop_pending_packages()
    pipeline.run(program.shop(5))
    pipeline.run(program.shop(7))
    assert content(pipeline) == expected


def test_another_machine_goes_on_from_a_dataset_of_an_earlier_release(
    places: Path, expected: dict[str, Any], tmp_path: Path
) -> None:
    """Without the folder all is taken from the destination."""
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(tmp_path, [m for m in archive.getmembers() if m.name.startswith("./files-loaded/bucket")])
    pipeline = finish("files", "loaded", str(tmp_path / "files-loaded"))
    assert content(pipeline) == expected


@pytest.fixture
def moved(places: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that gives the token of a place, which is in another folder now."""

    def read(case: str) -> Any:
        root = places / f"tasks-{case}"
        monkeypatch.setenv("UPGRADE_ROOT", str(root))
        for path in [root / "token.json", *root.glob("handoff/**/*.json")]:
            path.write_text(path.read_text().replace(f"{make.ROOT}/tasks-{case}", str(root)))
        return json.loads((root / "token.json").read_text())

    return read


@pytest.mark.parametrize("case", ["extracted", "normalized"])
def test_tasks_of_an_earlier_release_are_finished(case: str, moved: Any, expected: dict[str, Any]) -> None:
    """Tokens and archives that an earlier release handed off are taken by the steps of this one, once."""
    token = moved(case)
    done = normalize_step(token).to_dict() if case == "extracted" else token
    assert load_step(done).rows["pages"] == 2
    assert load_step(done).skipped
    cleanup_step([Token.from_dict(done)])
    pipeline = program.pipeline("duckdb", os.environ["UPGRADE_ROOT"])
    pipeline.run(program.shop(7))
    assert content(pipeline) == expected


@pytest.mark.server
@pytest.mark.parametrize("case", [case for kind, case in make.MADE if kind == "postgres"])
def test_a_dataset_in_postgres(
    case: str, postgres_url: str, places: Path, expected: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same with a dataset that an earlier release made at a server."""
    import psycopg2

    url = postgres_url
    monkeypatch.setenv("UPGRADE_POSTGRES", url)
    root = places / f"postgres-{case}"
    # what begins with a backslash is for psql
    lines = [line for line in (root / "dump.sql").read_text().splitlines() if not line.startswith("\\")]
    connection = psycopg2.connect(url)
    with connection, connection.cursor() as cursor:
        cursor.execute("\n".join(lines))
    connection.close()
    assert content(finish("postgres", case, str(root))) == expected

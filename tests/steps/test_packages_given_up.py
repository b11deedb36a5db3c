"""Packages that are given up: what their extracts changed goes back with them, so that their rows come again."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path
from typing import Any

import orjson
import pytest

import dlt
from dlt.errors import LoadPackageNotFound, PackageCorrupt, PipelineStepFailed, WorkingFolderDamaged
from dlt.io.sealed import unseal
from tests.processes import run_python


def upto(last: int, name: str = "events") -> Any:
    """Return a resource that gives new rows only, and counts its runs in states of its own and of its source."""

    @dlt.resource(name=name)
    def events(cursor: Any = dlt.sources.incremental("id", initial_value=0)) -> Any:
        own = dlt.current.resource_state()
        own["runs"] = own.get("runs", 0) + 1
        dlt.state[f"last of {name}"] = last
        yield [{"id": number} for number in range(1, last + 1)]

    return events


def ids(pipeline: Any, table: str = "events") -> list[int]:
    """Return the loaded ids."""
    return sorted(row[0] for row in pipeline.dataset()[table].select("id").fetchall())


@pytest.mark.parametrize("normalized", [False, True], ids=["extracted", "normalized"])
@pytest.mark.parametrize("all_of_them", [False, True], ids=["one", "all"])
def test_rows_of_a_package_that_was_given_up_come_again(pipeline: Any, normalized: bool, all_of_them: bool) -> None:
    """The cursor and every other state go back to where they were; the next run loads each row once."""
    pipeline.run(upto(2))
    before = pipeline.state
    pipeline.extract(upto(4))
    if normalized:
        pipeline.normalize()
    if all_of_them:
        pipeline.drop_pending_packages()
    else:
        (waiting,) = pipeline.parts.home.pending_load_ids()
        assert pipeline.abort_packages(waiting) == [waiting]
    assert pipeline.state == before and not pipeline.has_pending_data
    assert dlt.attach("spec").state == before
    pipeline.run(upto(4))
    assert ids(pipeline) == [1, 2, 3, 4]


@pytest.mark.parametrize(("which", "gone", "last"), [(0, 3, 2), (1, 2, 4), (2, 1, 6)])
def test_packages_that_go_on_from_it_go_too(pipeline: Any, which: int, gone: int, last: int) -> None:
    """A later package begins where the cursor of an earlier one ended: without that one it would leave a gap."""
    pipeline.run(upto(2))
    for number in (4, 6, 8):
        pipeline.extract(upto(number))
    waiting = pipeline.list_extracted_load_packages()
    told = pipeline.abort_packages(waiting[which], dry_run=True)
    assert pipeline.abort_packages(waiting[which]) == told == waiting[3 - gone :]
    assert pipeline.state["sources"]["spec"]["last of events"] == last
    pipeline.run(upto(8))
    assert ids(pipeline) == list(range(1, 9))


@pytest.mark.parametrize("first", [True, False])
def test_other_packages_stay(pipeline: Any, first: bool) -> None:
    """A package of another resource goes on waiting, and brings the destination no state of the one that went."""
    pipeline.run([upto(2), upto(2, "others")])
    pipeline.extract(upto(4))
    pipeline.extract(upto(4, "others"))
    waiting = pipeline.list_extracted_load_packages()
    pipeline.abort_packages(waiting[0 if first else 1])
    pipeline.run()
    shutil.rmtree(pipeline.pipelines_dir)
    fresh = dlt.pipeline("spec", destination=pipeline.destination, dataset_name="data")
    fresh.run([upto(6), upto(6, "others")])
    assert ids(fresh) == ids(fresh, "others") == [1, 2, 3, 4, 5, 6]


def shop(last: int, name: str) -> Any:
    """Return a source with a schema of its own."""

    @dlt.source(name=name)
    def made() -> Any:
        return upto(last, f"{name}_events")

    return made()


@pytest.mark.parametrize("dropped", ["one", "two"])
@pytest.mark.parametrize("loaded_before", [True, False])
def test_one_of_two_packages_of_an_extract(pipeline: Any, dropped: str, loaded_before: bool) -> None:
    """Two schemas make two packages; the one that stays loads with its own state, the other one's rows come again."""
    if loaded_before:
        pipeline.run([shop(1, "one"), shop(1, "two")])
    pipeline.extract([shop(2, "one"), shop(2, "two")])
    (going,) = [p.load_id for p in pipeline.workdir.packages("extracted") if p.schema_name == dropped]
    assert pipeline.abort_packages(going) == [going]
    pipeline.run()
    shutil.rmtree(pipeline.pipelines_dir)
    fresh = dlt.pipeline("spec", destination=pipeline.destination, dataset_name="data")
    fresh.run([shop(3, "one"), shop(3, "two")])
    for name in ("one", "two"):
        with fresh.sql_client(name) as client:
            rows = client.execute_sql(f"SELECT id FROM {name}_events ORDER BY id") or []
        assert [row[0] for row in rows] == [1, 2, 3]


def test_what_only_that_package_brought_leaves_the_schema(pipeline: Any) -> None:
    """A column that was never loaded does not decide over the type of later data; what the user changed stays."""
    pipeline.run([{"id": 1, "name": "a"}], table_name="items")
    before = pipeline.default_schema.clone()
    pipeline.extract([{"id": 2, "extra": 5, "list": [{"x": 1}]}], table_name="items")
    pipeline.normalize()
    assert "items__list" in pipeline.default_schema.tables
    live = pipeline.default_schema
    live.tables["items"]["description"] = "written by hand"
    pipeline.drop_pending_packages()
    items = live.tables["items"]
    assert set(live.tables) == set(before.tables) and items["columns"] == before.tables["items"]["columns"]
    assert items["description"] == "written by hand"
    pipeline.run([{"id": 2, "extra": "five"}], table_name="items")
    assert pipeline.dataset()["items"].select("id", "extra").fetchall() == [(1, None), (2, "five")]


def test_a_pipeline_that_only_extracted_is_as_if_it_never_ran(pipeline: Any) -> None:
    """The first package was its only one: state and default schema begin anew."""
    before = pipeline.state
    pipeline.extract(upto(2))
    pipeline.drop_pending_packages()
    assert pipeline.state == before
    pipeline.run(upto(2))
    assert ids(pipeline) == [1, 2]


@pytest.mark.parametrize("mode", ["drop_sources", "drop_resources", "drop_data"])
def test_a_refresh_that_was_given_up_changes_nothing(pipeline: Any, mode: Any) -> None:
    """The state and the tables that a refresh forgets come back when its package goes."""
    pipeline.run(upto(2))
    state, schema = pipeline.state, pipeline.default_schema.clone()
    pipeline.extract(upto(3), refresh=mode)
    pipeline.normalize()
    pipeline.drop_pending_packages()
    assert pipeline.state == state and pipeline.default_schema.tables == schema.tables
    pipeline.run(upto(4))
    assert ids(pipeline) == [1, 2, 3, 4]


def test_a_package_that_the_destination_refuses(pipeline: Any) -> None:
    """A failed job is repeated until its package is given up; then its rows come again."""

    @dlt.resource(name="events", columns={"name": {"nullable": False}})
    def named(rows: Any, cursor: Any = dlt.sources.incremental("id", initial_value=0)) -> Any:
        yield rows

    pipeline.run(named([{"id": 1, "name": "a"}]))
    with pipeline.sql_client() as client:
        client.execute_sql("CREATE UNIQUE INDEX only_once ON events (name)")
    info = pipeline.run(named([{"id": 2, "name": "a"}]))
    assert info.has_failed_jobs
    (waiting,) = pipeline.parts.home.pending_load_ids()
    message = str(info)
    assert waiting in message
    assert pipeline.abort_packages(waiting) == [waiting]
    pipeline.run(named([{"id": 2, "name": "b"}]))
    assert ids(pipeline) == [1, 2]


@pytest.mark.parametrize("damage", ["data", "package.json", "schema.json", "state.json"])
def test_the_advice_for_a_damaged_package_works(pipeline: Any, damage: str) -> None:
    """The error names the file and the command; after it every row comes, once."""
    pipeline.run(upto(2))
    pipeline.extract(upto(4))
    (package,) = pipeline.workdir.packages("extracted")
    name = package.files[0].name if damage == "data" else damage
    path = Path(package.path, name)
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(PipelineStepFailed, match=f"abort-packages {package.load_id}") as caught:
        dlt.attach("spec").run(upto(4))
    assert isinstance(caught.value.exception, PackageCorrupt) and str(path) in str(caught.value)
    again = dlt.attach("spec")
    assert again.abort_packages(package.load_id) == [package.load_id]
    again.run(upto(4))
    assert ids(again) == [1, 2, 3, 4]


@pytest.mark.parametrize("loaded_before", [True, False])
def test_packages_of_earlier_releases(pipeline: Any, loaded_before: bool) -> None:
    """They do not say what their extract changed: the states of the packages before them do."""
    if loaded_before:
        pipeline.run(upto(2))
    for last in (4, 6):
        pipeline.extract(upto(last))
    for package in pipeline.workdir.packages("extracted"):
        os.unlink(os.path.join(package.path, "undo.json"))
        for name in ("package.json", "state.json"):
            path = Path(package.path, name)
            found = unseal(path.read_bytes())
            for key in ("has_state", "state_delta"):
                found.pop(key, None)
            path.write_bytes(orjson.dumps(found))
    second = pipeline.list_extracted_load_packages()[1]
    assert pipeline.abort_packages(second) == [second]
    pipeline.run(upto(6))
    pipeline.extract(upto(8))
    assert ids(pipeline) == [1, 2, 3, 4, 5, 6]
    pipeline.drop_pending_packages()
    pipeline.run(upto(8))
    assert ids(pipeline) == [1, 2, 3, 4, 5, 6, 7, 8]


def test_a_package_that_does_not_wait_is_named(pipeline: Any) -> None:
    """Loaded packages cannot be given up, nor those that never were."""
    info = pipeline.run(upto(2))
    with pytest.raises(LoadPackageNotFound, match=r"no package .* waits"):
        pipeline.abort_packages(info.loads_ids[0])
    with pytest.raises(LoadPackageNotFound, match=r"no package 1\.5"):
        pipeline.abort_packages("1.5")
    assert pipeline.abort_packages() == []


PROGRAM = """
import sys
import dlt
from tests.steps.test_packages_given_up import upto

pipeline = dlt.pipeline("spec", destination=dlt.destinations.duckdb("spec.duckdb"), dataset_name="data")
if sys.argv[1] == "prepare":
    pipeline.run([upto(2), upto(2, "others")])
    pipeline.extract(upto(4))
    pipeline.extract(upto(4, "others"))
    pipeline.normalize()
elif sys.argv[1] == "wipe":
    pipeline.drop()
else:
    pipeline.abort_packages(pipeline.list_normalized_load_packages()[0])
"""


def program(folder: Path, what: str, **environment: str) -> int:
    """Run the program in a folder; return its exit code."""
    here = str(Path(__file__).parents[2])
    variables = {**os.environ, "DLT_DATA_DIR": str(folder / "data"), "PYTHONPATH": here, **environment}
    return run_python(["-c", PROGRAM, what], cwd=folder, env=variables).returncode


@pytest.mark.slow
@pytest.mark.parametrize("what", ["abort", "wipe"])
def test_a_kill_while_packages_are_given_up_takes_both_or_none(own_folder: Path, what: str) -> None:
    """At every point: the package and its state are both there, or both gone; the next run is exact."""
    base = own_folder / "base"
    base.mkdir()
    assert program(base, "prepare") == 0
    clean = own_folder / "clean"
    shutil.copytree(base, clean)
    log = own_folder / "points"
    assert program(clean, what, DLT_CRASH_LOG=str(log)) == 0
    names = [point.partition("#")[0] for point in log.read_text().split()]
    ours = ("write.", "abandon.", "move.", "remove.", "wipe.")
    points = list(dict.fromkeys(name for name in names if name.startswith(ours)))
    assert len(points) >= 6
    for number, point in enumerate(points):
        folder = own_folder / f"kill_{number}"
        shutil.copytree(base, folder)
        assert program(folder, what, DLT_CRASH_POINT=point) == -signal.SIGKILL
        pipeline = dlt.pipeline(
            "spec",
            pipelines_dir=str(folder / "data" / "pipelines"),
            destination=dlt.destinations.duckdb(str(folder / "spec.duckdb")),
            dataset_name="data",
        )
        pipeline.run([upto(5), upto(5, "others")])
        assert ids(pipeline) == ids(pipeline, "others") == [1, 2, 3, 4, 5], point


def test_a_journal_that_is_damaged_is_told(pipeline: Any) -> None:
    """A process died while it gave packages up, and its journal is not readable: the advice loses no row."""
    pipeline.run(upto(2))
    pipeline.extract(upto(4))
    journal = Path(pipeline.working_dir, "abandon.json")
    journal.write_bytes(b'{"load_ids": [')
    with pytest.raises(PipelineStepFailed, match=r"abandon\.json.*drop-pending-packages") as caught:
        pipeline.run(upto(4))
    assert isinstance(caught.value.exception, WorkingFolderDamaged)
    journal.unlink()
    pipeline.drop_pending_packages()
    pipeline.run(upto(4))
    assert ids(pipeline) == [1, 2, 3, 4]

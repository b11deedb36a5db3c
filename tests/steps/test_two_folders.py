"""One pipeline that runs from several folders: on two machines in turns, at once, or from a backup."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path
from typing import Any

import pytest

import dlt
from dlt.errors import PipelineStepFailed, StaleExtract, causes

DESTINATIONS: dict[str, Any] = {
    "duckdb": lambda folder: dlt.destinations.duckdb(str(folder / "shared.duckdb")),
    "sqlite": lambda folder: dlt.destinations.sqlalchemy(f"sqlite:///{folder / 'shared.sqlite'}"),
    "files": lambda folder: dlt.destinations.filesystem(str(folder / "bucket")),
}
"""Each keeps state in a way of its own: by transaction, by one writer, by manifest."""


@pytest.fixture(params=list(DESTINATIONS))
def on(request: Any, own_folder: Path) -> Any:
    """Return a function that gives the pipeline as a new process on a machine has it."""

    def machine(name: str, **settings: Any) -> Any:
        target = DESTINATIONS[request.param](own_folder)
        folder = str(own_folder / name)
        return dlt.pipeline("shared", pipelines_dir=folder, destination=target, dataset_name="data", **settings)

    return machine


def upto(last: int, name: str = "events", disposition: str = "append", before_end: Any = None) -> Any:
    """Return a resource that gives the rows behind its cursor."""

    @dlt.resource(name=name, write_disposition=disposition, primary_key="id" if disposition == "merge" else None)
    def events(cursor: Any = dlt.sources.incremental("id", initial_value=0)) -> Any:
        yield [{"id": number} for number in range(1, last + 1)]
        if before_end is not None:
            before_end()

    return events


def ids(pipeline: Any, table: str = "events") -> list[int]:
    """Return the loaded ids."""
    return sorted(row[0] for row in pipeline.dataset()[table].select("id").fetchall())


@pytest.mark.parametrize("disposition", ["append", "merge"])
def test_machines_in_turns(on: Any, disposition: str) -> None:
    """Each run goes on from where the last one, of any machine, ended."""
    for turn, name in enumerate(["a", "b", "a", "a", "b"]):
        on(name).run(upto(2 * turn + 2, disposition=disposition))
    assert ids(on("a")) == list(range(1, 11))


def test_a_folder_from_a_backup(on: Any, own_folder: Path) -> None:
    """State and pending packages of the backup are older than what was loaded since: no row comes twice."""
    on("a").run(upto(2))
    on("a").extract(upto(4))
    shutil.copytree(own_folder / "a", own_folder / "backup")
    on("a").run()
    on("a").run(upto(6))
    shutil.rmtree(own_folder / "a")
    shutil.move(own_folder / "backup", own_folder / "a")
    on("a").run(upto(8))
    assert ids(on("a")) == [1, 2, 3, 4, 5, 6, 7, 8]


def test_a_package_that_waited_too_long_is_given_up_and_its_rows_come(on: Any) -> None:
    """Another machine loaded the same rows meanwhile; all of them come from resources with a cursor."""
    on("a").run(upto(2))
    on("a").extract(upto(4))
    on("b").run(upto(6))
    again = on("a")
    again.run(upto(8))
    assert ids(again) == [1, 2, 3, 4, 5, 6, 7, 8]
    on("b").run(upto(9))
    assert ids(again) == [1, 2, 3, 4, 5, 6, 7, 8, 9]


def test_a_package_with_other_rows_is_refused_and_the_advice_works(on: Any) -> None:
    """Rows of a resource without a cursor would be lost: the package waits, the message says how to give it up."""
    others = dlt.resource([{"id": 1}], name="others")
    on("a").run(upto(2))
    on("a").extract([upto(4), others])
    on("b").run(upto(6))
    again = on("a")
    with pytest.raises(PipelineStepFailed, match="abort-packages") as caught:
        again.run(upto(8))
    assert isinstance(caught.value.exception, StaleExtract)
    (waiting,) = again.list_normalized_load_packages()
    assert waiting in str(caught.value)
    again.abort_packages(waiting)
    again.run(upto(8))
    assert ids(again) == [1, 2, 3, 4, 5, 6, 7, 8]


def test_packages_of_other_resources_are_joined(on: Any) -> None:
    """What another machine loaded of other resources is no obstacle, and its cursor stays."""
    on("a").run(upto(2))
    on("a").extract(upto(4))
    on("b").run(upto(3, "others"))
    on("a").run()
    for name in ("a", "b", "c"):
        last = {"a": 5, "b": 6, "c": 7}[name]
        on(name).run([upto(last), upto(last, "others")])
    assert ids(on("a")) == ids(on("a"), "others") == [1, 2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize("disposition", ["append", "merge", "replace"])
def test_two_machines_at_once(on: Any, disposition: str) -> None:
    """One of two that went on from the same state is refused; run again, it is exact."""
    on("a").run(upto(2, disposition=disposition))
    other = on("b")
    other.run(upto(2, disposition=disposition))
    with pytest.raises(PipelineStepFailed, match="Run again") as caught:
        on("a").run(upto(4, disposition=disposition, before_end=lambda: other.run(upto(5, disposition=disposition))))
    assert any(isinstance(cause, StaleExtract) for cause in causes(caught.value))
    last = on("a")
    assert not last.has_pending_data
    last.run(upto(6, disposition=disposition))
    assert ids(last) == [1, 2, 3, 4, 5, 6]


def test_two_first_runs_at_once(on: Any) -> None:
    """Neither finds a state at the beginning: the second one to end is refused, or waits and is exact."""
    start, outcomes = threading.Barrier(2), []

    def work(name: str) -> None:
        pipeline = on(name)
        try:
            pipeline.run(upto(3, before_end=lambda: start.wait(250)))
            outcomes.append("loaded")
        except PipelineStepFailed:
            outcomes.append("refused")

    threads = [threading.Thread(target=work, args=(name,)) for name in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert "loaded" in outcomes
    for name in ("a", "b"):
        on(name).run(upto(4))
    assert ids(on("a")) == [1, 2, 3, 4]


def test_where_nothing_is_restored_nothing_is_compared(on: Any) -> None:
    """restore_from_destination=False: the folder alone counts, as before."""
    on("a", restore_from_destination=False).run(upto(2))
    on("b", restore_from_destination=False).run(upto(2))
    assert ids(on("a")) == [1, 1, 2, 2]


def test_a_state_that_was_reset_here_counts(on: Any) -> None:
    """Who resets a cursor in the folder gets the rows again: the destination did not change meanwhile."""
    pipeline = on("a")
    pipeline.run(upto(2))
    with pipeline.managed_state() as state:
        state["sources"].clear()
    on("a").run(upto(2))
    assert ids(on("a")) == [1, 1, 2, 2]


def test_destinations_without_state(own_folder: Path) -> None:
    """A function as destination keeps no state: the folder's counts."""
    seen: list[Any] = []

    @dlt.destination(batch_size=0, name="sink")
    def sink(items: Any, table: Any) -> None:
        seen.append(items)

    for last in (2, 4):
        dlt.pipeline("sunk", destination=sink).run(upto(last))
    assert len(seen) == 2

"""Undo on every destination: the tables are as before the load, and the next run loads again what was undone."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import dlt
from dlt.errors import LoadUndone, PipelineHasPendingDataException, PipelineStepFailed, UndoRefused
from dlt.schema.capabilities import Capabilities
from tests.destinations.cases import Case, needs
from tests.destinations.conftest import MakePipeline

SYSTEM = ("_dlt_id", "_dlt_parent_id", "_dlt_root_id", "_dlt_load_id", "_dlt_valid_from", "_dlt_valid_to")


@pytest.fixture
def keeps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let three loads be undone."""
    monkeypatch.setenv("LOAD__KEEP_UNDO", "3")


def content(pipeline: Any) -> dict[str, list[str]]:
    """Return all rows of all tables, with every column that has a value, in an order of its own."""
    dataset = pipeline.dataset()
    found = {}
    for table in dataset.schema.data_table_names():
        with pipeline.destination_client_for() as client:
            there = client.stored_tables([table])
        rows = dataset[table].arrow().to_pylist() if there else []
        found[table] = sorted(repr(sorted((k, v) for k, v in row.items() if v is not None)) for row in rows)
    return {table: rows for table, rows in found.items() if rows}


def values(pipeline: Any) -> dict[str, list[str]]:
    """Return the same without what the library adds: row for row what the source gave."""
    dataset = pipeline.dataset()
    found = {}
    for table in dataset.schema.data_table_names():
        rows = dataset[table].arrow().to_pylist()
        found[table] = sorted(
            repr(sorted((k, v) for k, v in row.items() if v is not None and k not in SYSTEM)) for row in rows
        )
    return found


def statuses(pipeline: Any) -> dict[str, int]:
    """Return the status of each load."""
    return dict(pipeline.dataset()["_dlt_loads"].select("load_id", "status").fetchall())


def events(last: int) -> Any:
    """Return rows behind a cursor, with nested ones."""

    @dlt.resource(name="events")
    def found(at: Any = dlt.sources.incremental("id", initial_value=0)) -> Iterator[Any]:
        yield [{"id": n, "tags": [{"name": f"{n}.{i}", "deep": [i]} for i in range(2)]} for n in range(1, last + 1)]

    return found()


def run(pipeline: Any, data: Any, **options: Any) -> str:
    """Load, and return the load id."""
    info = pipeline.run(data, **options)
    assert not info.has_failed_jobs
    return str(info.loads_ids[0])


# -- append


def test_the_last_of_some_append_loads(make: MakePipeline) -> None:
    """Rows and nested rows go, the cursor goes back, and the next run brings them again."""
    pipeline = make()
    run(pipeline, events(2))
    before, state = content(pipeline), pipeline.state["sources"]
    last = run(pipeline, events(5))
    after = values(pipeline)
    plan = pipeline.undo(last)
    assert content(pipeline) == before and pipeline.state["sources"] == state
    assert plan.loads == (last,) and "events.id  5  →  2" in str(plan)
    assert [(part.table, part.how) for part in plan.tables] == [("events", "append")]
    assert statuses(pipeline)[last] == -1 and last not in pipeline.dataset().load_ids()
    run(pipeline, events(5))
    assert values(pipeline) == after


def test_a_dry_run_changes_nothing(make: MakePipeline) -> None:
    """It tells the same as the undo, and all stays as it was."""
    pipeline = make()
    load_id = run(pipeline, events(3))
    before, state, loads = content(pipeline), dict(pipeline.state), statuses(pipeline)
    plan = pipeline.undo(load_id, dry_run=True)
    assert plan.tables == pipeline.undo(load_id, dry_run=True).tables and plan.undo_id is None
    assert "Nothing was changed." in str(plan)
    assert (content(pipeline), dict(pipeline.state), statuses(pipeline)) == (before, state, loads)


def test_one_of_three_append_loads(make: MakePipeline) -> None:
    """Where no cursor goes on from it, its rows alone go; the others stay."""
    pipeline = make()
    loads = [run(pipeline, [{"id": n, "list": [n, n]}], table_name="t") for n in (1, 2, 3)]
    pipeline.undo(loads[1])
    assert sorted(pipeline.dataset()["t"].select("id").fetchall()) == [(1,), (3,)]
    assert sorted(pipeline.dataset()["t__list"].select("value").fetchall()) == [(1,), (1,), (3,), (3,)]
    assert [statuses(pipeline)[load_id] for load_id in loads] == [0, -1, 0]


def test_a_load_from_which_later_ones_went_on(make: MakePipeline) -> None:
    """It is refused with the loads in the way; with cascade all of them go, and one run brings all of them again."""
    pipeline = make()
    run(pipeline, events(1))
    before = content(pipeline)
    second, third, fourth = (run(pipeline, events(last)) for last in (2, 3, 4))
    after = values(pipeline)
    with pytest.raises(UndoRefused, match="--cascade") as refused:
        pipeline.undo(second)
    assert set(refused.value.blocking) == {third, fourth} and values(pipeline) == after
    assert pipeline.undo(second, cascade=True).loads == (fourth, third, second)
    assert content(pipeline) == before
    run(pipeline, events(4))
    assert values(pipeline) == after


def test_undone_twice_and_undone_in_turn(make: MakePipeline) -> None:
    """An undo that is asked for again does nothing; after it the load before can be undone, and then the first."""
    pipeline = make()
    first, second = run(pipeline, events(2)), run(pipeline, events(4))
    pipeline.undo(second)
    assert pipeline.undo(second).was_undone and pipeline.undo(second, dry_run=True).was_undone
    undone = pipeline.undo(first)
    assert content(pipeline) == {}
    with pytest.raises(UndoRefused, match="itself an undo"):
        pipeline.undo(undone.undo_id)
    run(pipeline, events(4))
    assert len(values(pipeline)["events"]) == 4


def test_another_machine_goes_on_from_the_undo(make: MakePipeline) -> None:
    """The state from before wins in every folder, however new the state there is."""
    one, other = make(pipelines_dir="one"), make(pipelines_dir="other")
    run(one, events(2))
    other.sync_destination()
    load_id = run(other, events(4))
    after = values(other)
    # the first machine, which never heard of that load, undoes it
    make(pipelines_dir="one").undo(load_id)
    again = make(pipelines_dir="other")
    run(again, events(4))
    assert values(again) == after


def test_a_package_whose_load_was_undone_is_not_loaded_again(make: MakePipeline, tmp_path: Path) -> None:
    """A process that died behind its commit finds the load undone: it is neither repeated nor taken for loaded."""
    pipeline = make(pipelines_dir="one")
    run(pipeline, events(1))
    pipeline.extract(events(3))
    pipeline.normalize()
    shutil.copytree(tmp_path / "one", tmp_path / "copy")
    load_id = pipeline.load().loads_ids[0]
    pipeline.undo(load_id)
    before = content(pipeline)
    copy = make(pipelines_dir="copy")
    with pytest.raises(PipelineStepFailed, match="undone since") as failed:
        copy.load()
    assert isinstance(failed.value.__cause__, LoadUndone) and content(pipeline) == before
    copy.drop_pending_packages()
    run(make(pipelines_dir="copy"), events(3))
    assert len(values(pipeline)["events"]) == 3


def test_packages_that_wait_are_in_the_way(make: MakePipeline) -> None:
    """They may go on from the load, so they are loaded or given up first."""
    pipeline = make()
    load_id = run(pipeline, events(1))
    pipeline.extract(events(2))
    with pytest.raises(PipelineHasPendingDataException, match="run-pending"):
        pipeline.undo(load_id)


def test_a_load_that_is_not_there(make: MakePipeline) -> None:
    """The newest loads are named."""
    pipeline = make()
    load_id = run(pipeline, events(1))
    with pytest.raises(UndoRefused, match=f"no load 123.4 is in dataset data.*{load_id}"):
        pipeline.undo("123.4")


# -- merge, replace, scd2


STRATEGIES: dict[str, dict[str, Any]] = {
    "replace": {"write_disposition": "replace"},
    "delete-insert": {"write_disposition": "merge", "primary_key": "id"},
    "no-keys": {"write_disposition": "merge"},
    "merge-key": {"write_disposition": "merge", "merge_key": "day"},
    "both-keys": {"write_disposition": "merge", "primary_key": "id", "merge_key": "day"},
    "upsert": {"write_disposition": {"disposition": "merge", "strategy": "upsert"}, "primary_key": "id"},
    "insert-only": {"write_disposition": {"disposition": "merge", "strategy": "insert-only"}, "primary_key": "id"},
    "scd2": {"write_disposition": {"disposition": "merge", "strategy": "scd2"}},
}
ROUNDS = [
    [{"id": n, "day": n % 2, "v": "first", "list": [{"x": n}, {"x": -n}]} for n in range(6)],
    [{"id": n, "day": n % 2, "v": "second", "list": [{"x": n * 10, "y": "new"}]} for n in range(3, 8)],
    [{"id": n, "day": 0, "v": "third", "more": 1.5, "list": []} for n in (0, 4, 9)],
]


def docs(way: str, number: int) -> Any:
    """Return the documents of one run."""
    return dlt.resource(ROUNDS[number], name="docs", **STRATEGIES[way])


def needs_way(caps: Capabilities, way: str) -> None:
    """Skip where the destination has not this strategy."""
    strategy = "delete-insert" if way in ("no-keys", "merge-key", "both-keys") else way
    needs(way == "replace" or strategy in caps.supported_merge_strategies, f"it has no merge strategy {strategy}")


@pytest.mark.parametrize("way", STRATEGIES)
@pytest.mark.usefixtures("keeps")
def test_what_a_load_replaced_comes_back(make: MakePipeline, caps: Capabilities, way: str) -> None:
    """Every row of every table, nested ones too, with the ids that it had; the next run leaves what this one left."""
    needs_way(caps, way)
    pipeline = make()
    run(pipeline, docs(way, 0))
    first = content(pipeline)
    run(pipeline, docs(way, 1))
    second = content(pipeline)
    third = run(pipeline, docs(way, 2))
    after = values(pipeline)
    pipeline.undo(third)
    assert content(pipeline) == second
    run(pipeline, docs(way, 2))
    assert values(pipeline) == after
    # and back again, over the load that was undone and the one that took its place
    pipeline.undo(_newest(pipeline))
    assert content(pipeline) == second
    pipeline.undo(_newest(pipeline))
    assert content(pipeline) == first


def _newest(pipeline: Any) -> str:
    """Return the newest load with rows."""
    rows = pipeline.dataset()["_dlt_loads"].select("inserted_at", "load_id", "status").fetchall()
    loads = [load_id for _, load_id, status in sorted(rows) if status == 0]
    return str([load_id for load_id in loads if pipeline.undo(load_id, dry_run=True).refused is None][-1])


@pytest.mark.usefixtures("keeps")
def test_merges_in_a_cascade(make: MakePipeline) -> None:
    """Later loads that changed the same table are in the way; all of them go back together."""
    pipeline = make()
    run(pipeline, docs("delete-insert", 0))
    before = content(pipeline)
    second, third = run(pipeline, docs("delete-insert", 1)), run(pipeline, docs("delete-insert", 2))
    with pytest.raises(UndoRefused, match="docs") as refused:
        pipeline.undo(second)
    assert refused.value.blocking == [third]
    pipeline.undo(second, cascade=True)
    assert content(pipeline) == before


def test_nothing_was_kept(make: MakePipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was replaced without a setting is gone, and the message names the setting; older ones are forgotten."""
    pipeline = make()
    run(pipeline, docs("replace", 0))
    load_id = run(pipeline, docs("replace", 1))
    before = content(pipeline)
    plan = pipeline.undo(load_id, dry_run=True)
    if plan.refused is not None:
        assert "load.keep_undo" in plan.refused
        with pytest.raises(UndoRefused, match=r"load\.keep_undo"):
            pipeline.undo(load_id)
        assert content(pipeline) == before
    monkeypatch.setenv("LOAD__KEEP_UNDO", "1")
    second, third = run(pipeline, docs("replace", 2)), run(pipeline, docs("replace", 0))
    pipeline.undo(third)
    assert [row for row in values(pipeline)["docs"] if "third" in row]
    with pytest.raises(UndoRefused):
        pipeline.undo("1.0")
    assert second not in (third, load_id)


@pytest.mark.usefixtures("keeps")
def test_a_delete_is_taken_back(make: MakePipeline) -> None:
    """A row that came with a mark that deletes it, with its nested rows."""
    pipeline = make()
    hints: Any = {
        "name": "t",
        "write_disposition": "merge",
        "primary_key": "id",
        "columns": {"gone": {"data_type": "bool", "hard_delete": True}},
    }
    run(pipeline, dlt.resource([{"id": n, "gone": None, "list": [n]} for n in (1, 2)], **hints))
    before = content(pipeline)
    load_id = run(pipeline, dlt.resource([{"id": 1, "gone": True}], **hints))
    assert len(values(pipeline)["t"]) == 1
    pipeline.undo(load_id)
    assert content(pipeline) == before


@pytest.mark.usefixtures("keeps")
def test_a_refresh_cannot_be_undone(make: MakePipeline) -> None:
    """What a load dropped first was not kept, and so nothing is undone."""
    pipeline = make()
    run(pipeline, events(2))
    load_id = run(pipeline, events(4), refresh="drop_resources")
    before = content(pipeline)
    with pytest.raises(UndoRefused, match="dropped or emptied"):
        pipeline.undo(load_id)
    assert content(pipeline) == before


def test_a_refresh_that_nobody_recorded(make: MakePipeline) -> None:
    """The cursor had begun before, and no row is there from then: that is refused, or snapshots have the rows."""
    pipeline = make()
    run(pipeline, events(2))
    before = content(pipeline)
    load_id = run(pipeline, events(4), refresh="drop_data")
    after = content(pipeline)
    plan = pipeline.undo(load_id, dry_run=True)
    if plan.refused is None:
        pipeline.undo(load_id)
        assert content(pipeline) == before
        return
    with pytest.raises(UndoRefused, match=r"drop|emptied"):
        pipeline.undo(load_id)
    assert content(pipeline) == after


def beside(number: int, rows: list[Any], **hints: Any) -> list[Any]:
    """Return a resource that appends a row, and one that changes a table without a row of its own in the second run."""
    return [dlt.resource([{"id": number}], name="log"), dlt.resource(rows, name="t", **hints)]


SILENT: dict[str, tuple[dict[str, Any], list[Any]]] = {
    "replaced by nothing": ({"write_disposition": "replace"}, []),
    "deleted": (
        {
            "write_disposition": "merge",
            "primary_key": "id",
            "columns": {"gone": {"data_type": "bool", "hard_delete": True}},
        },
        [{"id": 1, "gone": True}],
    ),
    "ended": ({"write_disposition": {"disposition": "merge", "strategy": "scd2"}}, [{"id": 2, "list": [2]}]),
    "more nested rows": (STRATEGIES["insert-only"], [{"id": 2, "list": [2, 3]}]),
}


@pytest.mark.parametrize("way", SILENT)
@pytest.mark.parametrize("keep", ["0", "3"])
def test_a_load_without_rows_of_its_own(
    make: MakePipeline, caps: Capabilities, way: str, keep: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No row of the table bears the id of the load: all is as before where that was kept, and else it is refused."""
    monkeypatch.setenv("LOAD__KEEP_UNDO", keep)
    hints, rows = SILENT[way]
    needs_way(
        caps, {"deleted": "delete-insert", "ended": "scd2", "more nested rows": "insert-only"}.get(way, "replace")
    )
    pipeline = make()
    run(pipeline, beside(1, [{"id": n, "list": [n]} for n in (1, 2)], **hints))
    before = content(pipeline)
    load_id = run(pipeline, beside(2, rows, **hints))
    after = content(pipeline)
    if pipeline.undo(load_id, dry_run=True).refused is None:
        pipeline.undo(load_id)
        assert content(pipeline) == before
    else:
        assert keep == "0"
        with pytest.raises(UndoRefused, match=r"table t: .*load\.keep_undo"):
            pipeline.undo(load_id)
        assert content(pipeline) == after


def test_a_refresh_of_a_table_without_a_cursor(make: MakePipeline) -> None:
    """That rows were there before the load, and are not any more, says the schema of the load before."""
    pipeline = make()
    run(pipeline, dlt.resource([{"id": 1}], name="t"))
    before = content(pipeline)
    load_id = run(pipeline, dlt.resource([{"id": 2}], name="t"), refresh="drop_resources")
    if pipeline.undo(load_id, dry_run=True).refused is None:
        pipeline.undo(load_id)
        assert content(pipeline) == before
        return
    with pytest.raises(UndoRefused, match=r"table t: .*kept\. .*[^.]\. Nothing was undone\.$"):
        pipeline.undo(load_id)
    assert len(values(pipeline)["t"]) == 1
    # what comes after a refresh can be undone, and so can what comes after an undo
    last = run(pipeline, dlt.resource([{"id": 3}], name="t"))
    pipeline.undo(last)
    again = run(pipeline, dlt.resource([{"id": 3}], name="t"))
    pipeline.undo(again)
    assert len(values(pipeline)["t"]) == 1


@pytest.mark.parametrize("way", ["delete-insert", "upsert", "insert-only", "replace"])
@pytest.mark.usefixtures("keeps")
def test_tables_of_arrow_without_ids_of_rows(
    make: MakePipeline, caps: Capabilities, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They tell their load alone, and that is enough: a row that only a key found stays once."""
    needs_way(caps, way)
    monkeypatch.setenv("NORMALIZE__PARQUET_NORMALIZER__ADD_DLT_LOAD_ID", "true")

    def table(ids: list[int], text: str) -> Any:
        return dlt.resource([pa.table({"id": ids, "v": [text] * len(ids)})], name="t", **STRATEGIES[way])

    pipeline = make()
    run(pipeline, table([1, 2], "first"))
    before = content(pipeline)
    load_id = run(pipeline, table([2, 3], "second"))
    after = values(pipeline)
    pipeline.undo(load_id)
    assert content(pipeline) == before
    run(pipeline, table([2, 3], "second"))
    assert values(pipeline) == after


# -- several schemas


def test_the_load_of_one_of_two_schemas(make: MakePipeline) -> None:
    """Each schema has a dataset of its own; the state of the other one stays."""

    def source(name: str, last: int) -> Any:
        @dlt.source(name=name)
        def found() -> Any:
            return events(last)

        return found()

    pipeline = make()
    pipeline.run([source("one", 2), source("two", 2)])
    info = pipeline.run([source("one", 4), source("two", 5)])
    by_schema = {package.schema_name: package.load_id for package in info.load_packages}
    cursors = {name: pipeline.state["sources"][name] for name in ("one", "two")}
    pipeline.undo(by_schema["one"])
    assert len(pipeline.dataset("one")["events"].select("id").fetchall()) == 2
    assert len(pipeline.dataset("two")["events"].select("id").fetchall()) == 5
    assert pipeline.state["sources"]["two"] == cursors["two"] and pipeline.state["sources"]["one"] != cursors["one"]
    pipeline.run([source("one", 4), source("two", 5)])
    assert len(pipeline.dataset("one")["events"].select("id").fetchall()) == 4
    assert len(pipeline.dataset("two")["events"].select("id").fetchall()) == 5


# -- destinations with snapshots


@pytest.mark.parametrize("way", STRATEGIES)
def test_snapshots_keep_what_a_load_replaced(make: MakePipeline, caps: Capabilities, case: Case, way: str) -> None:
    """Delta, Iceberg and DuckLake need no setting: what was there before is still there."""
    needs(case.name in ("delta", "iceberg", "ducklake"), "it has no snapshots with the rows from before")
    needs_way(caps, way)
    pipeline = make()
    first = run(pipeline, docs(way, 0))
    before = content(pipeline)
    second = run(pipeline, docs(way, 1))
    after = values(pipeline)
    pipeline.undo(second)
    assert content(pipeline) == before
    again = run(pipeline, docs(way, 1))
    assert values(pipeline) == after
    pipeline.undo(first, cascade=True)
    assert content(pipeline) == {} and again != second

"""State: written with the data, visible with the load, restored from the destination."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path
from typing import Any

import pytest

import dlt
from dlt.errors import CannotRestorePipelineException


def counting() -> Any:
    """Return a resource that counts its runs and loads only new rows."""

    @dlt.resource(name="events")
    def events(at: Any = dlt.sources.incremental("at", initial_value=dt.datetime(2024, 1, 1))) -> Any:
        state = dlt.current.resource_state()
        state["runs"] = state.get("runs", 0) + 1
        for day in range(1, 4 + 2 * state["runs"]):
            yield {"id": day, "at": dt.datetime(2024, 1, day)}

    return events


def ids(pipeline: Any) -> list[int]:
    """Return the loaded ids."""
    return sorted(row[0] for row in pipeline.dataset().events.select("id").fetchall())


def test_a_new_process_goes_on_with_schema_and_state(pipeline: Any) -> None:
    """The folder is preserved, so the second object continues."""
    pipeline.run(counting())
    again = dlt.attach("spec")
    again.run(counting())
    assert ids(again) == [1, 2, 3, 4, 5, 6, 7]
    assert again.state["sources"]["spec"]["resources"]["events"]["runs"] == 2


def test_state_comes_back_from_the_destination(pipeline: Any) -> None:
    """A worker without a folder finds state and schemas, and goes on incrementally."""
    pipeline.run(counting())
    version = pipeline.default_schema.version_hash
    shutil.rmtree(pipeline.pipelines_dir)
    fresh = dlt.pipeline("spec", destination=pipeline.destination, dataset_name="data")
    fresh.run(counting())
    assert ids(fresh) == [1, 2, 3, 4, 5, 6, 7]
    assert fresh.state["sources"]["spec"]["resources"]["events"]["runs"] == 2
    assert fresh.default_schema.version_hash == version


def test_state_of_a_load_that_failed_is_not_restored(pipeline: Any) -> None:
    """Only complete loads bring state with them."""
    pipeline.run(counting())
    pipeline.extract(counting())
    pipeline.normalize()
    shutil.rmtree(pipeline.pipelines_dir)
    fresh = dlt.pipeline("spec", destination=pipeline.destination, dataset_name="data")
    fresh.sync_destination()
    assert fresh.state["sources"]["spec"]["resources"]["events"]["runs"] == 1


def test_restoring_can_be_switched_off(pipeline: Any) -> None:
    """`restore_from_destination=False` never restores."""
    pipeline.run(counting())
    shutil.rmtree(pipeline.pipelines_dir)
    fresh = dlt.pipeline("spec", destination=pipeline.destination, dataset_name="data", restore_from_destination=False)
    fresh.run(counting())
    assert fresh.state["sources"]["spec"]["resources"]["events"]["runs"] == 1


def test_a_dataset_that_was_dropped_resets_the_state_but_not_pending_data(pipeline: Any) -> None:
    """Data that waits survives."""
    pipeline.run(counting())
    pipeline.extract([{"id": 99, "at": dt.datetime(2024, 3, 1)}], table_name="events")
    with pipeline.sql_client() as client:
        client.drop_dataset()
    pipeline.run(counting())
    assert ids(pipeline) == [1, 2, 3, 4, 5, 99]


def test_another_dataset_begins_without_the_tables_of_the_first_one(pipeline: Any) -> None:
    """As with PyPI dlt; back at the first dataset all goes on as it was."""
    pipeline.run([{"id": 1}], table_name="events")
    pipeline.run(counting())

    def run_in(dataset_name: str, *data: Any) -> tuple[list[str], list[str]]:
        other = dlt.pipeline(
            "spec",
            destination=pipeline.destination,
            pipelines_dir=pipeline.pipelines_dir,
            dataset_name=dataset_name,
        )
        other.run(list(data), table_name="lines")
        with other.sql_client() as client:
            found = client.execute_sql(
                "SELECT table_name FROM information_schema.tables WHERE table_schema = %s ORDER BY 1", dataset_name
            )
        there = [name for (name,) in found if not name.startswith("_dlt")]
        return there, sorted(other.default_schema.data_table_names())

    assert run_in("second", {"n": 1}) == (["lines"], ["lines"])
    # a process that comes later finds the package of the first dataset in its folder, and takes nothing from it
    assert run_in("second", {"n": 2}) == (["lines"], ["lines"])
    there, known = run_in(pipeline.dataset_name, {"n": 3})
    assert there == known == ["events", "lines"]


def test_the_schema_is_the_same_after_the_same_data(own_folder: Path) -> None:
    """Schema evolution is deterministic."""
    hashes = set()
    for number in range(2):
        one = dlt.pipeline("same", pipelines_dir=str(own_folder / str(number)))
        one.extract([{"id": 1, "l": [{"x": "2024-01-01T00:00:00Z"}]}], table_name="items")
        one.normalize()
        hashes.add(one.default_schema.version_hash)
    assert len(hashes) == 1


def test_a_source_only_reads_state_and_a_resource_writes_it(pipeline: Any) -> None:
    """What a source writes is discarded; what a resource writes is kept with its data."""

    @dlt.source(name="shop")
    def shop() -> Any:
        dlt.state["from source"] = 1

        @dlt.resource
        def orders() -> Any:
            dlt.state()["from resource"] = 2
            yield {"id": 1}

        return orders

    pipeline.run(shop())
    assert pipeline.state["sources"]["shop"] == {"from resource": 2}


def test_what_was_never_made_cannot_be_attached(own_folder: Path) -> None:
    """`attach` names the folder that it looked in."""
    with pytest.raises(CannotRestorePipelineException, match="holds no pipeline"):
        dlt.attach("never", pipelines_dir=str(own_folder))


@pytest.mark.parametrize("named", [True, False])
def test_the_active_pipeline_is_attached_before_it_ran(own_folder: Path, named: bool) -> None:
    """It loads where that one would; another destination counts where it is given."""
    database = dlt.destinations.duckdb(str(own_folder / "a.duckdb"))
    made = dlt.pipeline("made", pipelines_dir=str(own_folder), destination=database, dataset_name="data")
    found = dlt.attach("made", pipelines_dir=str(own_folder)) if named else dlt.attach()
    assert (found.pipeline_name, found.dataset_name, found.first_run) == ("made", "data", True)
    assert found.destination.path == database.path and found.working_dir == made.working_dir
    found.run([{"id": 1}], table_name="events")
    assert made.dataset().events.select("id").fetchall() == [(1,)]
    dlt.pipeline("other", pipelines_dir=str(own_folder), destination="duckdb")
    elsewhere = dlt.attach("other", pipelines_dir=str(own_folder), destination="dummy", dataset_name="there")
    assert (elsewhere.destination.destination_name, elsewhere.dataset_name) == ("dummy", "there")


def test_attach_takes_a_pipeline_from_the_destination(pipeline: Any) -> None:
    """Where the folder is gone, the destination knows."""
    pipeline.run(counting())
    shutil.rmtree(pipeline.pipelines_dir)
    found = dlt.attach("spec", destination=pipeline.destination, dataset_name="data")
    assert found.default_schema_name == "spec" and ids(found) == [1, 2, 3, 4, 5]


def test_old_states_do_not_pile_up(pipeline: Any) -> None:
    """The state table stays short."""
    for number in range(12):
        pipeline.run([{"id": number}], table_name="events")

        @dlt.resource(name="ticks")
        def ticks(number: int = number) -> Any:
            dlt.current.resource_state()["n"] = number
            yield {"id": number}

        pipeline.run(ticks())
    with pipeline.sql_client() as client:
        ((count,),) = client.execute_sql("SELECT count(*) FROM _dlt_pipeline_state") or []
    assert count <= 5


def test_staging_is_remembered_with_the_destination(own_folder: Path) -> None:
    """A pipeline that says neither goes where it went before, by way of the same bucket."""
    bucket = dlt.destinations.filesystem(str(own_folder / "bucket"), destination_name="lake")
    warehouse = dlt.destinations.redshift(destination_name="house")
    made = dlt.pipeline("staged", destination=warehouse, staging=bucket, dataset_name="data")
    made.extract([1], table_name="t")
    state = made.state
    assert (state["staging_type"], state["staging_name"]) == ("dlt.destinations.filesystem", "lake")
    found = dlt.pipeline("staged")
    assert found.destination is not None and found.destination.destination_name == "house"
    assert found.staging is not None and found.staging.destination_name == "lake"


def test_a_value_of_this_machine_may_be_set_while_a_state_is_changed(own_folder: Path) -> None:
    """By a resource that is extracted, and in a block that changes the state; neither puts it back."""
    pipeline = dlt.pipeline("local", destination="dummy")

    @dlt.resource
    def marks() -> Any:
        pipeline.set_local_state_val("seen", 1)
        dlt.current.resource_state()["cursor"] = 5
        yield 1

    pipeline.extract(marks)
    with pipeline.managed_state() as state:
        state["more"] = 2
        pipeline.set_local_state_val("later", 3)
    found = dlt.attach("local")
    assert (found.get_local_state_val("seen"), found.get_local_state_val("later")) == (1, 3)
    assert found.state["more"] == 2 and found.state["sources"]["local"]["resources"]["marks"] == {"cursor": 5}


def test_pipeline_objects_of_one_name_tell_the_state_that_is_stored(pipeline: Any) -> None:
    """Also what another one changed, such as one that was attached."""
    pipeline.run(counting())
    attached = dlt.attach("spec")
    with attached.managed_state() as state:
        state["sources"]["seen"] = {"by": "attached"}
    assert pipeline.state["sources"]["seen"] == {"by": "attached"}
    assert pipeline.state == attached.state
    shutil.rmtree(pipeline.working_dir)
    assert pipeline.state["sources"]["seen"] == {"by": "attached"}


def test_a_backfill_leaves_the_state_as_it_is(pipeline: Any) -> None:
    """Its resource has no entry there, and the cursor of the runs that go on stays where it was."""

    @dlt.resource
    def numbers(at: Any = dlt.sources.incremental("at", initial_value=1)) -> Any:
        yield [{"at": number} for number in range(5)]

    backfill = dlt.sources.incremental(initial_value=2, end_value=4)
    pipeline.run(numbers(at=backfill))
    assert not any(source.get("resources") for source in pipeline.state.get("sources", {}).values())
    pipeline.run(numbers())
    before = pipeline.state
    pipeline.run(numbers(at=backfill))
    assert pipeline.state == before
    assert pipeline.dataset().numbers["at"].fetchall() == [(2,), (3,), (1,), (2,), (3,), (4,), (2,), (3,)]

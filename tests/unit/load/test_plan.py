"""The load of a waiting package as a value: readable, without effects, and the same however often it is carried out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import dlt
from dlt import context
from dlt.load import LoadPlan, plan_load
from dlt.load.execute import execute
from dlt.load.planning import make_plan
from dlt.load.standing import Standing


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DLT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("RUNTIME__USER_LOG", "false")
    context.activate(None)
    return tmp_path


def shop(kind: str, folder: Path) -> Any:
    """Return a pipeline into a DuckDB file, or into files."""
    places = {
        "duckdb": lambda: dlt.destinations.duckdb(str(folder / "shop.duckdb")),
        "filesystem": lambda: dlt.destinations.filesystem(str(folder / "files")),
    }
    return dlt.pipeline("shop", pipelines_dir=str(folder / "work"), destination=places[kind](), dataset_name="data")


def wait(pipeline: Any, rows: list[dict[str, Any]], disposition: str) -> None:
    """Leave a package that waits for its load."""
    pipeline.extract(rows, table_name="orders", write_disposition=disposition, primary_key="id")
    pipeline.normalize()


def plan_of(pipeline: Any, client: Any) -> LoadPlan:
    """Return the plan of the first package that waits."""
    package = pipeline.workdir.packages("normalized")[0]
    return plan_load(pipeline.parts.order(package, pipeline.dataset_for(package.schema_name)), client)


def bytes_in(folder: Path) -> dict[str, bytes]:
    """Return what all files hold, but for the lock, which names who holds it."""
    found = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "lock")
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def content(pipeline: Any) -> list[Any]:
    """Return what is at the destination."""
    dataset = pipeline.dataset()
    nested = dataset.orders__items.select("sku").fetchall() if "orders__items" in dataset.tables else []
    loads = dataset._dlt_loads.select("load_id").fetchall()
    return [sorted(dataset.orders.select("id", "name").fetchall()), sorted(nested), sorted(loads)]


ROWS: list[dict[str, Any]] = [{"id": 1, "name": "Ada", "items": [{"sku": "a"}, {"sku": "b"}]}]


@pytest.mark.parametrize("kind", ["duckdb", "filesystem"])
def test_a_plan_is_text(kind: str, own_folder: Path) -> None:
    """For a first load, for one that adds a column, and for one that was done before."""
    pipeline = shop(kind, own_folder)
    texts = []
    for rows in (ROWS, [{"id": 1, "name": "Bob", "price": 1.5}]):
        wait(pipeline, rows, "merge")
        with pipeline.destination_client_for() as client:
            plan = plan_of(pipeline, client)
        texts.append(str(plan).replace(plan.order.package.load_id, "LOAD"))
        pipeline.load()
    again = make_plan(plan.order, Standing(loads={plan.order.package.load_id: "shop"}))
    texts.append(str(again).replace(plan.order.package.load_id, "LOAD"))
    assert "\n\n".join(texts) + "\n" == Path(__file__).with_name(f"plan_{kind}.txt").read_text()


@pytest.mark.parametrize("kind", ["duckdb", "filesystem"])
@pytest.mark.parametrize("disposition", ["append", "replace", "merge"])
@settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_a_plan_changes_nothing_and_is_carried_out_once(
    kind: str, disposition: str, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Making it leaves all bytes as they are; to execute it twice leaves what executing it once does."""
    folder = tmp_path_factory.mktemp("plan")
    row = st.fixed_dictionaries(
        {"id": st.integers(1, 3), "name": st.sampled_from(["Ada", "Bob"])},
        optional={"items": st.lists(st.fixed_dictionaries({"sku": st.sampled_from("abc")}), max_size=2)},
    )
    pipeline = shop(kind, folder)
    pipeline.run(ROWS, table_name="orders", write_disposition=disposition, primary_key="id")
    wait(pipeline, data.draw(st.lists(row, min_size=1, max_size=4)), disposition)
    before = bytes_in(folder)
    with pipeline.destination_client_for() as client:
        plan = plan_of(pipeline, client)
    assert bytes_in(folder) == before
    with pipeline.destination_client_for() as client:
        assert plan_of(pipeline, client).standing == plan.standing
        assert not execute(plan, client).skipped
    once = content(pipeline)
    with pipeline.destination_client_for() as client:
        assert execute(plan, client).skipped and execute(plan.order, client).skipped
    assert content(pipeline) == once


def test_a_plan_that_is_out_of_date_is_made_anew(own_folder: Path) -> None:
    """Another load came in between: what stands decides, not what was seen."""
    pipeline = shop("duckdb", own_folder)
    wait(pipeline, ROWS, "append")
    with pipeline.destination_client_for() as client:
        plan = plan_of(pipeline, client)
    other = dlt.pipeline("other", destination=dlt.destinations.duckdb("shop.duckdb"), dataset_name="data")
    other.run([{"id": 7, "name": "Eve"}], table_name="orders")
    with pipeline.destination_client_for() as client:
        assert not execute(plan, client).failed
    assert sorted(pipeline.dataset().orders.select("id").fetchall()) == [(1,), (7,)]

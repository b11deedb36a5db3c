"""What was loaded is data again: for other tables, other pipelines and other destinations."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import dlt
from dlt.dataset.model import SqlModel
from dlt.errors import PipelineStepFailed

ROWS = [
    {
        "id": number,
        "name": f"row {number}",
        "at": dt.datetime(2024, 1, number, tzinfo=dt.timezone.utc),
        "day": dt.date(2024, 1, number),
        "time": dt.time(1, number),
        "price": Decimal("1.50"),
        "huge": 2**70,
        "flag": number > 1,
        "bytes": b"x",
        "document": {"a": [number]},
        "parts": [{"n": number}],
    }
    for number in (1, 2, 3)
]
COLUMNS = ("id", "name", "at", "day", "time", "price", "huge", "flag", "bytes", "document")
DESTINATIONS: dict[str, Callable[[Path], Any]] = {
    "duckdb": lambda folder: dlt.destinations.duckdb(str(folder / "data.duckdb")),
    "sqlite": lambda folder: dlt.destinations.sqlalchemy(f"sqlite:///{folder}/data.db"),
    "files": lambda folder: dlt.destinations.filesystem(str(folder / "files")),
}


@pytest.fixture(params=DESTINATIONS)
def pipeline(request: pytest.FixtureRequest, own_folder: Path) -> Any:
    """Return a pipeline that loaded rows with values of all types."""
    made = dlt.pipeline("rows", destination=DESTINATIONS[request.param](own_folder), dataset_name="data")
    hints: Any = {"document": {"data_type": "json"}, "huge": {"data_type": "wei"}}
    made.run(ROWS, table_name="rows", columns=hints)
    return made


def test_types_and_values_stay(pipeline: Any) -> None:
    """Of every type; rows bear the id of the load that wrote them."""
    given = pipeline.dataset()["rows"].select(*COLUMNS)

    @dlt.resource
    def copied() -> Any:
        yield given

    load_id = pipeline.run(copied()).loads_ids[0]
    found = pipeline.dataset()["copied"]
    assert found.columns == [*COLUMNS, "_dlt_load_id"]
    types = {name: column["data_type"] for name, column in found.columns_schema.items() if name in COLUMNS}
    assert types == {name: given.columns_schema[name]["data_type"] for name in COLUMNS}
    assert found.select(*COLUMNS).order_by("id").fetchall() == given.order_by("id").fetchall()
    assert set(found["_dlt_load_id"].fetchall()) == {(load_id,)}


def test_a_relation_is_given_to_run(pipeline: Any) -> None:
    """Alone, in a list, of a table or of a query, with ids of rows and without."""
    data = pipeline.dataset()
    load_id = pipeline.run(data["rows"], table_name="whole").loads_ids[0]
    whole = pipeline.dataset()["whole"]
    assert sorted(whole["_dlt_id"].fetchall()) == sorted(data["rows"]["_dlt_id"].fetchall())
    assert set(whole["_dlt_load_id"].fetchall()) == {(load_id,)}
    pipeline.run([data("SELECT flag, count(*) AS n FROM rows GROUP BY flag")], table_name="counts")
    assert sorted(pipeline.dataset()["counts"].select("n").fetchall()) == [(1,), (2,)]
    pipeline.run(data["rows"].where("id", "gt", 9).select("id"), table_name="none")
    joined = data["rows__parts"].join("rows").select("n", "rows__name")
    pipeline.run(dlt.resource(joined, name="joined"), write_disposition="replace")
    assert sorted(pipeline.dataset()["joined"].select("n", "rows__name").fetchall())[0] == (1, "row 1")


def test_a_relation_of_another_destination(pipeline: Any, own_folder: Path) -> None:
    """Is loaded as any data is."""
    other = dlt.pipeline("other", destination=dlt.destinations.duckdb(str(own_folder / "other.duckdb")))
    other.run(pipeline.dataset()["rows"].select("id", "price"), table_name="moved")
    assert other.dataset()["moved"].select("id", "price").order_by("id").fetchall()[0] == (1, Decimal("1.5"))


def test_hints_of_the_program_come_first(pipeline: Any) -> None:
    """Those with which it marks a relation, and those of its resource."""

    @dlt.resource
    def marked() -> Any:
        hints: Any = {"id": {"data_type": "bigint", "primary_key": True}, "document": {"data_type": "json"}}
        yield dlt.mark.with_hints(
            pipeline.dataset()["rows"].select("id", "document"), dlt.mark.make_hints(columns=hints)
        )

    pipeline.run(marked(), loader_file_format="model")
    columns = pipeline.default_schema.tables["marked"]["columns"]
    assert columns["id"]["primary_key"] and columns["document"]["data_type"] == "json" and "_dlt_load_id" in columns
    assert len(pipeline.dataset()["marked"].fetchall()) == 3


def test_steps_get_pages_of_rows(pipeline: Any) -> None:
    """As Arrow tables, and a cursor passes each row once."""

    @dlt.resource
    def new(cursor: Any = dlt.sources.incremental("id")) -> Any:
        yield pipeline.dataset().table("rows", incremental=cursor).select("id", "name")

    seen: list[int] = []

    def count(page: Any) -> Any:
        seen.append(page.num_rows)
        return page

    pipeline.run(new().add_map(count))
    pipeline.run([{"id": 4, "name": "late"}], table_name="rows")
    pipeline.run(new().add_map(count))
    assert sorted(pipeline.dataset()["new"]["id"].fetchall()) == [(1,), (2,), (3,), (4,)]
    assert seen[0] == 3


def test_the_text_of_a_query_is_no_row(own_folder: Path) -> None:
    """It says nothing of the dataset that it asks."""
    made = dlt.pipeline("text", destination="duckdb")
    with pytest.raises(PipelineStepFailed, match="SqlModel"):
        made.run([SqlModel.from_query_string("SELECT 1 AS one", "duckdb")], table_name="t")

"""What a dataset is asked for, it does or refuses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import dlt
from dlt.errors import DatasetException


@pytest.fixture
def pipeline(own_folder: Path) -> Any:
    """Return a pipeline that loaded rows with two levels of nested tables, in two loads."""
    made = dlt.pipeline("p", destination="duckdb", dataset_name="data")
    for number in (1, 2):
        made.run([{"id": number, "parts": [{"n": number, "tags": ["a", "b"]}]}], table_name="t")
    return made


@pytest.mark.parametrize("table", ["t", "t__parts", "t__parts__tags"])
def test_rows_of_a_load_with_its_load_id(pipeline: Any, table: str) -> None:
    """Nested rows get the id of the load of their root row."""
    first, last = [row[0] for row in pipeline.dataset()["_dlt_loads"].order_by("inserted_at").fetchall()]
    relation = pipeline.dataset()[table]
    found = relation.from_loads([last], add_load_id_column=True).df()
    assert set(found["_dlt_load_id"]) == {last}
    assert len(found) == len(relation.from_loads(last).df())
    assert len(relation.from_loads([first, last], add_load_id_column=True).df()) == len(relation.df())


def test_an_alias_names_the_right_side(pipeline: Any) -> None:
    """In the condition, too; what is no name is refused."""
    dataset = pipeline.dataset()
    assert len(dataset["t"].join("t__parts", alias="part").df()) == 2
    found = dataset["t"].join("t__parts", "part.n = l.id AND part.n = 2", alias="part").df()
    assert list(found["id"]) == [2]
    for wrong in ("l", "a b", "x) --"):
        with pytest.raises(DatasetException, match="alias"):
            dataset["t"].join("t__parts", alias=wrong)


def test_each_clause_on_a_line(pipeline: Any) -> None:
    """The text is the same otherwise."""
    relation = pipeline.dataset()["t"].select("id").where("id", "gt", 1).order_by("id").limit(3)
    pretty = relation.to_sql(pretty=True).split("\n")
    assert [clause.split()[0] for clause in pretty] == ["SELECT", "FROM", "WHERE", "ORDER", "LIMIT"]
    assert " ".join(pretty) == relation.to_sql()


def test_a_query_in_another_dialect_is_refused(pipeline: Any) -> None:
    """It would run as it is written, and fail or mean something else."""
    dataset = pipeline.dataset()
    assert dataset.query("SELECT 1", query_dialect="duckdb").fetchall() == [(1,)]
    with pytest.raises(DatasetException, match="'bigquery' runs as it is written"):
        dataset.query("SELECT 1", query_dialect="bigquery")


def test_another_type_of_dataset_is_refused(pipeline: Any) -> None:
    """There is one type."""
    assert pipeline.dataset(dataset_type="auto").t.fetchall()
    with pytest.raises(DatasetException, match="'ibis'"):
        pipeline.dataset(dataset_type="ibis")


@pytest.mark.parametrize("extract_state", [True, False])
def test_a_state_that_was_changed_reaches_the_destination(pipeline: Any, extract_state: bool) -> None:
    """At once as a package of its own, or with the next extract."""
    with pipeline.managed_state(extract_state=extract_state) as state:
        state["sources"] = {"own": {"mark": 7}}
    assert pipeline.has_pending_data is extract_state
    if not extract_state:
        pipeline.extract([], table_name="t")
    pipeline.normalize()
    pipeline.load()
    pipeline.drop()
    pipeline.sync_destination()
    assert pipeline.state["sources"]["own"] == {"mark": 7}

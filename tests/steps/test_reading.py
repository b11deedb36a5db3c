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
    """In the condition, and before the names of its columns."""
    dataset = pipeline.dataset()
    assert "part__n" in dataset["t"].join("t__parts", alias="part").columns
    found = dataset["t"].join("t__parts", "part.n = t.id AND part.n = 2", alias="part").df()
    assert list(found["id"]) == [2] == list(found["part__n"])


def test_each_clause_on_a_line(pipeline: Any) -> None:
    """The text is the same otherwise."""
    relation = pipeline.dataset()["t"].select("id").where("id", "gt", 1).order_by("id").limit(3)
    pretty = relation.to_sql(pretty=True)
    assert pretty.count("\n") == 7 and " ".join(pretty.split()) == relation.to_sql()
    begin, rest = relation.to_sql().split(" WHERE ")
    assert begin == 'SELECT "t"."id" AS "id" FROM "data"."t" AS "t"'
    assert rest == '"t"."id" > CAST(1 AS BIGINT) ORDER BY "t"."id" ASC LIMIT 3'


def test_a_query_in_another_dialect_is_translated(pipeline: Any) -> None:
    """What it means stays."""
    dataset = pipeline.dataset()
    assert dataset.query("SELECT 1", query_dialect="duckdb").fetchall() == [(1,)]
    assert dataset.query("SELECT `id` FROM `t` WHERE `id` = 2", query_dialect="bigquery").fetchall() == [(2,)]


def test_a_dataset_with_the_name_of_its_database(own_folder: Path) -> None:
    """A name that means both is said in full: DuckDB would not know which one is meant."""
    made = dlt.pipeline("same", destination="duckdb", dataset_name="same")
    made.run([{"id": 1}], table_name="t")
    assert made.dataset()("SELECT id FROM t").to_sql() == 'SELECT "t"."id" AS "id" FROM "same"."same"."t" AS "t"'
    assert made.dataset()["t"].select("id").fetchall() == [(1,)]


def test_all_schemas_of_a_pipeline(own_folder: Path) -> None:
    """Are in one dataset, wherever they are loaded; a table of several belongs to the first one."""
    for single in (False, True):
        made = dlt.pipeline(f"several_{single}", destination="duckdb", dataset_name="data", use_single_dataset=single)
        for name, number in (("first", 1), ("second", 2)):
            tables = [dlt.resource([{"id": number}], name=f"of_{name}"), dlt.resource([{name: number}], name="shared")]
            made.run(dlt.source(lambda tables=tables: tables, name=name)())
        data = made.dataset()
        assert [schema.name for schema in data.schemas] == ["first", "second"] and data.schema.name == "first"
        assert (data.of_first["id"].fetchall(), data.of_second["id"].fetchall()) == ([(1,)], [(2,)])
        both = data("SELECT a.id, b.id AS other FROM of_first AS a JOIN of_second AS b ON a.id < b.id")
        assert both.fetchall() == [(1, 2)]
        assert len(data.load_ids()) == len(data.load_ids("second")) == 1 and data.load_ids("third") == []
        assert data.latest_load_id("second") not in (None, data.latest_load_id())
        assert dict(data.row_counts().fetchall()) == {"of_first": 1, "of_second": 1, "shared": 2 if single else 1}
        assert ("second" in data.shared.columns) is single
        assert made.dataset(schema="second").of_second["id"].fetchall() == [(2,)]
        assert [schema.name for schema in made.dataset(schema=["second", "first"]).schemas] == ["second", "first"]
        assert "  second: of_second, shared" in str(data)
        with pytest.raises(ValueError, match="must not be empty"):
            _ = made.dataset(schema=[]).schema


def test_a_dataset_before_the_first_load(own_folder: Path) -> None:
    """Is there, and empty."""
    for data in (dlt.pipeline("fresh", destination="duckdb").dataset(), dlt.dataset("duckdb", "fresh")):
        assert data.schema.name == "fresh" and data.tables == ["_dlt_version", "_dlt_loads"]
        assert data.row_counts().fetchall() == []
        assert "Dataset is not available at the destination" in str(data)
    assert dlt.dataset("duckdb", "fresh", schema="other").schema.name == "other"


def test_one_connection_for_a_block(pipeline: Any) -> None:
    """Relations read with it, and it ends with the block."""
    with pipeline.dataset() as data:
        with data.sql_client as client:
            client.execute_sql("CREATE TEMP TABLE seen AS SELECT 2 AS id")
        assert data("SELECT t.id FROM t JOIN seen ON seen.id = t.id").fetchall() == [(2,)]
        with pytest.raises(DatasetException, match="open already"), data:
            pass
    assert len(data.t.fetchall()) == 2


def test_references_lead_from_table_to_table(own_folder: Path) -> None:
    """Those that were declared, of one column or several."""
    made = dlt.pipeline("refs", destination="duckdb", dataset_name="data")
    seats = dlt.resource([{"row": 1, "seat": 2, "price": 5}], name="seats")
    sold = dlt.resource(
        [{"r": 1, "s": 2, "guest": "Ada"}],
        name="sold",
        references=[{"referenced_table": "seats", "columns": ["r", "s"], "referenced_columns": ["row", "seat"]}],
    )
    made.run([seats, sold])
    data = made.dataset()
    assert data.sold.join("seats").select("guest", "seats__price").fetchall() == [("Ada", 5)]
    assert data.seats.join("sold").select("price", "sold__guest").fetchall() == [("Ada", 5)[::-1]]
    assert data.sold.join("_dlt_loads").select("_dlt_loads__status").fetchall() == [(0,)]


def test_rows_that_a_cursor_has_not_passed(pipeline: Any) -> None:
    """By a column of the relation, or of a table that belongs to it."""
    data = pipeline.dataset()
    later = dlt.sources.incremental("id", initial_value=1, range_start="open")
    assert data.table("t", incremental=later)["id"].fetchall() == [(2,)]
    assert data["t"].incremental(later).is_incremental and not data["t"].is_incremental
    far = data["t__parts__tags"].incremental(dlt.sources.incremental("t.id", initial_value=2))
    assert sorted(far["value"].fetchall()) == [("a",), ("b",)] and far.columns == data["t__parts__tags"].columns
    until = dlt.sources.incremental("id", initial_value=1, end_value=2)
    assert data["t"].incremental(until)["id"].fetchall() == [(1,)]
    with pytest.raises(ValueError, match="`nope` is not a materialized column"):
        data["t"].incremental(dlt.sources.incremental("nope"))


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

"""One extract: which rows go to which table, what is declared without rows, and what a failure leaves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import dlt
from dlt.errors import DataValidationError, PipelineStepFailed
from dlt.extract import mark


@pytest.fixture
def pipeline(tmp_path: Path) -> Any:
    """Return a pipeline with a folder of its own."""
    return dlt.pipeline("extracts", destination="duckdb", pipelines_dir=str(tmp_path))


def counts(pipeline: Any, data: Any, **options: Any) -> dict[str, int]:
    """Extract data and return the number of rows of each table."""
    info = pipeline.extract(data, **options)
    return {
        name: figures.items_count
        for package in info.metrics.values()
        for part in package
        for name, figures in part["table_metrics"].items()
    }


def test_rows_of_one_page_go_to_their_tables(pipeline: Any) -> None:
    """By a function of the item; a frame goes whole to the table that its function gives."""

    @dlt.resource(table_name=lambda item: item["kind"] if isinstance(item, dict) else "frames")
    def events() -> Iterator[Any]:
        yield [{"kind": "a"}, {"kind": "b"}, {"kind": "a"}]
        yield {"kind": "b"}
        yield pa.table({"n": [1, 2, 3]})

    assert counts(pipeline, events()) == {"a": 2, "b": 2, "frames": 3}


def test_hints_that_are_functions_are_asked_once_for_a_page_of_a_table(pipeline: Any) -> None:
    """The first item stands for all of its table; another answer later changes the table."""
    asked: list[int] = []

    @dlt.resource(primary_key=lambda item: asked.append(item["n"]) or ("n" if item["n"] < 5 else "m"))
    def numbers() -> Iterator[Any]:
        for start in (1, 3, 5):
            yield [{"n": start, "m": 0}, {"n": start + 1, "m": 0}]

    assert counts(pipeline, numbers()) == {"numbers": 6}
    assert set(asked) == {1, 3, 5}
    columns = pipeline.default_schema.tables["numbers"]["columns"]
    assert columns["m"]["primary_key"] is True


def test_a_resource_without_rows_leaves_no_table(pipeline: Any) -> None:
    """Its first rows do, with the hints that it has then; of a table that is there the hints of now count."""
    hinted = {"columns": {"id": {"data_type": "bigint"}}}
    empty = dlt.resource([], name="empty", **hinted)
    dynamic = dlt.resource([], name="dynamic", table_name=lambda item: item["kind"])
    assert counts(pipeline, [empty, dynamic]) == {}
    assert not {"empty", "dynamic"} & set(pipeline.default_schema.tables)
    counts(pipeline, dlt.resource([{"id": 7}], name="empty", write_disposition="replace"))
    assert "id" not in pipeline.default_schema.tables["empty"]["columns"]
    counts(pipeline, empty)
    table = pipeline.default_schema.tables["empty"]
    assert table["write_disposition"] == "append" and table["columns"]["id"]["data_type"] == "bigint"


def test_a_resource_that_gives_rows_when_it_is_asked_again_has_its_table(pipeline: Any) -> None:
    """Two sources of one run may have it, and the first of them got none."""
    asked: list[int] = []

    @dlt.resource(columns={"id": {"data_type": "bigint"}})
    def later() -> Iterator[Any]:
        asked.append(1)
        yield from [{"id": 1}] if len(asked) > 1 else []

    source = dlt.source(lambda: later, name="shop")()
    assert counts(pipeline, [source, source]) == {"later": 1}


def test_hints_of_a_resource_without_rows_are_checked(pipeline: Any) -> None:
    """What they say wrong is an error before there are rows to lose."""
    with pytest.raises(PipelineStepFailed, match="upsert"):
        counts(
            pipeline, dlt.resource([], name="empty", write_disposition={"disposition": "merge", "strategy": "upsert"})
        )


def test_a_page_without_rows_makes_the_table_that_it_is_marked_for(pipeline: Any) -> None:
    """Also where the name is a function of the item."""

    @dlt.resource(columns={"id": {"data_type": "bigint"}})
    def events() -> Iterator[Any]:
        yield mark.with_table_name(mark.materialize_table_schema(), "later")

    counts(pipeline, events())
    assert "id" in pipeline.default_schema.tables["later"]["columns"]


def test_what_is_skipped_is_declared_and_not_written(pipeline: Any) -> None:
    """Nobody counts its rows."""
    assert counts(pipeline, dlt.resource([{"id": 1}], name="skipped", write_disposition="skip")) == {}
    assert pipeline.default_schema.tables["skipped"]["write_disposition"] == "skip"


def test_a_new_table_that_the_contract_discards_is_not_there(pipeline: Any) -> None:
    """Neither its rows nor the table, page after page; others of the same run are."""

    @dlt.resource(table_name=lambda row: row["kind"], schema_contract={"tables": "discard_row"})
    def events() -> Iterator[Any]:
        for _ in range(3):
            yield [{"kind": "a"}, {"kind": "b"}]

    assert counts(pipeline, [events(), dlt.resource([1], name="numbers")]) == {"numbers": 1}
    assert not {"a", "b"} & set(pipeline.default_schema.tables)


def test_a_new_table_that_the_contract_freezes_shows_its_first_row(pipeline: Any) -> None:
    """And a frame is not shown: it may be of any size."""
    with pytest.raises(PipelineStepFailed) as caught:
        pipeline.extract(dlt.resource([{"id": 7}], name="rows"), schema_contract={"tables": "freeze"})
    error = caught.value.__cause__
    assert isinstance(error, DataValidationError) and "7" in str(error)
    with pytest.raises(PipelineStepFailed) as caught:
        pipeline.extract(dlt.resource(pa.table({"n": [12345]}), name="frame"), schema_contract={"tables": "freeze"})
    assert "12345" not in str(caught.value)


def test_a_resource_that_replaces_empties_its_tables_that_get_no_rows(pipeline: Any) -> None:
    """The package says so, as the load carries it out; a table that is new has nothing to be emptied."""

    def refreshed(rows: Any, **hints: Any) -> Any:
        before = len(pipeline.workdir.packages("extracted"))
        hints = {"write_disposition": "replace", **hints}
        pipeline.extract(dlt.resource(rows, name="t", **hints))
        # one without rows or anything to empty is not kept
        package = pipeline.workdir.packages("extracted")[before:]
        return package[0].manifest.refresh.truncate_tables if package and package[0].manifest.refresh else ()

    by_kind = {"table_name": lambda row: row["kind"]}
    assert refreshed([]) == ()
    assert refreshed([[]]) == ("t",)
    assert refreshed([], incremental="at") == ("t",)
    assert refreshed([], write_disposition={"disposition": "replace"}) == ("t",)
    assert refreshed([{"kind": "a"}, {"kind": "b"}], **by_kind) == ("t",)
    assert refreshed([{"kind": "b"}], **by_kind) == ("t", "a")
    assert refreshed([], **by_kind, write_disposition=lambda row: "replace") == ()
    assert refreshed([], **by_kind, write_disposition="append") == ()
    assert refreshed([], **by_kind) == ("t", "a", "b")


def test_a_table_belongs_to_the_resource_that_gave_it_rows_last(pipeline: Any) -> None:
    """Another one of the same table that has nothing to give takes nothing away."""

    def refreshed(name: str, rows: Any) -> Any:
        pipeline.extract(dlt.resource(rows, name=name, table_name="t", write_disposition="replace"))
        *_, package = pipeline.workdir.packages("extracted")
        return package.manifest.refresh

    assert refreshed("one", [{"id": 1}]) is None
    assert refreshed("other", []) is None


def test_of_several_resources_a_table_belongs_to_the_first_that_has_rows_for_it(pipeline: Any) -> None:
    """In each run anew: what is dropped or emptied with a resource follows from it."""

    def owner(**rows: Any) -> Any:
        pipeline.extract([dlt.resource(items, name=name, table_name="t") for name, items in rows.items()])
        return pipeline.default_schema.tables["t"]["resource"]

    assert owner(one=[], other=[{"id": 1}]) == "other"
    assert owner(one=[{"id": 1}], other=[{"id": 1}, {"id": 2}]) == "one"
    assert owner(other=[]) == "one"


def test_a_variant_keeps_the_write_disposition_that_it_was_given(pipeline: Any) -> None:
    """It is emptied only where the variant is replaced itself."""

    @dlt.resource(name="events", write_disposition="replace")
    def events(*tables: tuple[str, Any]) -> Iterator[Any]:
        for table, disposition in tables:
            hints = mark.make_hints(table_name=table, write_disposition=disposition)
            yield mark.with_hints({"id": 1}, hints, create_table_variant=True)

    pipeline.extract(events(("kept", "append"), ("replaced", "replace")))
    assert pipeline.default_schema.tables["kept"]["variant_name"] == "kept"
    pipeline.extract(events())
    *_, package = pipeline.workdir.packages("extracted")
    assert package.manifest.refresh.truncate_tables == ("replaced",)
    pipeline.extract(dlt.resource([{"id": 1}], name="events", table_name="kept"))
    assert "variant_name" not in pipeline.default_schema.tables["kept"]


@pytest.mark.parametrize("by_run", [True, False])
@pytest.mark.parametrize("replace", ["replace", {"disposition": "replace"}])
def test_a_resource_that_replaces_begins_without_state(pipeline: Any, replace: Any, by_run: bool) -> None:
    """Else what its cursor leaves out would be gone from its table; parents that replace begin again too."""
    own: Any = "append" if by_run else replace
    given: Any = {"write_disposition": replace} if by_run else {}
    starts: list[Any] = []

    @dlt.resource(write_disposition=own)
    def parent(at: Any = dlt.sources.incremental("at", initial_value=1)) -> Iterator[Any]:
        starts.append(at.start_value)
        yield [{"at": 1}, {"at": 5}]

    @dlt.transformer(data_from=parent, write_disposition=own)
    def child(rows: Any) -> Any:
        state = dlt.current.resource_state()
        state["calls"] = state.get("calls", 0) + 1
        yield rows

    def run(**hints: Any) -> Any:
        pipeline.extract(child, **hints)
        (found,) = pipeline.state["sources"].values()
        return found["resources"]["child"]

    run()
    assert run(**given) == {"calls": 1} and starts == [1, 1]
    if by_run:
        pipeline.extract(child)
        assert starts[-1] == 5


def test_a_parent_that_is_appended_goes_on_below_a_child_that_replaces(pipeline: Any) -> None:
    """Each resource has a write disposition of its own."""
    starts: list[Any] = []

    @dlt.resource
    def parent(at: Any = dlt.sources.incremental("at", initial_value=1)) -> Iterator[Any]:
        starts.append(at.start_value)
        yield [{"at": 1}, {"at": 5}]

    @dlt.transformer(data_from=parent, write_disposition="replace")
    def child(rows: Any) -> Any:
        yield rows

    pipeline.extract(child)
    pipeline.extract(child)
    assert starts == [1, 5]
    assert [found.write_disposition for found in dlt.source(lambda: child, name="s")().resources.extracted] == [
        "replace",
        "append",
    ]


def test_an_extract_that_fails_leaves_nothing(pipeline: Any) -> None:
    """No package, no state and no table of any of its sources; what was extracted before stays."""

    @dlt.resource
    def good() -> Iterator[Any]:
        dlt.current.resource_state()["seen"] = True
        yield {"id": 1}

    @dlt.resource
    def bad() -> Iterator[Any]:
        yield {"id": 1}
        raise OSError("gone")

    @dlt.source
    def one() -> Any:
        return good

    @dlt.source
    def other() -> Any:
        return bad

    pipeline.extract([{"id": 0}], table_name="before")
    packages, state = pipeline.list_extracted_load_packages(), dict(pipeline.state)
    with pytest.raises(PipelineStepFailed, match="OSError: gone"):
        pipeline.extract([one(), other()])
    assert pipeline.list_extracted_load_packages() == packages and dict(pipeline.state) == state
    assert not any(pipeline.schemas[name].data_tables(include_incomplete=True) for name in ("one", "other"))
    assert not list(Path(pipeline.working_dir, "tmp").glob("*"))


def test_a_strategy_is_taken_back_with_all_that_it_said(pipeline: Any) -> None:
    """By the next extract of the same table; a key that an empty hint takes away goes too."""
    history: Any = {"disposition": "merge", "strategy": "scd2", "boundary_timestamp": "2024-01-01"}
    pipeline.extract(dlt.resource([{"id": 1}], name="t", write_disposition=history, merge_key="id"))
    table = pipeline.default_schema.tables["t"]
    assert table["x-merge-strategy"] == "scd2" and table["x-row-hash"] == 2
    pipeline.extract(dlt.resource([{"id": 1}], name="t", write_disposition="append").apply_hints(merge_key=""))
    table = pipeline.default_schema.tables["t"]
    assert table["write_disposition"] == "append" and "merge_key" not in table["columns"].get("id", {})
    assert not {"x-merge-strategy", "x-valid-from", "x-boundary-timestamp"} & set(table)

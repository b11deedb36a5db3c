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


def test_a_resource_without_rows_declares_its_table(pipeline: Any) -> None:
    """With all that its hints say; one whose table depends on its items has none to declare."""
    empty = dlt.resource([], name="empty", columns={"id": {"data_type": "bigint"}})
    dynamic = dlt.resource([], name="dynamic", table_name=lambda item: item["kind"])
    assert counts(pipeline, [empty, dynamic]) == {}
    tables = pipeline.default_schema.tables
    assert tables["empty"]["columns"]["id"]["data_type"] == "bigint" and "dynamic" not in tables


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


def test_an_empty_run_of_a_replaced_table_empties_it_unless_a_cursor_says_that_nothing_is_new(pipeline: Any) -> None:
    """The package says so, as the load carries it out."""

    def refreshed(**hints: Any) -> Any:
        pipeline.extract(dlt.resource([], name="t", write_disposition="replace", **hints))
        *_, package = pipeline.workdir.packages("extracted")
        return package.manifest.refresh

    assert refreshed().truncate_tables == ("t",)
    assert refreshed(incremental="at") is None


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

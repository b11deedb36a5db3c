"""What others drop at the destination between two loads is made up for, or named with what to do."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import dlt
from dlt.errors import DestinationSchemaTampered, PipelineStepFailed
from tests.destinations.test_conformance import load, merge, rows
from tests.destinations.test_conformance_merge import content, document

MAKE: dict[str, Callable[[Path], Any]] = {
    "duckdb": lambda folder: dlt.destinations.duckdb(str(folder / "case.duckdb")),
    "sqlite": lambda folder: dlt.destinations.sqlalchemy(f"sqlite:///{folder}/case.db"),
}


@pytest.fixture(params=MAKE)
def pipeline(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """Return a pipeline that has loaded two rows with children and grandchildren by a merge."""
    found = dlt.pipeline("spec", destination=MAKE[request.param](tmp_path), dataset_name="data")
    load(found, [document(1, 1, kept="a"), document(2, 1, kept="b")], "merge", primary_key="id")
    return found


def change(pipeline: Any, sql: str, table: str) -> None:
    """Do what another program does."""
    with pipeline.destination_client_for() as client:
        client.query(sql.format(client.catalog.qualified(table)))


def again(pipeline: Any, **hints: Any) -> None:
    """Load the first row once more."""
    load(pipeline, [document(1, 2)], **{"disposition": "merge", "primary_key": "id", **hints})


@pytest.mark.parametrize(
    ("table", "column"), [("t", "_dlt_id"), ("t", "id"), ("t__l", "_dlt_id"), ("t__l__m", "_dlt_parent_id")]
)
def test_a_column_by_which_rows_are_found(pipeline: Any, table: str, column: str) -> None:
    """A merge does not double rows that it cannot find any more: the error names table, column and the ways out."""
    change(pipeline, f'ALTER TABLE {{}} DROP COLUMN "{column}"', table)
    with pytest.raises(PipelineStepFailed, match=rf"table {table} in dataset data: the column {column}.*refresh=") as e:
        again(pipeline)
    assert isinstance(e.value.__cause__, DestinationSchemaTampered)
    pipeline.drop_pending_packages()
    pipeline.run(
        dlt.resource([document(1, 3)], name="t", write_disposition="merge", primary_key="id"), refresh="drop_resources"
    )
    assert content(pipeline) == [[3], [3] * 2, [3] * 4]


def test_ids_of_roots_are_found_again(pipeline: Any) -> None:
    """Ids that nested rows have from their parents are filled in, and the merge finds them."""
    for table in ("t__l", "t__l__m"):
        change(pipeline, 'ALTER TABLE {} DROP COLUMN "_dlt_root_id"', table)
    again(pipeline)
    assert content(pipeline) == [[1, 2], [1, 1, 2, 2], [1] * 4 + [2] * 4]


def test_other_columns_are_made_again(pipeline: Any) -> None:
    """A column that nothing is found by comes back, without the values that were dropped with it."""
    change(pipeline, "ALTER TABLE {} DROP COLUMN kept", "t")
    change(pipeline, 'ALTER TABLE {} DROP COLUMN "_dlt_id"', "t__l__m")
    load(pipeline, [document(1, 2, kept="c")], "merge", primary_key="id")
    assert rows(pipeline, "t", "v", "kept") == [(1, None), (2, "c")]
    assert rows(pipeline, "t__l__m", "w") == [(1,)] * 4 + [(2,)] * 4


def test_a_replace_makes_up_for_everything(pipeline: Any) -> None:
    """Where all rows are replaced nothing has to be found."""
    change(pipeline, 'ALTER TABLE {} DROP COLUMN "_dlt_id"', "t")
    again(pipeline, disposition="replace")
    assert content(pipeline) == [[2], [2, 2], [2] * 4]


@pytest.mark.parametrize("table", ["t", "t__l", "t__l__m"])
def test_a_table_that_is_gone_is_made_again(pipeline: Any, table: str) -> None:
    """Rows whose parents went with their table are no longer there; those of the load are, once."""
    change(pipeline, "DROP TABLE {}", table)
    again(pipeline)
    old = {"t": [[], [], []], "t__l": [[1], [], []], "t__l__m": [[1], [1, 1], []]}[table]
    assert content(pipeline) == [part + [2] * count for part, count in zip(old, (1, 2, 4), strict=True)]


@pytest.mark.parametrize("column", ["_dlt_valid_to", "_dlt_id"])
def test_a_history_without_its_columns(pipeline: Any, column: str) -> None:
    """A history goes on only with the columns by which it is told."""
    load(pipeline, [{"id": 1, "v": 1}], merge("scd2"), "h")
    change(pipeline, f'ALTER TABLE {{}} DROP COLUMN "{column}"', "h")
    with pytest.raises(PipelineStepFailed, match=rf"table h in dataset data: the column {column}"):
        load(pipeline, [{"id": 1, "v": 2}], merge("scd2"), "h")


def test_ids_of_roots_of_a_version_that_came_back(pipeline: Any) -> None:
    """Nested rows of a history find their root row also where its version is there twice."""
    for value in (1, 2, 1):
        load(pipeline, [document(1, value)], merge("scd2"), "h")
    for table in ("h__l", "h__l__m"):
        change(pipeline, 'ALTER TABLE {} DROP COLUMN "_dlt_root_id"', table)
    load(pipeline, [document(1, value) for value in (1, 3)], merge("scd2"), "h")
    assert rows(pipeline, "h", "v") == [(1,), (1,), (2,), (3,)]
    assert rows(pipeline, "h__l", "of") == [(value,) for value in (1, 1, 2, 2, 3, 3)]
    assert not [row for row in rows(pipeline, "h__l", "_dlt_root_id") if row == (None,)]


def test_nested_rows_that_others_appended(pipeline: Any) -> None:
    """Nested rows without the id of their root row, as older releases append them, are found by a merge."""
    load(pipeline, [document(1, 1)], "append", "a", primary_key="id")
    load(pipeline, [document(2, 1)], "merge", "a", primary_key="id")
    for table in ("a__l", "a__l__m"):
        change(pipeline, "UPDATE {} SET _dlt_root_id = NULL", table)
    load(pipeline, [document(key, 2) for key in (1, 2)], "merge", "a", primary_key="id")
    assert rows(pipeline, "a__l", "of") == [(2,)] * 4 and rows(pipeline, "a__l__m", "w") == [(2,)] * 8


def values(pipeline: Any) -> list[list[Any]]:
    """Return the values of all three tables, whether they belong together or not."""
    return [
        [v for (v,) in rows(pipeline, name, column)]
        for name, column in zip(("t", "t__l", "t__l__m"), ("v", "of", "w"), strict=True)
    ]


@pytest.mark.parametrize("value", ["NULL", "'changed'", "_dlt_id || 'x'"])
@pytest.mark.parametrize("rows_of", ["", " WHERE id = 1"])
def test_ids_that_others_changed(pipeline: Any, value: str, rows_of: str) -> None:
    """A merge of nested rows that it cannot find any more loads nothing; what its message advises helps."""
    if value == "NULL" and pipeline.destination.destination_name == "sqlalchemy":
        return  # SQLite cannot take NOT NULL back
    if value == "NULL":
        change(pipeline, "ALTER TABLE {} ALTER COLUMN _dlt_id DROP NOT NULL", "t")
    change(pipeline, f"UPDATE {{}} SET _dlt_id = {value}{rows_of}", "t")
    info = pipeline.run(
        dlt.resource([document(1, 2)], name="t", write_disposition="merge", primary_key="id"), table_name="t"
    )
    message = str(info.load_packages[0].jobs["failed_jobs"][0].failed_message)
    assert re.search(
        r"table t in dataset data: the row with id = 1 has no nested rows under its _dlt_id.*t__l", message
    )
    assert values(pipeline) == [[1, 1], [1] * 4, [1] * 8]
    with pipeline.destination_client_for() as client:
        for statement in re.search(r"delete them \((.+?)\); then run", message)[1].split("; "):  # type: ignore[index]
            client.query(statement)
    pipeline.run()
    left = 0 if rows_of == "" else 1
    assert values(pipeline) == [[1, 2], [1] * 2 * left + [2] * 2, [1] * 4 * left + [2] * 4]


def test_ids_of_roots_that_others_changed(pipeline: Any) -> None:
    """Where parents tell to what root row nested rows belong a merge puts that right, and finds them."""
    for table in ("t__l", "t__l__m"):
        change(pipeline, "UPDATE {} SET _dlt_root_id = 'changed'", table)
    again(pipeline)
    assert content(pipeline) == [[1, 2], [1, 1, 2, 2], [1] * 4 + [2] * 4]


def test_rows_that_others_deleted_without_their_nested_rows(pipeline: Any) -> None:
    """A merge of other rows goes on."""
    change(pipeline, "DELETE FROM {} WHERE id = 2", "t")
    load(pipeline, [document(1, 2), document(3, 2)], "merge", primary_key="id")
    assert rows(pipeline, "t", "v") == [(2,), (2,)]
    assert rows(pipeline, "t__l", "of") == [(1,)] * 2 + [(2,)] * 4


@pytest.mark.parametrize(
    "sql", ['ALTER TABLE {} DROP COLUMN "_dlt_id"', "DROP TABLE {}", "ALTER TABLE {} ADD COLUMN other INTEGER"]
)
def test_a_table_that_others_changed_keeps_no_other_one_out(pipeline: Any, sql: str) -> None:
    """Only loads into that table are concerned, also when new tables and columns of the schema come with a load."""
    change(pipeline, sql, "t")
    before = rows(pipeline, "t__l", "of")
    load(pipeline, [{"id": 1, "new": "column"}], "merge", "u", primary_key="id")
    load(pipeline, [{"id": 2, "newer": "column", "list": [1]}], "merge", "u", primary_key="id")
    assert rows(pipeline, "u", "id") == [(1,), (2,)]
    # what becomes of them is for a load into their table to decide
    assert rows(pipeline, "t__l", "of") == before
    if "DROP COLUMN" in sql:
        with pytest.raises(PipelineStepFailed, match="table t in dataset data: the column _dlt_id"):
            again(pipeline)
    else:
        again(pipeline)
        assert rows(pipeline, "t", "v") == ([(2,)] if "DROP" in sql else [(1,), (2,)])
        assert rows(pipeline, "t__l", "of") == [(2,)] * 2 if "DROP" in sql else [(1,)] * 2 + [(2,)] * 2

"""Columns that are there already must hold the new values unchanged, or the load fails."""

from __future__ import annotations

import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import dlt
from dlt.errors import PipelineStepFailed, SchemaUpdateTerminalError

UTC = datetime.timezone.utc
MOMENT = datetime.datetime(2020, 1, 1, 5, 0, 0, 123456)


def load(path: Path, name: str, rows: list[Any], column: dict[str, Any], kind: str = "duckdb") -> Any:
    """Load values of the column a into the table t with a pipeline of this name."""
    to: Any = dlt.destinations.duckdb(str(path / "types.duckdb"))
    if kind == "filesystem":
        to = dlt.destinations.filesystem(str(path / "bucket"))
    pipeline = dlt.pipeline(name, destination=to, dataset_name="data")
    pipeline.run([{"a": row} for row in rows], table_name="t", columns={"a": column} if column else None)
    return pipeline


def values(pipeline: Any) -> list[Any]:
    """Return the values of the column."""
    with pipeline.sql_client() as client:
        return [row[0] for row in client.execute_sql("SELECT a FROM t ORDER BY a")]


@pytest.mark.parametrize("kind", ["duckdb", "filesystem"])
@pytest.mark.parametrize(
    ("there", "wanted"),
    [
        ((1, {}), (1.5, {})),
        ((1.5, {}), (2**60 + 1, {})),
        ((datetime.date(2020, 1, 1), {}), (MOMENT.replace(tzinfo=UTC), {})),
        (("n/a", {}), (Decimal("1.5"), {})),
        ((True, {}), ("yes", {})),
        (
            (Decimal("1.5"), {"data_type": "decimal", "precision": 10, "scale": 2}),
            (Decimal("1.125"), {"data_type": "decimal", "precision": 10, "scale": 3}),
        ),
        (
            (MOMENT, {"data_type": "timestamp", "timezone": False, "precision": 3}),
            (MOMENT, {"data_type": "timestamp", "timezone": False, "precision": 6}),
        ),
    ],
)
def test_a_type_clash_fails_the_load(own_folder: Path, kind: str, there: Any, wanted: Any) -> None:
    """Two pipelines, one table; a value is never rounded or cut, and the message names both types."""
    first = load(own_folder, "first", [there[0]], there[1], kind)
    before = values(first)
    with pytest.raises(PipelineStepFailed) as failure:
        load(own_folder, "second", [wanted[0]], wanted[1], kind)
    cause = failure.value.__cause__
    assert isinstance(cause, SchemaUpdateTerminalError)
    assert "data.t.a" in str(cause) and "the schema says" in str(cause) and "refresh the table" in str(cause)
    assert values(first) == before


@pytest.mark.parametrize("kind", ["duckdb", "filesystem"])
@pytest.mark.parametrize("disposition", ["append", "merge"])
def test_a_wider_column_takes_the_values(own_folder: Path, kind: str, disposition: Any) -> None:
    """Integers go into a decimal column, which stays what it was."""
    load(own_folder, "first", [Decimal("1.25")], {}, kind)
    to: Any = dlt.destinations.duckdb(str(own_folder / "types.duckdb"))
    if kind == "filesystem":
        to = dlt.destinations.filesystem(str(own_folder / "bucket"))
    second = dlt.pipeline("second", destination=to, dataset_name="data")
    second.run([{"a": 7}], table_name="t", write_disposition=disposition)
    assert values(second) == [Decimal("1.25"), Decimal(7)]


def test_moments_do_not_depend_on_the_zone_of_the_machine(own_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A naive moment in a column with a time zone is UTC, and the other way round; dates are midnight UTC."""
    monkeypatch.setenv("TZ", "America/New_York")
    aware = MOMENT.replace(tzinfo=UTC)
    for name, first, second, expected in (
        ("aware", (aware, {}), (MOMENT, {"data_type": "timestamp", "timezone": False}), [aware, aware]),
        ("naive", (MOMENT, {"data_type": "timestamp", "timezone": False}), (aware, {}), [MOMENT, MOMENT]),
        ("date", (aware, {}), (datetime.date(2020, 1, 1), {}), [datetime.datetime(2020, 1, 1, tzinfo=UTC), aware]),
    ):
        folder = own_folder / name
        folder.mkdir()
        load(folder, f"{name}_1", [first[0]], first[1])
        assert values(load(folder, f"{name}_2", [second[0]], second[1])) == expected


def test_a_merge_into_files_keeps_the_columns_of_other_pipelines(own_folder: Path) -> None:
    """The table has the columns of both pipelines, and their values."""
    to = dlt.destinations.filesystem(str(own_folder / "bucket"))
    first = dlt.pipeline("first", destination=to, dataset_name="data")
    second = dlt.pipeline("second", destination=to, dataset_name="data")
    first.run([{"id": 1, "of_first": "a"}], table_name="t")
    second.run([{"id": 2, "of_second": "b"}], table_name="t", primary_key="id", write_disposition="merge")
    with second.sql_client() as client:
        rows = client.execute_sql("SELECT id, of_first, of_second FROM t ORDER BY id")
    assert rows == [(1, "a", None), (2, None, "b")]

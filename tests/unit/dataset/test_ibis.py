"""Datasets are connections of ibis, which makes the queries."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path
from typing import Any

import pytest

import dlt
from dlt.errors import MissingDependencyException

ROWS = [{"id": n, "name": f"row {n}", "at": dt.datetime(2024, 1, n), "parts": [{"n": n}]} for n in (1, 2, 3)]


@pytest.fixture(params=["duckdb", "sqlite", "files"])
def dataset(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """Return a dataset with two tables."""
    destination: Any = {
        "duckdb": lambda: dlt.destinations.duckdb(str(tmp_path / "data.duckdb")),
        "sqlite": lambda: dlt.destinations.sqlalchemy(f"sqlite:///{tmp_path}/data.db"),
        "files": lambda: dlt.destinations.filesystem(str(tmp_path / "files")),
    }[request.param]()
    pipeline = dlt.pipeline("ibis", destination=destination, dataset_name="data", pipelines_dir=str(tmp_path))
    pipeline.run(ROWS, table_name="rows")
    return pipeline.dataset()


def test_tables_are_those_of_the_dataset(dataset: Any) -> None:
    """With the types of their columns."""
    connection = dataset.ibis()
    assert {"rows", "rows__parts", "_dlt_loads"} <= set(connection.list_tables())
    assert (
        connection.list_tables(like="parts") == ["rows__parts"] == connection.list_tables(like="part", database="data")
    )
    types = {name: str(kind) for name, kind in connection.table("rows").schema().items()}
    assert types["id"] == "int64" and types["name"] == "string" and types["at"] == "timestamp('UTC')"
    assert connection.tables["rows"].count().execute() == 3
    connection.disconnect()


def test_expressions_are_read_in_every_form(dataset: Any) -> None:
    """By ibis, or as relations."""
    rows, parts = dataset["rows"].to_ibis(), dataset["rows__parts"].to_ibis()
    assert rows.filter(rows.id > 1).order_by("id").name.execute().tolist() == ["row 2", "row 3"]
    assert rows.to_pyarrow().num_rows == 3 and sum(batch.num_rows for batch in rows.to_pyarrow_batches()) == 3
    joined = rows.join(parts, rows._dlt_id == parts._dlt_parent_id).select(rows.id, parts.n)
    assert sorted(dataset(joined).fetchall()) == [(1, 1), (2, 2), (3, 3)] and dataset(joined).columns == ["id", "n"]
    assert dataset(rows.group_by("name").aggregate(top=rows.id.max())).order_by("top").fetchall()[-1] == ("row 3", 3)
    doubled = dataset("SELECT id * 2 AS two FROM rows").to_ibis()
    assert sorted(doubled.two.execute()) == [2, 4, 6]
    assert dataset["rows"].where("id", "gt", 2).select("name").to_ibis().execute()["name"].tolist() == ["row 3"]


def test_without_ibis_it_says_what_to_install(dataset: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """All else works."""
    monkeypatch.delitem(sys.modules, "dlt.dataset.ibis_backend", raising=False)
    monkeypatch.setitem(sys.modules, "ibis", None)
    with pytest.raises(MissingDependencyException, match=r"pip install 'ibis-framework\[duckdb\]'"):
        dataset.ibis()
    assert dataset("SELECT count(*) FROM rows").fetchscalar() == 3

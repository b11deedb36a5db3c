"""Rows in columns: what a reader yields so, and what becomes of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa

import dlt
from dlt.formats.column_rows import ColumnRows


def page(*numbers: int, **columns: Any) -> ColumnRows:
    """Return rows in columns."""
    return ColumnRows(pa.RecordBatch.from_pydict({"n": list(numbers), **columns}))


def load(folder: Path, data: Any, **hints: Any) -> tuple[list[Any], dict[str, Any]]:
    """Load data, and return the rows and the columns of its table."""
    pipeline = dlt.pipeline(
        "columns", pipelines_dir=str(folder / "p"), destination=dlt.destinations.duckdb(str(folder / "d.duckdb"))
    )
    pipeline.run(data, **hints)
    columns = pipeline.default_schema.tables["t"]["columns"]
    names = ", ".join(name for name in columns if not name.startswith("_dlt"))
    with pipeline.sql_client() as client:
        return client.execute_sql(f"SELECT {names} FROM t ORDER BY ALL"), columns  # type: ignore[return-value]


def test_they_are_rows_like_others(tmp_path: Path) -> None:
    """With ids, in one table with dicts, in the order in which they come."""

    @dlt.resource(name="t", primary_key="n")
    def mixed() -> Any:
        yield page(1, s=["a"])
        yield {"n": 2, "s": "b"}
        yield page(3, s=["c"])
        yield [{"n": 4, "more": 1.5}]

    rows, columns = load(tmp_path, mixed)
    assert rows == [(1, "a", None), (2, "b", None), (3, "c", None), (4, None, 1.5)]
    assert {"_dlt_id", "_dlt_load_id"} <= set(columns) and columns["n"]["primary_key"]


def test_nested_values_go_where_those_of_dicts_go(tmp_path: Path) -> None:
    """Into columns and tables, or into one column where the table keeps them whole."""
    documents = page(1, doc=[{"a": {"b": 1}}])
    assert load(tmp_path / "a", dlt.resource([documents], name="t"))[0] == [(1, 1)]
    whole = dlt.resource([documents], name="t", columns={"doc": {"data_type": "json"}})
    assert load(tmp_path / "b", whole)[0] == [(1, '{"a":{"b":1}}')]
    flat = dlt.resource([documents], name="t", max_table_nesting=0)
    assert load(tmp_path / "c", flat)[0] == [(1, '{"a":{"b":1}}')]


def test_hints_by_row_see_rows(tmp_path: Path) -> None:
    """A function gets each of them as a dict."""
    split = dlt.resource([page(1, 2)], name="t", table_name=lambda row: "t" if row["n"] == 1 else "u")
    rows, _ = load(tmp_path, split)
    assert rows == [(1,)]


def test_contracts_hold(tmp_path: Path) -> None:
    """A value that does not fit is discarded, as that of a dict."""
    first = dlt.resource([page(1)], name="t")
    load(tmp_path, first)
    frozen = dlt.resource([page(2, new=["x"])], name="t", schema_contract={"columns": "discard_value"})
    rows, columns = load(tmp_path, frozen)
    assert rows == [(1,), (2,)] and "new" not in columns


def test_reading_gives_dicts() -> None:
    """One by one, also through a source and a transformer."""
    made = dlt.resource([page(1, 2)], name="t")
    assert list(made) == [{"n": 1}, {"n": 2}]
    assert list(dlt.source(lambda: made, name="s")()) == [{"n": 1}, {"n": 2}]

    @dlt.transformer
    def twice(rows: Any) -> Any:
        assert type(rows) is list
        yield rows * 2

    assert list(made | twice) == [{"n": 1}, {"n": 2}] * 2
    assert [row["n"] for row in dlt.resource([page(1), page(2)], name="t").add_limit(1)] == [1]


def test_a_renamed_transformer_has_a_parent_of_its_own() -> None:
    """Its state is another one, as in PyPI `dlt` 1.x; both go on with the same data."""
    parent = dlt.resource([1], name="numbers")

    @dlt.transformer
    def as_they_are(item: Any) -> Any:
        yield item

    renamed = (parent | as_they_are).with_name("other")
    assert renamed.pipe.parent is not None and renamed.pipe.parent.name == "numbers_other"
    assert list(renamed) == [1] and parent.name == "numbers"

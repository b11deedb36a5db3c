"""A table that is only declared is made at the destination with its first rows, or when a program asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest

import dlt

COLUMNS = {"id": {"data_type": "bigint"}}


def nothing() -> Iterator[Any]:
    """Yield no rows."""
    yield from ()


def tables_of(pipeline: dlt.Pipeline) -> dict[str, list[str]]:
    """Return the columns of each table of data that is there."""
    with pipeline.sql_client() as client:
        found = client.execute_sql(
            "SELECT table_name, column_name FROM information_schema.columns "
            f"WHERE table_schema = '{pipeline.dataset_name}' ORDER BY table_name, ordinal_position"
        )
    tables: dict[str, list[str]] = {}
    for table, column in found or []:
        if not table.startswith("_dlt_"):
            tables.setdefault(table, []).append(column)
    return tables


@pytest.fixture
def pipeline() -> dlt.Pipeline:
    """Return a pipeline to DuckDB."""
    return dlt.pipeline("shop", destination="duckdb", dataset_name="shop_data")


@pytest.mark.parametrize("disposition", ["append", "replace", "merge"])
def test_a_resource_without_rows_makes_no_table(pipeline: dlt.Pipeline, disposition: Any) -> None:
    """Not even with declared columns, nor one in the schema; its first rows make it, with the hints of then."""
    orders = dlt.resource(nothing, name="orders", columns=COLUMNS, primary_key="id", write_disposition=disposition)
    pipeline.run(orders)
    assert tables_of(pipeline) == {}
    assert "orders" not in pipeline.default_schema.tables
    pipeline.run([{"id": 1}], table_name="orders", primary_key="id", write_disposition=disposition)
    assert tables_of(pipeline) == {"orders": ["id", "_dlt_load_id", "_dlt_id"]}
    # once it is there it stays, also when nothing comes
    pipeline.run(orders)
    assert tables_of(pipeline) == {"orders": ["id", "_dlt_load_id", "_dlt_id"]}


@pytest.mark.parametrize("items", [[], [None], [[]]], ids=str)
def test_a_table_that_was_emptied_is_counted_with_no_rows(pipeline: dlt.Pipeline, items: list[Any]) -> None:
    """So a program may look up how many rows a table that it replaces got, also when none came."""
    both = [{"id": 1, "lines": [{"n": 1}]}]
    pipeline.run([dlt.resource(both, name="orders", write_disposition="replace"), dlt.resource([1], name="other")])
    found = dlt.resource(items, name="orders", write_disposition="replace")
    new = dlt.resource(items, name="new", write_disposition="replace")
    added = dlt.resource(items, name="other")
    for _ in range(2):
        pipeline.run([found, new, added])
        # one that was never loaded is not emptied, and one that is appended to is not touched
        assert pipeline.last_trace.last_normalize_info.row_counts == {"orders": 0}
        (extracted,) = pipeline.last_trace.last_extract_info.metrics.values()
        assert [*extracted[0]["table_metrics"]] == ["orders"]
    assert [pipeline.dataset()[name].fetchall() for name in ("orders", "orders__lines")] == [[], []]


@pytest.mark.parametrize("disposition", ["append", "replace", "merge"])
def test_a_table_that_a_program_asks_for_has_the_columns_that_rows_would_have(
    pipeline: dlt.Pipeline, disposition: Any
) -> None:
    """`materialize_table_schema` makes the table, and rows go on from there."""

    def asked() -> Iterator[Any]:
        yield dlt.mark.materialize_table_schema()

    hints: Any = {"primary_key": "id", "write_disposition": disposition}
    pipeline.run(dlt.resource(asked, name="orders", columns=COLUMNS, **hints))
    assert tables_of(pipeline) == {"orders": ["id", "_dlt_load_id", "_dlt_id"]}
    assert pipeline.last_trace.last_normalize_info.row_counts["orders"] == 0
    assert [table["name"] for table in pipeline.default_schema.data_tables(seen_data_only=True)] == ["orders"]
    pipeline.run([{"id": 1, "sub": [1]}], table_name="orders", **hints)
    pipeline.run(pa.table({"id": [2]}), table_name="orders", **hints)
    expected = [2] if disposition == "replace" else [1, 2]
    assert sorted(row[0] for row in pipeline.dataset().orders.select("id").fetchall()) == expected


def test_a_table_that_is_asked_for_beside_rows_has_these_rows(pipeline: dlt.Pipeline) -> None:
    """The wish may come before the rows, among them or behind them."""

    def rows() -> Iterator[Any]:
        yield dlt.mark.materialize_table_schema()
        yield {"id": 1}
        yield dlt.mark.materialize_table_schema()
        yield [{"id": 2, "name": "b"}]
        yield dlt.mark.materialize_table_schema()

    pipeline.run(dlt.resource(rows, name="orders"))
    assert sorted(pipeline.dataset().orders.select("id", "name").fetchall()) == [(1, None), (2, "b")]


def test_hints_that_come_alone_make_no_table(pipeline: dlt.Pipeline) -> None:
    """They say how the table is to be, not that it is wanted."""

    def hints() -> Iterator[Any]:
        yield dlt.mark.with_hints(None, dlt.mark.make_hints(columns=COLUMNS))

    pipeline.run(dlt.resource(hints, name="orders"))
    assert tables_of(pipeline) == {}


def test_a_nested_table_that_is_only_declared_keeps_no_merge_out(pipeline: dlt.Pipeline) -> None:
    """Rows are merged, and replaced, as if it was not declared."""
    for disposition in ("merge", "replace", "append"):
        orders = dlt.resource(
            [{"id": 1, "v": disposition}],
            name="orders",
            primary_key="id",
            write_disposition=disposition,
            nested_hints={"lines": {"columns": {"price": {"name": "price", "data_type": "double"}}}},
        )
        pipeline.run(orders)
        assert tables_of(pipeline) == {"orders": ["id", "v", "_dlt_load_id", "_dlt_id"]}
    pipeline.run([{"id": 2, "lines": [{"price": 1}]}], table_name="orders")
    assert pipeline.dataset().orders__lines.select("price").fetchall() == [(1.0,)]


def test_nested_rows_that_are_appended_by_themselves_stay_when_nothing_replaces_their_root(
    pipeline: dlt.Pipeline,
) -> None:
    """As they stay when other rows replace it."""
    for given in ([{"id": 1, "lines": [{"n": 1}], "tags": [{"n": 1}]}], []):
        pipeline.run(
            dlt.resource(
                given,
                name="orders",
                write_disposition="replace",
                nested_hints={"lines": {"write_disposition": "append"}},
            )
        )
    assert [pipeline.dataset()[name].fetchall() == [] for name in ("orders", "orders__lines", "orders__tags")] == [
        True,
        False,
        True,
    ]


def test_an_arrow_table_without_rows_makes_its_table(pipeline: dlt.Pipeline) -> None:
    """It has columns and types of its own: nothing is left to be seen."""
    pipeline.run(pa.table({"id": pa.array([], pa.int64())}), table_name="orders")
    assert tables_of(pipeline) == {"orders": ["id"]}


def test_a_refresh_without_rows_leaves_no_empty_table(pipeline: dlt.Pipeline) -> None:
    """`drop_sources` drops the table, and it comes back with rows only."""

    def source(rows: list[Any]) -> Any:
        return dlt.source(lambda: dlt.resource(rows, name="orders", columns=COLUMNS), name="shop")()

    pipeline.run(source([{"id": 1}]))
    pipeline.run(source([]), refresh="drop_sources")
    assert tables_of(pipeline) == {}
    pipeline.run(source([{"id": 2}]))
    assert pipeline.dataset().orders.select("id").fetchall() == [(2,)]


def test_hints_of_a_page_without_rows_hold_for_the_pages_behind_it() -> None:
    """A resource sends what it knows of a table first, with an empty page, and then rows by the name of the table."""

    @dlt.resource
    def changes() -> Any:
        columns: Any = {"id": {"precision": 32}}
        hints = dlt.mark.make_hints("t", primary_key="id", write_disposition="merge", columns=columns)
        yield dlt.mark.with_hints([], hints, create_table_variant=True)
        yield dlt.mark.with_table_name([{"id": 1, "v": 1}, {"id": 1, "v": 2}], "t")

    pipeline = dlt.pipeline("hinted", destination="duckdb", dataset_name="data")
    pipeline.run(changes())
    assert pipeline.dataset()["t"].select("id").fetchall() == [(1,)]
    assert pipeline.default_schema.tables["t"]["columns"]["id"]["precision"] == 32
    assert "changes" not in pipeline.default_schema.tables

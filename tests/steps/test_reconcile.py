"""Counts of each load are compared with what the destination holds, to the row."""

from __future__ import annotations

import datetime
import sqlite3
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import dlt
from dlt.cli import main
from dlt.errors import NotOffered, PipelineConfigMissing
from dlt.pipeline.reconcile import Reconciliation, TableCount
from dlt.sources.sql_database import sql_database, sql_table

ORDERS = [{"id": n, "items": [{"sku": "a", "parts": [1, 2]}, {"sku": "b", "parts": [3]}]} for n in range(5)]


def execute(pipeline: Any, *statements: str) -> None:
    """Change what is at the destination behind the back of the pipeline."""
    with pipeline.sql_client() as client:
        for statement in statements:
            client.execute_sql(statement)


def counts(found: Reconciliation, table: str) -> list[TableCount]:
    """Return the counts of a table, load by load."""
    return [count for count in found.tables if count.table == table]


def reasons(found: Reconciliation) -> list[tuple[str, str]]:
    """Return what differs, by table."""
    return [(difference.table, difference.reason) for difference in found.differences]


def test_appended_rows_reconcile_with_those_nested_in_them(pipeline: Any) -> None:
    """Each load for itself; nested rows are counted by the load of their root rows."""
    for _ in range(2):
        pipeline.run(ORDERS, table_name="orders")
    found = pipeline.reconcile()
    assert found.is_equal and not found.notes
    for table, extracted, rows in (("orders", 5, 5), ("orders__items", None, 10), ("orders__items__parts", None, 15)):
        told = [(c.how, c.extracted, c.normalized, c.loaded, c.there) for c in counts(found, table)]
        assert told == [("append", extracted, rows, rows, rows)] * 2
    assert len({count.load_id for count in found.tables}) == 2


def test_rows_that_are_gone_are_found(pipeline: Any) -> None:
    """The query shows the rows that are left of the load, and runs as it is."""
    info = pipeline.run(ORDERS, table_name="orders")
    execute(pipeline, "DELETE FROM orders__items WHERE sku = 'a'")
    found = pipeline.reconcile()
    assert not found.is_equal
    assert reasons(found) == [
        ("orders__items", "10 rows were loaded, 5 are there"),
        ("orders__items__parts", "15 rows were loaded, 5 are there"),
    ]
    difference = found.differences[0]
    assert difference.load_id == info.loads_ids[0]
    with pipeline.sql_client() as client:
        assert [row[0] for row in client.execute_sql(difference.query)] == ["b"] * 5
    assert "orders__items, load" in str(found) and "2 differences in 1 load." in str(found)


def test_rows_of_no_load_are_found(pipeline: Any) -> None:
    """They bear the id of a load that nobody recorded."""
    pipeline.run([{"id": 1}], table_name="t")
    execute(pipeline, "INSERT INTO t VALUES (2, '1.5', 'x')")
    assert reasons(pipeline.reconcile()) == [("t", "1 row bears the id of a load that is not recorded")]


def test_a_load_that_is_not_recorded_is_found(pipeline: Any) -> None:
    """The folder says that it is complete."""
    pipeline.run([{"id": 1}], table_name="t")
    execute(pipeline, "DELETE FROM _dlt_loads", "DELETE FROM t")
    ((table, reason),) = reasons(pipeline.reconcile())
    assert table == "t" and "the destination has no record of it" in reason


def test_a_replaced_load_is_gone_and_the_last_one_counts(pipeline: Any) -> None:
    """What a replace took away is no difference; what it should have taken away is one."""
    first, second = (pipeline.run(ORDERS[:n], table_name="t", write_disposition="replace") for n in (3, 2))
    found = pipeline.reconcile()
    assert found.is_equal
    told = [(c.loaded, c.there, c.note) for c in counts(found, "t")]
    assert told == [(3, 0, f"taken away by load {second.loads_ids[0]}"), (2, 2, "")]
    execute(pipeline, f"UPDATE t SET _dlt_load_id = '{first.loads_ids[0]}' WHERE id = 0")
    assert [table for table, _ in reasons(pipeline.reconcile())] == ["t", "t__items", "t__items__parts"] * 2


@pytest.mark.parametrize("refresh", ["drop_resources", "drop_data"])
def test_what_a_refresh_took_away_is_no_difference(pipeline: Any, refresh: Any) -> None:
    """Its load says which tables it emptied."""
    pipeline.run(ORDERS, table_name="t")
    pipeline.run(ORDERS[:1], table_name="t", refresh=refresh)
    found = pipeline.reconcile()
    assert found.is_equal, str(found)
    assert [(c.loaded, c.there) for c in counts(found, "t")] == [(5, 0), (1, 1)]


@pytest.mark.parametrize("strategy", ["delete-insert", "upsert", "insert-only", "scd2"])
def test_merged_rows_may_be_fewer_and_never_more(pipeline: Any, strategy: str) -> None:
    """Later loads take the place of rows."""
    hints: Any = {"primary_key": "id", "write_disposition": {"disposition": "merge", "strategy": strategy}}
    pipeline.run(dlt.resource([{"id": 1, "v": 1}, {"id": 2, "v": 1}], name="t", **hints))
    pipeline.run(dlt.resource([{"id": 2, "v": 2}, {"id": 3, "v": 2}], name="t", **hints))
    found = pipeline.reconcile()
    assert found.is_equal, str(found)
    assert {c.how for c in counts(found, "t")} == {f"merge, {strategy}"}
    load = counts(found, "t")[1].load_id
    for number in range(3):
        execute(pipeline, f"INSERT INTO t (id, v, _dlt_load_id, _dlt_id) VALUES (9, 1, '{load}', 'x{number}')")
    assert [table for table, _ in reasons(pipeline.reconcile())] == ["t"]


def test_discarded_rows_are_counted(pipeline: Any) -> None:
    """What came is what was loaded and what a contract discarded."""
    pipeline.run([{"id": 1}], table_name="t")
    rows = [{"id": 2}, {"id": 3, "more": 1}, {"id": 4, "more": 2}]
    pipeline.run(rows, table_name="t", schema_contract={"columns": "discard_row"})
    found = pipeline.reconcile()
    assert found.is_equal
    last = counts(found, "t")[1]
    assert (last.extracted, last.normalized, last.discarded, last.loaded, last.there) == (3, 1, 2, 1, 1)


def test_quarantined_items_are_counted(pipeline: Any) -> None:
    """Of each load, and of the replay that brings some of them back."""
    pipeline.run([{"id": 1}], table_name="t")
    rows = [{"id": 2}, {"id": 3, "more": 1}, {"id": 4, "more": 2}]
    pipeline.run(rows, table_name="t", schema_contract={"columns": "quarantine"})
    found = pipeline.reconcile()
    assert found.is_equal, str(found)
    last = counts(found, "t")[1]
    assert (last.extracted, last.normalized, last.quarantined, last.loaded, last.there) == (3, 1, 2, 1, 1)
    pipeline.quarantine.replay(schema_contract="evolve")
    found = pipeline.reconcile()
    assert found.is_equal, str(found)
    assert [(c.normalized, c.quarantined, c.there) for c in counts(found, "t")] == [(1, 0, 1), (1, 2, 1), (2, 0, 2)]


def test_an_undone_load_has_no_rows(pipeline: Any) -> None:
    """Its record says so by its status."""
    info = pipeline.run([{"id": 1}], table_name="t")
    execute(pipeline, "UPDATE _dlt_loads SET status = 1")
    assert reasons(pipeline.reconcile()) == [
        ("t", "1 row was loaded, 1 is there; none should be, as the load was undone")
    ]
    execute(pipeline, "DELETE FROM t")
    found = pipeline.reconcile()
    assert found.is_equal and counts(found, "t")[0].note == "undone"
    assert info.loads_ids[0] in str(found)


def test_arrow_rows_without_load_ids_are_told(pipeline: Any) -> None:
    """Nobody can tell whose they are."""
    pipeline.run(pa.table({"id": [1, 2]}), table_name="t")
    found = pipeline.reconcile()
    assert found.is_equal
    assert [(c.loaded, c.there, c.note) for c in counts(found, "t")] == [(2, None, "without load ids")]


def test_loads_of_others_are_counted_as_far_as_they_are_known(pipeline: Any, tmp_path: Path) -> None:
    """From a folder that is new, only the destination tells."""
    pipeline.run(ORDERS, table_name="orders")
    elsewhere = dlt.pipeline(
        "spec", destination=pipeline.destination, dataset_name="data", pipelines_dir=str(tmp_path / "elsewhere")
    )
    elsewhere.sync_destination()
    found = elsewhere.reconcile()
    assert found.is_equal
    told = {(c.table, c.loaded, c.there, c.note) for c in found.tables}
    assert ("orders__items", None, 10, "its package is not in this folder") in told


def test_a_pipeline_that_never_ran_has_nothing_to_count(pipeline: Any) -> None:
    """And makes nothing."""
    found = pipeline.reconcile()
    assert found.is_equal and str(found).endswith("Nothing was loaded yet.")


def test_a_pipeline_without_destination_is_told() -> None:
    """It names the setting."""
    with pytest.raises(PipelineConfigMissing, match="destination"):
        dlt.pipeline("nowhere").reconcile()


def test_a_destination_without_sql_is_told() -> None:
    """The counts of packages are compared all the same."""

    @dlt.destination(batch_size=10)
    def sink(items: Any, table: Any) -> None:
        pass

    pipeline = dlt.pipeline("sunk", destination=sink)
    pipeline.run([{"id": 1}], table_name="t")
    found = pipeline.reconcile()
    assert found.is_equal
    assert [(c.extracted, c.loaded, c.there) for c in counts(found, "t")] == [(1, 1, None)]
    assert "The destination has no SQL, so that nothing tells what is there." in str(found)


def test_a_dataset_that_is_gone_is_a_difference(pipeline: Any) -> None:
    """All that was loaded is missing."""
    pipeline.run([{"id": 1}], table_name="t")
    execute(pipeline, "DROP SCHEMA data CASCADE")
    found = pipeline.reconcile()
    assert not found.is_equal and "There is no dataset at the destination." in str(found)


def test_a_table_that_is_gone_is_a_difference(pipeline: Any) -> None:
    """None of its rows is there."""
    pipeline.run([{"id": 1}], table_name="t")
    execute(pipeline, "DROP TABLE t")
    assert reasons(pipeline.reconcile()) == [("t", "1 row was loaded, 0 are there")]


def test_an_undo_of_a_replace_gives_rows_back(pipeline: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of the load before are there again, and those of the load that was undone are not."""
    monkeypatch.setenv("LOAD__KEEP_UNDO", "2")
    for n in (3, 2):
        info = pipeline.run(ORDERS[:n], table_name="t", write_disposition="replace")
    pipeline.undo(info.loads_ids[0])
    found = pipeline.reconcile()
    assert found.is_equal, str(found)
    assert [(c.loaded, c.there, c.note) for c in counts(found, "t")] == [(3, 3, ""), (2, 0, "undone")]


# -- sources


@pytest.mark.parametrize("first", ["append", "replace"])
def test_a_later_merge_takes_rows_of_other_loads(pipeline: Any, first: Any) -> None:
    """The disposition may be another one in each run; more rows than were loaded are a difference all the same."""
    rows = [{"id": 1, "l": [{"a": 1}]}, {"id": 2, "l": [{"a": 2}]}]
    for how in (first, "merge"):
        pipeline.run(rows[:1] if how == "merge" else rows, table_name="t", write_disposition=how, primary_key="id")
    found = pipeline.reconcile()
    assert found.is_equal, str(found)
    assert [(count.loaded, count.there) for count in counts(found, "t")] == [(2, 1), (1, 1)]
    execute(pipeline, "INSERT INTO t SELECT * FROM t", "INSERT INTO t SELECT * FROM t")
    assert ("t", "2 rows were loaded, 4 are there") in reasons(pipeline.reconcile())


def test_two_pipelines_may_fill_one_table(pipeline: Any) -> None:
    """The loads of both are recorded, whichever is asked."""
    other = dlt.pipeline("other", destination=pipeline.destination, dataset_name="data")
    for each in (pipeline, other):
        each.run([{"id": 1}], table_name="t")
    assert pipeline.reconcile().is_equal and other.reconcile().is_equal


@pytest.fixture
def shop(tmp_path: Path) -> str:
    """Return the URL of a database with a table."""
    path = tmp_path / "shop.db"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, at INTEGER)")
        database.executemany("INSERT INTO orders VALUES (?, ?)", [(n, n * 10) for n in range(1, 6)])
    return f"sqlite:///{path}"


def change(url: str, statement: str) -> None:
    """Change the source."""
    with sqlite3.connect(url.removeprefix("sqlite:///")) as database:
        database.execute(statement)


@pytest.mark.parametrize("cursor", [None, "at"])
def test_tables_of_a_database_are_counted_at_their_source(pipeline: Any, shop: str, cursor: str | None) -> None:
    """As far as the cursor has come: rows behind it do not count yet."""

    def orders() -> Any:
        return sql_table(shop, "orders", incremental=dlt.sources.incremental(cursor) if cursor else None)

    pipeline.run(orders())
    found = pipeline.reconcile(orders())
    assert found.is_equal, str(found)
    (told,) = found.sources
    assert (told.count, told.there, told.until) == (5, 5, 50 if cursor else None)
    if cursor:
        assert (told.low, told.high, told.there_low, told.there_high) == (10, 50, 10, 50)
        change(shop, "INSERT INTO orders VALUES (6, 60)")
        assert pipeline.reconcile(orders()).is_equal
    execute(pipeline, "DELETE FROM orders WHERE id = 5")
    found = pipeline.reconcile(orders())
    reason = next(difference.reason for difference in found.differences if not difference.load_id)
    assert reason.startswith("the source has 5 rows, and 4 are there") and "At the source" in str(found)


@pytest.mark.parametrize("kind", ["INTEGER", "TIMESTAMP"])
@pytest.mark.parametrize("open_start", [False, True])
def test_rows_outside_of_the_window_of_a_cursor_do_not_count(
    pipeline: Any, tmp_path: Path, kind: str, open_start: bool
) -> None:
    """Neither those before its start nor, in a backfill, those behind its end; whatever form a moment has."""
    path = tmp_path / "window.db"
    moments = ["2024-01-01 00:00:00", "2024-01-02 00:00:00", "2024-01-03T00:00:00", "2024-01-04 00:00:00.500000"]
    values: list[Any] = [10, 20, 30, 40] if kind == "INTEGER" else moments
    with sqlite3.connect(path) as database:
        database.execute(f"CREATE TABLE orders (id INTEGER PRIMARY KEY, at {kind})")
        database.executemany("INSERT INTO orders VALUES (?, ?)", list(enumerate(values)))
    days = [datetime.datetime(2024, 1, day) for day in (2, 4)]
    start, end = (20, 40) if kind == "INTEGER" else days

    def orders(**more: Any) -> Any:
        edge: Any = "open" if open_start else "closed"
        cursor = dlt.sources.incremental("at", initial_value=start, range_start=edge, **more)
        return sql_table(f"sqlite:///{path}", "orders", incremental=cursor)

    for more, expected in (({"end_value": end}, 2), ({}, 3)):
        pipeline.run(orders(**more), write_disposition="replace")
        (told,) = pipeline.reconcile(orders(**more)).sources
        assert (told.count, told.there) == (expected - open_start, expected - open_start)


def test_a_table_without_rows_is_counted_at_its_source(pipeline: Any, shop: str) -> None:
    """It is made with its first row."""
    change(shop, "CREATE TABLE returns (id INTEGER PRIMARY KEY)")
    pipeline.run(sql_database(shop))
    told = {count.table: (count.count, count.there) for count in pipeline.reconcile(sql_database(shop)).sources}
    assert told == {"orders": (5, 5), "returns": (0, 0)}
    change(shop, "INSERT INTO returns VALUES (1)")
    found = pipeline.reconcile(sql_database(shop))
    assert [table for table, _ in reasons(found)] == ["returns"]


def test_a_source_that_cannot_be_counted_is_refused(pipeline: Any) -> None:
    """The message says which can."""
    pipeline.run([{"id": 1}], table_name="t")
    with pytest.raises(NotOffered, match="sql_table"):
        pipeline.reconcile(dlt.resource([{"id": 1}], name="t"))


# -- the command


def test_the_command_ends_with_1_where_counts_differ(pipeline: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """And with 0 where none does; --json prints the value."""
    import orjson

    pipeline.run(ORDERS, table_name="orders")
    folder = str(Path(pipeline.working_dir).parent)
    command = ["pipeline", "--pipelines-dir", folder, "spec", "reconcile"]
    assert main(command) == 0
    assert "All counts of 1 load are equal." in capsys.readouterr().out
    execute(pipeline, "DELETE FROM orders WHERE id = 1")
    assert main([*command, "--json"]) == 1
    told = orjson.loads(capsys.readouterr().out)
    assert told["is_equal"] is False and told["differences"][0]["table"] == "orders"

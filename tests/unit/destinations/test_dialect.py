"""How an engine writes names, types, values and tables; each statement is run where it can be."""

from __future__ import annotations

import datetime as dt
import sqlite3
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt.destinations.client import WorkDone
from dlt.destinations.impl.duckdb.dialect import DIALECT as DUCKDB
from dlt.destinations.sql.ddl import add_columns, check_types, create_table
from dlt.destinations.work import check_bears_load_ids, remove_load, work_done, work_name
from dlt.errors import DatasetException, ReloadUndecided, SchemaUpdateTerminalError
from dlt.schema.typing import DATA_TYPES

UTC = dt.timezone.utc
MYSQL_LIKE = DUCKDB.__class__(**{**DUCKDB.__dict__, "quote_character": "`"})


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), min_size=1, max_size=12))
def test_a_name_is_one_name_whatever_is_in_it(name: str) -> None:
    """Quotes in it are doubled."""
    assert DUCKDB.quote(name) == '"' + name.replace('"', '""') + '"'
    assert MYSQL_LIKE.quote(name) == "`" + name.replace("`", "``") + "`"
    with sqlite3.connect(":memory:") as connection:
        found = connection.execute(f"SELECT 1 AS {DUCKDB.quote(name)}")
        assert found.description[0][0] == name


@pytest.mark.parametrize(
    ("value", "literal"),
    [
        (None, "NULL"),
        (True, "TRUE"),
        (False, "FALSE"),
        (7, "7"),
        (-1.5, "-1.5"),
        (Decimal("1.50"), "1.50"),
        ("", "''"),
        ("it's", "'it''s'"),
        ("'; DROP TABLE t; --", "'''; DROP TABLE t; --'"),
        (dt.date(2024, 1, 2), "DATE '2024-01-02'"),
        (dt.datetime(2024, 1, 2, 3), "TIMESTAMP '2024-01-02 03:00:00'"),
        ((1, "a"), "(1, 'a')"),
        ([None], "(NULL)"),
        ({True}, "(TRUE)"),
    ],
    ids=repr,
)
def test_a_value_is_written_as_the_engine_reads_it(value: Any, literal: str) -> None:
    """DuckDB gives it back."""
    assert DUCKDB.literal(value) == literal
    if not isinstance(value, (tuple, list, set)):
        ((found,),) = duckdb.connect().execute(f"SELECT {literal}").fetchall()
        assert found == value or float(found) == value


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=12))
def test_a_text_comes_back_as_it_was(text: str) -> None:
    """No text ends the literal that it stands in."""
    with sqlite3.connect(":memory:") as connection:
        assert connection.execute(f"SELECT {DUCKDB.literal(text)}").fetchall() == [(text,)]


@pytest.mark.parametrize("value", [b"x", object(), {"a": 1}, dt.time(1)], ids=lambda value: type(value).__name__)
def test_a_value_without_a_literal_is_refused(value: Any) -> None:
    """With its type."""
    with pytest.raises(DatasetException, match=f"A value of type {type(value).__name__} has no SQL literal"):
        DUCKDB.literal(value)


@pytest.mark.parametrize(
    ("reported", "expected"),
    [
        ("VARCHAR", {"data_type": "text"}),
        ("varchar", {"data_type": "text"}),
        ("BIGINT", {"data_type": "bigint"}),
        ("DECIMAL(10,2)", {"data_type": "decimal", "precision": 10, "scale": 2}),
        ("DECIMAL(10)", {"data_type": "decimal", "precision": 10, "scale": 0}),
        ("STRUCT(a INTEGER)", {}),
        ("UNHEARD_OF", {}),
    ],
)
def test_a_type_of_the_engine_is_a_column(reported: str, expected: Any) -> None:
    """One that we never make has no data type, and is left alone."""
    assert DUCKDB.column_of("c", reported) == {"name": "c", **expected}


COLUMNS: list[Any] = [
    *[{"data_type": kind} for kind in DATA_TYPES],
    {"data_type": "decimal", "precision": 10, "scale": 2},
    {"data_type": "wei", "precision": 30},
    {"data_type": "bigint", "precision": 8},
    {"data_type": "bigint", "precision": 32},
    {"data_type": "timestamp", "timezone": False},
    {"data_type": "timestamp", "precision": 0},
    {"data_type": "timestamp", "precision": 3},
    {"data_type": "timestamp", "precision": 9, "timezone": False},
    {"data_type": "text", "precision": 5},
    {"data_type": "binary", "precision": 5},
    {"data_type": "time", "precision": 3},
]


@pytest.mark.parametrize("hints", COLUMNS, ids=str)
def test_a_column_is_stored_as_the_engine_reports_it(hints: Any) -> None:
    """What DuckDB says of a table that was made is what the dialect says that it will say."""
    column: Any = {"name": "c", "nullable": True, **hints}
    connection = duckdb.connect()
    connection.execute(create_table(DUCKDB, "t", {"name": "t", "columns": {"c": column}}))
    ((_, reported, *_),) = connection.execute("DESCRIBE t").fetchall()
    assert DUCKDB.column_of("c", reported) == DUCKDB.as_stored(column)
    assert "data_type" in DUCKDB.as_stored(column)
    check_types(DUCKDB, "data", {"name": "t", "columns": {"c": column}}, {"c": DUCKDB.column_of("c", reported)})


def test_tables_are_made_and_grow() -> None:
    """Names are quoted; columns that are added may be empty, as rows that are there have no values for them."""
    columns: Any = {
        "id": {"name": "id", "data_type": "bigint", "nullable": False},
        'odd "name"': {"name": 'odd "name"', "data_type": "text"},
    }
    later: Any = {
        "new": {"name": "new", "data_type": "double", "nullable": False},
        "doc": {"name": "doc", "data_type": "json"},
    }
    connection = duckdb.connect()
    connection.execute(create_table(DUCKDB, '"t"', {"name": "t", "columns": columns}))
    connection.execute("INSERT INTO t VALUES (1, 'a')")
    for statement in add_columns(DUCKDB, '"t"', later):
        connection.execute(statement)
    found = {name: null for name, _, null, *_ in connection.execute("DESCRIBE t").fetchall()}
    assert found == {"id": "NO", 'odd "name"': "YES", "new": "YES", "doc": "YES"}
    assert connection.execute("SELECT * FROM t").fetchall() == [(1, "a", None, None)]
    assert add_columns(DUCKDB, "t", {}) == []


@pytest.mark.parametrize(
    ("wanted", "there", "fits"),
    [
        ({"data_type": "text"}, {"data_type": "text"}, True),
        ({"data_type": "text"}, {"data_type": "bigint"}, False),
        ({"data_type": "json"}, {"data_type": "text"}, True),
        ({"data_type": "bigint"}, {"data_type": "decimal", "precision": 38, "scale": 0}, True),
        ({"data_type": "decimal"}, {"data_type": "bigint"}, False),
        (
            {"data_type": "decimal", "precision": 10, "scale": 2},
            {"data_type": "decimal", "precision": 10, "scale": 1},
            False,
        ),
        (
            {"data_type": "decimal", "precision": 10, "scale": 2},
            {"data_type": "decimal", "precision": 38, "scale": 9},
            True,
        ),
        ({"data_type": "date"}, {"data_type": "timestamp", "precision": 6}, True),
        ({"data_type": "timestamp"}, {"data_type": "date"}, False),
        ({"data_type": "timestamp", "precision": 6}, {"data_type": "timestamp", "precision": 0}, False),
        ({"data_type": "timestamp", "precision": 0}, {"data_type": "timestamp", "precision": 6}, True),
        ({"data_type": "timestamp", "precision": 0}, {"data_type": "timestamp"}, True),
        ({"data_type": "text"}, {}, True),
        ({}, {"data_type": "text"}, True),
    ],
    ids=str,
)
def test_a_column_that_is_there_must_hold_all_new_values(wanted: Any, there: Any, fits: bool) -> None:
    """The error names it with both types; types that we never make are not looked at."""
    table: Any = {"name": "t", "columns": {"c": {"name": "c", **wanted}}}
    if fits:
        check_types(DUCKDB, "data", table, {"c": {"name": "c", **there}})
        return
    with pytest.raises(
        SchemaUpdateTerminalError, match=r"data\.t\.c: the schema says .*, the table at the destination"
    ) as caught:
        check_types(DUCKDB, "data", table, {"c": {"name": "c", **there}})
    assert caught.value.column == "c"


def test_columns_that_are_not_there_are_not_compared() -> None:
    """They are added."""
    check_types(DUCKDB, "data", {"name": "t", "columns": {"c": {"name": "c", "data_type": "text"}}}, {})


# -- statements of merges, run


def test_rows_are_deleted_by_keys_and_by_ids() -> None:
    """Those that match, and no others; a key that is there is not inserted again."""
    connection = duckdb.connect()
    connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)")
    connection.execute("INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c')")
    connection.execute(DUCKDB.create_temporary('"ids"', "SELECT 1 AS id", '"id"'))
    connection.execute(DUCKDB.delete_listed("t", '"id"', '"ids"'))
    connection.execute(DUCKDB.delete_matching("t", "(SELECT 'b' AS v)", "_dlt_d.v = _dlt_s.v"))
    connection.execute(DUCKDB.drop_temporary('"ids"'))
    for value in ("x", "y"):
        connection.execute(DUCKDB.insert_new("t", "id, v", f"3, '{value}'"))
        connection.execute(DUCKDB.insert_new("t", "id, v", f"4, '{value}'"))
    assert connection.execute("SELECT * FROM t ORDER BY id").fetchall() == [(3, "c"), (4, "x")]


@pytest.mark.parametrize(("direction", "expected"), [("asc", [1, 2, None]), ("desc", [2, 1, None])])
def test_nothing_comes_last_in_any_order(direction: str, expected: list[Any]) -> None:
    """Whatever the engine's own rule is."""
    found = duckdb.connect().execute(
        f"SELECT a FROM (VALUES (2), (NULL), (1)) AS t(a) ORDER BY {DUCKDB.ordered('a', direction)}"
    )
    assert [row[0] for row in found.fetchall()] == expected


# -- works of runs


@pytest.mark.parametrize("done", [WorkDone(0, 0, "17.5"), WorkDone(3, 2, "1700000000.123456")])
def test_a_record_of_a_work_is_read_as_it_was_written(done: WorkDone) -> None:
    """By this version and later ones."""
    assert work_name("ab12", done) == f"work ab12 {done.revision} {done.wish} {done.load_id}"
    assert work_done(work_name("ab12", done)) == done


@pytest.mark.parametrize("placeholder", ["17.5"])
@pytest.mark.parametrize("stored", [{"t", "t__a", "t__a__b", "t__c"}, {"t", "t__c"}, {"t", "t__a__b"}, {"t"}])
def test_rows_of_a_load_go_with_their_nested_rows(placeholder: str, stored: set[str]) -> None:
    """Of tables that are there; deeper ones first, and rows of other loads stay."""
    connection = sqlite3.connect(":memory:")
    chain: Any = [
        {"name": "t"},
        {"name": "t__a", "parent": "t"},
        {"name": "t__a__b", "parent": "t__a"},
        {"name": "t__c", "parent": "t"},
    ]
    connection.execute("CREATE TABLE t (_dlt_id, _dlt_load_id)")
    connection.executemany("INSERT INTO t VALUES (?, ?)", [("r1", "17.5"), ("r2", "18.5")])
    for table in chain[1:]:
        if table["name"] in stored:
            connection.execute(f"CREATE TABLE {table['name']} (_dlt_id, _dlt_parent_id)")
    for name, rows in {"t__a": [("a1", "r1"), ("a2", "r2")], "t__a__b": [("b1", "a1"), ("b2", "a2")],
                       "t__c": [("c1", "r1"), ("c2", "r2")]}.items():  # fmt: skip
        if name in stored:
            connection.executemany(f"INSERT INTO {name} VALUES (?, ?)", rows)
    for statement in remove_load(chain, stored, DUCKDB.quote, DUCKDB.quote):
        connection.execute(statement.replace("%s", "?"), (placeholder,))
    left = {name: {row[0] for row in connection.execute(f"SELECT _dlt_id FROM {name}")} for name in stored}
    expected = {"t": {"r2"}, "t__a": {"a2"}, "t__a__b": {"b2"}, "t__c": {"c2"}}
    if "t__a" not in stored and "t__a__b" in stored:
        # rows that lost their parents cannot be told by them
        expected["t__a__b"] = {"b1", "b2"}
    assert left == {name: expected[name] for name in stored}


def test_rows_that_do_not_tell_their_load_are_not_guessed() -> None:
    """The message says what can be done."""
    check_bears_load_ids("t", ["a", "_dlt_load_id"])
    with pytest.raises(ReloadUndecided, match=r"table t: .*_dlt_load_id.*reprocess=\"keep\""):
        check_bears_load_ids("t", ["a"])

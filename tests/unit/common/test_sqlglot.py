"""Types and queries of sqlglot under the names of PyPI `dlt` 1.x; the expected values are those of 1.31."""

from __future__ import annotations

from typing import Any

import pytest
import sqlglot
from sqlglot import exp

from dlt.common.libs.sqlglot import (
    build_outer_select_statement,
    filter_select_column_names,
    from_sqlglot_type,
    get_select_column_names,
    normalize_query_identifiers,
    query_is_complex,
    reorder_or_adjust_outer_select,
    to_sqlglot_type,
    uuid_expr_for_dialect,
    validate_no_star_select,
)
from dlt.common.normalizers.naming.snake_case import NamingConvention
from dlt.errors import CannotCoerceNullException


def _query(text: str) -> Any:
    return sqlglot.parse_one(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("DECIMAL(10, 2)", {"data_type": "decimal", "precision": 10, "scale": 2}),
        ("TIMESTAMPTZ(3)", {"data_type": "timestamp", "precision": 3, "timezone": True}),
        ("TIMESTAMP", {"data_type": "timestamp"}),
        ("TIME(2)", {"data_type": "time", "precision": 2, "timezone": False}),
        ("INT(17)", {"data_type": "bigint", "precision": 17}),
        ("STRUCT", {"data_type": "json"}),
        ("INET", {"data_type": "text"}),
        ("UNKNOWN", {}),
    ],
)
def test_a_type_says_what_its_column_is(text: str, expected: Any) -> None:
    """What is no data type of a column is text."""
    kind = exp.DataType.build(text)
    assert from_sqlglot_type(kind) == expected
    assert from_sqlglot_type(kind.this).get("data_type") == expected.get("data_type")


@pytest.mark.parametrize(
    ("hints", "plain", "named"),
    [
        ({"dlt_type": "bigint"}, "BIGINT", "BIGINT"),
        ({"dlt_type": "bigint", "precision": 4}, "INT(4)", "SMALLINT"),
        ({"dlt_type": "bigint", "precision": 100}, "INT(100)", "INT(100)"),
        ({"dlt_type": "decimal", "precision": 10, "scale": 2}, "DECIMAL(10, 2)", "DECIMAL"),
        ({"dlt_type": "wei", "precision": 78}, "DECIMAL(38, 0)", "DECIMAL(38, 0)"),
        ({"dlt_type": "timestamp", "precision": 3}, "TIMESTAMP(3)", "TIMESTAMP_MS"),
        ({"dlt_type": "timestamp", "precision": 3, "timezone": False}, "TIMESTAMPNTZ(3)", "TIMESTAMPNTZ(3)"),
        ({"dlt_type": "time", "precision": 3, "timezone": True}, "TIMETZ(3)", "TIMETZ"),
        ({"dlt_type": "text", "precision": 5}, "TEXT(5)", "TEXT(5)"),
        ({"dlt_type": "double", "precision": 5}, "DOUBLE", "DOUBLE"),
    ],
)
def test_a_column_has_a_type(hints: Any, plain: str, named: str) -> None:
    """The precision stands in brackets, or in the name."""
    assert to_sqlglot_type(**hints).sql() == plain
    assert to_sqlglot_type(**hints, use_named_types=True).sql() == named


def test_a_type_may_say_whether_null_is_a_value() -> None:
    """It says nothing where nobody asks."""
    assert from_sqlglot_type(to_sqlglot_type("text", nullable=False)) == {"data_type": "text", "nullable": False}


def test_names_of_selected_columns() -> None:
    """A star has none, and neither has an expression without an alias."""
    selects = _query("SELECT a, t.B, max(c) AS c FROM t").selects
    assert get_select_column_names(selects) == ["a", "B", "c"]
    assert filter_select_column_names(selects, {"b"}, str.lower) == ["a", "c"]
    with pytest.raises(ValueError, match="Star"):
        get_select_column_names(_query("SELECT t.* FROM t").selects)
    with pytest.raises(ValueError, match="has no name"):
        get_select_column_names(_query("SELECT a + 1 FROM t").selects)
    with pytest.raises(ValueError, match="SELECT \\*"):
        validate_no_star_select(_query("SELECT * FROM t"), "duckdb")


def test_a_query_gets_the_columns_of_a_table() -> None:
    """In its order, with NULL for what it does not select and without what the table does not have."""
    columns: Any = {name: {"name": name, "data_type": "text"} for name in ("b", "a", "d")}
    outer, differs = build_outer_select_statement(
        "duckdb", _query("SELECT a, col AS B, t.c FROM t"), columns, str.lower
    )
    assert differs and "AS _dlt_subquery" in outer.sql("duckdb")
    reorder_or_adjust_outer_select(outer, columns, str.lower, "shop", "users")
    assert outer.sql("duckdb").startswith(
        'SELECT _dlt_subquery."B" AS "b", _dlt_subquery."a" AS "a", NULL AS "d" FROM (SELECT a, col AS B, t.c'
    )
    required: Any = {"z": {"name": "z", "data_type": "text", "nullable": False}}
    with pytest.raises(CannotCoerceNullException, match=r"users\.z takes no NULL"):
        reorder_or_adjust_outer_select(outer, required, str.lower, "shop", "users")
    same, differs = build_outer_select_statement("duckdb", _query("SELECT b, a, d FROM t"), columns, str.lower)
    assert not differs and [selected.alias for selected in same.selects] == ["b", "a", "d"]


def test_names_in_a_query_follow_a_convention() -> None:
    """Those of datasets and functions stay, and so does the query that was passed."""
    query = _query(
        'SELECT MyT.ColA AS X, "Other Col", F(ColB) FROM Db.MyT AS MyT JOIN (SELECT A1 FROM Zed) AS SubQ '
        "ON SubQ.A1 = MyT.b"
    )
    before = query.sql()
    assert normalize_query_identifiers(query, NamingConvention()).sql() == (
        'SELECT my_t.col_a AS x, "other_col", F(col_b) FROM Db.my_t AS my_t JOIN (SELECT a1 FROM zed) AS sub_q '
        "ON sub_q.a1 = my_t.b"
    )
    assert query.sql() == before


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT * FROM t WHERE a > 0 LIMIT 3", False),
        ("SELECT b AS c, a, 'x' AS y FROM t", False),
        ("SELECT a FROM t", True),
        ("SELECT a, b, upper(b) AS c FROM t", True),
        ("SELECT DISTINCT a, b FROM t", True),
        ("SELECT a, b FROM t JOIN u ON t.a = u.a", True),
        ("SELECT count(*) FROM t", True),
        ("WITH u AS (SELECT a, b FROM t) SELECT a, b FROM u", True),
        ("SELECT * FROM t UNION ALL SELECT * FROM t", True),
    ],
)
def test_what_is_more_than_a_choice_of_rows_is_complex(text: str, expected: bool) -> None:
    """Renamed, ordered and filtered rows of one table are not."""
    assert query_is_complex(_query(text), {"a", "b", "_dlt_id"}) is expected


@pytest.mark.parametrize(
    ("dialect", "expected"),
    [
        ("duckdb", "UUID()"),
        ("bigquery", "GENERATE_UUID()"),
        ("redshift", "MD5('1' || '-' || ROW_NUMBER() OVER ())"),
        ("athena", "CAST(UUID() AS VARCHAR)"),
        ("sqlite", "LOWER(HEX(RANDOMBLOB(16)))"),
        ("clickhouse", "generateUUIDv4()"),
    ],
)
def test_an_id_for_each_row(dialect: str, expected: str) -> None:
    """In the words of each engine."""
    assert uuid_expr_for_dialect(dialect, "1").sql(dialect) == expected

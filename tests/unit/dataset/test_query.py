"""Trees of queries say what was asked, and nothing that nobody asked for."""

from __future__ import annotations

import datetime as dt
import decimal
from typing import Any

import pytest
import sqlglot
from sqlglot import exp

from dlt.dataset.query import OPERATORS, comparison, is_flat, quoted, selecting, star, takes_columns, wrapped
from dlt.destinations.impl.duckdb.dialect import DIALECT
from dlt.errors import ValueErrorWithKnownValues
from dlt.schema.typing import ColumnSchema


def text(value: Any, operator: str = "eq", **column: Any) -> str:
    """Return a comparison of a column with a value."""
    known: ColumnSchema = {"name": "c", **column}  # type: ignore[typeddict-item]
    return comparison(quoted("c"), operator, value, known, DIALECT.literal).sql("duckdb")


@pytest.mark.parametrize(
    ("operator", "expected"),
    [
        ("eq", '"c" = 1'),
        ("==", '"c" = 1'),
        ("ne", '"c" <> 1'),
        ("gt", '"c" > 1'),
        ("<=", '"c" <= 1'),
        ("in", '"c" IN (1)'),
        ("not_in", 'NOT "c" IN (1)'),
    ],
)
def test_words_and_signs(operator: str, expected: str) -> None:
    """Are comparisons of SQL; one value is a list of one."""
    assert text(1, operator) == expected


@pytest.mark.parametrize(
    ("operator", "expected"),
    [("eq", '"c" IS NULL'), ("=", '"c" IS NULL'), ("ne", 'NOT "c" IS NULL'), ("gt", '"c" > NULL')],
)
def test_none_is_asked_for_as_null(operator: str, expected: str) -> None:
    """A comparison with NULL by = is never true, and nobody means that."""
    assert text(None, operator) == expected


@pytest.mark.parametrize(
    ("value", "column", "expected"),
    [
        (1, {"data_type": "bigint"}, '"c" = CAST(1 AS BIGINT)'),
        ("1", {"data_type": "bigint"}, "\"c\" = CAST('1' AS BIGINT)"),
        # cast to a whole number it would be 2
        (1.5, {"data_type": "bigint"}, '"c" = 1.5'),
        (1, {"data_type": "double"}, '"c" = CAST(1 AS DOUBLE)'),
        (True, {"data_type": "bool"}, '"c" = CAST(TRUE AS BOOLEAN)'),
        ("it's", {"data_type": "text"}, "\"c\" = CAST('it''s' AS TEXT)"),
        # cast to a decimal without precision it would lose digits
        (decimal.Decimal("1.12345"), {"data_type": "decimal", "precision": 10, "scale": 5}, '"c" = 1.12345'),
        (dt.date(2024, 1, 2), {"data_type": "date"}, "\"c\" = DATE '2024-01-02'"),
        ("2024-01-02", {"data_type": "date"}, "\"c\" = DATE '2024-01-02'"),
        (
            dt.datetime(2024, 1, 2),
            {"data_type": "timestamp", "timezone": False},
            "\"c\" = TIMESTAMP '2024-01-02 00:00:00'",
        ),
        ("soon", {"data_type": "timestamp"}, "\"c\" = 'soon'"),
    ],
)
def test_values_are_of_the_type_of_their_column(value: Any, column: Any, expected: str) -> None:
    """As far as that changes no value."""
    assert text(value, **column) == expected


def test_an_unknown_operator_tells_the_known_ones() -> None:
    """It is refused before anything is asked of the destination."""
    with pytest.raises(ValueErrorWithKnownValues, match="'between'") as refused:
        text(1, "between")
    assert all(operator in str(refused.value) for operator in OPERATORS)


@pytest.mark.parametrize(
    ("query", "flat", "open_"),
    [
        ("SELECT * FROM t", True, True),
        ("SELECT a, b FROM t WHERE a > 1 LIMIT 2", True, True),
        ("SELECT a AS b FROM t", True, False),
        ("SELECT a + 1 FROM t", True, False),
        ("SELECT * FROM t JOIN u ON t.a = u.a", True, False),
        ("SELECT count(*) FROM t", False, False),
        ("SELECT a FROM t GROUP BY a", False, False),
        ("SELECT DISTINCT a FROM t", False, False),
        ("SELECT row_number() OVER () FROM t", False, False),
        ("SELECT a FROM t UNION ALL SELECT a FROM u", False, False),
        ("SELECT 1", True, False),
    ],
)
def test_what_can_be_changed_in_a_query(query: str, flat: bool, open_: bool) -> None:
    """Conditions can be added where a row is a row of a table, and other columns selected where these are a table's."""
    tree = sqlglot.parse_one(query)
    assert isinstance(tree, exp.Query)
    assert (is_flat(tree), takes_columns(tree)) == (flat, open_)


def test_a_query_within_a_query_has_the_name_of_its_table() -> None:
    """So that names of columns stay right."""
    inner = selecting(star("t"), [quoted("a")])
    assert wrapped(inner).sql() == 'SELECT * FROM (SELECT "a" FROM "t") AS t'

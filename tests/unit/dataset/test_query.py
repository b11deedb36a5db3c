"""The text of a query says what was asked, and nothing that nobody asked for."""

from __future__ import annotations

from typing import Any, cast

import pytest

from dlt.dataset.query import OPERATORS, Condition, Query


class Dialect:
    """Quotes names with brackets, and writes values as Python does."""

    def escape_column_name(self, name: str) -> str:
        """Return a quoted name."""
        return f"[{name}]"

    def literal(self, value: object) -> str:
        """Return a value as text."""
        return repr(value)


def text(query: Query) -> str:
    """Return a query on one line."""
    return " ".join(query.clauses(cast("Any", Dialect())))


def test_nothing_asked_is_everything() -> None:
    """No clause stands in the text that nobody asked for."""
    assert text(Query("shop.orders")) == "SELECT * FROM shop.orders"


def test_clauses_stand_in_the_order_of_sql() -> None:
    """Whatever order they were asked for in; conditions that are SQL stay as they are."""
    query = Query(
        "shop.orders",
        ("id", "name"),
        ("(paid)", Condition.of("id", "gt", 1)),
        (("name", "DESC"), ("id", "ASC")),
        limit=0,
    )
    assert text(query) == (
        "SELECT [id], [name] FROM shop.orders WHERE (paid) AND [id] > 1 ORDER BY [name] DESC, [id] ASC LIMIT 0"
    )


@pytest.mark.parametrize(
    ("operator", "sign"), [("eq", "IS"), ("=", "IS"), ("==", "IS"), ("ne", "IS NOT"), ("!=", "IS NOT"), ("gt", ">")]
)
def test_none_is_asked_for_as_null(operator: str, sign: str) -> None:
    """A comparison with NULL by = is never true, and nobody means that."""
    assert Condition.of("name", operator, None) == ("name", sign, None)


def test_an_unknown_operator_tells_the_known_ones() -> None:
    """It is refused before anything is asked of the destination."""
    with pytest.raises(ValueError, match="'between' is not known") as refused:
        Condition.of("id", "between", 1)
    assert all(operator in str(refused.value) for operator in OPERATORS)

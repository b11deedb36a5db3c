"""Pages that are lists of a class of their own, such as those of a client of an API."""

from __future__ import annotations

from typing import Any

import dlt


class _Page(list[Any]):
    def __init__(self, items: Any, cursor: str) -> None:
        super().__init__(items)
        self.cursor = cursor


def _resource() -> Any:
    def numbers() -> Any:
        yield _Page([{"n": 1}, {"n": 2}], "a")
        yield _Page([], "b")

    return dlt.resource(numbers, name="numbers")


def test_their_rows_come_one_by_one() -> None:
    """As those of any page, alone and in a source; steps go over them too."""
    assert list(_resource()) == [{"n": 1}, {"n": 2}]
    changed = _resource().add_map(lambda row: {"n": row["n"] * 10}).add_filter(lambda row: row["n"] > 10)
    assert list(changed) == [{"n": 20}]


def test_a_transformer_gets_the_page() -> None:
    """With its attributes, and with rows of its own."""

    @dlt.transformer
    def told(page: Any) -> Any:
        for row in page:
            row["n"] += 1
        yield [{"cursor": page.cursor, "rows": list(page)}]

    @dlt.source
    def both() -> Any:
        first = _resource()
        return first, first | told

    found = list(both())
    assert [row for row in found if "cursor" in row] == [
        {"cursor": "a", "rows": [{"n": 2}, {"n": 3}]},
        {"cursor": "b", "rows": []},
    ]
    assert [row for row in found if "n" in row] == [{"n": 1}, {"n": 2}]

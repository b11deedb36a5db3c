"""What a package says of itself, as values."""

from __future__ import annotations

import pytest

from dlt.packages.manifest import MANIFEST_DOCUMENT, Manifest, Refresh, StepMetrics, TableMetrics


@pytest.mark.parametrize(
    ("refresh", "something", "tables"),
    [
        (Refresh(), False, ()),
        (Refresh(("a",)), True, ("a",)),
        (Refresh((), ("b",)), True, ("b",)),
        (Refresh(("a",), ("b", "c")), True, ("a", "b", "c")),
    ],
)
def test_a_refresh_is_true_where_it_does_something(refresh: Refresh, something: bool, tables: tuple[str, ...]) -> None:
    """Tables that it drops come before those that it empties."""
    assert bool(refresh) is something and refresh.tables == tables


def test_two_refreshes_are_joined_without_doing_anything_twice() -> None:
    """In their order; what is dropped and what is emptied stay apart."""
    one, other = Refresh(("a", "b"), ("x",)), Refresh(("b", "c"), ("a", "x", "y"))
    assert one.joined(other) == Refresh(("a", "b", "c"), ("x", "a", "y"))
    assert one.joined(Refresh()) == Refresh().joined(one) == one and not Refresh().joined(Refresh())


def test_rows_are_counted_by_table() -> None:
    """As the step came to them."""
    found = StepMetrics({"a": TableMetrics(3, 100), "b": TableMetrics(), "c": TableMetrics(5)})
    assert found.rows == {"a": 3, "b": 0, "c": 5} and StepMetrics().rows == {}


def test_an_empty_field_is_not_written_and_one_that_is_set_is() -> None:
    """A manifest is read by people."""
    assert set(MANIFEST_DOCUMENT.values(Manifest("s"))) == {"version", "schema_name"}
    full = MANIFEST_DOCUMENT.values(Manifest("s", "extracted", tried=True, refresh=Refresh(("a",)), parts=("1.0",)))
    assert full == {
        "version": 1,
        "schema_name": "s",
        "stage": "extracted",
        "tried": True,
        "refresh": {"drop_tables": ["a"]},
        "parts": ["1.0"],
    }
    assert b"\n  " in MANIFEST_DOCUMENT.dump(Manifest("s", "extracted"))

"""Columns that every row must fill, and the error where none does."""

from __future__ import annotations

from typing import Any

import pytest

from dlt.errors import UnboundColumnException
from dlt.schema.required import required_columns, unbound


def required(column: dict[str, Any], disposition: str, name: str = "c") -> str | None:
    """Return why a column must be filled."""
    table = {"name": "t", "write_disposition": disposition}
    return required_columns(table, {"other": {"data_type": "text"}, name: column}).get(name)


@pytest.mark.parametrize("disposition", ["append", "replace", "skip", "merge"])
@pytest.mark.parametrize(
    ("column", "merged", "else_"),
    [
        ({}, None, None),
        ({"nullable": True}, None, None),
        ({"nullable": False}, "not nullable", "not nullable"),
        ({"primary_key": True}, "the primary key", None),
        ({"primary_key": True, "nullable": True}, "the primary key", None),
        ({"primary_key": True, "nullable": False}, "the primary key", "the primary key"),
        ({"merge_key": True}, "the merge key", None),
        ({"merge_key": True, "nullable": False}, "the merge key", "the merge key"),
        ({"primary_key": True, "merge_key": True}, "the primary key", None),
        ({"primary_key": False, "merge_key": True}, "the merge key", None),
        ({"unique": True}, None, None),
    ],
    ids=str,
)
def test_keys_are_filled_where_rows_are_merged(
    column: dict[str, Any], merged: str | None, else_: str | None, disposition: str
) -> None:
    """And what is declared as not nullable is filled everywhere."""
    assert required(column, disposition) == (merged if disposition == "merge" else else_)


def test_columns_of_the_library_fill_themselves() -> None:
    """Nobody is told of them."""
    assert required({"nullable": False}, "merge", "_dlt_id") is None
    assert required_columns({}, {"a": {"nullable": False}, "b": {}}) == {"a": "not nullable"}


@pytest.mark.parametrize(
    ("missing", "seen", "more", "text"),
    [
        ({"id": "the primary key"}, ["idd", "x"], {}, "'id' is the primary key and no row has a value for it (did you"),
        ({"id": "the primary key"}, ["idd", "x"], {}, "mean 'idd'?). The data has the columns idd, x. Correct"),
        ({"id": "not nullable"}, ["zzz"], {}, "'id' is not nullable and no row has a value for it. The data"),
        ({"id": "not nullable"}, [], {}, "The data has the columns none."),
        ({"id": "not nullable"}, ["_dlt_id", "zzz"], {}, "The data has the columns zzz."),
        ({"a_b": "the merge key"}, [], {"written": {"a_b": "aB"}}, "'aB' (the column 'a_b') is the merge key"),
        ({"a": "the merge key"}, [], {"written": {"a": "a"}}, "t: 'a' is the merge key"),
        ({"a": "the merge key"}, [], {"written": {"b": "B"}}, "t: 'a' is the merge key"),
        ({"a": "the merge key", "b": "not nullable"}, [], {}, "for it; 'b' is not nullable"),
        ({"doc": "not nullable"}, ["doc__a", "doc__b"], {}, "holds documents, which become the columns doc__a, doc__b"),
        ({"doc": "not nullable"}, ["docs"], {}, "did you mean 'docs'"),
        ({"doc": "not nullable"}, [], {"nested_tables": ["t__doc"]}, "holds lists, which become a nested table"),
        ({"doc": "not nullable"}, [], {"nested_tables": ["other__doc"]}, "no row has a value for it. The"),
    ],
    ids=str,
)
def test_the_error_says_what_was_perhaps_meant(missing: Any, seen: list[str], more: Any, text: str) -> None:
    """A name that is close, documents and lists that became other columns and tables, names as users wrote them."""
    error = unbound("t", missing, seen, **more)
    assert isinstance(error, UnboundColumnException) and str(error).startswith("table t: ") and text in str(error)
    assert error.table_name == "t" and error.column_name == next(iter(missing))
    assert error.column_names == list(missing)


@pytest.mark.parametrize(
    ("count", "text"), [(30, "c28, c29. Correct"), (31, "c28, c29 and 1 more."), (50, "and 20 more.")]
)
def test_a_message_lists_some_columns_only(count: int, text: str) -> None:
    """And says how many more there are."""
    assert text in str(unbound("t", {"id": "not nullable"}, [f"c{n}" for n in range(count)]))


def test_five_columns_of_a_document_are_enough_to_tell() -> None:
    """Documents may have thousands."""
    text = str(unbound("t", {"d": "not nullable"}, [f"d__{n}" for n in range(6)]))
    assert "columns d__0, d__1, d__2, d__3, d__4: name one" in text

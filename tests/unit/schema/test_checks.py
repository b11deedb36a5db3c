"""Columns and keys that users write are checked, and the message says what was meant."""

from __future__ import annotations

from typing import Any

import pytest

from dlt.errors import InvalidHint
from dlt.schema.checks import FLAGS, check_column, check_columns, check_key, check_together, known_values
from dlt.schema.typing import DATA_TYPES, ColumnSchema


def invalid(column: Any, name: Any = "c", own_hints: bool = False) -> InvalidHint:
    """Return the error that a column is."""
    with pytest.raises(InvalidHint) as caught:
        check_column("table 't'", name, column, own_hints)
    assert str(caught.value).startswith(f"table 't', column {name!r}: found ")
    return caught.value


@pytest.mark.parametrize(
    "column",
    [
        {},
        *[{"data_type": kind} for kind in DATA_TYPES],
        {"data_type": "complex"},
        *[{flag: value} for flag in sorted(FLAGS) for value in (True, False)],
        *[{hint: None} for hint in ("data_type", "nullable", "precision", "dedup_sort", "unheard_of")],
        {"precision": 0},
        {"precision": 38, "scale": 38, "data_type": "decimal"},
        {"precision": 2, "scale": 5, "data_type": "timestamp"},
        {"precision": 2, "scale": 5},
        {"scale": 5, "data_type": "decimal"},
        {"dedup_sort": "asc"},
        {"dedup_sort": "desc"},
        {"description": "a column"},
        {"name": "other"},
        {"x-own": Ellipsis},
        {"x-normalizer": {"seen-data": True}},
        {"incremental": Ellipsis},
    ],
    ids=str,
)
def test_hints_that_are_known_are_taken(column: Any) -> None:
    """None stands for no hint at all, and hints of one's own begin with x-."""
    check_column("table 't'", "c", column)


@pytest.mark.parametrize(
    ("column", "hint", "advice"),
    [
        ({"data_type": "string"}, "data_type", "Known are text, double"),
        ({"data_type": "bigit"}, "data_type", "Did you mean 'bigint'?"),
        ({"data_type": 5}, "data_type", "Known are text"),
        ({"data_type": ["text"]}, "data_type", "Known are text"),
        *[({flag: "yes"}, flag, "It is True or False.") for flag in sorted(FLAGS)],
        ({"primary_key": 1}, "primary_key", "It is True or False."),
        ({"precision": -1}, "precision", "It is a whole number."),
        ({"precision": 1.5}, "precision", "It is a whole number."),
        ({"precision": True}, "precision", "It is a whole number."),
        ({"scale": "2"}, "scale", "It is a whole number."),
        ({"scale": False}, "scale", "It is a whole number."),
        ({"dedup_sort": True}, "dedup_sort", "Known are asc, desc."),
        ({"dedup_sort": "dsc"}, "dedup_sort", "Did you mean 'desc'?"),
        ({"description": 5}, "description", "It is a text."),
        ({"data_type": "decimal", "precision": 5, "scale": 6}, "scale", "the part of the 5 digits behind the point"),
        ({"primary_ky": True}, "primary_ky", "Did you mean 'primary_key'?"),
        ({"primary_ky": True}, "primary_ky", "Hints of your own begin with 'x-'."),
        ({7: True}, 7, "There is no such hint."),
    ],
    ids=str,
)
def test_what_is_no_hint_is_refused(column: Any, hint: Any, advice: str) -> None:
    """The error knows column, hint and what was found, and the message says what there is."""
    error = invalid(column)
    assert advice in str(error) and f"{hint}={column[hint]!r}" in str(error)
    assert (error.column_name, error.hint, error.found) == ("c", hint, column[hint])


def test_what_the_library_keeps_for_itself_is_not_offered() -> None:
    """The list of hints has all that users may write, and no other."""
    text = str(invalid({"zzz": 1}))
    assert all(
        hint in text for hint in ({*ColumnSchema.__annotations__} | FLAGS) - {"x-normalizer", "x-mask-key", "x-former"}
    )
    assert "x-normalizer" not in text


@pytest.mark.parametrize("name", ["", None, 7, ("a", "b"), b"c"])
def test_names_of_columns_are_texts(name: Any) -> None:
    """An empty one is none."""
    assert "Names of columns are texts that are not empty." in str(invalid({}, name))


@pytest.mark.parametrize("column", [None, "text", 5, ["text"], [("data_type", "text")]])
def test_a_column_is_a_dict(column: Any) -> None:
    """A type alone is none."""
    assert "Give a dict of hints" in str(invalid(column))


def test_hints_of_others_are_taken_where_others_may_have_written_them() -> None:
    """A wrong value of a known hint is wrong there too."""
    check_column("table 't'", "c", {"unheard_of": 5}, own_hints=True)
    assert "whole number" in str(invalid({"unheard_of": 5, "precision": "a"}, own_hints=True))
    assert "There is no such hint" in str(invalid({"unheard_of": 5}, own_hints=False))


@pytest.mark.parametrize(
    ("name", "own"),
    [
        ("_dlt_id", "text"),
        ("_dlt_load_id", "text"),
        ("_dlt_parent_id", "text"),
        ("_dlt_root_id", "text"),
        ("_dlt_list_idx", "bigint"),
    ],
)
def test_columns_of_the_library_keep_their_types(name: str, own: str) -> None:
    """A type of one's own would make another column of them; other hints do not."""
    for kind in DATA_TYPES:
        if kind == own:
            check_column("table 't'", name, {"data_type": kind, "nullable": False})
        else:
            assert f"with type {own}" in str(invalid({"data_type": kind}, name))
    check_column("table 't'", name, {"primary_key": True})


@pytest.mark.parametrize("hint", ["hard_delete", "dedup_sort"])
def test_one_column_of_a_table_may_have_some_hints(hint: str) -> None:
    """Two of them are an error that names both; a hint that is off counts for nothing."""
    on: Any = True if hint == "hard_delete" else "asc"
    one, two = {"a": {hint: on}, "b": {}}, {"a": {hint: on}, "b": {}, "d": {hint: on}}
    check_together("table 't'", one)
    check_columns("table 't'", {"a": {hint: on}, "b": {hint: False if hint == "hard_delete" else None}})
    for check in (check_together, check_columns):
        with pytest.raises(InvalidHint, match=f"table 't': the columns 'a' and 'd' have the hint {hint}") as caught:
            check("table 't'", two)
        assert (caught.value.hint, caught.value.column_name) == (hint, "d")


@pytest.mark.parametrize("hint", ["primary_key", "merge_key", "unique", "sort", "partition", "cluster"])
def test_several_columns_may_have_the_others(hint: str) -> None:
    """A key of two columns is one key."""
    check_columns("table 't'", {"a": {hint: True}, "b": {hint: True}})


@pytest.mark.parametrize("position", [0, 1, 2])
def test_every_column_of_a_table_is_checked(position: int) -> None:
    """Whichever is wrong is named."""
    columns: dict[Any, Any] = {name: {"data_type": "text"} for name in "abc"}
    columns["abc"[position]] = {"data_type": "txt"}
    with pytest.raises(InvalidHint, match=f"column '{'abc'[position]}': found data_type='txt'. Did you mean 'text'"):
        check_columns("table 't'", columns)


@pytest.mark.parametrize(
    "key",
    ["id", "", ["id"], ["a", "b"], ("a",), [], (), {"a": 1}, {"a"}, iter(["a"])],
    ids=lambda key: type(key).__name__,
)
def test_a_key_is_a_name_or_several(key: Any) -> None:
    """An empty text or list takes a key away."""
    check_key("resource 'r'", "primary_key", key)


@pytest.mark.parametrize(
    "key", [5, None, b"id", ["a", 5], ["a", ""], [None], [["a"]], object()], ids=lambda key: type(key).__name__
)
@pytest.mark.parametrize("hint", ["primary_key", "merge_key"])
def test_other_keys_are_refused(hint: str, key: Any) -> None:
    """The message shows what was found."""
    with pytest.raises(InvalidHint, match=f"resource 'r': found {hint}=") as caught:
        check_key("resource 'r'", hint, key)
    assert caught.value.hint == hint and caught.value.found is key


@pytest.mark.parametrize(
    ("found", "known", "text"),
    [
        ("mrege", ["append", "merge"], "Did you mean 'merge'? Known are append, merge."),
        ("xyz", ["append", "merge"], "Known are append, merge."),
        (None, ["append"], "Known are append."),
        (5, iter(["five"]), "Known are five."),
    ],
)
def test_what_was_perhaps_meant_is_named_first(found: Any, known: Any, text: str) -> None:
    """Only where something is close."""
    assert known_values(found, known) == text

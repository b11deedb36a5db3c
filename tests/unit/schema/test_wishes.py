"""What the settings of a schema wish for new columns."""

from __future__ import annotations

import pytest

from dlt.schema.schema import Schema


def test_types_and_hints_are_preferred_by_name_or_pattern() -> None:
    """Names are normalized, patterns are not; the first pattern that matches decides."""
    schema = Schema("s")
    schema.update_preferred_types({"createdAt": "timestamp", "re:_at$": "date"})
    assert [schema.get_preferred_type(name) for name in ("created_at", "paid_at", "at")] == ["timestamp", "date", None]
    schema.merge_hints({"not_null": ["re:^id$"], "sort": ["createdAt"]})
    assert schema.default_column_hints("id") == {"nullable": False}
    assert schema.default_column_hints("created_at") == {"sort": True}
    schema.merge_hints({"sort": ["other"]}, replace=True)
    assert schema.settings["default_hints"] == {"sort": ["other"]}


def test_hints_reach_the_columns_that_are_there() -> None:
    """Tables that were declared before get them too."""
    schema = Schema("s")
    schema.update_table({"name": "t", "columns": {"a": {"name": "a", "data_type": "text"}}})
    schema.merge_hints({"primary_key": ["a"]})
    assert schema.tables["t"]["columns"]["a"]["primary_key"] is True


def test_what_is_not_known_is_refused() -> None:
    """The error names what there is."""
    schema = Schema("s")
    with pytest.raises(ValueError, match="'string' is not a data type"):
        schema.update_preferred_types({"a": "string"})  # type: ignore[dict-item]
    with pytest.raises(ValueError, match="'guess' is not a detection"):
        schema.add_type_detection("guess")


def test_detections_are_added_once_and_removed() -> None:
    """They stand in the order in which they were added."""
    schema = Schema("s")
    schema.add_type_detection("timestamp")
    schema.add_type_detection("timestamp")
    assert list(schema.detections).count("timestamp") == 1
    schema.remove_type_detection("timestamp")
    assert "timestamp" not in schema.detections


@pytest.mark.parametrize(
    ("pattern", "names", "others"),
    [
        ("id", ["id"], ["idd", "_id", "ID", "i"]),
        ("re:id", ["id", "idd", "_id"], ["ID", "i"]),
        ("re:^id$", ["id"], ["idd", "_id"]),
        ("re:(?i)^id", ["id", "ID", "Idd"], ["_id"]),
        ("re:^$", [""], ["a"]),
    ],
)
def test_a_name_is_the_whole_name_and_a_pattern_is_found_anywhere(
    pattern: str, names: list[str], others: list[str]
) -> None:
    """The same for types and for hints."""
    settings = {"preferred_types": {pattern: "date"}, "default_hints": {"sort": [pattern]}}
    schema = Schema("s")
    schema.settings = settings
    for name in names:
        assert schema.get_preferred_type(name) == "date" and schema.default_column_hints(name) == {"sort": True}
    for name in others:
        assert schema.get_preferred_type(name) is None and schema.default_column_hints(name) == {}


def test_hints_that_are_there_stay_beside_new_ones() -> None:
    """Each pattern once, in the order in which it came; without names of columns nothing is normalized."""
    schema = Schema("s")
    schema.merge_hints({"sort": ["aB", "re:X"], "cluster": ["c"]})
    schema.merge_hints({"sort": ["a_b", "d"], "nullable": ["e"]})
    expected = {"sort": ["a_b", "re:X", "d"], "cluster": ["c"], "nullable": ["e"]}
    assert schema.settings["default_hints"] == expected
    schema.merge_hints({"sort": ["aB"]}, replace=True, normalize_identifiers=False)
    assert schema.settings["default_hints"] == {"sort": ["aB"]}


@pytest.mark.parametrize(("hint", "expected"), [("not_null", False), ("nullable", True)])
def test_whether_a_column_may_be_empty_has_two_names(hint: str, expected: bool) -> None:
    """Both are the hint nullable."""
    schema = Schema("s")
    schema.merge_hints({hint: ["a"], "unique": ["a"]})
    assert schema.default_column_hints("a") == {"nullable": expected, "unique": True}


def test_preferred_types_are_added_to_those_that_are_there() -> None:
    """A newer type of one name takes the place of the old one, and a wrong one changes nothing."""
    schema = Schema("s")
    schema.update_preferred_types({"aB": "date", "re:Z": "text"})
    schema.update_preferred_types({"a_b": "time", "C": "bool"}, normalize_identifiers=False)
    expected = {"a_b": "time", "re:Z": "text", "C": "bool"}
    assert schema.settings["preferred_types"] == expected
    with pytest.raises(ValueError, match="Known are text, double"):
        schema.update_preferred_types({"d": "text", "e": "varchar"})  # type: ignore[dict-item]
    assert schema.settings["preferred_types"] == expected


def test_tables_that_are_not_complete_get_default_hints_too() -> None:
    """And those of the library never."""
    schema = Schema("s")
    schema.update_table({"name": "t", "columns": {"load_id": {"name": "load_id"}}})
    schema.merge_hints({"sort": ["load_id"]})
    assert schema.tables["t"]["columns"]["load_id"]["sort"] is True
    assert "sort" not in schema.tables["_dlt_loads"]["columns"]["load_id"]

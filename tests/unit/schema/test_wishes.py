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

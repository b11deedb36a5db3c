"""A cursor is a spec: its fields come from the configuration, alone and inside of other specs."""

from __future__ import annotations

import pytest

import dlt
from dlt.common.configuration import configspec
from dlt.common.configuration.specs import BaseConfiguration
from dlt.configuration import resolve_configuration
from dlt.errors import ConfigFieldMissingException, ConfigurationValueError

Cursor = dlt.sources.incremental
FIELDS = [
    *("cursor_path", "initial_value", "end_value", "row_order", "allow_external_schedulers"),
    *("on_cursor_value_missing", "lag", "range_start", "range_end"),
]


@configspec
class Reading(BaseConfiguration):
    """Settings of a program, a cursor among them."""

    updated: dlt.sources.incremental[int] = None  # type: ignore[assignment]  # None asks for one, as in PyPI dlt 1.x
    page: int = 10


def test_a_cursor_is_a_spec_with_the_fields_of_1x() -> None:
    """What functions decide, `last_value_func` and the key, is no field."""
    cursor: dlt.sources.incremental[int] = Cursor("id", initial_value=3, last_value_func=min)
    assert isinstance(cursor, BaseConfiguration)
    assert list(cursor) == list(Cursor.get_resolvable_fields()) == FIELDS
    assert dict(cursor)["initial_value"] == 3
    assert cursor.as_dict_nondefault() == {"cursor_path": "id", "initial_value": 3}
    assert cursor == Cursor("id", initial_value=3)
    assert cursor != Cursor("id")


def test_a_cursor_without_a_path_is_partial() -> None:
    """It is resolved once somebody resolved it, or a run bound it."""
    assert Cursor().is_partial()
    cursor: dlt.sources.incremental[int] = Cursor("id")
    assert (cursor.is_partial(), cursor.is_resolved()) == (False, False)
    assert cursor.resolve() is cursor
    assert cursor.is_resolved()
    assert Cursor("id").bind_to("rows", {}).is_resolved()


def test_fields_come_from_the_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    """Values have the type of the cursor's, where it is known."""
    for name, value in {"CURSOR_PATH": "at", "INITIAL_VALUE": "7", "LAG": "2", "ROW_ORDER": "asc"}.items():
        monkeypatch.setenv(f"ROWS__{name}", value)
    found = resolve_configuration(Cursor[int](), sections=("rows",))
    assert (found.cursor_path, found.initial_value, found.lag, found.row_order) == ("at", 7, 2.0, "asc")
    over = resolve_configuration(Cursor("id", initial_value=1), sections=("rows",), explicit_value={"end_value": 9})
    assert (over.cursor_path, over.initial_value, over.end_value) == ("at", 7, 9)


def test_a_cursor_stands_inside_of_another_spec(monkeypatch: pytest.MonkeyPatch) -> None:
    """By its hint, or as a default that the configuration completes; the default itself stays as it was."""
    with pytest.raises(ConfigFieldMissingException, match=r"updated\.cursor_path"):
        resolve_configuration(Reading())
    monkeypatch.setenv("UPDATED__CURSOR_PATH", "id")
    monkeypatch.setenv("UPDATED__END_VALUE", "9")
    assert resolve_configuration(Reading()).updated.cursor_path == "id"
    given = Cursor("at", initial_value=10, last_value_func=min, primary_key="key")
    found = resolve_configuration(Reading(), explicit_value={"updated": given}).updated
    assert (found.cursor_path, found.initial_value, found.end_value) == ("at", 10, 9)
    assert (found.last_value_func, found.primary_key) == (min, "key")
    assert given.end_value is None


def test_the_range_is_checked_when_all_is_known() -> None:
    """An end before the start is an error of the configuration."""
    with pytest.raises(ConfigurationValueError, match="end comes before the start"):
        resolve_configuration(Cursor("id", initial_value=3, end_value=1))


def test_a_native_value_is_a_start_or_another_cursor() -> None:
    """A text too: a cursor path is given by its name."""
    cursor: dlt.sources.incremental[str] = Cursor("id", lag=10)
    cursor.parse_native_representation(Cursor("at", lag=5))
    assert (cursor.cursor_path, cursor.lag) == ("at", 5)
    cursor.parse_native_representation("2024")
    assert (cursor.cursor_path, cursor.initial_value) == ("at", "2024")


def test_a_resolved_cursor_is_passed_to_a_resource() -> None:
    """What a program looked up itself is not looked up again."""

    @dlt.resource
    def rows(at: dlt.sources.incremental[int] = Cursor("id")):  # type: ignore[no-untyped-def]
        yield [{"id": number} for number in range(4)]

    cursor = resolve_configuration(Cursor("id", initial_value=2))
    assert list(rows(cursor)) == [{"id": 2}, {"id": 3}]

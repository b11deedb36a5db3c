"""The settings of an incremental: their names, their words, and what of them comes on top of others."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Mapping
from typing import Any, Literal, get_args

from dlt.errors import ConfigurationValueError, ValueErrorWithKnownValues
from dlt.extract.incremental.cursor import LastValueFunc

SETTINGS = (
    "cursor_path",
    "initial_value",
    "last_value_func",
    "primary_key",
    "end_value",
    "row_order",
    "allow_external_schedulers",
    "on_cursor_value_missing",
    "lag",
    "range_start",
    "range_end",
)
"""In the order in which `Incremental` takes them."""
RowOrder = Literal["asc", "desc"]
OnCursorValueMissing = Literal["raise", "include", "exclude"]
IncrementalRange = Literal["open", "closed"]
_FUNCTIONS: dict[str, LastValueFunc] = {"max": max, "min": min}
_WORDS = {
    "row_order": (*get_args(RowOrder), None),
    "on_cursor_value_missing": get_args(OnCursorValueMissing),
    "range_start": get_args(IncrementalRange),
    "range_end": get_args(IncrementalRange),
}
_VALUES = ("initial_value", "end_value")
# Any is what the configuration reads as a literal, where text may stand for a number or a list
_TYPES: dict[str, object] = {"lag": float, "allow_external_schedulers": bool, "primary_key": Any}


def check_words(settings: Mapping[str, object]) -> None:
    """Check the settings that are words.

    Raises:
        ValueErrorWithKnownValues: a word is not known.
    """
    for name, known in _WORDS.items():
        if settings[name] not in known:
            raise ValueErrorWithKnownValues(name, settings[name], [word for word in known if word])


def check_range(settings: Mapping[str, object]) -> None:
    """Check that a range has its end behind its start.

    Raises:
        ConfigurationValueError: the end comes before the start, or one has a time zone and the other has not.
    """
    start, end, function = settings["initial_value"], settings["end_value"], settings["last_value_func"]
    if start is None or end is None or not callable(function):
        return
    try:
        wrong = function((end, start)) != end
    except TypeError:
        # what compares with neither is found when the rows are there, which may be of a third type
        if not isinstance(start, datetime.datetime) or not isinstance(end, datetime.datetime):
            return
        wrong = True
    if wrong:
        name = getattr(function, "__name__", type(function).__name__)
        raise ConfigurationValueError(
            f"incremental on {settings['cursor_path']!r}: the end comes before the start, or cannot be compared with "
            f"it: initial_value={start!r}, end_value={end!r}, and {name} of both is not the end. Exchange them, or "
            "pass another last_value_func."
        )


def check_names(names: Collection[str]) -> None:
    """Check the names of settings, as a program or the configuration writes them.

    Raises:
        ValueErrorWithKnownValues: a name is not known.
    """
    for name in names:
        if name not in SETTINGS:
            raise ValueErrorWithKnownValues("incremental", name, list(SETTINGS))


def last_value_function(given: LastValueFunc | str | None) -> LastValueFunc:
    """Return the function for its name; the configuration has names only.

    Raises:
        ValueErrorWithKnownValues: there is no function of this name.
    """
    if isinstance(given, str):
        if given not in _FUNCTIONS:
            raise ValueErrorWithKnownValues("last_value_func", given, list(_FUNCTIONS))
        return _FUNCTIONS[given]
    return given or max


def said(settings: Mapping[str, object], given: Collection[str], defaults: Mapping[str, object]) -> dict[str, object]:
    """Return the settings that an incremental puts on top of another one; None says nothing.

    Args:
        settings: All of them, perhaps with other names beside.
        given: Names of those that were passed: they count even where they are the default.
        defaults: All of them, as nobody set them.
    """
    # one that was set as an attribute later is not among the given ones
    return {
        name: settings[name]
        for name in SETTINGS
        if settings[name] is not None and (name in given or settings[name] != defaults[name])
    }


def type_of(name: str, declared: object) -> object:
    """Return the type of a setting, for values from the configuration.

    Args:
        name: Name of the setting.
        declared: Type of the cursor's values, or None when it is not known.
    """
    return (declared or Any) if name in _VALUES else _TYPES.get(name, str)

"""The settings of an incremental: their names, their words, and what of them comes on top of others."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Mapping
from typing import Any, Literal, TypeVar, get_args

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
WARN_AT = 100_000
"""Rows that share the last value; each costs 19 bytes of state."""
_FUNCTIONS: dict[str, LastValueFunc] = {"max": max, "min": min}
_WORDS = {
    "row_order": (*get_args(RowOrder), None),
    "on_cursor_value_missing": get_args(OnCursorValueMissing),
    "range_start": get_args(IncrementalRange),
    "range_end": get_args(IncrementalRange),
}
VALUES = ("initial_value", "end_value")
"""Settings that are values of the cursor."""
FIELDS: dict[str, object] = {
    "cursor_path": str,
    "initial_value": Any | None,
    "end_value": Any | None,
    "row_order": RowOrder | None,
    "allow_external_schedulers": bool | None,
    "on_cursor_value_missing": OnCursorValueMissing,
    "lag": float | None,
    "range_start": IncrementalRange,
    "range_end": IncrementalRange,
}
"""Settings that are fields of a spec, with their types; what a function decides is none."""
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


def settings_of(value: Any, over_another: bool) -> dict[str, Any]:
    """Return the settings that a program writes as a dict of them, a start value, or a cursor path.

    Args:
        value: What it writes.
        over_another: They are merged into an incremental that has its path, so that text is a start.

    Raises:
        ValueErrorWithKnownValues: the dict has a key that is no setting.
    """
    if isinstance(value, Mapping):
        check_names(value.keys())
        return dict(value)
    return {"cursor_path" if isinstance(value, str) and not over_another else "initial_value": value}


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


def value_type(declared: object, initial_value: object) -> object:
    """Return the type of a cursor's values.

    Args:
        declared: The class with what stands in its brackets, such as `incremental[int]`, or None.
        initial_value: A value that tells it where nothing is declared.
    """
    within = next(iter(get_args(declared)), None)
    if within is not None and not isinstance(within, TypeVar):
        return within
    return Any if initial_value is None else type(initial_value)


def shown(settings: Mapping[str, object], defaults: Mapping[str, object], more: Mapping[str, object]) -> str:
    """Return the settings that are not the defaults as arguments of a call, and what else is to be seen.

    Args:
        settings: All of them, perhaps with other names beside.
        defaults: All of them, as nobody set them.
        more: Further names and values.
    """
    told = {name: settings[name] for name in SETTINGS if settings[name] != defaults[name]}
    function = settings["last_value_func"]
    if function is not max:
        told["last_value_func"] = getattr(function, "__name__", function)
    return ", ".join(f"{name}={value!r}" for name, value in {**told, **more}.items())


def type_of(name: str, declared: object) -> object:
    """Return the type of a setting, for values from the configuration.

    Args:
        name: Name of the setting.
        declared: Type of the cursor's values, or None when it is not known.
    """
    return (declared or Any) if name in VALUES else _TYPES.get(name, str)

"""Columns and keys that users wrote, checked before anything else looks at them."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping

from dlt.errors import InvalidHint
from dlt.schema.masks import MASKS, is_mask
from dlt.schema.renames import keys_of_path
from dlt.schema.system_columns import LIST_INDEX, LOAD_ID, PARENT_ID, ROOT_ID, ROW_ID
from dlt.schema.typing import DATA_TYPES, OLD_TYPES, ColumnSchema
from dlt.schema.x_keys import X_FORMER, X_MASK_KEY, X_NORMALIZER

FLAGS = frozenset(
    {
        "nullable",
        "timezone",
        "primary_key",
        "merge_key",
        "unique",
        "sort",
        "partition",
        "cluster",
        "row_key",
        "parent_key",
        "root_key",
        "hard_delete",
        "variant",
    }
)
_NUMBERS = frozenset({"precision", "scale"})
_ORDERS = ("asc", "desc")
_KNOWN = sorted({*ColumnSchema.__annotations__, *FLAGS, *_NUMBERS} - {X_NORMALIZER, X_MASK_KEY, X_FORMER})
_ONE_OF_A_TABLE = ("hard_delete", "dedup_sort")


def known_values(found: object, known: Iterable[str]) -> str:
    """Return the part of a message that says what is known, and what was perhaps meant.

    Args:
        found: What was found in place of a known value.
        known: The values that are known.
    """
    names = list(known)
    close = difflib.get_close_matches(str(found), names, 1)
    meant = f"Did you mean {close[0]!r}? " if close else ""
    return f"{meant}Known are {', '.join(names)}."


_OF_THE_LIBRARY = {
    **dict.fromkeys((ROW_ID, LOAD_ID, PARENT_ID, ROOT_ID), "text"),
    LIST_INDEX: "bigint",
}


def check_column(place: str, name: object, column: object, own_hints: bool = False) -> None:
    """Check one column.

    Args:
        place: What the column belongs to, for messages: "table 'orders'" or the like.
        name: Name of the column.
        column: Its hints.
        own_hints: Hints that are not known may be there.

    Raises:
        InvalidHint: a hint is not known, or has a value that cannot be.
    """
    if not isinstance(name, str) or not name:
        raise _invalid(place, name, None, name, "Names of columns are texts that are not empty.")
    if not isinstance(column, Mapping):
        raise _invalid(place, name, None, column, "Give a dict of hints, such as {'data_type': 'text'}.")
    for hint, value in column.items():
        # None stands for no hint; x- is for destinations and for people's own
        if value is None or (isinstance(hint, str) and hint.startswith("x-")) or hint in ("name", "incremental"):
            continue
        wrong = _wrong(hint, value)
        if wrong is not None and not (own_hints and hint not in _KNOWN):
            raise _invalid(place, name, hint, value, wrong)
    if (path := column.get("from")) is not None:
        if name in _OF_THE_LIBRARY:
            raise _invalid(place, name, "from", path, "The library makes this column. Give the values another name.")
        if "[*]" not in path:
            keys_of_path(path, f"{place}, column {name!r}")
    precision, scale, kind = column.get("precision"), column.get("scale"), column.get("data_type")
    if kind == "decimal" and precision and scale and scale > precision:
        raise _invalid(place, name, "scale", scale, f"It is the part of the {precision} digits behind the point.")
    # these are joined and compared by the library, which makes them of one type
    own = _OF_THE_LIBRARY.get(name)
    if own is not None and kind not in (None, own):
        raise _invalid(place, name, "data_type", kind, f"The library makes this column, with type {own}.")


def _wrong(hint: object, value: object) -> str | None:
    if hint == "data_type":
        # programs for PyPI dlt still write `complex`
        known = value in DATA_TYPES or (isinstance(value, str) and value in OLD_TYPES)
        return None if known else known_values(value, DATA_TYPES)
    if hint in FLAGS:
        return None if isinstance(value, bool) else "It is True or False."
    if hint in _NUMBERS:
        whole = isinstance(value, int) and not isinstance(value, bool) and value >= 0
        return None if whole else "It is a whole number."
    if hint == "dedup_sort":
        return None if value in _ORDERS else known_values(value, _ORDERS)
    if hint == "mask":
        words = ", ".join(map(repr, MASKS))
        return None if is_mask(value) else f"It is one of {words}, a function of the value, or False for clear values."
    if hint in ("description", "from"):
        return None if isinstance(value, str) else "It is a text."
    return f"There is no such hint. {known_values(hint, _KNOWN)} Hints of your own begin with 'x-'."


def _invalid(place: str, column: object, hint: object, found: object, advice: str) -> InvalidHint:
    what = f"{place}, column {column!r}"
    return InvalidHint(
        f"{what}: found {f'{hint}=' if hint is not None else ''}{found!r}. {advice}",
        column_name=column,
        hint=hint,
        found=found,
    )


def check_columns(place: str, columns: Mapping[str, object], own_hints: bool = False) -> None:
    """Check the columns of a table, each alone and all together.

    Args:
        place: What the columns belong to, for messages.
        columns: Their hints by name.
        own_hints: Hints that are not known may be there.

    Raises:
        InvalidHint: a hint is not known, has a value that cannot be, or stands at two columns and may at one only.
    """
    for name, column in columns.items():
        check_column(place, name, column, own_hints)
    check_together(place, {name: column for name, column in columns.items() if isinstance(column, Mapping)})


def check_together(place: str, columns: Mapping[str, Mapping[str, object]]) -> None:
    """Check that no two columns have a hint that one column of a table may have.

    Raises:
        InvalidHint: two have it.
    """
    for hint in _ONE_OF_A_TABLE:
        names = [name for name, column in columns.items() if column.get(hint)]
        if len(names) > 1:
            raise InvalidHint(
                f"{place}: the columns {' and '.join(map(repr, names))} have the hint {hint}, and one column of a "
                "table may have it. Take it from the others.",
                hint=hint,
                column_name=names[-1],
            )


def check_key(place: str, hint: str, key: object) -> None:
    """Check a primary or merge key.

    Args:
        place: What the key belongs to, for messages.
        hint: "primary_key" or "merge_key".
        key: A name, or several.

    Raises:
        InvalidHint: it is neither a text nor a collection of texts.
    """
    if isinstance(key, str):
        return
    # an empty list says that there is no key, an empty text in it says nothing
    if not isinstance(key, Iterable) or isinstance(key, bytes) or not all(isinstance(n, str) and n for n in key):
        raise InvalidHint(
            f"{place}: found {hint}={key!r}. Give the name of a column, or a list of names.", hint=hint, found=key
        )

"""Masks of columns: the words that a schema keeps, and functions, of which it keeps the name only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeGuard

from dlt.types import TDataItem

HASH: Final = "hash"
REDACT: Final = "redact"
PARTIAL: Final = "partial"
MASKS = (HASH, REDACT, PARTIAL)
_FUNCTION = "function "


class MaskFunction(str):
    """What a schema keeps of a function that masks: its name. The function goes with it, and is never stored."""

    __slots__ = ("function",)
    function: Callable[[TDataItem], object]

    def __new__(cls, function: Callable[[TDataItem], object]) -> MaskFunction:
        """Make the name of a function.

        Args:
            function: Takes a value that is there, and returns what is stored for it.
        """
        made = super().__new__(cls, _FUNCTION + str(getattr(function, "__qualname__", type(function).__qualname__)))
        made.function = function
        return made

    def __deepcopy__(self, _memo: object) -> MaskFunction:
        """Return itself: a copy of a hint masks as the hint does."""
        return self

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        """Leave the function behind: another process gets the name."""
        return str, (str(self),)


def is_mask(value: object) -> bool:
    """Tell whether a value may stand as the hint `mask`; False takes back one that was stored.

    Args:
        value: The value.
    """
    return value in MASKS or value is False or is_function_name(value)


def is_function_name(value: object) -> TypeGuard[str]:
    """Tell whether a mask is what is kept of a function.

    Args:
        value: The mask.
    """
    return isinstance(value, str) and value.startswith(_FUNCTION)


def has_masks(columns: Mapping[str, Mapping[str, object]] | None) -> bool:
    """Tell whether a column of a table is masked.

    Args:
        columns: Columns by name.
    """
    return any(column.get("mask") for column in (columns or {}).values())

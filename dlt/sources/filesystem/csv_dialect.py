"""How a CSV file is written: what the arguments of `pandas.read_csv` say of it, as far as they need no pandas."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dlt.types import JsonObject

NO_VALUE = (
    *("", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA"),
    *("NULL", "NaN", "None", "n/a", "nan", "null"),
)
"""What counts as no value unless `keep_default_na` is false, as in pandas."""
_TYPES = {str: "text", "str": "text", "string": "text", "object": "text", object: "text"}
_TYPES |= {int: "int", "int": "int", "int64": "int", "Int64": "int", float: "float", "float": "float"}
_TYPES |= {"float64": "float"}
_WITHOUT_EFFECT: dict[str, tuple[object, ...]] = {
    "engine": ("c", "pyarrow"),
    "low_memory": (True, False),
    "memory_map": (True, False),
}
_WITHOUT_EFFECT |= {"float_precision": ("high", "round_trip"), "compression": ("infer",), "header": ("infer", 0, None)}
"""Values of arguments that choose how pandas works, and change nothing of what is read here: a file is always read with
types that hold for all of it, and numbers to their last digit."""


@dataclass(frozen=True)
class Dialect:
    """How a CSV file is written.

    Attributes:
        delimiter: What separates fields.
        quote: What fields with delimiters in them stand in.
        has_header: The first line names the columns.
        names: Names of the columns, in place of the line's.
        wanted: Columns that are read; None for all.
        no_values: Texts that count as no value.
        kinds: Kinds of columns by name; under "" that of all.
        encoding: Encoding of the file, None where it tells itself.
        errors: What to do with bytes that are no text.
    """

    delimiter: str = ","
    quote: str = '"'
    has_header: bool = True
    names: tuple[str, ...] | None = None
    wanted: tuple[str, ...] | None = None
    no_values: tuple[str, ...] = NO_VALUE
    kinds: Mapping[str, str] = field(default_factory=dict)
    encoding: str | None = None
    errors: str = "strict"


def dialect_of(arguments: JsonObject) -> Dialect | None:
    """Return the dialect that arguments of `pandas.read_csv` describe, None where only pandas knows what they mean.

    Args:
        arguments: The arguments by name.
    """
    # what is left in the end is something that is not known here
    left = dict(arguments)
    for name, values in _WITHOUT_EFFECT.items():
        # identity too, as True is 1
        value = left.pop(name, values[0])
        if not any(value is known or (value == known and type(value) is type(known)) for known in values):
            return None
    names = left.pop("names", None)
    header = arguments.get("header", "infer")
    if header == "infer" and names is not None:
        header = None
    delimiter, quote = left.pop("sep", left.pop("delimiter", ",")), left.pop("quotechar", '"')
    usecols, kinds = left.pop("usecols", None), _kinds(left.pop("dtype", None))
    no_values = _no_values(left.pop("na_values", None), left.pop("keep_default_na", True))
    encoding, errors = left.pop("encoding", None), left.pop("encoding_errors", "strict")
    known = _is_sign(delimiter) and _is_sign(quote) and kinds is not None and no_values is not None
    if left or not known or not _are_names(names) or not _are_names(usecols) or not _is_encoding(encoding, errors):
        return None
    return Dialect(
        delimiter,
        quote,
        header is not None,
        None if names is None else tuple(names),
        None if usecols is None else tuple(usecols),
        no_values or (),
        kinds or {},
        encoding,
        errors,
    )


def _is_sign(value: object) -> bool:
    return isinstance(value, str) and len(value) == 1 and value.isascii() and value not in "\r\n"


def _are_names(value: object) -> bool:
    return value is None or (
        isinstance(value, (list, tuple)) and all(isinstance(name, str) for name in value) and len(set(value)) > 0
        and len(set(value)) == len(value)
    )  # fmt: skip


def _is_encoding(encoding: object, errors: object) -> bool:
    if not isinstance(errors, str) or not (encoding is None or isinstance(encoding, str)):
        return False
    try:
        codecs.lookup_error(errors)
        codecs.lookup(encoding or "utf-8")
    except LookupError:
        return False
    return True


def _kinds(dtype: object) -> dict[str, str] | None:
    given = dtype if isinstance(dtype, Mapping) else {} if dtype is None else {"": dtype}
    found: dict[str, str] = {}
    for name, kind in given.items():
        if not isinstance(name, str) or not isinstance(kind, (str, type)) or kind not in _TYPES:
            return None
        found[name] = _TYPES[kind]
    return found


def _no_values(given: object, keep: object) -> tuple[str, ...] | None:
    texts = [] if given is None else [given] if isinstance(given, str) else given
    if not isinstance(keep, bool) or not isinstance(texts, (list, tuple, set, frozenset)):
        return None
    if not all(isinstance(text, str) for text in texts):
        return None
    return tuple(dict.fromkeys((*(NO_VALUE if keep else ()), *texts)))


def header_of(path: str, dialect: Dialect) -> tuple[list[str] | None, int]:
    """Return the fields of the first line that is not empty, None where there is none, and how many stand before it.

    Args:
        path: A text in UTF-8.
        dialect: How it is written.

    Raises:
        UnicodeError: it is no UTF-8.
        csv.Error: a field is longer than any that is read here.
    """
    with open(path, encoding="utf-8-sig", newline="") as file:
        rows = csv.reader(file, delimiter=dialect.delimiter, quotechar=dialect.quote)
        # Python's reader counts an empty line as a row without fields
        return next(((row, empty) for empty, row in enumerate(rows) if row), (None, 0))


def columns_of(first: list[str], dialect: Dialect) -> list[str] | None:
    """Return the names of the columns, as pandas gives them; None where the file has other columns than names.

    Args:
        first: The fields of the first line.
        dialect: How the file is written.
    """
    if dialect.names is not None:
        return list(dialect.names) if len(dialect.names) == len(first) else None
    if not dialect.has_header:
        return [str(number) for number in range(len(first))]
    return apart([name or f"Unnamed: {number}" for number, name in enumerate(first)])


def apart(names: Sequence[str]) -> list[str]:
    """Return names of columns of which none is there twice, as pandas tells those of one name apart.

    Args:
        names: The names as the file has them.
    """
    found: dict[str, None] = {}
    given = set(names)
    for base in names:
        name, count = base, 0
        while name in found or (count and name in given):
            count += 1
            name = f"{base}.{count}"
        found[name] = None
    return list(found)

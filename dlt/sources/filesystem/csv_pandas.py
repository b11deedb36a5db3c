"""CSV through pandas, where its arguments say what only it knows."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, cast

from dlt.errors import MissingDependencyException
from dlt.sources.filesystem.contents import broken, buffered, unpacked
from dlt.sources.filesystem.csv_numbers import FLOAT, INFINITE, INT
from dlt.sources.filesystem.csv_width import longer

if TYPE_CHECKING:
    import pandas as pd

    from dlt.sources.files import FileItemDict
    from dlt.types import JsonObject, TDataItem

_OF_ALL = frozenset({"thousands", "decimal", "iterator"})
"""Arguments that say how numbers are written, so that no types are looked for."""
_OF_SOME = ("dtype", "converters", "parse_dates", "date_format")
"""Arguments that say what types some columns have."""
_DEFAULTS = {"compression": "infer", "float_precision": "high"}
"""What pandas does anyway, and warns of where it is said."""
_PATTERNS = {
    "int": INT,
    "long": INT,
    "float": rf"{FLOAT}|{INFINITE}",
    "bool": r"(?:true|True|TRUE|false|False|FALSE)",
    "text": r"(?s:.*)",
}
_MAYBE_LARGE = {"int": r".*[0-9]{19}.*", "float": r".*(?:[eE]\+?[0-9]{3}|[0-9]{200}).*"}
"""Numbers that may be too large for 64 bits."""
_MOST_SIGNS = 100
"""Longer texts are no numbers of 64 bits, and Python refuses to read some."""
_TYPES = {"int": "Int64", "float": "float64", "text": str}


def rows_by_pandas(file: FileItemDict, chunksize: int, arguments: JsonObject) -> Iterator[list[TDataItem]]:
    """Yield the rows of a CSV file in pages.

    Args:
        file: The file.
        chunksize: Rows of a page.
        arguments: Those of `pandas.read_csv`.

    Raises:
        BrokenFile: it is no CSV.
        MissingDependencyException: pandas is not installed.
    """
    given = {"header": "infer", **arguments} if "names" not in arguments else dict(arguments)
    # the file is unpacked already, unless the call says how
    for name, default in _DEFAULTS.items():
        if given.get(name) == default:
            given.pop(name)
    if given.get("index_col") is None:
        _refuse_index(file, given)
    said = _said(given)
    if said is not None:
        plain = {name: value for name, value in given.items() if name not in _OF_SOME}
        types = {name: kind for name, kind in _types(file, chunksize, plain).items() if name not in said}
        # pandas finds types chunk by chunk, so that those of two would differ
        if types:
            given["dtype"] = {**types, **(given.get("dtype") or {})}
    for frame in _frames(file, chunksize, given):
        # no index, as its rows are numbered only
        rows = frame.astype(object).where(frame.notna(), None).to_dict(orient="records")
        if rows:
            yield cast("list[TDataItem]", rows)


def _said(arguments: JsonObject) -> set[object] | None:
    """Return the columns whose type the call says; None where it says that of all, or not by name."""
    if _OF_ALL.intersection(arguments):
        return None
    named: set[object] = set()
    for name, kind in (("dtype", dict), ("converters", dict), ("parse_dates", list)):
        given = arguments.get(name)
        if given is None or given is False:
            continue
        # a dict with a default says it of all columns
        if type(given) is not kind or not all(isinstance(column, str) for column in given):
            return None
        named.update(given)
    return named


def _types(file: FileItemDict, chunksize: int, arguments: JsonObject) -> dict[object, object]:
    """Return what each column is in the whole file; text, with all its zeros, where some value is nothing else."""
    possible: dict[object, set[str]] = {}
    # as text, as a number has lost its zeros
    for frame in _frames(file, chunksize, {**arguments, "dtype": str}):
        for position, name in enumerate(frame.columns):
            values = frame.iloc[:, position].dropna().astype(str)
            left = possible.setdefault(name, set(_PATTERNS))
            left -= {kind for kind in left if not _are_all(values, kind)}
    for left in possible.values():
        # numbers beyond 64 bits would lose digits
        left -= {"float"} if "long" in left and "int" not in left else set()
    told = {name: next(kind for kind in _TYPES if kind in left) for name, left in possible.items() if _told(left)}
    return {name: _TYPES[kind] for name, kind in told.items()}


def _are_all(values: pd.Series[str], kind: str) -> bool:
    if not values.str.fullmatch(_PATTERNS[kind]).all():
        return False
    if kind not in _MAYBE_LARGE:
        return True
    large = values[values.str.fullmatch(_MAYBE_LARGE[kind])]
    if kind == "int":
        return all(-(2**63) <= int(value) < 2**63 if len(value) < _MOST_SIGNS else False for value in large)
    return all(math.isfinite(float(value)) for value in large)


def _told(left: set[str]) -> bool:
    # of no value at all pandas finds out by itself, and what is true or false
    return left != set(_PATTERNS) and "bool" not in left


def _frames(file: FileItemDict, chunksize: int, arguments: JsonObject) -> Generator[pd.DataFrame, None, None]:
    try:
        import pandas as pd
    except ImportError as error:
        raise MissingDependencyException(
            "read_csv reads this file, or with these arguments, by pandas, which is not installed. "
            "Run: pip install pandas"
        ) from error
    # a compression that the call names is one that pandas unpacks by itself
    with _content(file, "compression" in arguments) as content:
        try:
            # what the arguments are, only pandas knows
            reader: Any = pd.read_csv(content, **{"chunksize": chunksize, **arguments})
            if isinstance(reader, pd.DataFrame):
                yield reader
                return
            with reader:
                yield from reader
        except pd.errors.EmptyDataError:
            return
        except (pd.errors.ParserError, UnicodeError) as error:
            raise broken(file, str(error).strip(), "CSV") from error


def _refuse_index(file: FileItemDict, arguments: JsonObject) -> None:
    """Refuse a file whose first columns pandas takes for an index, which the call does not ask for."""
    # one row by itself: of numbers that follow each other, pandas makes the same as of rows without an index
    frames = _frames(file, 1, arguments)
    frame = next(frames, None)
    frames.close()
    if frame is not None and len(frame) and type(frame.index).__name__ != "RangeIndex":
        names = len(frame.columns)
        raise longer(file, "its first row", frame.index.nlevels + names, names)


@contextmanager
def _content(file: FileItemDict, packed: bool) -> Iterator[IO[bytes]]:
    if packed:
        with file.open(compression="disable") as raw:
            yield raw
    else:
        with unpacked(file) as content:
            yield buffered(content)

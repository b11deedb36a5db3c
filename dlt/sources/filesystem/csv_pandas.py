"""CSV through pandas, where its arguments say what only it knows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, cast

from dlt.errors import MissingDependencyException
from dlt.sources.filesystem.contents import broken, buffered, unpacked

if TYPE_CHECKING:
    import pandas as pd

    from dlt.sources.files import FileItemDict
    from dlt.types import JsonObject, TDataItem

_OWN_TYPES = frozenset({"dtype", "converters", "parse_dates", "date_format", "thousands", "decimal", "iterator"})
"""Arguments that say what types columns have, so that none is looked for."""
_DEFAULTS = {"compression": "infer", "float_precision": "high"}
"""What pandas does anyway, and warns of where it is said."""
_PATTERNS = {
    # of 19 digits some are beyond 64 bits
    "int": r"\s*[+-]?(?:0|[1-9][0-9]{0,17})\s*",
    "float": r"\s*[+-]?(?:(?:0|[1-9][0-9]{0,17})(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\s*",
    "bool": r"(?:true|True|TRUE|false|False|FALSE)",
    "text": r"(?s:.*)",
}
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
    if not _OWN_TYPES.intersection(given):
        types = _types(file, chunksize, given)
        # pandas finds types chunk by chunk, so that those of two would differ
        if types:
            given["dtype"] = types
    for frame in _frames(file, chunksize, given):
        # no index, as its rows are numbered only
        rows = frame.astype(object).where(frame.notna(), None).to_dict(orient="records")
        if rows:
            yield cast("list[TDataItem]", rows)


def _types(file: FileItemDict, chunksize: int, arguments: JsonObject) -> dict[object, object]:
    """Return what each column is in the whole file; text, with all its zeros, where some value is nothing else."""
    possible: dict[object, set[str]] = {}
    # as text, as a number has lost its zeros
    for frame in _frames(file, chunksize, {**arguments, "dtype": str}):
        for position, name in enumerate(frame.columns):
            values = frame.iloc[:, position].dropna().astype(str)
            left = possible.setdefault(name, set(_PATTERNS))
            left -= {kind for kind in left if len(values) and not values.str.fullmatch(_PATTERNS[kind]).all()}
    told = {name: next(kind for kind in _TYPES if kind in left) for name, left in possible.items() if _told(left)}
    return {name: _TYPES[kind] for name, kind in told.items()}


def _told(left: set[str]) -> bool:
    # of no value at all pandas finds out by itself, and what is true or false
    return left != set(_PATTERNS) and "bool" not in left


def _frames(file: FileItemDict, chunksize: int, arguments: JsonObject) -> Iterator[pd.DataFrame]:
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
            raise broken(file, error, "CSV") from error


@contextmanager
def _content(file: FileItemDict, packed: bool) -> Iterator[IO[bytes]]:
    if packed:
        with file.open(compression="disable") as raw:
            yield raw
    else:
        with unpacked(file) as content:
            yield buffered(content)

"""Steps for `add_map` and `add_filter`, under the names of PyPI `dlt` 1.x."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from jsonpath_ng.ext.parser import parse

from dlt.late import pa
from dlt.sources.helpers.row_hash import row_hashes

# of Arrow, pandas or what looks like it
Frame = Any

__all__ = ["add_row_hash_to_table", "pivot", "skip_first", "take_first"]


def take_first(max_items: int) -> Callable[[object], bool]:
    """Return a filter that lets the first items through.

    Args:
        max_items: How many.
    """
    seen = 0

    def is_among_first(_item: object) -> bool:
        nonlocal seen
        seen += 1
        return seen <= max_items

    return is_among_first


def skip_first(max_items: int) -> Callable[[object], bool]:
    """Return a filter that keeps the first items back.

    Args:
        max_items: How many.
    """
    is_among_first = take_first(max_items)
    return lambda item: not is_among_first(item)


def pivot(paths: str | Sequence[str] = "$", prefix: str = "col") -> Callable[[Any], Any]:
    """Return a map that turns lists of values into dicts, whose keys are a prefix and a number.

    Args:
        paths: JSONPath of each list of lists in an item; by default each item is a list of values.
        prefix: Before the number, which counts from 0.
    """
    parsed = [(path, parse(path)) for path in ([paths] if isinstance(paths, str) else paths)]

    def turn(item: Any) -> Any:
        for text, path in parsed:
            for match in path.find(item):
                if match.context is None:
                    item = _pivoted([match.value], text, prefix)
                else:
                    match.full_path.update(item, _pivoted(match.value, text, prefix))
        return item

    return turn


def _pivoted(lists: object, path: str, prefix: str) -> list[dict[str, object]]:
    if not isinstance(lists, (list, tuple)):
        raise ValueError(f"pivot: {path} is {type(lists).__name__}, and no list of lists. Name a path to one.")
    for entry in lists:
        if not isinstance(entry, (list, tuple)):
            raise ValueError(f"pivot: {path} has an entry of {type(entry).__name__}, and not only lists of values.")
    return [{f"{prefix}{number}": value for number, value in enumerate(entry)} for entry in lists]


def add_row_hash_to_table(row_hash_column_name: str) -> Callable[[Frame], Frame]:
    """Return a map that adds a number to each row of an Arrow table, a batch or a frame, the same for the same values.

    It may be the `row_version_column_name` of `scd2`. The order of columns does not count, nor does a column without a
    value, nor whether 1 came as an integer or a float. What the map is given stays as it is.

    Args:
        row_hash_column_name: Name of the new column.
    """

    def with_hashes(frame: Frame) -> Frame:
        if isinstance(frame, (pa.Table, pa.RecordBatch)):
            return frame.append_column(row_hash_column_name, pa.array(row_hashes(frame)))
        if hasattr(frame, "assign") and hasattr(frame, "columns"):
            table = pa.Table.from_pandas(frame, preserve_index=False)
            return frame.assign(**{row_hash_column_name: row_hashes(table)})
        raise TypeError(
            f"add_row_hash_to_table: an item is {type(frame).__name__}. Yield Arrow tables, batches or frames of "
            "pandas; for dicts scd2 makes the hashes itself."
        )

    return with_hashes

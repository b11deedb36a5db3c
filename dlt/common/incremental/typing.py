"""Settings and state of cursors under the names of PyPI `dlt` 1.x."""

from collections.abc import Callable, Sequence
from typing import Any, Literal, TypedDict, TypeVar

from dlt.extract.incremental.settings import IncrementalRange as TIncrementalRange
from dlt.extract.incremental.settings import OnCursorValueMissing

__all__ = ["IncrementalArgs", "IncrementalColumnState", "LastValueFunc", "OnCursorValueMissing", "TIncrementalRange"]
TCursorValue = TypeVar("TCursorValue", bound=Any)
LastValueFunc = Callable[[Sequence[TCursorValue]], Any]
"""`max`, `min`, or a function of the values of a cursor; programs write the type of the values behind it."""


class IncrementalColumnState(TypedDict, total=False):
    """What a pipeline keeps of a cursor."""

    initial_value: object
    last_value: object
    unique_hashes: list[str]
    start_value: object


class IncrementalArgs(TypedDict, total=False):
    """The settings of a cursor as a dict."""

    cursor_path: str
    initial_value: object
    last_value_func: LastValueFunc[Any] | Literal["min", "max"]
    primary_key: str | list[str] | None
    end_value: object
    row_order: Literal["asc", "desc"] | None
    allow_external_schedulers: bool | None
    lag: float | None
    on_cursor_value_missing: OnCursorValueMissing
    range_start: TIncrementalRange
    range_end: TIncrementalRange

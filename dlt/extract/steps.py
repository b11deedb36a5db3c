"""The transforms of a pipe. Each takes a page or an item and gives one back, None to drop it, or a stream."""

from __future__ import annotations

import gc
import inspect
from collections.abc import Callable, Iterable, Iterator
from itertools import compress
from typing import ClassVar

from dlt.extract.incremental import Incremental
from dlt.extract.items import Meta
from dlt.formats.snapshot import page_like, snapshot
from dlt.types import JsonObject, TDataItem, TDataItems, Wrapped

Transform = Callable[[TDataItems, Meta], TDataItems]
"""What a run calls for each page or item: a step, or a cursor that is bound to the run."""
Each = Callable[[TDataItem], TDataItems]
"""A user's function, as it is called for one item."""


class ItemFailed(Exception):
    """A user's function failed at an offset within a page; the cause is the failure."""

    def __init__(self, offset: int) -> None:
        super().__init__(offset)
        self.offset = offset


def takes_meta(function: Wrapped) -> bool:
    """Return True when a function has a parameter called `meta` beside the item."""
    try:
        # the first parameter is the item, whatever its name
        return "meta" in list(inspect.signature(function).parameters)[1:]
    # functions written in C may have no signature
    except (ValueError, TypeError):
        return False


def _whole(results: list[object], items: list[TDataItem]) -> None:
    # a StopIteration of the user's function ends `map` without a word
    if len(results) != len(items):
        raise RuntimeError("the function raised StopIteration")


def _as_returned(function: Each) -> Each:
    """Return a function whose results stay as they are when it returns them, if it goes on to change its objects."""

    def call(item: TDataItem) -> TDataItems:
        found = function(item)
        # a row of ours with plain values is nobody else's
        return found if found is item and not gc.is_tracked(found) else snapshot(found)

    return call


def _unchanged(item: TDataItems) -> TDataItems:
    return item


class Step:
    """Call a function with what was yielded, as it was yielded."""

    by_item: ClassVar[bool] = False
    """The outcome is the same whether rows come alone or in a page."""
    placement_affinity: ClassVar[float] = 0
    """Steps that are appended later go before those of a higher one, which stay at the end."""

    def __class_getitem__(cls, _item: object) -> type[Step]:
        """Return the class: programs write the type of the items behind it."""
        return cls

    def __init__(self, function: Wrapped = _unchanged) -> None:
        # a step of a program's own class does its work in `__call__`, and has no function
        self.function = function
        self.with_meta = takes_meta(function)

    def __call__(self, item: TDataItems, meta: Meta = None) -> TDataItems:
        """Call the function once."""
        return self.function(item, meta=meta) if self.with_meta else self.function(item)

    def _each(self, meta: Meta) -> Each:
        function = self.function
        return (lambda item: function(item, meta=meta)) if self.with_meta else function


class Map(Step):
    """Replace every item by the function's result; None drops it."""

    by_item = True

    def __call__(self, item: TDataItems, meta: Meta = None) -> TDataItems:
        """Replace an item, or each of a page."""
        if not isinstance(item, list):
            return super().__call__(item, meta)
        out: list[TDataItem] = []
        try:
            # extend keeps what came before a failure, so its length is the offset
            out.extend(map(_as_returned(self._each(meta)), item))
            _whole(out, item)
        except Exception as error:
            raise ItemFailed(len(out)) from error
        # the class tells whether the page was joined; of an empty one nothing goes on
        return page_like(item, [row for row in out if row is not None]) or None


class Filter(Step):
    """Keep the items for which the function is true."""

    by_item = True

    def __call__(self, item: TDataItems, meta: Meta = None) -> TDataItems:
        """Keep or drop an item, or each of a page."""
        if not isinstance(item, list):
            return item if super().__call__(item, meta) else None
        keep: list[object] = []
        try:
            keep.extend(map(self._each(meta), item))
            _whole(keep, item)
        except Exception as error:
            raise ItemFailed(len(keep)) from error
        return page_like(item, list(compress(item, keep))) or None


class YieldMap(Step):
    """Replace every item by all that the function yields or returns for it."""

    by_item = True

    def __call__(self, item: TDataItems, meta: Meta = None) -> TDataItems:
        """Yield what the function gives for an item, or for each of a page."""
        each = self._each(meta)
        return self._flatten(each, item if isinstance(item, list) else [item])

    @staticmethod
    def _flatten(each: Each, items: Iterable[TDataItem]) -> Iterator[TDataItem]:
        for item in items:
            found = each(item)
            # as the user's function may return in place of yielding; a dict is a row
            if isinstance(found, (Iterator, list, tuple, set)):
                yield from found
            elif found is not None:
                yield found


class Metrics(Step):
    """Call a function with items, meta and the resource's metrics; items pass unchanged."""

    def __init__(self, function: Wrapped, metrics: JsonObject) -> None:
        super().__init__(function)
        self.metrics = metrics

    def __call__(self, item: TDataItems, meta: Meta = None) -> TDataItems:
        """Call the function for its effect."""
        self.function(item, meta, self.metrics)
        return item


class IncrementalStep(Step):
    """The place of the incremental filter in a pipe; a run puts a bound copy here.

    Args:
        incremental: The cursor; None where it is that of a parameter of the head.
    """

    by_item = True
    # behind the validator: it filters the rows that will be stored
    placement_affinity = Incremental.placement_affinity

    def __init__(self, incremental: Incremental[object] | None = None) -> None:
        super().__init__(_unchanged if incremental is None else incremental)
        self.with_meta = False
        self.incremental = incremental

"""Evaluate resources: pipes in turn, threads and coroutines beside them, a bounded number of items in flight."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from dlt.configuration.lookup import get_value
from dlt.context import current, use
from dlt.errors import (
    ConfigurationValueError,
    DltSourceException,
    ExtractorException,
    InvalidResourceReturnsResource,
    PipeException,
    PipelineException,
    ResourceExtractionError,
)
from dlt.errors.base import ended
from dlt.extract.advice import advice_on
from dlt.extract.function import Function
from dlt.extract.items import (
    PLAIN_TYPES,
    DataItemWithMeta,
    HintsAlone,
    ImportFileMeta,
    MaterializedEmptyList,
    Meta,
    are_frames,
    count_rows,
    is_deferred,
    is_stream,
    pages_of,
)
from dlt.extract.resource_hints import ResourceHints
from dlt.extract.state import state_of_reading
from dlt.extract.steps import ItemFailed
from dlt.extract.streams import END, Stream
from dlt.extract.tree import Node, build_tree, is_part
from dlt.formats.column_rows import ColumnRows
from dlt.formats.snapshot import snapshot_page
from dlt.io.pools import WorkPool
from dlt.types import TDataItem, TDataItems, Unread

WORKERS = 5
MAX_PARALLEL_ITEMS = 20
ROUND_ROBIN = "round_robin"
NEXT_ITEM_MODES = (ROUND_ROBIN, "fifo")
"""An item of each resource in turn, or all of a resource before the next one."""
Setting = TypeVar("Setting", int, str)
_DROPPED = object()
_PASS = (DltSourceException, ExtractorException, PipeException, PipelineException)


class Piece(NamedTuple):
    """An item or a page of a resource, with the words that it was marked with."""

    resource: ResourceHints
    item: TDataItems
    meta: Meta


@dataclass
class _Lane:
    """A root node and the streams that its items opened, the innermost last."""

    root: Node
    stack: list[Stream[Node]] = field(default_factory=list)
    opened: bool = False
    queued: bool = True

    @property
    def ready(self) -> bool:
        return not self.opened or bool(self.stack and not self.stack[-1].busy and not self.stack[-1].waits)


@dataclass
class _Pulled:
    """A pull of a stream, evaluated in the pool."""

    lane: _Lane
    stream: Stream[Node]


@dataclass
class _Deferred:
    """A deferred item, evaluated in the pool; its result goes on at step `at`."""

    lane: _Lane
    node: Node
    at: int
    meta: Meta
    base: int


async def _awaited(item: TDataItem) -> TDataItems:
    return await item


class PipeIterator:
    """Evaluate the pipes of resources in turn and yield `(resource, page or item, meta)`.

    Args:
        resources: Resources whose items are wanted.
        workers: Threads for deferred and parallelized work.
        max_parallel_items: Pieces of such work in flight.
        batched: Join rows that are yielded one by one into pages.
        context: What to set in the run context while resources are at work.
        consumed: Go on with generators that were consumed before.

    Raises:
        ConfigurationValueError: `extract.next_item_mode` is no mode.
    """

    def __init__(
        self,
        resources: Sequence[ResourceHints],
        workers: int,
        max_parallel_items: int,
        batched: bool,
        context: Mapping[str, object],
        consumed: bool = False,
    ) -> None:
        changes = dict(context)
        # outside of a pipeline resources write into a state that is thrown away
        if current().state is None:
            changes.update(state=state_of_reading(), writable=True)
        roots, self._nodes = build_tree(resources, changes, consumed)
        for node in self._nodes:
            node.prepare(batched)
            # before the first pull: of an iterator nothing tells afterwards whether it was consumed
            node.pipe.started()
        self._pool: WorkPool[_Pulled | _Deferred] = WorkPool(workers, max_parallel_items)
        self._lanes = [_Lane(root) for root in roots]
        self._turns = deque(self._lanes)
        # one after the other in place of one item of each: asked only where there are several
        self._in_turn = len(roots) < 2 or _next_item_mode() == ROUND_ROBIN

    def __iter__(self) -> Iterator[Piece]:
        try:
            # finished work goes first, so that the pool has room again before a turn asks for more
            while self._turns or self._pool.in_flight:
                yield from self._collect(block=self._pool.full or not self._turns)
                if self._turns and not self._pool.full:
                    yield from self._turn()
        finally:
            # the pool first: a generator that a thread is inside of cannot be closed
            self._pool.close()
            for lane in self._lanes:
                for stream in lane.stack:
                    stream.close()

    def _turn(self) -> Iterator[Piece]:
        lane = self._turns.popleft()
        lane.queued = False
        if not lane.opened:
            lane.opened = True
            # opened at its first turn: the body of a user's function runs when it is read, not when the run
            # begins
            lane.stack.append(lane.root.open())
        if lane.ready:
            stream = lane.stack[-1]
            if stream.is_async or stream.pooled:
                self._submit_pull(lane, stream)
            else:
                yield from self._take(lane, stream, self._pull(stream))
        self._wake(lane)

    def _wake(self, lane: _Lane) -> None:
        if lane.ready and not lane.queued:
            lane.queued = True
            if self._in_turn:
                self._turns.append(lane)
            else:
                self._turns.appendleft(lane)

    def _pull(self, stream: Stream[Node]) -> TDataItems:
        try:
            with use(**stream.node.changes):
                return stream.pull()
        except Exception as error:  # noqa: BLE001 - raised again, with the resource and the item
            raise self._failed(stream.node, error, stream.node.seen + len(stream.batch), "generator")

    def _submit_pull(self, lane: _Lane, stream: Stream[Node]) -> None:
        # a generator cannot be pulled twice at once; its lane waits until the pull is back
        stream.busy = True
        with use(**stream.node.changes):
            if stream.is_async:
                self._pool.submit_async(_Pulled(lane, stream), stream.pull_async())
            else:
                self._pool.submit(_Pulled(lane, stream), stream.pull)

    def _collect(self, block: bool) -> Iterator[Piece]:
        """Go on with finished work of the pool; wait for a piece of it first if `block`."""
        while (found := self._pool.finished(block)) is not None:
            block = False
            tag, future = found
            lane = tag.lane
            if isinstance(tag, _Pulled):
                stream = tag.stream
                stream.busy = False
                try:
                    item = future.result()
                except Exception as error:  # noqa: BLE001 - raised again, with the resource and the item
                    raise self._failed(stream.node, error, stream.node.seen + len(stream.batch), "generator")
                yield from self._take(lane, stream, item)
            else:
                if tag.node.allowance is not None:
                    tag.node.allowance.under_way -= 1
                try:
                    item = future.result()
                except Exception as error:  # noqa: BLE001 - raised again, with the resource and the item
                    raise self._failed(tag.node, error, tag.base)
                yield from self._advance(lane, tag.node, item, tag.at, tag.meta, tag.base)
            self._wake(lane)

    def _take(self, lane: _Lane, stream: Stream[Node], item: TDataItem) -> Iterator[Piece]:
        """Let a pulled item through the steps of its node."""
        if item is END:
            if stream in lane.stack:
                lane.stack.remove(stream)
            return
        node = stream.node
        # positions in messages count what the resource yielded, whatever its steps make of it
        base = node.seen
        node.seen += count_rows(item)
        yield from self._advance(lane, node, item, stream.at, stream.meta, base)

    def _advance(self, lane: _Lane, node: Node, item: TDataItem, at: int, meta: Meta, base: int) -> Iterator[Piece]:
        try:
            with use(**node.changes):
                item, at, meta = self._apply(node, item, at, meta)
        except Exception as error:  # noqa: BLE001 - raised again, with the resource and the item
            raise self._failed(node, error, base)
        if item is _DROPPED:
            self._stop_if_done(lane, node)
            return
        if _unfolds(item) or is_stream(item):
            source = iter(item) if isinstance(item, list) else item
            lane.stack.append(Stream(source, node, at, meta, batched=node.batched, allowance=node.allowance))
            return
        if type(item) not in PLAIN_TYPES and is_deferred(item):
            self._submit_deferred(_Deferred(lane, node, at, meta, base), item)
            return
        if node.allowance is not None:
            item = node.allowance.take(item)
            if item is None:
                return
        if node.resource is not None:
            for piece in item if are_frames(item) else (item,):
                yield Piece(node.resource, piece, meta)
        if node.children and isinstance(item, ColumnRows):
            item = item.rows()
        for child in node.children:
            received = child.received
            # positions in messages count the items of the parent, as long as the transformer is no stream of its own
            child.received += count_rows(item)
            # what a transformer does with its rows, neither its siblings nor the table of the parent see
            given = snapshot_page(item) if node.resource is not None or child is not node.children[-1] else item
            yield from self._advance(lane, child, given, 0, meta, received)
        self._stop_if_done(lane, node)

    def _apply(self, node: Node, item: TDataItem, at: int, meta: Meta) -> tuple[TDataItems, int, Meta]:
        """Run steps until the end, or until the item must be unfolded or evaluated elsewhere."""
        steps = node.steps
        while item is not None:
            if isinstance(item, DataItemWithMeta):
                # the mark stays with all that the steps behind make of the item
                meta, item = item.meta, item.data
                if item is None:
                    # a file, or hints alone
                    return (item if isinstance(meta, ImportFileMeta) else HintsAlone()), len(steps), meta
            if _unfolds(item):
                return item, at, meta
            if type(item) not in PLAIN_TYPES:
                if isinstance(item, ColumnRows) and at < len(steps):
                    item = item.rows()
                if isinstance(item, Unread):
                    return pages_of(item, meta), at, meta
                if is_part(item):
                    raise _yielded_resource(node)
                if is_stream(item) or is_deferred(item):
                    return item, at, meta
                if isinstance(item, MaterializedEmptyList):
                    return item, len(steps), meta
            if at == len(steps):
                return item, at, meta
            item = steps[at](item, meta)
            at += 1
        return _DROPPED, at, meta

    def _submit_deferred(self, tag: _Deferred, item: TDataItem) -> None:
        if tag.node.allowance is not None:
            tag.node.allowance.under_way += 1
        with use(**tag.node.changes):
            if callable(item):
                self._pool.submit(tag, item)
            else:
                self._pool.submit_async(tag, _awaited(item))

    def _stop_if_done(self, lane: _Lane, node: Node) -> None:
        if node.incremental is None or not node.incremental.can_close():
            return
        # one that is being pulled in the pool ends with its next row, at this place again
        for stream in [s for s in lane.stack if s.node is node and not s.busy]:
            stream.close()
            lane.stack.remove(stream)

    def _failed(self, node: Node, error: BaseException, position: int, kind: str = "transform") -> BaseException:
        if isinstance(error, ItemFailed):
            position += error.offset
            # the step knows the offset in the page, and the failure itself is the cause
            error = error.__cause__ or error
        # they name their resource already, and programs catch them by their own classes
        if isinstance(error, _PASS):
            return error
        name, gen = node.pipe.name, node.pipe.gen
        # what a function reads by itself, no filter behind it keeps away
        has_item = kind == "transform" or (isinstance(gen, Function) and gen.takes_item)
        failure = ResourceExtractionError(
            f"Resource '{name}': item {position} (counted from 0) failed with {type(error).__name__}: "
            f"{ended(str(error))} Nothing of this run was kept.{advice_on(error, has_item)}",
            resource_name=name,
            pipe_name=name,
            item_position=position,
            kind=kind,
            func_name=gen.name if isinstance(gen, Function) else type(gen).__name__,
            msg=str(error),
        )
        failure.__cause__ = error
        return failure


def _unfolds(item: TDataItem) -> bool:
    """Return True for a page of marked or deferred items or of datasets' rows, which go on one by one."""
    if type(item) is not list or not item or type(item[0]) in PLAIN_TYPES:
        return False
    # the first tells for all: looking at each row would cost every page of dicts
    return isinstance(item[0], (DataItemWithMeta, Unread)) or is_deferred(item[0])


def extract_setting(key: str, kind: type[Setting], default: Setting) -> Setting:
    """Return a setting of section `extract`: that of the source at work, `sources.<name>.extract`, else that of all.

    Args:
        key: Its name.
        kind: Its type.
        default: What holds where nothing says it.
    """
    at_work = current()
    sections = ("sources", at_work.section or "", at_work.source_name or "")
    return get_value(key, kind, sections=sections, inner=("extract",), default=default)


def _next_item_mode() -> str:
    found = extract_setting("next_item_mode", str, ROUND_ROBIN)
    if found not in NEXT_ITEM_MODES:
        raise ConfigurationValueError(
            f"extract.next_item_mode is {found!r}. It is one of {', '.join(NEXT_ITEM_MODES)}."
        )
    return found


def _yielded_resource(node: Node) -> InvalidResourceReturnsResource:
    name = node.pipe.name
    return InvalidResourceReturnsResource(
        f"Resource '{name}' yielded a source or resource. Resources yield data: return the other resource from the "
        "@dlt.source function, or write 'yield from' it.",
        resource_name=name,
    )


def extract_items(
    resources: Sequence[ResourceHints],
    *,
    workers: int = WORKERS,
    max_parallel_items: int = MAX_PARALLEL_ITEMS,
    batched: bool = True,
    context: Mapping[str, object] | None = None,
    consumed: bool = False,
) -> Iterator[Piece]:
    """Yield pages and items of all resources in turn.

    Args:
        resources: Resources whose items are wanted; their state is that of the run context.
        workers: Threads for deferred and parallelized work.
        max_parallel_items: Pieces of such work in flight.
        batched: Join rows that are yielded one by one into pages.
        context: What to set in the run context while resources are at work, beside what the caller set.
        consumed: Go on with generators that were consumed before, as Python does.

    Raises:
        SourceExhausted: a generator was consumed before.
        ResourceExtractionError: a resource failed; with the resource's name and the item's position.
    """
    return iter(PipeIterator(resources, workers, max_parallel_items, batched, context or {}, consumed))

"""The pipes of a run as a tree: every parent once, with all the transformers that read from it."""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping

from dlt.configuration.sections import section_context
from dlt.context import current, use
from dlt.errors import (
    ConfigFieldMissingException,
    InvalidResourceDataType,
    InvalidResourceReturnsResource,
    ParametrizedResourceUnbound,
    PipeGenInvalid,
    PipeNotBoundToData,
    SourceExhausted,
)
from dlt.extract.function import Function
from dlt.extract.incremental import Incremental
from dlt.extract.incremental.incremental import salt_rows
from dlt.extract.items import DataItemWithMeta, Joined, Meta, is_whole
from dlt.extract.mask_salt import salt_for
from dlt.extract.masks import has_masked
from dlt.extract.pipe import Pipe
from dlt.extract.resource_hints import ResourceHints
from dlt.extract.source_settings import SourceSettings
from dlt.extract.state import resource_state
from dlt.extract.steps import IncrementalStep, Transform, takes_meta
from dlt.extract.streams import Allowance, Stream
from dlt.formats.snapshot import snapshot_page
from dlt.types import TDataItem, TDataItems, Wrapped

_RANGE_FLAGS = frozenset({"start_out_of_range", "end_out_of_range", "can_close"})


class Node:
    """One pipe at work.

    Args:
        pipe: Its pipe.
        changes: What to set in the run context.
    """

    def __init__(self, pipe: Pipe, changes: Mapping[str, object]) -> None:
        self.pipe = pipe
        self.resource: ResourceHints | None = None
        self.children: list[Node] = []
        self.steps: list[Transform] = []
        self.incremental: Incremental[object] | None = None
        self.seen = 0
        self.received = 0
        self.batched = False
        self.allowance: Allowance | None = None
        # made once for a node, as they are set around every pull and every step
        self.changes = {**changes, "resource_name": pipe.name, "pipe": pipe}
        self._call: Wrapped | None = None

    def emit_as(self, resource: ResourceHints) -> None:
        """Let the items of this node out under a resource."""
        self.resource = resource
        self.changes["resource"] = resource

    def prepare(self, batched: bool) -> None:
        """Look up arguments, bind the incremental to the state and line up the steps.

        Args:
            batched: Rows yielded one by one may be joined into pages.
        """
        pipe = self.pipe
        with use(**self.changes), section_context(beside=current().section):
            name = self._bind_incremental()
            if isinstance(pipe.gen, Function):
                given = {name: self.incremental} if name and self.incremental else None
                self._call = self._resolved(pipe.gen, given)
        filtered = [_keep_joined(self.incremental)] if self.incremental is not None else []
        pipe.place_cursor()
        steps: list[Transform] = []
        if isinstance(pipe.gen, Function) and pipe.gen.takes_item and self._call is not None:
            steps += [*pipe.before_head, _transform(pipe.gen, self._call, pipe.parallelized)]
        for step in pipe.steps:
            steps += filtered if isinstance(step, IncrementalStep) else [step]
        self.steps = steps
        # a step that sees whole pages must get them as they were yielded
        self.batched = (
            batched and not self._watches_range() and all(step.by_item for step in (*pipe.before_head, *pipe.steps))
        )

    def _resolved(self, gen: Function, given: Mapping[str, object] | None) -> Wrapped:
        try:
            return gen.resolved(given, self.pipe.lost_cursor)
        except ConfigFieldMissingException as error:
            # one with a placeholder as its default asks for configuration; others ask for a call
            if gen.bound or not set(gen.missing) & set(error.fields):
                raise
            raise ParametrizedResourceUnbound(
                f"Resource '{self.pipe.name}' takes the arguments {gen.signature} and was not called with them. "
                f"Call it, such as {self.pipe.name}(...), or configure them. {error}",
                resource_name=self.pipe.name,
                func_name=gen.name,
                sig=gen.signature,
            ) from error

    def _watches_range(self) -> bool:
        """Tell whether the function asks after a row whether it was out of range, so that no row may wait in a page."""
        gen = self.pipe.gen
        return self.incremental is not None and isinstance(gen, Function) and gen.names(_RANGE_FLAGS)

    def _bind_incremental(self) -> str | None:
        cursor = self.pipe.cursor
        # looked up at every run, as the configuration may say something else by now
        template = self.pipe.merged_incremental()
        if template is not None:
            # a backfill leaves the state as it is, and makes no entry in it either
            state = resource_state(self.pipe.name) if template.end_value is None else {}
            self.incremental = template.bind_to(self.pipe.name, state)
            # on the bound copy: the key of the table tells rows at the last value apart where the cursor names
            # none
            if self.incremental.primary_key is None and self.resource is not None:
                self.incremental.primary_key = self.resource.static_primary_key
            schema = current().schema
            # what it remembers of rows stands in the state, and depends on their clear values
            if schema is not None and has_masked(self.pipe.name, self.pipe.hints, schema):
                salt_rows(self.incremental, salt_for(f"the cursor of resource '{self.pipe.name}', which has masks"))
        return cursor.name if cursor is not None else None

    def open(self) -> Stream[Node]:
        """Call the head and return the stream of its items."""
        with use(**self.changes):
            source = self._as_stream(self.pipe.gen if self._call is None else self._call())
        limit = self.pipe.limit
        limited = limit is not None and not (limit.max_items is None and limit.max_time is None)
        self.allowance = Allowance(limit) if limit is not None and limited else None
        stream = Stream(source, self, 0, batched=self.batched, allowance=self.allowance)
        stream.pooled = self.pipe.parallelized and not stream.is_async
        return stream

    def _as_stream(self, data: object) -> Iterator[TDataItem] | AsyncIterator[TDataItem]:
        if isinstance(data, (Iterator, AsyncIterator)):
            return data
        # a coroutine is an item that the pool evaluates
        if inspect.isawaitable(data):
            return iter([data])
        if not isinstance(self.pipe.gen, Function):
            # iterating a frame would give the names of its columns
            return iter([data] if is_whole(data) or not isinstance(data, Iterable) else data)
        name, found = self.pipe.name, type(data).__name__
        if data is None:
            raise PipeGenInvalid(
                f"Resource '{name}' returned None. A resource function yields its items, or returns a list of them.",
                resource_name=name,
                pipe_name=name,
                item=None,
            )
        if isinstance(data, ResourceHints) and isinstance(data, Iterable) and not self.pipe.gen.bound:
            # its items and its state, in the table of this one
            return iter(data)
        if is_part(data):
            raise InvalidResourceReturnsResource(
                f"Resource '{name}' returned a {found}. Resources yield data: return the other resource from the "
                "@dlt.source function, annotate the function with -> DltResource, or write 'yield from' it.",
                resource_name=name,
                item=data,
            )
        if is_whole(data):
            return iter([data])
        # letters and keys are what nobody wants to load
        if isinstance(data, Iterable) and not isinstance(data, (str, bytes, Mapping)):
            return iter(data)
        raise InvalidResourceDataType(
            f"Resource '{name}' returned {found}. A resource function yields its items, or returns a list of them: "
            "write 'yield data' or 'return [data]' in place of 'return data'.",
            resource_name=name,
            item=data,
        )


def is_part(item: object) -> bool:
    """Tell whether an item is a source or a resource, which nothing can load as data."""
    return isinstance(item, (ResourceHints, SourceSettings))


def _keep_joined(incremental: Incremental[object]) -> Transform:
    def step(item: TDataItems, meta: Meta) -> TDataItems:
        # a page that was joined stays one, so that a transformer behind takes its rows one by one
        if type(item) is not Joined:
            return incremental(item, meta)
        kept = incremental(list(item), meta)
        if isinstance(kept, DataItemWithMeta):
            return DataItemWithMeta(kept.meta, Joined(kept.data))
        return Joined(kept) if isinstance(kept, list) else kept

    return step


def _evaluate(call: Wrapped, item: TDataItem, meta: dict[str, Meta]) -> TDataItems:
    found = call(item, **meta)
    return iter(list(map(snapshot_page, found))) if isinstance(found, Iterator) else found


def _transform(function: Function, head: Wrapped, parallelized: bool) -> Transform:
    with_meta = takes_meta(function.call)
    call = head
    # the loop evaluates coroutines already; a thread would only make one and hand it back
    if parallelized and not inspect.iscoroutinefunction(function.call):

        def call(item: TDataItem, **meta: Meta) -> TDataItems:
            return functools.partial(_evaluate, head, item, meta)

    def step(item: TDataItems, meta: Meta) -> TDataItems:
        # only where the user's function takes it
        marks = {"meta": meta} if with_meta else {}
        if type(item) is Joined:
            return _one_by_one(call, item, marks)
        return call(item, **marks)

    return step


def _one_by_one(call: Wrapped, items: Iterable[TDataItem], meta: dict[str, Meta]) -> Iterator[TDataItem]:
    """Yield what a transformer makes of each item; a stream, so that a slow one is pulled in small batches."""
    for item in items:
        found = call(item, **meta)
        if isinstance(found, Iterator):
            yield from found
        elif found is not None:
            yield found


def build_tree(
    resources: Iterable[ResourceHints], changes: Mapping[str, object], consumed: bool = False
) -> tuple[list[Node], list[Node]]:
    """Return the nodes without parent, and all nodes.

    Args:
        resources: Resources whose items are wanted; parents of transformers are added, their items stay inside.
        changes: What to set in the run context of each node.
        consumed: Go on with generators that were consumed before, as Python does.

    Raises:
        SourceExhausted: a generator was consumed before.
        PipeNotBoundToData: a transformer has no parent, or a resource has no data.
    """
    nodes: dict[int, Node] = {}
    roots: list[Node] = []

    def node_of(pipe: Pipe) -> Node:
        # by identity: copies of a source have pipes of equal names, and each is evaluated on its own
        if id(pipe) not in nodes:
            _check(pipe, consumed, changes.get("source_name") or current().source_name)
            node = nodes[id(pipe)] = Node(pipe, changes)
            (node_of(pipe.parent).children if pipe.parent else roots).append(node)
        return nodes[id(pipe)]

    for resource in resources:
        node_of(resource.pipe).emit_as(resource)
    return roots, list(nodes.values())


def _check(pipe: Pipe, consumed: bool, source_name: object) -> None:
    # before anything runs: a run that loads nothing would look like a source without news
    if pipe.exhausted and not consumed:
        raise SourceExhausted(
            f"Resource '{pipe.name}' was consumed before and its generator cannot begin anew. "
            "Make the source or resource again, or pass the generator function in place of a generator.",
            source_name=source_name or pipe.name,
            resource_name=pipe.name,
        )
    if pipe.gen is None:
        raise PipeNotBoundToData(
            "DltResource.Empty has no data of its own. Pass it as data_from= of a transformer, or leave it out.",
            pipe_name=pipe.name,
            resource_name=pipe.name,
            has_parent=False,
        )
    if pipe.is_transformer and pipe.parent is None:
        raise PipeNotBoundToData(
            f"Transformer '{pipe.name}' has no parent to take items from. "
            "Write 'resource | transformer' or pass data_from=resource.",
            pipe_name=pipe.name,
            resource_name=pipe.name,
            has_parent=True,
        )

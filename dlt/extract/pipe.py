"""A pipe: a head that makes or transforms items, and the steps behind it."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Iterator

from dlt.configuration.lookup import MISSING
from dlt.errors import CreatePipeException, InvalidParallelResourceDataType, ResourceNotATransformer
from dlt.extract.function import Cursor, Function
from dlt.extract.hints import TableHints
from dlt.extract.incremental import Incremental
from dlt.extract.steps import IncrementalStep, Step
from dlt.extract.vocabulary import ColumnNames
from dlt.late_dataclass import dataclass

logger = logging.getLogger("dlt")


@dataclass(frozen=True)
class Limit:
    """How much to take from a pipe.

    Attributes:
        max_items: Number of yields, or of rows.
        max_time: Seconds.
        count_rows: Count rows, not yields.
    """

    max_items: int | None = None
    max_time: float | None = None
    count_rows: bool = False

    def limit(self, chunk_size: int) -> int | None:
        """Return how many rows are taken where each yield has so many, None without a limit in number."""
        return self.max_items if self.max_items is None or self.count_rows else self.max_items * chunk_size


class Pipe:
    """The work of one resource.

    Args:
        name: Name of the resource.
        gen: Function, iterator or iterable; a transformer's `Function` takes its parent's items.
        steps: Transforms in order.
        parent: Pipe whose items this one transforms.
    """

    def __init__(
        self, name: str, gen: object = None, steps: list[Step] | None = None, parent: Pipe | None = None
    ) -> None:
        self.name = name
        self.gen = gen
        self.steps = steps or []
        self.before_head: list[Step] = []
        """Steps that a transformer's items go through before its function gets them."""
        self.parent = parent
        self.parallelized = False
        self.limit: Limit | None = None
        self._started = False
        self.hints: TableHints = {}
        """Hints of the resource: a child that is extracted without its parent's resource has nothing else of it."""

    @property
    def is_transformer(self) -> bool:
        """Return True when the head takes items of a parent."""
        return isinstance(self.gen, Function) and self.gen.takes_item

    @property
    def one_shot(self) -> bool:
        """Return True when the head can be consumed only once."""
        return isinstance(self.gen, Iterator) or inspect.isasyncgen(self.gen)

    @property
    def exhausted(self) -> bool:
        """Return True when the head was consumed, in whole or in part, and cannot begin anew."""
        # a generator knows by itself, also where a program pulled it without us
        if inspect.isgenerator(self.gen):
            return inspect.getgeneratorstate(self.gen) != inspect.GEN_CREATED
        return self.one_shot and self._started

    @property
    def root(self) -> Pipe:
        """Return the pipe at the top."""
        return self if self.parent is None else self.parent.root

    @property
    def lineage(self) -> Iterator[Pipe]:
        """Yield the pipe and those that it needs, up to the top."""
        yield self
        if self.parent is not None:
            yield from self.parent.lineage

    @property
    def incremental(self) -> IncrementalStep | None:
        """Return the incremental step, if there is one."""
        return next((step for step in self.steps if isinstance(step, IncrementalStep)), None)

    @property
    def cursor(self) -> Cursor | None:
        """Return the parameter of the head that takes the cursor, if there is one."""
        return self.gen.cursor if isinstance(self.gen, Function) else None

    @property
    def lost_cursor(self) -> str | None:
        """Return the name of the parameter whose cursor the call or a hint took away, or None."""
        step, cursor = self.incremental, self.cursor
        if cursor is None:
            return None
        taken = cursor.given is None or cursor.given is Incremental.EMPTY
        if step is not None and step.incremental is not None:
            taken = step.incremental is Incremental.EMPTY
        return cursor.name if taken and isinstance(cursor.default, Incremental) else None

    def merged_incremental(self, look_up: bool = True) -> Incremental[object] | None:
        """Return the incremental of the pipe, or None.

        That of the head's parameter, with what configuration and call set on top; one that was set as a hint or step
        comes in its place, or on top of it when it names no cursor.

        Args:
            look_up: Ask the configuration too.
        """
        step, cursor = self.incremental, self.cursor
        given = None if step is None else step.incremental
        if given is Incremental.EMPTY:
            return None
        if given is not None and (given.cursor_path or cursor is None):
            return given
        own = cursor.merged(look_up) if cursor is not None else None
        if given is None:
            return own
        return given if own is None else own.merge(given)

    def configure_in(self, section: str) -> None:
        """Let the head take its configuration from a section."""
        if isinstance(self.gen, Function):
            self.gen = self.gen.moved(section, self.gen.sections[-1])

    def started(self) -> None:
        """Note that an iteration began."""
        self._started = True

    def insert(self, step: Step, insert_at: int | None = None) -> None:
        """Add a step.

        Args:
            step: The transform.
            insert_at: Position, where the head counts as 0; by default at the end, before a validator and the cursor.

        Raises:
            CreatePipeException: it would be before the head of a resource that takes no items.
        """
        if insert_at is None:
            end = len(self.steps)
            while end and self.steps[end - 1].placement_affinity > step.placement_affinity:
                end -= 1
            self.steps.insert(end, step)
            return
        # the cursor of a parameter is counted too
        self.place_cursor()
        if insert_at < 0:
            # as for lists: before the last one
            insert_at = max(insert_at + len(self.steps) + 1, 1)
        if insert_at == 0:
            if not self.is_transformer:
                raise CreatePipeException(
                    f"Resource '{self.name}': insert_at=0 is before the head, which makes the items. Insert the step "
                    "at 1 or behind it.",
                    pipe_name=self.name,
                )
            self.before_head.insert(0, step)
            return
        self.steps.insert(insert_at - 1, step)

    def place_cursor(self) -> None:
        """Give the cursor of a parameter its place among the steps: behind all that are there."""
        if self.incremental is None and self.cursor is not None:
            self.insert(IncrementalStep())

    def take_cursor_of_call(self) -> None:
        """Let the cursor that the head's arguments have count, and no earlier hint."""
        step, cursor = self.incremental, self.cursor
        if step is not None and cursor is not None and cursor.given is not MISSING:
            self.steps[self.steps.index(step)] = IncrementalStep()

    def set_incremental(self, incremental: Incremental[object] | None) -> None:
        """Put an incremental filter behind the steps, in place of one that is there; None removes it."""
        found = self.incremental
        if found is not None:
            index = self.steps.index(found)
            self.steps[index : index + 1] = [] if incremental is None else [IncrementalStep(incremental)]
        elif incremental is not None:
            self.insert(IncrementalStep(incremental))

    def told_incremental(self, primary_key: ColumnNames | None) -> Incremental[object] | None:
        """Return the incremental as a program sees it; one without cursor path where a parameter awaits it.

        Args:
            primary_key: What the resource says, for one that says nothing itself.
        """
        # looking at a resource must not fail because a value is not configured yet
        found = self.merged_incremental(look_up=False)
        if found is None:
            # a parameter that may take a cursor has one without a path, as in PyPI dlt 1.x
            if self.cursor is None:
                return None
            empty = Incremental.EMPTY.copy()
            empty.primary_key = primary_key
            return empty
        step = self.incremental
        if found.primary_key is None and (step is None or found is not step.incremental):
            found = found.copy()
            found.primary_key = primary_key
        return found

    def take_items_of(self, parent: Pipe) -> None:
        """Let another pipe give the items that this one transforms.

        Raises:
            ResourceNotATransformer: this pipe makes its own items.
        """
        if not self.is_transformer:
            raise ResourceNotATransformer(
                f"Resource '{self.name}' takes no items of '{parent.name}': it is not a transformer. "
                "Decorate its function with @dlt.transformer.",
                resource_name=self.name,
            )
        self.parent = parent

    def take_only(self, limit: Limit) -> None:
        """Take only so much, but for a transformer, which takes what its parent gives."""
        if self.is_transformer:
            logger.warning("Resource '%s': a transformer cannot be limited, limit its parent", self.name)
        else:
            self.limit = limit

    def parallelize(self) -> None:
        """Evaluate the head in the thread pool.

        Raises:
            InvalidParallelResourceDataType: it is no generator or function.
        """
        if not isinstance(self.gen, Function) and not self.one_shot:
            raise InvalidParallelResourceDataType(
                f"Resource '{self.name}' holds {type(self.gen).__name__}, which needs no threads. "
                "Only functions and generators can be parallelized.",
                resource_name=self.name,
                item=self.gen,
            )
        self.parallelized = True

    def known_parent(self) -> dict[int, Pipe]:
        """Return what a copy takes for known that is to share the parent, which is then evaluated once for both."""
        return {id(self.parent): self.parent} if self.parent is not None else {}

    def clone(self, known: dict[int, Pipe], name: str | None = None) -> Pipe:
        """Copy the pipe and its parents.

        Args:
            known: Copies made before, by id of the original, so that children go on sharing a parent.
            name: Another name for the copy.
        """
        # two transformers of one parent go on sharing the copy, so that it is evaluated once
        if id(self) in known:
            return known[id(self)]
        copy = Pipe(name or self.name, self.gen, list(self.steps))
        copy.before_head = list(self.before_head)
        if self.parent is not None:
            # a parent keeps a state of its own for each child that has another name, as in PyPI dlt 1.x
            copy.parent = self.parent.clone(known, f"{self.parent.name}_{name}" if name else None)
        copy.parallelized, copy.limit, copy._started = self.parallelized, self.limit, self._started
        copy.hints = self.hints
        known[id(self)] = copy
        return copy

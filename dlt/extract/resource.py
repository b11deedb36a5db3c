"""Resources: named, lazily evaluated data with hints for its table."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterable, Callable, Iterable, Iterator
from operator import attrgetter
from typing import TYPE_CHECKING, ClassVar, Generic, Union, cast, overload

from dlt.context import current, use
from dlt.errors import (
    InvalidParentResourceDataType,
    InvalidResourceReturnsResource,
)
from dlt.extract.descriptions import described, told
from dlt.extract.function import Function
from dlt.extract.hints import TableHints, merge_hints
from dlt.extract.incremental import Incremental
from dlt.extract.items import Meta, one_by_one
from dlt.extract.iteration import extract_items
from dlt.extract.pipe import Limit, Pipe
from dlt.extract.resource_data import (
    NO_PARENT,
    ByArguments,
    NoParent,
    check_data,
    function_of,
    name_of,
    refuse_pipe,
    section_of,
)
from dlt.extract.resource_hints import IncrementalHint, ResourceHints
from dlt.extract.state import default_source_name, resource_state, source_state
from dlt.extract.steps import Filter, IncrementalStep, Map, Metrics, Step, YieldMap
from dlt.extract.validation import PydanticValidator, validator_for
from dlt.states.model import State
from dlt.types import JsonObject, P, TDataItem, Wrapped

if TYPE_CHECKING:
    from typing_extensions import ParamSpec, Self

    Q = ParamSpec("Q")


class DltResource(ResourceHints, Generic[P]):
    """A resource or transformer.

    Args:
        pipe: What makes the items.
        hints: Hints for the table.
        selected: Load it when its source is loaded.
        section: Section of its configuration.
    """

    __signature__: inspect.Signature
    Empty: ClassVar[DltResource[...]]
    """One without data: what takes items of it is bound to a parent later."""

    def __init__(
        self, pipe: Pipe, hints: TableHints | None = None, *, selected: bool = True, section: str | None = None
    ) -> None:
        super().__init__(pipe, hints)
        # before the first run, in the line where the user wrote them
        self._check_own_hints()
        self.selected, self.section = selected, section
        self.source_name: str | None = None
        self.named_by: ByArguments | None = None
        """Gives the name once the arguments are known."""
        self.section_by: ByArguments | None = None
        self.custom_metrics: JsonObject = {}
        if isinstance(pipe.gen, Function):
            self.__signature__ = pipe.gen.told_by(self)
        self._rules_changed()

    @classmethod
    def from_data(
        cls,
        data: object,
        name: str | None = None,
        section: str | None = None,
        hints: TableHints | None = None,
        selected: bool = True,
        data_from: DataFrom | None = None,
        spec: type | None = None,
    ) -> DltResource:
        """Make a resource of a function, generator, iterable, frame or resource.

        Args:
            data: The data.
            name: Name of the resource, unless the data has one.
            section: Section of its configuration.
            hints: Hints of its table.
            selected: Load it when its source is loaded.
            data_from: Parent of a transformer.
            spec: Configuration of the function.
        """
        return make_resource(
            data, name, section=section, hints=hints, selected=selected, data_from=data_from, spec=spec
        )

    # where programs for PyPI dlt 1.x look at the parent of a resource
    _pipe = property(attrgetter("pipe"))

    @property
    def is_transformer(self) -> bool:
        """Return True when the resource takes items of another one."""
        return self.pipe.is_transformer or self.pipe.parent is not None

    @property
    def args_bound(self) -> bool:
        """Return True when no arguments are to be given any more."""
        gen = self.pipe.gen
        return not isinstance(gen, Function) or gen.bound

    @property
    def explicit_args(self) -> dict[str, object]:
        """Return the arguments that were given, by name."""
        gen = self.pipe.gen
        return dict(gen.signature.bind_partial(*gen.args, **gen.kwargs).arguments) if isinstance(gen, Function) else {}

    @property
    def requires_args(self) -> bool:
        """Return True when an argument has neither value nor default."""
        return isinstance(self.pipe.gen, Function) and bool(self.pipe.gen.missing)

    @property
    def incremental(self) -> Incremental[object] | None:
        """Return the incremental of the resource; one without cursor path where a parameter awaits it, else None."""
        return self.pipe.told_incremental(self.static_primary_key)

    @property
    def limit(self) -> Limit | None:
        """Return how much is taken."""
        return self.pipe.limit

    @property
    def validator(self) -> PydanticValidator | None:
        """Return the step that checks items against a Pydantic model, or None."""
        return next((step for step in self.pipe.steps if isinstance(step, PydanticValidator)), None)

    @validator.setter
    def validator(self, validator: Step | None) -> None:
        self.pipe.steps = [step for step in self.pipe.steps if not isinstance(step, PydanticValidator)]
        if validator is not None:
            self.pipe.insert(validator)

    @property
    def state(self) -> State:
        """Return the state of the resource.

        Raises:
            PipelineStateNotAvailable: no pipeline is active.
        """
        with use(source_name=self.source_name or current().source_name or default_source_name()):
            return resource_state(self.name, source_state())

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Self:
        """Return a copy that is bound to arguments.

        Raises:
            TypeError: the resource was bound before, or its function does not take these arguments.
        """
        # a copy: the resource of a module is called by several sources, each with arguments of its own
        return self.clone(known=self.pipe.known_parent()).bind(*args, **kwargs)

    def bind(self, *args: P.args, **kwargs: P.kwargs) -> Self:
        """Give arguments in place.

        Raises:
            TypeError: the resource was bound before, or its function does not take these arguments.
        """
        gen = self.pipe.gen
        if not isinstance(gen, Function):
            raise TypeError(f"Resource '{self.name}' is made of {type(gen).__name__}, which takes no arguments.")
        # the second call would silently take the place of the first
        if gen.bound:
            raise TypeError(f"Resource '{self.name}' was called before and has its arguments; do not call it again.")
        self.pipe.gen = gen.bind(args, kwargs)
        # what a call says comes later than what the decorator said
        self.pipe.take_cursor_of_call()
        self._name_by_arguments()
        if gen.returns_resource:
            self._become(_returned(self.pipe.gen.resolved()(), self.name))
        return self

    def _name_by_arguments(self) -> None:
        gen = self.pipe.gen
        if isinstance(gen, Function) and (self.named_by or self.section_by):
            given = gen.all_arguments
            self.pipe.name = self.named_by(given) if self.named_by else self.name
            self.section = self.section_by(given) if self.section_by else self.section
            self.pipe.gen = gen.moved(self.section or "", self.name)

    def _become(self, found: DltResource) -> None:
        """Take the place of the resource that the function returned; hints of the decorator stay where it has none."""
        own = self._hints
        self.pipe, self._variants = found.pipe.clone({}), dict(found._variants)
        self._hints = merge_hints(own, found.hints)
        self._rules_changed()

    def __iter__(self) -> Iterator[TDataItem]:
        """Yield all items, those of pages one by one; state goes nowhere outside a pipeline."""
        # so that it reads the state of the source that it stands in
        context = {"source_name": self.source_name} if self.source_name else None
        for _, page, _ in extract_items([self], batched=False, context=context, consumed=True):
            yield from one_by_one(page)

    @overload
    def __or__(self, transform: DltResource[Q]) -> DltResource[Q]: ...
    @overload
    def __or__(self, transform: Wrapped) -> Self: ...
    def __or__(self, transform: DltResource[Q] | Wrapped) -> DltResource[Q] | Self:
        if isinstance(transform, DltResource):
            # one that has a parent may be bound to a second one, and must not leave the first
            target = transform.clone() if transform.pipe.parent is not None else transform
            return target.pipe_data_from(self)
        if callable(transform):
            return self.add_yield_map(transform) if inspect.isgeneratorfunction(transform) else self.add_map(transform)
        return NotImplemented

    def __ror__(self, data: Iterable[TDataItem]) -> DltResource[P]:
        return DltResource.from_data(data, f"{self.name}_input") | self

    def pipe_data_from(self, data_from: DltResource) -> Self:
        """Take items from another resource.

        Raises:
            ResourceNotATransformer: this resource makes its own items.
        """
        self.pipe.take_items_of(data_from.pipe)
        return self

    def add_step(self, item_transform: Wrapped, insert_at: int | None = None) -> Self:
        """Add a function that takes what was yielded, a page or an item, and returns or yields more.

        Args:
            item_transform: The function, perhaps with a parameter `meta`.
            insert_at: Position, where the head counts as 0; at the end by default.
        """
        return self._add(item_transform if isinstance(item_transform, Step) else Step(item_transform), insert_at)

    def add_map(self, item_map: Wrapped, insert_at: int | None = None) -> Self:
        """Replace every item by the function's result."""
        return self._add(Map(item_map), insert_at)

    def add_filter(self, item_filter: Wrapped, insert_at: int | None = None) -> Self:
        """Keep the items for which the function is true."""
        return self._add(Filter(item_filter), insert_at)

    def add_yield_map(self, item_map: Wrapped, insert_at: int | None = None) -> Self:
        """Replace every item by all that the function yields for it."""
        return self._add(YieldMap(item_map), insert_at)

    map = add_map
    filter = add_filter
    flat_map = add_yield_map
    add_pipe = refuse_pipe

    def _add(self, step: Step, insert_at: int | None) -> Self:
        if isinstance(step.function, Incremental) and not isinstance(step, IncrementalStep):
            # an incremental among the steps is the cursor of the resource, whichever way it was added
            self.pipe.set_incremental(None)
            step = IncrementalStep(step.function)
        self.pipe.insert(step, insert_at)
        return self

    def add_metrics(self, metrics_f: Wrapped, insert_at: int | None = None) -> Self:
        """Call a function with items, meta and the dict `custom_metrics`; items pass unchanged."""
        return self._add(Metrics(metrics_f, self.custom_metrics), insert_at)

    def add_limit(self, max_items: int | None = None, max_time: float | None = None, count_rows: bool = False) -> Self:
        """Take only so much.

        Args:
            max_items: Number of yields.
            max_time: Seconds.
            count_rows: `max_items` counts rows; whole pages are taken.
        """
        # a negative number means no limit in PyPI dlt 1.x
        number = None if max_items is None or max_items < 0 else max_items
        self.pipe.take_only(Limit(number, max_time, count_rows))
        return self

    def parallelize(self) -> Self:
        """Evaluate the resource in the thread pool.

        Raises:
            InvalidParallelResourceDataType: the resource is no generator or function.
        """
        self.pipe.parallelize()
        return self

    def select_tables(self, *table_names: str) -> Self:
        """Keep only items that go to these tables."""

        def wanted(item: TDataItem, meta: Meta = None) -> bool:
            return self.table_name_of(item, meta) in table_names

        return self.add_filter(wanted)

    def clone(self, with_name: str | None = None, known: dict[int, Pipe] | None = None) -> Self:
        """Return a copy that can be changed without changing this one.

        Args:
            with_name: Name of the copy.
            known: Copies of pipes made before, by id of the original.
        """
        copy = type(self)(
            self.pipe.clone({} if known is None else known, with_name),
            self._hints.copy(),
            selected=self.selected,
            section=self.section,
        )
        copy._variants = dict(self._variants)  # noqa: SLF001 - a copy of its own class
        copy.source_name = self.source_name
        copy.named_by, copy.section_by = (None if with_name else self.named_by), self.section_by
        # shared: steps of add_metrics hold the dict, and the program looks at the resource that it made
        copy.custom_metrics = self.custom_metrics
        return copy

    def with_name(self, new_name: str, new_section: str | None = None) -> Self:
        """Return a copy with another name, and so its own state and by default its own table.

        Args:
            new_name: Name of the copy.
            new_section: Section of its configuration.
        """
        copy = self.clone(new_name)
        copy.section = new_section or copy.section
        gen = copy.pipe.gen
        # one that was called has its configuration by its first name
        if isinstance(gen, Function) and not gen.bound:
            copy.pipe.gen = gen.moved(copy.section or "", new_name)
        return copy

    def _rules_changed(self) -> None:
        # a model checks items as the contract says
        self.validator = validator_for(self, self.validator)

    def __repr__(self) -> str:
        return described(self.pipe, self._hints, self.section, self.selected)

    def __str__(self) -> str:
        return told(self)


DltResource.Empty = DltResource(Pipe(""))
DataFrom = Union[DltResource[...], Iterable[TDataItem], AsyncIterable[TDataItem], Callable[..., object], NoParent]
"""Parent of a transformer: a resource, or the data of one."""


def _returned(found: object, name: str) -> DltResource:
    if not isinstance(found, DltResource):
        raise InvalidResourceReturnsResource(
            f"Resource '{name}': its function says that it returns a DltResource, and returned "
            f"{type(found).__name__}. Return a resource, or take the annotation away.",
            resource_name=name,
            item=found,
        )
    return found


def make_resource(
    data: object,
    name: str | ByArguments | None = None,
    *,
    section: str | ByArguments | None = None,
    hints: TableHints | None = None,
    selected: bool = True,
    data_from: object = None,
    spec: type | None = None,
) -> DltResource:
    """Make a resource.

    Args:
        data: Function, generator, iterator, iterable, frame or resource.
        name: Name of the resource, unless the data has one; or a function of the arguments that gives it.
        section: Section of its configuration, or a function of the arguments; that of the source at work by default.
        hints: Hints of its table.
        selected: Load it when its source is loaded.
        data_from: Parent of a transformer, `NO_PARENT` to bind it later.
        spec: Configuration of the function.

    Raises:
        ResourceNameMissing: there is no name to be found.
        InvalidResourceDataType: the data is no resource's data.
    """
    if isinstance(data, DltResource):
        found = data.with_name(name) if name and not callable(name) and name != data.name else data
        if hints:
            found.merge_hints(hints)
        return found
    named_by, section_by = name if callable(name) else None, section if callable(section) else None
    name = (None if callable(name) else name) or name_of(data)
    section = None if callable(section) else section
    check_data(data, name)
    # inside of a source's function its section counts for resources that are made there
    section = section or current().section or section_of(data)
    gen = function_of(data, str(name), section, data_from, spec) if callable(data) else data
    # a copy, as the cursor is taken out of it
    hints = {**(hints or {})}
    incremental = hints.pop("incremental", None)
    pipe = Pipe(str(name), gen, parent=_parent(data_from, str(name)))
    made = DltResource(pipe, hints, selected=selected, section=section)
    made.named_by, made.section_by = named_by, section_by
    own = None if pipe.cursor is None else pipe.cursor.default
    # a parameter with a cursor of its own says more than the decorator of all its calls
    if incremental is not None and not (isinstance(own, Incremental) and own.cursor_path):
        made.set_incremental(cast(IncrementalHint, incremental))
    return made


def _parent(data_from: object, name: str) -> Pipe | None:
    if data_from is None or data_from is NO_PARENT or data_from is DltResource.Empty:
        return None
    if isinstance(data_from, DltResource):
        return data_from.pipe
    if isinstance(data_from, Iterable) or callable(data_from):
        return make_resource(data_from, None if callable(data_from) else f"{name}_input").pipe
    raise InvalidParentResourceDataType(
        f"Transformer '{name}': data_from is {type(data_from).__name__}. Pass a resource.", resource_name=name
    )

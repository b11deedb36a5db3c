"""Sources: resources that belong together, with one schema and one state."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from dlt.context import pipeline_or_default, use
from dlt.errors import (
    DeletingResourcesNotSupported,
    InvalidResourceDataType,
    InvalidResourceDataTypeMultiplePipes,
    ResourceNotFoundError,
    ResourcesNotFoundError,
    SourceDataIsNone,
)
from dlt.extract.descriptions import edges, selection
from dlt.extract.function import Function
from dlt.extract.items import Meta, one_by_one
from dlt.extract.iteration import extract_items
from dlt.extract.pipe import Pipe
from dlt.extract.resource import DltResource, make_resource
from dlt.extract.source_settings import SourceSettings
from dlt.extract.state import source_state
from dlt.states.model import State
from dlt.types import TDataItem

if TYPE_CHECKING:
    from typing_extensions import Self

    from dlt.info import LoadInfo
    from dlt.schema.schema import Schema


class DltResourceDict(dict[str, DltResource]):
    """Resources of a source by name.

    Args:
        source_name: Name of the source, which its resources keep.
        source_section: Section of its configuration.
    """

    def __init__(self, source_name: str, source_section: str | None = None) -> None:
        super().__init__()
        self.source_name, self.source_section = source_name, source_section

    @property
    def selected(self) -> dict[str, DltResource]:
        """Return the resources that will be loaded."""
        return {name: resource for name, resource in self.items() if resource.selected}

    @property
    def extracted(self) -> list[DltResource]:
        """Return the resources that will be evaluated: the selected ones and the parents that they need."""
        needed: dict[int, Pipe] = {}
        for resource in self.selected.values():
            needed.update({id(pipe): pipe for pipe in resource.pipe.lineage})
        own = [resource for resource in self.values() if needed.pop(id(resource.pipe), None) is not None]
        # parents that are no resources of the source
        return own + [DltResource(pipe, pipe.hints, selected=False) for pipe in needed.values()]

    @property
    def selected_dag(self) -> list[tuple[str, str]]:
        """Return which resource takes the items of which: parent and child, one without parent with itself."""
        return edges(self.selected.values())

    def detach(self, resource_name: str | None = None) -> DltResource:
        """Return a copy of a resource that belongs to no source.

        Args:
            resource_name: Its name; without, the one that there is.

        Raises:
            ResourceNotFoundError: there is none of this name, or not exactly one.
        """
        if resource_name is None and len(self) == 1:
            resource_name = next(iter(self))
        found = self[resource_name or ""].clone()
        found.source_name = None
        return found

    def select(self, *resource_names: str) -> dict[str, DltResource]:
        """Select these resources and no others.

        Raises:
            ResourcesNotFoundError: a name is not known.
        """
        # all of them at once, before anything is selected
        unknown = [name for name in resource_names if name not in self]
        if unknown:
            raise ResourcesNotFoundError(
                f"Source '{self.source_name}' has no resource {', '.join(map(repr, unknown))}. "
                f"It has {', '.join(sorted(self)) or 'none'}.",
                source_name=self.source_name,
                available_resources=set(self),
                requested_resources=set(resource_names),
                not_found_resources=set(unknown),
            )
        for name, resource in self.items():
            resource.selected = name in resource_names
        return self.selected

    def add(self, *resources: DltResource) -> None:
        """Add resources under their names.

        Raises:
            InvalidResourceDataTypeMultiplePipes: there is another one of this name; put one in its place by its name.
        """
        _check_names(self.source_name, (*self.values(), *resources))
        for resource in resources:
            self[resource.name] = resource

    def __setitem__(self, name: str, resource: DltResource) -> None:
        # the name under which it stands is its name for state and configuration too
        if name != resource.name:
            resource = resource.with_name(name)
        resource.source_name = self.source_name
        super().__setitem__(name, resource)

    def __delitem__(self, name: str) -> None:
        raise DeletingResourcesNotSupported(
            f"Source '{self.source_name}': a resource cannot be deleted. Set resources[{name!r}].selected = False.",
            source_name=self.source_name,
            resource_name=name,
        )

    def __missing__(self, name: str) -> DltResource:
        raise ResourceNotFoundError(
            f"Source '{self.source_name}' has no resource {name!r}. It has {', '.join(sorted(self)) or 'none'}.",
            resource_name=name,
        )


class DltSource(SourceSettings):
    """A source.

    Args:
        schema: Its schema; the source bears the schema's name.
        section: Section of its configuration.
        resources: Its resources.
    """

    def __init__(self, schema: Schema, section: str | None = None, resources: Iterable[DltResource] = ()) -> None:
        # first, as every other attribute is looked for among the resources
        self.__dict__["resources"] = DltResourceDict(schema.name, section)
        super().__init__(schema, section)
        self.resources.add(*resources)

    if TYPE_CHECKING:
        resources: DltResourceDict

    @classmethod
    def from_data(cls, schema: Schema, section: str | None, data: object) -> DltSource:
        """Make a source of what a source function returned."""
        return source_of(schema, section, data)

    @property
    def selected_resources(self) -> dict[str, DltResource]:
        """Return the resources that will be loaded."""
        return self.resources.selected

    @property
    def exhausted(self) -> bool:
        """Return True when a generator of a selected resource was consumed."""
        return any(_exhausted(resource.pipe) for resource in self.selected_resources.values())

    @property
    def state(self) -> State:
        """Return the state of the source.

        Raises:
            PipelineStateNotAvailable: no pipeline is active.
        """
        with use(source_name=self.name):
            return source_state(self.name)

    def with_resources(self, *resource_names: str) -> Self:
        """Return a copy where only these resources are selected.

        Raises:
            ResourcesNotFoundError: a name is not known.
        """
        copy = self.clone()
        copy.resources.select(*resource_names)
        return copy

    def clone(self, with_name: str | None = None) -> Self:
        """Return a copy with copies of all resources.

        Args:
            with_name: Name of the copy and of its schema.
        """
        known: dict[int, Pipe] = {}
        copy = type(self)(self.schema.clone(with_name=with_name), self.section)
        copy.resources.add(*(resource.clone(known=known) for resource in self.resources.values()))
        # the schema of the pipeline goes on taking the place of this one
        copy.implicit, copy.generator_name = self.implicit, self.generator_name
        return copy

    def add_limit(self, max_items: int | None = None, max_time: float | None = None, count_rows: bool = False) -> Self:
        """Limit every selected resource that is no transformer; see `DltResource.add_limit`."""
        for resource in self.selected_resources.values():
            if not resource.pipe.is_transformer:
                resource.add_limit(max_items, max_time, count_rows)
        return self

    def parallelize(self) -> Self:
        """Evaluate all selected resources in the thread pool, where their data allows it."""
        for resource in self.selected_resources.values():
            # a list needs no threads, and asking for them would be refused
            if resource.pipe.one_shot or isinstance(resource.pipe.gen, Function):
                resource.parallelize()
        return self

    def decompose(self, strategy: str = "scc") -> list[Self]:
        """Return sources that can be extracted apart.

        Args:
            strategy: "none" for the source as it is, "scc" to keep together only resources that share a parent.
        """
        if strategy == "none":
            return [self]
        if strategy != "scc":
            raise ValueError(f"Cannot decompose source '{self.name}' by {strategy!r}. Known: 'none', 'scc'.")
        groups: dict[int, list[str]] = {}
        for name, resource in self.selected_resources.items():
            # what shares a parent must run together, else the parent would be asked twice
            groups.setdefault(id(resource.pipe.root), []).append(name)
        return [self.with_resources(*names) for names in groups.values()]

    def discover_schema(self, item: TDataItem = None, meta: Meta = None) -> Schema:
        """Return a copy of the schema with the tables that hints declare.

        Args:
            item: Item for hints that are functions of it.
            meta: Mark of the item.
        """
        schema = self.schema.clone()
        for resource in self.selected_resources.values():
            dynamic = resource.has_dynamic_table_name or resource.has_other_dynamic_hints
            # without an item nobody knows the tables of a function of the item
            if item is not None or not dynamic:
                for table in resource.compute_tables(schema.naming, item, meta):
                    schema.update_table(table)
        return schema

    def run(self, *args: object, **kwargs: object) -> LoadInfo:
        """Load the source with the active pipeline, or the default one; arguments are those of `Pipeline.run`."""
        info: LoadInfo = pipeline_or_default().run(self, *args, **kwargs)
        return info

    def __iter__(self) -> Iterator[TDataItem]:
        """Yield the items of all selected resources; state goes nowhere outside a pipeline."""
        context = {"source_name": self.name, "schema": self.schema, "section": self.section, "source": self}
        chosen = list(self.selected_resources.values())
        for _, page, _ in extract_items(chosen, batched=False, context=context, consumed=True):
            yield from one_by_one(page)

    def __getitem__(self, name: str) -> DltResource:
        return self.resources[name]

    def __getattr__(self, name: str) -> DltResource:
        resources: dict[str, DltResource] = self.__dict__.get("resources", {})
        if name in resources:
            return resources[name]
        raise AttributeError(
            f"The source has no attribute and no resource {name!r}. It has {', '.join(sorted(resources)) or 'none'}."
        )

    def __setattr__(self, name: str, value: object) -> None:
        # programs write `source.orders = resource` too
        if isinstance(value, DltResource):
            self.resources[name] = value
        else:
            object.__setattr__(self, name, value)

    def __repr__(self) -> str:
        return f"<@dlt.source(name={self.name!r}, section={self.section!r}, resources={list(self.resources)!r})>"

    def __str__(self) -> str:
        found = [*self.resources.values()]
        lines = [f"Source `{self.name}` in section `{self.section}` has {len(found)} resources:"]
        return "\n".join([*lines, *map(selection, found)])


def _exhausted(pipe: Pipe | None) -> bool:
    return pipe is not None and (pipe.exhausted or _exhausted(pipe.parent))


def source_of(schema: Schema, section: str | None, data: object) -> DltSource:
    """Make a source of what a source function returned or yielded.

    Args:
        schema: Schema of the source.
        section: Section of its configuration.
        data: A resource, a list of them, or a source.

    Raises:
        SourceDataIsNone: there is nothing.
        InvalidResourceDataType: there is data in place of resources.
    """
    if data is None:
        raise SourceDataIsNone(
            f"Source '{schema.name}' returned None. Return or yield its resources.", source_name=schema.name
        )
    if isinstance(data, DltSource):
        return data
    parts = data if isinstance(data, (list, tuple)) else [data]
    resources = [_part(schema.name, part) for part in parts]
    _check_names(schema.name, resources)
    known: dict[int, Pipe] = {}
    # copies, as a resource may be a module's own and stand in several sources
    made = [resource.clone(known=known) for resource in resources]
    if section:
        # whichever module they come from: the configuration is that of the source
        for pipe in known.values():
            pipe.configure_in(section)
    return DltSource(schema, section, made)


def _check_names(source_name: str, resources: Iterable[DltResource]) -> None:
    seen: dict[str, DltResource] = {}
    for resource in resources:
        first = seen.setdefault(resource.name, resource)
        if first.pipe is not resource.pipe:
            raise InvalidResourceDataTypeMultiplePipes(
                f"Source '{source_name}' gave two resources of the name '{resource.name}', and would load one of them. "
                "Give one another name with with_name.",
                source_name=source_name,
                resource_name=resource.name,
                item=resource,
            )


def _part(source_name: str, part: object) -> DltResource:
    if isinstance(part, DltResource):
        return part
    if inspect.isgenerator(part) or inspect.isasyncgen(part) or inspect.isgeneratorfunction(part):
        return make_resource(part)
    raise InvalidResourceDataType(
        f"Source '{source_name}' gave {type(part).__name__} where a resource is due. A source returns or yields "
        "resources: put the code that yields data in a @dlt.resource function, or write "
        "dlt.resource(data, name='...').",
        source_name=source_name,
        item=part,
    )

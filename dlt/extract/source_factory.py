"""What `@dlt.source` makes of a function: call it to get a source."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from copy import deepcopy
from functools import cached_property
from typing import TYPE_CHECKING, Generic, cast

from dlt.configuration.sections import section_context
from dlt.context import active_pipeline, current, use
from dlt.errors import ExplicitSourceNameInvalid
from dlt.extract.function import Function
from dlt.extract.source import DltSource, source_of
from dlt.types import P, Wrapped

if TYPE_CHECKING:
    from typing_extensions import Self

    from dlt.configuration.spec import BaseConfiguration
    from dlt.extract.vocabulary import ContractHint
    from dlt.info import LoadInfo
    from dlt.schema.schema import Schema


class Referred:
    """What names a source function, and what is known of it: `factory.ref`.

    Args:
        ref: The name, "module.function".
        factory: What `@dlt.source` made of the function.
        section: Section of its configuration.
        name: Name of its sources.
    """

    def __init__(self, ref: str, factory: SourceFactory[...], section: str, name: str) -> None:
        self.ref, self.factory, self.section, self.name = ref, factory, section, name

    @property
    def SPEC(self) -> type[BaseConfiguration]:
        """Return the spec of the arguments of the function."""
        return self.factory.full_spec


Postprocessor = Callable[[DltSource], "DltSource | None"]
"""Gets a source that was made, and may give another one in its place."""


class SourceFactory(Generic[P]):
    """A decorated source function: call it to get the source.

    Args:
        function: The user's function.
        name: Name of its sources.
        schema: Schema that every source starts with.
        section: Section of its configuration.
        settings: `max_table_nesting`, `root_key`, `schema_contract`; set on every source.
        parallelized: Evaluate all resources in the thread pool.
    """

    def __init__(
        self,
        function: Function,
        name: str,
        schema: Schema | Callable[[], Schema],
        section: str,
        settings: Mapping[str, object],
        parallelized: bool = False,
    ) -> None:
        # help and inspect look for what the user wrote
        self.__signature__ = function.told_by(self, DltSource)
        self._function, self._name = function, name
        self._postprocessors: list[Postprocessor] = []
        self._schema = schema
        self._section = section
        self._settings = dict(settings)
        self._parallelized = parallelized

    @property
    def name(self) -> str:
        """Return the name of the sources."""
        return self._name

    @property
    def section(self) -> str:
        """Return the section of their configuration."""
        return self._section

    @property
    def schema(self) -> Schema | None:
        """Return the schema that was given for them."""
        return None if callable(self._schema) else self._schema

    @property
    def spec(self) -> type | None:
        """Return the configuration of the function, as far as it was given."""
        return self._function.spec

    @property
    def full_spec(self) -> type[BaseConfiguration]:
        """Return the configuration of the function; made of its parameters where none was given."""
        if self.spec is not None:
            return self.spec
        call = self._function.call
        # the same class each time: specs that programs keep are compared
        from dlt.configuration.inject import spec_of

        return spec_of(call) or self._made_spec

    @cached_property
    def _made_spec(self) -> type[BaseConfiguration]:
        from dlt.configuration.signature import spec_from_signature

        return spec_from_signature(self._function.call)

    @property
    def ref(self) -> Referred:
        """Return what names the function."""
        call = self._function.call
        return Referred(f"{call.__module__}.{self._function.name}", self, self._section, self._name)

    @property
    def max_table_nesting(self) -> object:
        """Return how many levels of nested tables they make, as far as it was given."""
        return self._settings.get("max_table_nesting")

    @max_table_nesting.setter
    def max_table_nesting(self, levels: int | None) -> None:
        self._settings["max_table_nesting"] = levels

    @property
    def root_key(self) -> object:
        """Return whether nested rows carry the id of their root row, as far as it was given."""
        return self._settings.get("root_key")

    @root_key.setter
    def root_key(self, carries: bool | None) -> None:
        self._settings["root_key"] = carries

    @property
    def schema_contract(self) -> object:
        """Return their contract, as far as it was given."""
        return self._settings.get("schema_contract")

    @schema_contract.setter
    def schema_contract(self, contract: ContractHint | None) -> None:
        self._settings["schema_contract"] = contract

    @property
    def parallelized(self) -> bool:
        """Return True when all their resources are evaluated in the thread pool."""
        return self._parallelized

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> DltSource:
        """Run the body of the source function and return the source; a coroutine of it for an async function.

        Raises:
            TypeError: the function does not take these arguments, or one is missing and no provider has it.
            SourceDataIsNone: the function returned nothing.
            InvalidResourceDataType: the function gave data in place of resources.
        """
        return self._make(args, kwargs)

    def _make(self, args: tuple[object, ...], kwargs: Mapping[str, object]) -> DltSource:
        # a fresh schema for every source: hints of one must not be found in another
        schema = self._schema.clone() if not callable(self._schema) else self._schema()
        call = self._function.bind(args, kwargs).resolved()
        if inspect.iscoroutinefunction(inspect.unwrap(self._function.call)):
            # as the function itself gives one; who awaits it has the source
            return cast(DltSource, self._awaited(schema, call))
        with _reading_state(schema, self._section), section_context(sections=self._function.sections):
            data = call()
            # here and not later: the body runs while its state, section and configuration are in force
            if inspect.isgenerator(data) and _is_generator_function(self._function.call):
                data = list(data)
            return self._finished(source_of(schema, self._section, data))

    async def _awaited(self, schema: Schema, call: Wrapped) -> DltSource:
        with _reading_state(schema, self._section), section_context(sections=self._function.sections):
            return self._finished(source_of(schema, self._section, await call()))

    def _finished(self, source: DltSource) -> DltSource:
        for key, value in self._settings.items():
            if value is not None:
                setattr(source, key, value)
        if self._parallelized:
            source.parallelize()
        for postprocessor in self._postprocessors:
            source = postprocessor(source) or source
        return source

    def with_resources(self, *resource_names: str) -> DltSource:
        """Call the function with injected arguments and select resources."""
        return self._make((), {}).with_resources(*resource_names)

    def run(self, *args: object, **kwargs: object) -> LoadInfo:
        """Call the function with injected arguments and load the source."""
        return self._make((), {}).run(*args, **kwargs)

    def clone(
        self,
        *,
        name: str | None = None,
        section: str | None = None,
        max_table_nesting: int | None = None,
        root_key: bool | None = None,
        schema: Schema | None = None,
        schema_contract: ContractHint | None = None,
        spec: type | None = None,
        parallelized: bool | None = None,
    ) -> SourceFactory[P]:
        """Return a factory whose sources have another name, section or settings; None leaves what is there.

        Args:
            name: Name of the sources and their schema.
            section: Section of their configuration.
            max_table_nesting: Levels of nested tables.
            root_key: Nested rows carry the id of their root row.
            schema: Schema to start with.
            schema_contract: What may change in the schema.
            spec: Configuration of the function.
            parallelized: Evaluate all resources in the thread pool.

        Raises:
            ExplicitSourceNameInvalid: `name` is not the name of `schema`.
        """
        check_schema_name(name, schema)
        named: str = name or (schema.name if schema else self.name)
        call = self._function.call
        place = section or self._section
        # the configuration knows it by its function, unless it is told another name
        known = name or self._function.sections[-1]
        function = Function(call, spec=spec or self._function.spec, sections=("sources", place, known))
        # one that was given for another name is of no use
        kept = self._schema if named == self.name else schema_maker(named, call)
        given = {"max_table_nesting": max_table_nesting, "root_key": root_key, "schema_contract": schema_contract}
        settings = {**self._settings, **{key: value for key, value in given.items() if value is not None}}
        together = self._parallelized if parallelized is None else parallelized
        made: SourceFactory[P] = SourceFactory(function, named, schema or kept, place, settings, together)
        made._postprocessors = list(self._postprocessors)
        return made

    with_args = clone

    def add_postprocessor(self, postprocessor: Postprocessor) -> Self:
        """Let a function change each source that is made, or give another one in its place.

        Args:
            postprocessor: Gets the source; what it returns is taken, unless it is None.
        """
        self._postprocessors.append(postprocessor)
        return self

    def add_limit(self, max_items: int | None = None, max_time: float | None = None, count_rows: bool = False) -> Self:
        """Limit the resources of each source that is made; see `DltSource.add_limit`.

        Args:
            max_items: Number of yields.
            max_time: Seconds.
            count_rows: `max_items` counts rows.
        """
        return self.add_postprocessor(lambda source: source.add_limit(max_items, max_time, count_rows))

    def __repr__(self) -> str:
        return f"<dlt source function {self.name!r}>"


def _is_generator_function(call: Wrapped) -> bool:
    return inspect.isgeneratorfunction(inspect.unwrap(call))


def _reading_state(schema: Schema, section: str) -> AbstractContextManager[object]:
    """Return the context of a source's body: it reads state, and what it writes is thrown away."""
    found: Mapping[str, object] | None = current().state
    active = active_pipeline()
    if found is None and active is not None:
        found = active.state
    # without a pipeline there is none, which is told to who asks
    state = None if found is None else deepcopy(dict(found))
    return use(
        state=state, writable=False, schema=schema, source_name=schema.name, section=section,
        resource=None, resource_name=None,
    )  # fmt: skip


def schema_maker(name: str, function: Wrapped) -> Callable[[], Schema]:
    """Return what makes the first schema of each source of a function."""

    def make() -> Schema:
        # a program that is only parsed makes no source, and loads nothing of schemas
        from dlt.extract.first_schema import first_schema

        return first_schema(name, function)

    return make


def check_schema_name(name: str | None, schema: Schema | None) -> None:
    """Check that a source has the name of its schema.

    Raises:
        ExplicitSourceNameInvalid: it has another one.
    """
    if name and schema and name != schema.name:
        raise ExplicitSourceNameInvalid(
            f"Source name {name!r} differs from the name of its schema, {schema.name!r}. Leave name out.",
            source_name=name,
            schema_name=schema.name,
            func_name="source",
        )

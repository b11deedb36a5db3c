"""The decorators that make sources, resources and transformers of functions."""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncIterable, Callable, Iterable, Mapping
from typing import TYPE_CHECKING, TypeVar, overload

from dlt.absent import absent_names
from dlt.errors import (
    ResourceFunctionExpected,
    SourceIsAClassTypeError,
    SourceNotAFunction,
)
from dlt.extract.function import Function
from dlt.extract.hints import given_hints
from dlt.extract.resource import DataFrom, DltResource, make_resource
from dlt.extract.resource_data import NO_PARENT, ByArguments, module_section
from dlt.extract.source_factory import SourceFactory, check_schema_name, schema_maker
from dlt.schema.contract import check_contract
from dlt.types import P, TDataItem, Wrapped
from dlt.user_log import tell_without_effect

if TYPE_CHECKING:
    from typing import Concatenate

    from typing_extensions import Unpack

    from dlt.extract.options import HintOptions, ResourceOptions
    from dlt.extract.resource_hints import IncrementalHint
    from dlt.extract.vocabulary import (
        Checks,
        ColumnNamesHint,
        ColumnsHint,
        ContractHint,
        FileFormatHint,
        Hint,
        NestedHints,
        References,
        TableFormatHint,
        WriteDispositionHint,
    )
    from dlt.schema.schema import Schema

Result = TypeVar("Result")


@overload
def source(
    func: Callable[P, object],
    /,
    name: str | None = None,
    section: str | None = None,
    max_table_nesting: int | None = None,
    root_key: bool | None = None,
    schema: Schema | None = None,
    schema_contract: ContractHint | None = None,
    spec: type | None = None,
    parallelized: bool = False,
) -> SourceFactory[P]: ...
@overload
def source(
    func: None = None,
    /,
    name: str | None = None,
    section: str | None = None,
    max_table_nesting: int | None = None,
    root_key: bool | None = None,
    schema: Schema | None = None,
    schema_contract: ContractHint | None = None,
    spec: type | None = None,
    parallelized: bool = False,
) -> Callable[[Callable[P, object]], SourceFactory[P]]: ...
def source(
    func: Wrapped | None = None,
    /,
    name: str | None = None,
    section: str | None = None,
    max_table_nesting: int | None = None,
    root_key: bool | None = None,
    schema: Schema | None = None,
    schema_contract: ContractHint | None = None,
    spec: type | None = None,
    parallelized: bool = False,
) -> SourceFactory | Callable[[Wrapped], SourceFactory]:
    """Make a source of a function that returns or yields resources.

    Args:
        func: The function; arguments that it is called without come from configuration.
        name: Name of the source and its schema, the function's name by default.
        section: Section of its configuration, the module's name by default.
        max_table_nesting: Levels of nested tables.
        root_key: Nested rows carry the id of their root row.
        schema: Schema to start with.
        schema_contract: What may change in the schema.
        spec: Configuration of the function.
        parallelized: Evaluate all resources in the thread pool.

    Raises:
        SourceNotAFunction: `func` is no function.
        ExplicitSourceNameInvalid: `name` is not the name of `schema`.
        InvalidHint: the contract has a mode or an entity that is unknown.
    """
    check_schema_name(name, schema)
    shown = name or (func.__name__ if inspect.isfunction(func) else "")
    # in the decorator, so that a wrong word is told where it stands, and not in the first run
    check_contract(schema_contract, f"source {shown!r}")
    settings = {"max_table_nesting": max_table_nesting, "root_key": root_key, "schema_contract": schema_contract}

    def decorate(function: Wrapped) -> SourceFactory:
        _check_source_function(function, name)
        # an object that can be called has the name of its class
        # an object that can be called has the name of its class
        known = name or str(getattr(function, "__name__", type(function).__name__))
        found = name or (schema.name if schema else known)
        place = section or module_section(function)
        described = Function(function, spec=spec, sections=("sources", place, known))
        return SourceFactory(described, found, schema or schema_maker(found, function), place, settings, parallelized)

    return decorate if func is None else decorate(func)


def _check_source_function(function: object, name: str | None) -> None:
    if inspect.isclass(function):
        raise SourceIsAClassTypeError(
            f"Source '{name or function.__name__}': found a class. Decorate a function that returns resources.",
            source_name=name,
            cls=function,
        )
    if not callable(function) or isinstance(function, DltResource):
        raise SourceNotAFunction(
            f"Source '{name}': found {type(function).__name__}. Decorate a function that returns resources.",
            source_name=name,
            item=function,
        )


@overload
def resource(
    data: Callable[P, object],
    /,
    name: str | ByArguments | None = None,
    table_name: Hint[str] | None = None,
    **options: Unpack[ResourceOptions],
) -> DltResource[P]: ...
@overload
def resource(
    data: None = None,
    /,
    name: str | ByArguments | None = None,
    table_name: Hint[str] | None = None,
    **options: Unpack[ResourceOptions],
) -> Callable[[Callable[P, object]], DltResource[P]]: ...
@overload
def resource(
    data: Iterable[TDataItem] | AsyncIterable[TDataItem],
    /,
    name: str | ByArguments | None = None,
    table_name: Hint[str] | None = None,
    **options: Unpack[ResourceOptions],
) -> DltResource[[]]: ...
def resource(
    data: object = None,
    /,
    name: str | ByArguments | None = None,
    table_name: Hint[str] | None = None,
    max_table_nesting: int | None = None,
    write_disposition: WriteDispositionHint | None = None,
    columns: ColumnsHint | None = None,
    primary_key: ColumnNamesHint | None = None,
    merge_key: ColumnNamesHint | None = None,
    schema_contract: Hint[ContractHint] | None = None,
    table_format: TableFormatHint | None = None,
    file_format: FileFormatHint | None = None,
    references: References | None = None,
    nested_hints: NestedHints | None = None,
    selected: bool = True,
    spec: type | None = None,
    parallelized: bool = False,
    incremental: IncrementalHint | None = None,
    section: str | ByArguments | None = None,
    standalone: bool | None = None,
    data_from: DataFrom | None = None,
    parent_table_name: Hint[str] | None = None,
    additional_table_hints: Mapping[str, object] | None = None,
    checks: Hint[Checks] | None = None,
) -> DltResource | Callable[[Wrapped], DltResource]:
    """Make a resource of a function that yields items, or of data.

    Hints may be functions of the item. Without data, return a decorator.

    Args:
        data: Generator function, generator, iterator, list, frame or resource.
        name: Name of the resource, or a function of its arguments that gives it; the function's name by default.
        table_name: Name of the table, the resource's name by default.
        max_table_nesting: Levels of nested tables.
        write_disposition: "append", "replace", "merge", "skip" or a dict with the strategy.
        columns: Columns by name, a list of them, or a Pydantic model, TypedDict or dataclass.
        primary_key: Column or columns of the primary key.
        merge_key: Column or columns that find the rows to replace.
        schema_contract: What may change in the schema.
        table_format: Format of the table at the destination.
        file_format: Format of the files to load.
        references: Tables that this one refers to.
        nested_hints: Hints for nested tables by path.
        selected: Load it when its source is loaded.
        spec: Configuration of the function.
        parallelized: Evaluate it in the thread pool.
        incremental: Incremental loading.
        section: Section of its configuration, or a function of its arguments that gives it.
        standalone: Without effect, and said so: every resource can stand alone.
        data_from: Parent whose items the function takes.
        parent_table_name: Name of the table that this one is nested in.
        additional_table_hints: More keys of the table.
        checks: What must hold for the rows before a load becomes visible, of `dlt.check`.
    """
    if standalone is not None:
        tell_without_effect("dlt.resource: standalone", "every resource can stand alone")
    hints = given_hints(
        table_name=table_name, parent_table_name=parent_table_name, write_disposition=write_disposition,
        columns=columns, primary_key=primary_key, merge_key=merge_key, schema_contract=schema_contract,
        table_format=table_format, file_format=file_format, additional_table_hints=additional_table_hints,
        references=references, incremental=incremental, nested_hints=nested_hints, max_table_nesting=max_table_nesting,
        checks=checks,
    )  # fmt: skip

    def decorate(found: object) -> DltResource:
        if found is None:
            raise ResourceFunctionExpected(
                f"Resource '{name or '<no name>'}': found None. Decorate a function, or pass data.",
                resource_name=name or "<no name>",
                item=None,
            )
        made = make_resource(
            found, name, section=section, hints=hints, selected=selected, data_from=data_from, spec=spec
        )
        return made.parallelize() if parallelized else made

    # dlt.resource(None, name="x") is a mistake that decorate() reports, but it cannot be told from a decorator
    return decorate if data is None else decorate(data)


@overload
def transformer(
    f: Callable[Concatenate[TDataItem, P], object],
    /,
    data_from: DataFrom = ...,
    name: str | ByArguments | None = None,
    *,
    table_name: Hint[str] | None = None,
    **options: Unpack[HintOptions],
) -> DltResource[P]: ...
@overload
def transformer(
    f: None = None,
    /,
    data_from: DataFrom = ...,
    name: str | ByArguments | None = None,
    *,
    table_name: Hint[str] | None = None,
    **options: Unpack[HintOptions],
) -> Callable[[Callable[Concatenate[TDataItem, P], object]], DltResource[P]]: ...
def transformer(
    f: Wrapped | None = None,
    /,
    data_from: DataFrom = NO_PARENT,
    name: str | ByArguments | None = None,
    *,
    table_name: Hint[str] | None = None,
    **options: Unpack[HintOptions],
) -> DltResource | Callable[[Wrapped], DltResource]:
    """Make a transformer: a resource whose function takes each item of a parent first.

    Args:
        f: The function; it may yield items or return one.
        data_from: Parent; bind it later with `parent | transformer` by default.
        name: Name of the resource, or a function of its arguments that gives it; the function's name by default.
        table_name: Name of the table, the resource's name by default.
        **options: As for `resource`.

    Raises:
        ResourceFunctionExpected: `f` is no function.
        InvalidTransformerGeneratorFunction: the function takes no item.
    """
    if f is not None and not callable(f):
        raise ResourceFunctionExpected(
            f"Transformer '{name}': found {type(f).__name__}. Pass a function of one item; its parent goes into "
            "data_from.",
            resource_name=name,
            item=f,
        )
    made = resource(name=name, table_name=table_name, data_from=data_from, **options)
    return made if f is None else made(f)


def defer(f: Callable[P, Result]) -> Callable[P, Callable[[], Result]]:
    """Let calls of a function be evaluated in the thread pool: yield them from a resource.

    Args:
        f: The function.
    """

    @functools.wraps(f)
    def deferred(*args: P.args, **kwargs: P.kwargs) -> Callable[[], Result]:
        return functools.partial(f, *args, **kwargs)

    return deferred


__getattr__ = absent_names(
    __name__,
    "dlt.source makes what SourceFactory is the class of.",
    "_DltSingleSource DltSourceFactoryWrapper",
)

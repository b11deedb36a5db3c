"""`@dlt.destination`: a function that takes batches of rows becomes a destination."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, ClassVar, Concatenate, Protocol, TypeAlias, overload

from dlt.configuration.inject import with_arguments, with_config
from dlt.configuration.similar import did_you_mean
from dlt.configuration.spec import BaseConfiguration
from dlt.destinations.base import Destination, DestinationRef, resolve_destination
from dlt.destinations.client_spec import DestinationClientConfiguration
from dlt.destinations.function_client import BatchOptions, FunctionClient
from dlt.destinations.impl.destination.configuration import CustomDestinationClientConfiguration
from dlt.errors import (
    InvalidDestinationReference,
    UnknownDestinationSetting,
)
from dlt.schema.capabilities import Capabilities
from dlt.schema.schema import Schema
from dlt.types import P, TDataItems, Wrapped, override
from dlt.user_log import tell_without_effect

# names of PyPI dlt 1.x for rows as JSON
_FORMATS = {"typed-jsonl": "jsonl", "puae-jsonl": "jsonl"}


Batches: TypeAlias = "Callable[Concatenate[TDataItems, Any, P], object]"
"""A function of batches: of which type it says that the table is, it alone knows."""


class FunctionFactory(Protocol[P]):
    """What the decorator makes of a function, as checkers see it: it takes what the function takes after the table."""

    @overload
    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> FunctionDestination: ...
    @overload
    def __call__(self, *, destination_name: str, **bound: object) -> FunctionDestination: ...


class OpenBatches(Protocol):
    """A function of batches that takes any further arguments, which no ParamSpec matches for mypy."""

    def __call__(self, items: TDataItems, table: Any, **bound: Any) -> object: ...


class FunctionDecorator(Protocol):
    """The decorator with its options."""

    @overload
    def __call__(self, function: Batches[P], /) -> FunctionFactory[P]: ...
    @overload
    def __call__(self, function: OpenBatches, /) -> Callable[..., FunctionDestination]: ...


@overload
def destination(
    func_or_name: Batches[P],
    *,
    loader_file_format: str | None = None,
    batch_size: int = 10,
    name: str | None = None,
    destination_name: str | None = None,
    destination_type: DestinationRef | None = None,
    naming_convention: str = "direct",
    skip_dlt_columns_and_tables: bool = True,
    max_table_nesting: int | None = 0,
    spec: type[BaseConfiguration] | None = None,
    max_parallel_load_jobs: int | None = None,
    loader_parallelism_strategy: str | None = None,
    **kwargs: object,
) -> FunctionFactory[P]: ...
@overload
def destination(
    func_or_name: OpenBatches,
    *,
    loader_file_format: str | None = None,
    batch_size: int = 10,
    name: str | None = None,
    destination_name: str | None = None,
    destination_type: DestinationRef | None = None,
    naming_convention: str = "direct",
    skip_dlt_columns_and_tables: bool = True,
    max_table_nesting: int | None = 0,
    spec: type[BaseConfiguration] | None = None,
    max_parallel_load_jobs: int | None = None,
    loader_parallelism_strategy: str | None = None,
    **kwargs: object,
) -> Callable[..., FunctionDestination]: ...
@overload
def destination(
    func_or_name: None = None,
    *,
    loader_file_format: str | None = None,
    batch_size: int = 10,
    name: str | None = None,
    destination_name: str | None = None,
    destination_type: DestinationRef | None = None,
    naming_convention: str = "direct",
    skip_dlt_columns_and_tables: bool = True,
    max_table_nesting: int | None = 0,
    spec: type[BaseConfiguration] | None = None,
    max_parallel_load_jobs: int | None = None,
    loader_parallelism_strategy: str | None = None,
    **kwargs: object,
) -> FunctionDecorator: ...
@overload
def destination(func_or_name: str, *, name: str | None = None, **kwargs: Any) -> Destination: ...
def destination(
    func_or_name: Wrapped | str | None = None,
    *,
    loader_file_format: str | None = None,
    # the defaults of PyPI dlt 1.x
    batch_size: int = 10,
    name: str | None = None,
    destination_name: str | None = None,
    destination_type: DestinationRef | None = None,
    naming_convention: str = "direct",
    skip_dlt_columns_and_tables: bool = True,
    max_table_nesting: int | None = 0,
    spec: type[BaseConfiguration] | None = None,
    max_parallel_load_jobs: int | None = None,
    loader_parallelism_strategy: str | None = None,
    **kwargs: Any,
) -> Callable[..., FunctionDestination] | Callable[[Wrapped], Callable[..., FunctionDestination]] | Destination:
    """Make a destination of a function `(items, table)`; or name a destination and its settings.

    Every batch is delivered at least once; a batch whose delivery was recorded is not delivered again when the package
    is loaded once more. An error that is a `TerminalException` of `dlt.errors` fails the package; after any other the
    package waits for the next run.

    Args:
        func_or_name: The function, or the name of a destination.
        loader_file_format: "parquet" for Arrow tables as items; rows as dicts otherwise.
        batch_size: Rows of a batch; 0 to get the path of the whole file.
        name: Name under which it is configured; that of the function when None.
        destination_name: The same.
        destination_type: What kind of destination the first argument names, where that is a name of its own.
        naming_convention: How keys become names of columns.
        skip_dlt_columns_and_tables: Leave out what the library adds.
        max_table_nesting: Levels of nested tables; 0 keeps documents whole.
        spec: Spec for further arguments of the function.
        max_parallel_load_jobs: Without effect, and said so: batches are delivered one after the other.
        loader_parallelism_strategy: Likewise.
        kwargs: Further arguments of the function, or settings of the named destination; `destination_callable`, a
            function or its path, makes a destination of this name of it.
    """
    for option, value in (
        ("max_parallel_load_jobs", max_parallel_load_jobs),
        ("loader_parallelism_strategy", loader_parallelism_strategy),
    ):
        if value is not None:
            tell_without_effect(f"dlt.destination: {option}", "batches are delivered one after the other")
    # a name with a function is a destination of its own, a name alone one that is known
    called: Any = None
    if isinstance(func_or_name, str):
        called = kwargs.pop("destination_callable", None)
        if called is None:
            own = destination_name or name or (func_or_name if destination_type is not None else None)
            kind = func_or_name if destination_type is None else destination_type
            return resolve_destination(kind, destination_name=own)(kwargs.pop("credentials", None), **kwargs)

    options = BatchOptions(
        batch_size=batch_size,
        file_format=loader_file_format,
        naming=naming_convention,
        skip=skip_dlt_columns_and_tables,
        nesting=max_table_nesting,
        spec=spec,
    )

    def wrap(function: Wrapped) -> _Factory:
        if not callable(function):
            raise InvalidDestinationReference(f"{function!r} is not a function (items, table).")
        return _Factory(function, destination_name or name or function.__name__, kwargs, options)

    if isinstance(func_or_name, str):
        name = name or func_or_name
        return wrap(_imported(called) if isinstance(called, str) else called)()
    return wrap if func_or_name is None else wrap(func_or_name)


def function_destination(
    destination_callable: Wrapped | str | None = None, destination_name: str | None = None, **options: Any
) -> Destination:
    """Return the destination that a function is: `dlt.destinations.destination`.

    Args:
        destination_callable: The function, or its path, as package.module.function.
        destination_name: Name under which it is configured; that of the function when None.
        options: Options of the decorator, and arguments of the function.

    Raises:
        InvalidDestinationReference: there is no such function.
    """
    called = _imported(destination_callable) if isinstance(destination_callable, str) else destination_callable
    if not callable(called):
        raise InvalidDestinationReference(
            f"destination_callable is {called!r}. Give a function (items, table), or its path as "
            "package.module.function; a function decorated with @dlt.destination is passed as it is."
        )
    return destination(called.__name__, name=destination_name, destination_callable=called, **options)


# what stands in a module of the user's is of any type
def _imported(path: str) -> Any:
    module, _, name = path.rpartition(".")
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise InvalidDestinationReference(
            f"destination_callable {path!r} cannot be imported: {str(error).rstrip('.')}. Give a function "
            "(items, table), or its path as package.module.function."
        ) from error


class _Factory:
    """What the decorator makes of a function: called with arguments, it gives a destination."""

    # tells it from other functions, where a program passes it in place of a destination
    destination_type = "dlt.destinations.destination"

    def __init__(self, function: Wrapped, name: str, arguments: Mapping[str, object], options: BatchOptions) -> None:
        self.__name__, self.__doc__ = function.__name__, function.__doc__
        self._function, self._name, self._arguments, self._options = function, name, arguments, options

    def __call__(self, destination_name: str | None = None, **bound: object) -> FunctionDestination:
        """Return the destination.

        Args:
            destination_name: Name under which it is configured.
            bound: Arguments of the function.
        """
        arguments = {**self._arguments, **bound}
        return FunctionDestination(self._function, destination_name or self._name, arguments, self._options)


class FunctionDestination(Destination):
    """A destination that hands batches to a function."""

    kind: ClassVar[str] = "destination"

    def __init__(self, function: Wrapped, name: str, arguments: Mapping[str, object], options: BatchOptions) -> None:
        super().__init__(destination_name=name)
        _check_arguments(function, name, arguments)
        self.function, self.arguments, self.options = function, arguments, options

    @property
    @override
    def config_params(self) -> dict[str, object]:
        """Return what the program set: the function, how it gets its rows, and its arguments."""
        options = self.options
        # programs ask the function for the spec of its arguments, and call it as it is called here
        base = CustomDestinationClientConfiguration if options.spec is None else None
        sections = ("destination", self.destination_name)
        found = {
            "destination_callable": with_config(self.function, options.spec, sections, base=base),
            "loader_file_format": options.file_format,
            "batch_size": options.batch_size,
            "skip_dlt_columns_and_tables": options.skip,
            "max_table_nesting": options.nesting,
            **self.arguments,
            "destination_name": self.destination_name,
        }
        return {name: value for name, value in found.items() if value is not None}

    @property
    @override
    def spec(self) -> type[DestinationClientConfiguration]:
        """Return the spec that the function was given, if it is one of destinations."""
        own = self.options.spec
        return own if own is not None and issubclass(own, DestinationClientConfiguration) else super().spec

    def own_capabilities(self) -> Capabilities:
        """Return what a function takes."""
        taken = self.options.file_format or "jsonl"
        return replace(
            Capabilities(),
            # batches are cut from Arrow; a function that gets paths gets the format that it asked for
            preferred_loader_file_format="arrow" if self.options.batch_size else _FORMATS.get(taken, taken),
            naming_convention=self.options.naming,
            max_table_nesting=self.options.nesting,
            keeps_types=False,
            keeps_own_tables=False,
            # what it took it keeps, so that nothing could be checked before
            supported_checks=(),
        )

    @override
    def check_settings(self) -> None:
        """Resolve the function's arguments."""
        self._completed()

    @override
    @contextmanager
    def connect(self, dataset_name: str, schema: Schema | None = None) -> Iterator[FunctionClient]:
        """Resolve the function's arguments."""
        # now and not at the first batch: what is missing is told before anything is extracted
        yield FunctionClient(self._completed(), self.options)

    def _completed(self) -> Wrapped:
        sections = ("destination", self.destination_name)
        return with_arguments(self.function, (None, None), self.arguments, self.options.spec, sections)


def _check_arguments(function: Wrapped, name: str, arguments: Iterable[str]) -> None:
    parameters = list(inspect.signature(function).parameters.values())
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return
    known = [parameter.name for parameter in parameters[2:]]
    for argument in arguments:
        if argument not in known:
            raise UnknownDestinationSetting(
                f"destination {name}: its function has no parameter {argument!r}"
                f"{did_you_mean(argument, known) or '.'} It takes {', '.join(known) or 'items and table only'}.",
                setting=argument,
            )


__all__: Sequence[str] = ("destination",)

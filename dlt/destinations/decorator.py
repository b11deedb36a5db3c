"""`@dlt.destination`: a function that takes batches of rows becomes a destination."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, ClassVar, Concatenate, Protocol, TypeAlias, overload

from dlt.configuration import with_config
from dlt.configuration.similar import did_you_mean
from dlt.configuration.spec import BaseConfiguration
from dlt.destinations.base import Destination, DestinationRef, resolve_destination
from dlt.destinations.impl.dummy.client import DummyClient
from dlt.errors import (
    DestinationTransientException,
    InvalidDestinationReference,
    LoadJobTerminalException,
    LoadJobTransientException,
    TerminalException,
    UnknownDestinationSetting,
)
from dlt.io import failpoints
from dlt.late import orjson, pa, pq
from dlt.late_dataclass import dataclass
from dlt.schema.capabilities import Capabilities
from dlt.schema.schema import Schema
from dlt.schema.system_tables import is_system_name
from dlt.schema.typing import ColumnSchema, TableSchema
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
    destination_callable: Wrapped | str, destination_name: str | None = None, **options: Any
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


@dataclass(frozen=True)
class BatchOptions:
    """How a function gets its rows.

    Attributes:
        batch_size: Rows of a batch; 0 to get the path of the whole file.
        file_format: "parquet" for Arrow tables; rows as dicts otherwise.
        naming: How keys become names of columns.
        skip: Leave out what the library adds.
        nesting: Levels of nested tables.
        spec: Spec for further arguments of the function.
    """

    batch_size: int
    file_format: str | None
    naming: str
    skip: bool
    nesting: int | None
    spec: type[BaseConfiguration] | None


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
        )

    @override
    @contextmanager
    def connect(self, dataset_name: str, schema: Schema | None = None) -> Iterator[FunctionClient]:
        """Resolve the function's arguments."""
        sections = ("destination", self.destination_name)
        call = with_config(self.function, spec=self.options.spec, sections=sections)
        yield FunctionClient(lambda items, table: call(items, table, **self.arguments), self.options)


class FunctionClient(DummyClient):
    """Hand over batches, and remember which were taken."""

    def __init__(self, call: Callable[[TDataItems, TableSchema], object], options: BatchOptions) -> None:
        self._call, self._options = call, options

    @override
    def load_files(self, table: TableSchema, target: str, paths: Sequence[str], file_format: str) -> None:
        """Hand over the rows of some files."""
        for path in paths:
            self.load_file(table, path, file_format)

    def load_file(self, table: TableSchema, path: str, file_format: str) -> None:
        """Hand over the rows of one file.

        Raises:
            LoadJobTerminalException: the function failed with a terminal error.
            DestinationTransientException: the function asks to be tried again, or failed with an error of its own.
        """
        if self._options.skip and is_system_name(table["name"]):
            return
        shown: TableSchema = {**table, "columns": self._columns(table)}
        size = self._options.batch_size
        with _Delivered(path) as done:
            batches = self._batches(shown, path, file_format, size, done.count) if size else self._whole(path, done)
            # in order, one after the other: the number of rows that were delivered says where to go on
            for count, batch in batches:
                self._deliver(shown, batch, done.count)
                done.record(count)

    def _deliver(self, table: TableSchema, batch: TDataItems, start: int) -> None:
        try:
            self._call(batch, table)
        except DestinationTransientException:
            raise
        except TerminalException as error:
            raise LoadJobTerminalException(_failure(table, start, error), table=table["name"]) from error
        except Exception as error:
            # a function's libraries do not know our errors; a lost connection must not cost the package
            raise LoadJobTransientException(_failure(table, start, error), table=table["name"]) from error

    def _columns(self, table: TableSchema) -> dict[str, ColumnSchema]:
        skip = self._options.skip
        return {name: column for name, column in table["columns"].items() if not (skip and is_system_name(name))}

    @staticmethod
    def _whole(path: str, done: _Delivered) -> Iterator[tuple[int, TDataItems]]:
        if done.count == 0:
            yield 1, path

    def _batches(
        self, table: TableSchema, path: str, file_format: str, size: int, start: int
    ) -> Iterator[tuple[int, TDataItems]]:
        """Yield the rows behind `start` in batches, each with the number of rows up to its end."""
        rows = _read(path, file_format)
        rows = rows.select([name for name in rows.column_names if name in table["columns"]])
        documents = [name for name, column in table["columns"].items() if column.get("data_type") == "json"]
        for first in range(start, rows.num_rows, size):
            part = rows.slice(first, size)
            end = first + part.num_rows
            if self._options.file_format == "parquet":
                yield end, part
                continue
            items = part.to_pylist()
            for item in items:
                for name in documents:
                    # Arrow holds documents as texts, and a function gets what the source gave
                    if item.get(name) is not None:
                        item[name] = orjson.loads(item[name])
            yield end, items


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


def _read(path: str, file_format: str) -> pa.Table:
    if file_format == "parquet":
        return pq.read_table(path, memory_map=True)
    with pa.memory_map(path) as source:
        return pa.ipc.open_stream(source).read_all()


def _failure(table: TableSchema, start: int, error: BaseException) -> str:
    return (
        f"table {table['name']}: the destination function failed on the batch behind row {start} with "
        f"{type(error).__name__}: {error}"
    )


class _Delivered:
    """How many rows of a file were delivered, in lines of a small file beside it; the last whole line counts.

    Lines are not synced: a killed process keeps them, and a machine that loses power delivers some batches again.
    """

    def __init__(self, path: str) -> None:
        self._path = f"{path}.delivered"
        self.count = 0

    def __enter__(self) -> _Delivered:
        # to append: what an earlier try delivered counts
        self._file = open(self._path, "a+b")
        self._file.seek(0)
        # what stands behind the last line end was cut off by a kill
        whole = self._file.read().split(b"\n")[:-1]
        self.count = int(whole[-1]) if whole else 0
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def record(self, count: int) -> None:
        """Remember that so many rows were delivered."""
        self.count = count
        self._file.write(b"%d\n" % count)
        self._file.flush()
        failpoints.point("destination.batch_delivered")


__all__: Sequence[str] = ("destination",)

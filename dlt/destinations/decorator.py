"""`@dlt.destination`: a function that takes batches of rows becomes a destination."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, ClassVar

from dlt.configuration import with_config
from dlt.destinations.base import Destination
from dlt.destinations.impl.dummy import DummyClient
from dlt.errors import DestinationTransientException, InvalidDestinationReference, LoadJobTerminalException
from dlt.schema.capabilities import Capabilities
from dlt.schema.schema import Schema
from dlt.schema.system_tables import is_system_name
from dlt.schema.typing import TableSchema
from dlt.workdir import atomic


def destination(
    func_or_name: Callable[..., Any] | str | None = None,
    *,
    loader_file_format: str | None = None,
    batch_size: int = 10,
    name: str | None = None,
    naming_convention: str = "direct",
    skip_dlt_columns_and_tables: bool = True,
    max_table_nesting: int | None = 0,
    spec: Any = None,
    max_parallel_load_jobs: int | None = None,
    loader_parallelism_strategy: str | None = None,
    **kwargs: Any,
) -> Any:
    """Make a destination of a function `(items, table)`; or name a destination and its settings.

    Every batch is delivered at least once; a batch whose delivery was recorded is not delivered again when the package
    is loaded once more.

    Args:
        func_or_name: The function, or the name of a destination.
        loader_file_format: "parquet" for Arrow tables as items; rows as dicts otherwise.
        batch_size: Rows of a batch; 0 to get the path of the whole file.
        name: Name under which it is configured; that of the function when None.
        naming_convention: How keys become names of columns.
        skip_dlt_columns_and_tables: Leave out what the library adds.
        max_table_nesting: Levels of nested tables; 0 keeps documents whole.
        spec: Spec for further arguments of the function.
        max_parallel_load_jobs: Accepted for programs that pass it.
        loader_parallelism_strategy: Accepted for programs that pass it.
        kwargs: Further arguments of the function, or settings of the named destination.
    """
    if isinstance(func_or_name, str):
        from dlt.destinations.references import resolve_destination

        own = kwargs.pop("destination_name", None) or name
        return resolve_destination(func_or_name, destination_name=own)(kwargs.pop("credentials", None), **kwargs)

    def wrap(function: Callable[..., Any]) -> Any:
        if not callable(function):
            raise InvalidDestinationReference(f"{function!r} is not a function (items, table).")

        def make(*args: Any, **bound: Any) -> FunctionDestination:
            return FunctionDestination(
                function,
                name or function.__name__,
                {**kwargs, **bound},
                batch_size=batch_size,
                as_arrow=loader_file_format == "parquet",
                naming=naming_convention,
                skip=skip_dlt_columns_and_tables,
                nesting=max_table_nesting,
                spec=spec,
            )

        make.destination_type = "destination"  # type: ignore[attr-defined]  # tells it from other functions
        make.__name__ = function.__name__
        make.__doc__ = function.__doc__
        return make

    return wrap if func_or_name is None else wrap(func_or_name)


class FunctionDestination(Destination):
    """A destination that hands batches to a function."""

    destination_type: ClassVar[str] = "destination"

    def __init__(self, function: Callable[..., Any], name: str, arguments: dict[str, Any], **options: Any) -> None:
        super().__init__(destination_name=name)
        self.function, self.arguments, self.options = function, arguments, options

    def capabilities(self) -> Capabilities:
        """Return what a function takes."""
        return replace(
            Capabilities(),
            naming_convention=self.options["naming"],
            max_table_nesting=self.options["nesting"],
            supports_transactions=False,
        )

    @contextmanager
    def connect(self, dataset_name: str, schema: Schema | None = None) -> Iterator[FunctionClient]:
        """Resolve the function's arguments."""
        sections = ("destination", self.destination_name)
        call = with_config(self.function, spec=self.options["spec"], sections=sections)
        yield FunctionClient(lambda items, table: call(items, table, **self.arguments), self.options)


class FunctionClient(DummyClient):
    """Hand over batches, and remember which were taken."""

    def __init__(self, call: Callable[[Any, TableSchema], Any], options: dict[str, Any]) -> None:
        self._call, self._options = call, options

    def load_file(self, table: TableSchema, target: str, path: str, file_format: str) -> None:
        """Hand over the rows of one file.

        Raises:
            LoadJobTerminalException: the function failed.
            DestinationTransientException: the function asks to be tried again.
        """
        if self._options["skip"] and is_system_name(table["name"]):
            return
        shown: TableSchema = {**table, "columns": self._columns(table)}
        done = _Delivered(path)
        size = self._options["batch_size"]
        batches = [path] if size == 0 else self._batches(shown, path, size)
        for number, batch in enumerate(batches):
            if number < done.count:
                continue
            try:
                self._call(batch, shown)
            except DestinationTransientException:
                raise
            except Exception as error:
                raise LoadJobTerminalException(
                    f"table {table['name']}: the destination function failed on batch {number} with "
                    f"{type(error).__name__}: {error}",
                    table=table["name"],
                ) from error
            done.record(number + 1)

    def _columns(self, table: TableSchema) -> dict[str, Any]:
        skip = self._options["skip"]
        return {name: column for name, column in table["columns"].items() if not (skip and is_system_name(name))}

    def _batches(self, table: TableSchema, path: str, size: int) -> Iterator[Any]:
        import orjson
        import pyarrow as pa

        documents = [name for name, column in table["columns"].items() if column.get("data_type") == "json"]
        with pa.memory_map(path) as source:
            rows = pa.ipc.open_stream(source).read_all()
            rows = rows.select([name for name in rows.column_names if name in table["columns"]])
            for start in range(0, rows.num_rows, size):
                part = rows.slice(start, size)
                if self._options["as_arrow"]:
                    yield part
                    continue
                items = part.to_pylist()
                for item in items:
                    for name in documents:
                        if item.get(name) is not None:
                            item[name] = orjson.loads(item[name])
                yield items


class _Delivered:
    """How many batches of a file were delivered, kept beside the file."""

    def __init__(self, path: str) -> None:
        self._path = f"{path}.delivered"
        self.count = 0
        if os.path.exists(self._path):
            with open(self._path, encoding="utf-8") as file:
                self.count = int(json.load(file))

    def record(self, count: int) -> None:
        """Remember that so many batches were delivered."""
        atomic.write_bytes(self._path, str(count).encode())


__all__: Sequence[str] = ("destination",)

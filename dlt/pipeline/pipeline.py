"""The pipeline object: one working folder, one destination, three steps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from dlt.extract.source import DltSource
from dlt.info import ExtractInfo, LoadInfo, NormalizeInfo
from dlt.pipeline import extracting, loading, normalizing, reading, running
from dlt.pipeline.extracting import Hints
from dlt.pipeline.inspect import Inspection
from dlt.pipeline.parts import make_parts
from dlt.pipeline.settings import PipelineSettings
from dlt.pipeline.trust import Trust
from dlt.schema.schema import Schema
from dlt.user_log import tell_without_effect

if TYPE_CHECKING:
    from typing_extensions import Self

    from dlt.dataset.dataset import Dataset, SchemaRef
    from dlt.destinations.base import DestinationRef
    from dlt.destinations.client import Client
    from dlt.destinations.sql.handle import SqlHandle
    from dlt.extract.vocabulary import (
        ColumnNamesHint,
        ColumnsHint,
        ContractHint,
        FileFormat,
        Refresh,
        WriteDispositionHint,
    )
    from dlt.pipeline.storage import DestinationClient
    from dlt.schema.typing import TableFormat, TableSchema
    from dlt.states.model import State

Value = TypeVar("Value")


class Pipeline(Inspection, Trust):
    """Move data: `run`, or `extract`, `normalize` and `load` one by one.

    Args:
        settings: Names, folders and options.
    """

    def __init__(self, settings: PipelineSettings) -> None:
        super().__init__(make_parts(settings, self))

    # -- steps

    def run(
        self,
        data: object = None,
        *,
        destination: DestinationRef | None = None,
        staging: DestinationRef | None = None,
        dataset_name: str | None = None,
        credentials: object = None,
        table_name: str | None = None,
        write_disposition: WriteDispositionHint | None = None,
        columns: ColumnsHint | None = None,
        primary_key: ColumnNamesHint | None = None,
        schema: Schema | None = None,
        loader_file_format: FileFormat | None = None,
        table_format: TableFormat | None = None,
        schema_contract: ContractHint | None = None,
        refresh: Refresh | None = None,
        source: object = None,
        dataset: str | None = None,
        name: str | None = None,
    ) -> LoadInfo:
        """Finish pending packages, then extract, normalize and load the data.

        With `compat.dlt1` a run that finds pending packages loads these only, as PyPI dlt 1.x does.

        Args:
            data: Source, resource, iterator, rows, frame, or a list of them; None to finish pending packages only.
            destination: Where to, if the pipeline does not say.
            staging: Where files wait, for destinations that load from there.
            dataset_name: Dataset at the destination.
            credentials: Credentials of the destination.
            table_name: Table for data without a name.
            write_disposition: "append", "replace", "merge" or a dict with the strategy.
            columns: Column hints.
            primary_key: Primary key.
            schema: Schema for all of the data.
            loader_file_format: Format of the files that are loaded.
            table_format: Format of tables at the destination.
            schema_contract: What may change in the schema.
            refresh: "drop_sources", "drop_resources" or "drop_data" first.
            source: The same as data.
            dataset: The same as dataset_name.
            name: The same as table_name.

        Raises:
            PipelineStepFailed: a step failed; the cause is chained.
            PipelineLocked: another process runs this pipeline.
        """
        data = _one_of("data", data, "source", source)
        dataset_name = _one_of("dataset_name", dataset_name, "dataset", dataset)
        table_name = _one_of("table_name", table_name, "name", name)
        hints = Hints(table_name, None, write_disposition, columns, primary_key, schema, table_format, schema_contract)
        parts = self.parts
        # the lock of the step that is under way would be waited for until it timed out
        parts.home.refuse_inside("run")
        self.activate()
        with parts.tracer.run():
            parts.target.choose(destination, staging, credentials, dataset_name)
            return running.run(parts, data, hints, refresh, loader_file_format)

    def extract(
        self,
        data: object = None,
        *,
        table_name: str | None = None,
        parent_table_name: str | None = None,
        write_disposition: WriteDispositionHint | None = None,
        columns: ColumnsHint | None = None,
        primary_key: ColumnNamesHint | None = None,
        schema: Schema | None = None,
        max_parallel_items: int | None = None,
        workers: int | None = None,
        table_format: TableFormat | None = None,
        schema_contract: ContractHint | None = None,
        refresh: Refresh | None = None,
        loader_file_format: FileFormat | None = None,
        source: object = None,
        name: str | None = None,
    ) -> ExtractInfo:
        """Extract data into packages, with the state that it leaves; all of it or nothing.

        Args:
            data: Source, resource, iterator, rows, frame, or a list of them.
            table_name: Table for data without a name.
            parent_table_name: Table that it is nested in.
            write_disposition: "append", "replace", "merge" or a dict with the strategy.
            columns: Column hints.
            primary_key: Primary key.
            schema: Schema for all of the data.
            max_parallel_items: Pieces of parallel work in flight.
            workers: Threads for parallel work.
            table_format: Format of tables at the destination.
            schema_contract: What may change in the schema.
            refresh: "drop_sources", "drop_resources" or "drop_data" first.
            loader_file_format: Without effect, and said so: it is given to normalize.
            source: The same as data.
            name: The same as table_name.

        Raises:
            PipelineStepFailed: with the cause chained; nothing was kept.
        """
        data = _one_of("data", data, "source", source)
        table_name = _one_of("table_name", table_name, "name", name)
        hints = Hints(table_name, None, write_disposition, columns, primary_key, schema, table_format, schema_contract)
        hints = replace(hints, parent_table_name=parent_table_name)
        if loader_file_format is not None:
            tell_without_effect("pipeline.extract: loader_file_format", "give it to pipeline.normalize")
        return extracting.extract(self.parts, data, hints, refresh, workers, max_parallel_items)

    @contextmanager
    def managed_state(self, *, extract_state: bool = False) -> Iterator[State]:
        """Change the state in a block; it is stored when the block ends without an error.

        Args:
            extract_state: Make a package of it, which takes it to the destination; else the next extract does.
        """
        with extracting.changed_state(self.parts) as state:
            yield state
        if extract_state:
            # a state travels in a package, and a package is of a schema
            name = self.parts.home.name_of_first_schema()
            self.extract(DltSource(self.schemas.get(name) or Schema(name)))

    def normalize(self, workers: int | None = None, loader_file_format: str | None = None) -> NormalizeInfo:
        """Turn extracted packages into tables ready to load.

        Args:
            workers: Without effect, and said so: columns are worked on by the threads of pyarrow.
            loader_file_format: Format of the files; the destination's preferred one when None.

        Raises:
            PipelineStepFailed: with the cause chained; the extracted packages stay.
        """
        if workers is not None:
            tell_without_effect("pipeline.normalize: workers", "columns are worked on by the threads of pyarrow")
        return normalizing.normalize(self.parts, loader_file_format)

    def load(
        self,
        destination: DestinationRef | None = None,
        dataset_name: str | None = None,
        credentials: object = None,
        *,
        workers: int | None = None,
        raise_on_failed_jobs: bool | None = None,
        dataset: str | None = None,
    ) -> LoadInfo:
        """Load normalized packages, each in one transaction.

        Args:
            destination: Where to, if the pipeline does not say.
            dataset_name: Dataset at the destination.
            credentials: Credentials of the destination.
            workers: Without effect, and said so: a package is loaded in one transaction.
            raise_on_failed_jobs: Raise when a job failed; by default the info tells.
            dataset: The same as dataset_name.

        Raises:
            PipelineStepFailed: with the cause chained; the packages stay.
        """
        dataset_name = _one_of("dataset_name", dataset_name, "dataset", dataset)
        if workers is not None:
            tell_without_effect("pipeline.load: workers", "a package is loaded in one transaction")
        return loading.load(self.parts, destination, dataset_name, credentials, raise_on_failed_jobs)

    # -- the destination

    def sync_destination(
        self,
        destination: DestinationRef | None = None,
        staging: DestinationRef | None = None,
        dataset_name: str | None = None,
    ) -> None:
        """Take state and schemas from the destination if they are newer; forget what the destination forgot.

        Args:
            destination: Where to, if the pipeline does not say.
            staging: Where files wait.
            dataset_name: Dataset at the destination.

        Raises:
            PipelineStepFailed: with the cause chained.
        """
        reading.sync(self.parts, destination, staging, dataset_name)

    def sync_schema(self, schema_name: str | None = None) -> dict[str, TableSchema]:
        """Make the tables and columns of a schema at the destination; return what was added, by table.

        Args:
            schema_name: Name of the schema; the default one when None.

        Raises:
            SchemaUpdateTerminalError: a column has another type at the destination.
        """
        return reading.make_tables(self.parts, self.schemas[schema_name] if schema_name else self.default_schema)

    def destination_client(self, schema_name: str | None = None) -> DestinationClient:
        """Return a client for the dataset of a schema: its names at once, the rest in a `with` block.

        Args:
            schema_name: Name of the schema; the default one when None.
        """
        return reading.storage_of(self.parts, schema_name)

    def destination_client_for(
        self, dataset: str | None = None, schema: str | Schema | None = None
    ) -> AbstractContextManager[Client]:
        """Return a client as loads have it, to be used in a `with` block.

        Args:
            dataset: Name of the dataset; that of the schema when None.
            schema: Schema of its tables, or the name of one.
        """
        return reading.loading_client(self.parts, dataset, schema)

    def sql_client(self, schema_name: str | None = None) -> SqlHandle:
        """Return a client that runs SQL in the dataset of a schema, inside of a `with` block.

        Args:
            schema_name: Name of the schema; the default one when None.
        """
        return reading.sql_client_for(self.parts, schema_name)

    @contextmanager
    def native_client(self, schema_name: str | None = None) -> Iterator[Any]:
        """Open the connection of the destination's own driver."""
        with self.sql_client(schema_name) as client:
            yield client.native_connection

    def dataset(self, schema: SchemaRef = None, dataset_type: str | None = None) -> Dataset:
        """Return the dataset for reading; before the first load it has no tables.

        Args:
            schema: Schemas or their names; all of the pipeline when None.
            dataset_type: "auto" or "default"; there is no other type.

        Raises:
            DatasetException: another type of dataset is asked for.
        """
        return reading.dataset_of(self.parts, schema, dataset_type)

    # -- the end of things

    def drop(self, pipeline_name: str | None = None) -> Self:
        """Delete the working folder's content: state, schemas and packages; the destination stays.

        Args:
            pipeline_name: Go on under another name: with a new pipeline, which is returned, active, and empty too.
        """
        home = self.parts.home
        home.refuse_inside("drop")
        with home.lock:
            home.forget()
            self.parts.target.forget_dataset()
        self.parts.tracer.forget()
        if not pipeline_name or pipeline_name == self.pipeline_name:
            return self
        # another object: programs go on with either of them, and each has one folder
        made = type(self)(replace(self.config, pipeline_name=pipeline_name))
        made.activate()
        return made.drop()

    def drop_pending_packages(self, with_partial_loads: bool = True) -> None:
        """Give all packages up that were not loaded; what their extracts changed in state and schemas goes back.

        Args:
            with_partial_loads: Without effect, and said so: no load is ever partial.
        """
        if not with_partial_loads:
            tell_without_effect("pipeline.drop_pending_packages: with_partial_loads=False", "no load is ever partial")
        self.abort_packages()

    def abort_packages(self, load_id: str | None = None, dry_run: bool = False) -> list[str]:
        """Give a package up that was not loaded, or all of them; return the load ids of all that went.

        What its extract changed in state and schemas goes back with it, so that its rows come again. Later packages
        that go on from where this one ended (the cursor of the same resource) go too: without it they leave a gap.

        Args:
            load_id: Load id of the package; all packages when None.
            dry_run: Only tell which ones would go.

        Raises:
            LoadPackageNotFound: no package of this load id waits.
        """
        from dlt.pipeline import giving_up

        return giving_up.give_up(self.parts, load_id, dry_run)


def _one_of(name: str, value: Value | None, alias: str, other: Value | None) -> Value | None:
    if value is not None and other is not None:
        raise TypeError(f"{name}= and its alias {alias}= were both given. Give one of them.")
    return other if value is None else value

"""Reading at the destination: clients, SQL, datasets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from dlt.errors import DatasetException, PipelineNeverRan, SqlClientNotAvailable
from dlt.pipeline.syncing import Syncing
from dlt.schema.schema import Schema
from dlt.schema.update import SchemaUpdate

if TYPE_CHECKING:
    from dlt.pipeline.dataset import Dataset


class Reading(Syncing):
    """Opens what the destination holds."""

    # -- reading at the destination

    def destination_client(self, schema_name: str | None = None) -> Any:
        """Return a client for the dataset of a schema, to be used in a `with` block."""
        self._need_destination("destination_client")
        name = schema_name or self.default_schema_name
        schema = self.schemas[name] if name and name in self.schemas else None
        return self.destination_client_for(self.dataset_for(name), schema)

    def sync_schema(self, schema_name: str | None = None) -> dict[str, Any]:
        """Make the tables and columns of a schema at the destination; return what was added, by table.

        Args:
            schema_name: Name of the schema; the default one when None.

        Raises:
            SchemaUpdateTerminalError: a column has another type at the destination.
        """
        schema = self.schemas[schema_name] if schema_name else self.default_schema
        wanted = {table["name"]: table for table in schema.missing_in(None).tables.values()}
        with self.destination_client(schema.name) as client:
            client.begin()
            try:
                client.create_dataset()
                missing = schema.missing_in(client.stored_tables(list(wanted)))
                client.apply_ddl(SchemaUpdate(wanted))
            except BaseException:
                client.rollback()
                raise
            client.commit()
        return dict(missing.tables)

    @contextmanager
    def sql_client(self, schema_name: str | None = None) -> Iterator[Any]:
        """Open a client that runs SQL in the dataset of a schema.

        Args:
            schema_name: Name of the schema; the default one when None.

        Raises:
            SqlClientNotAvailable: the destination has no SQL.
        """
        with self.destination_client(schema_name) as client:
            sql = client.sql_client()
            if sql is None:
                raise SqlClientNotAvailable(
                    f"pipeline {self.pipeline_name}: the destination {self.destination.destination_name} has no SQL. "
                    "Use pipeline.dataset(), or a destination with SQL.",
                    pipeline_name=self.pipeline_name,
                )
            yield sql

    @contextmanager
    def native_client(self, schema_name: str | None = None) -> Iterator[Any]:
        """Open the connection of the destination's own driver."""
        with self.sql_client(schema_name) as client:
            yield client.native_connection

    def dataset(self, schema: Any = None, dataset_type: str | None = None) -> Dataset:
        """Return the dataset for reading.

        Args:
            schema: Name of a schema, or a schema; the default one when None.
            dataset_type: "auto" or "default"; there is no other type.

        Raises:
            DatasetException: another type of dataset is asked for.
            PipelineNeverRan: there is no dataset yet.
        """
        if dataset_type not in (None, "auto", "default"):
            raise DatasetException(
                f"pipeline {self.pipeline_name}: there is no dataset of type {dataset_type!r}. Known are 'auto' and "
                "'default'; pipeline.sql_client() gives the connection to other libraries."
            )
        from dlt.pipeline.dataset import Dataset

        self._need_destination("dataset")
        given = schema if isinstance(schema, str) else getattr(schema, "name", None)
        if given is None and self.default_schema_name is None and self.config.restore_from_destination is not False:
            # it may have run on another machine
            self.sync_destination()
        name = given or self.default_schema_name
        if name is None:
            raise PipelineNeverRan(
                f"pipeline {self.pipeline_name} never ran, so there is no dataset to read. Run it first.",
                pipeline_name=self.pipeline_name,
                pipelines_dir=self.pipelines_dir,
            )
        found = schema if isinstance(schema, Schema) else self.schemas.get(name)
        return Dataset(
            self.dataset_for(name),
            lambda: self.destination_client_for(self.dataset_for(name), found),
            found,
        )

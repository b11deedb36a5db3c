"""What the destination holds: clients, SQL, datasets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING

from dlt.destinations.client import Client
from dlt.errors import DatasetException, SqlClientNotAvailable
from dlt.pipeline.parts import Parts
from dlt.schema.schema import Schema
from dlt.schema.typing import TableSchema
from dlt.schema.update import SchemaUpdate

if TYPE_CHECKING:
    from dlt.dataset.dataset import Dataset, SchemaRef
    from dlt.destinations.base import DestinationRef
    from dlt.destinations.sql.handle import SqlHandle
    from dlt.destinations.sql.sql_client import SqlClient
    from dlt.pipeline.storage import DestinationClient


def client_for(parts: Parts, schema_name: str | None) -> AbstractContextManager[Client]:
    """Return a client for the dataset of a schema, to be used in a `with` block.

    Args:
        parts: The pipeline.
        schema_name: Name of the schema; the default one when None.
    """
    parts.target.need("destination_client")
    name = schema_name or parts.home.default_schema_name
    schema = parts.home.schemas[name] if name and name in parts.home.schemas else None
    return parts.target.connect(parts.target.dataset_for(name), schema)


def loading_client(parts: Parts, dataset: str | None, schema: str | Schema | None) -> AbstractContextManager[Client]:
    """Return a client as loads have it, to be used in a `with` block.

    Args:
        parts: The pipeline.
        dataset: Name of the dataset; that of the schema when None.
        schema: Schema of its tables, or the name of one.
    """
    if dataset is None or isinstance(schema, str):
        return client_for(parts, schema.name if isinstance(schema, Schema) else schema)
    return parts.target.connect(dataset, schema)


def storage_of(parts: Parts, schema_name: str | None) -> DestinationClient:
    """Return a client for the dataset of a schema: what it names is there at once, the rest in a `with` block.

    Args:
        parts: The pipeline.
        schema_name: Name of the schema; the default one when None.

    Raises:
        SchemaNotFoundError: there is no schema of this name.
    """
    # programs ask for it, and no load needs it
    from dlt.pipeline.storage import DestinationClient, StorageConfiguration

    target, home = parts.target, parts.home
    target.need("destination_client")
    name = schema_name or home.default_schema_name
    schema = home.schemas[name] if name is not None else Schema(home.name_of_first_schema())
    config = StorageConfiguration(target.there(), target.dataset_for(name), schema.name)
    return DestinationClient(target.connect, config, schema, target.capabilities())


def make_tables(parts: Parts, schema: Schema) -> dict[str, TableSchema]:
    """Make the tables and columns of a schema at the destination; return what was added, by table.

    Args:
        parts: The pipeline.
        schema: The schema.

    Raises:
        SchemaUpdateTerminalError: a column has another type at the destination.
    """
    parts.home.refuse_planned("sync_schema")
    wanted = {table["name"]: table for table in schema.missing_in(None).tables.values()}
    with client_for(parts, schema.name) as client:
        client.begin()
        try:
            client.create_dataset()
            # asked before they are made: afterwards nothing is missing
            missing = schema.missing_in(client.stored_tables(list(wanted)))
            client.apply_ddl(SchemaUpdate(wanted))
        except BaseException:
            client.rollback()
            raise
        client.commit()
    return dict(missing.tables)


def sql_client_for(parts: Parts, schema_name: str | None) -> SqlHandle:
    """Return a client that runs SQL in the dataset of a schema, inside of a `with` block.

    Args:
        parts: The pipeline.
        schema_name: Name of the schema; the default one when None.
    """
    from dlt.destinations.sql.handle import SqlHandle

    parts.target.need("sql_client")
    dataset = parts.target.dataset_for(schema_name or parts.home.default_schema_name)
    return SqlHandle(lambda: _opened_sql(parts, schema_name), dataset, parts.target.capabilities())


@contextmanager
def _opened_sql(parts: Parts, schema_name: str | None) -> Iterator[SqlClient]:
    with client_for(parts, schema_name) as client:
        sql = client.sql_client()
        if sql is None:
            raise SqlClientNotAvailable(
                f"pipeline {parts.pipeline_name}: the destination {parts.target.there().destination_name} has no "
                "SQL. Use pipeline.dataset(), or a destination with SQL.",
                pipeline_name=parts.pipeline_name,
            )
        yield sql


def dataset_of(parts: Parts, schema: SchemaRef, dataset_type: str | None) -> Dataset:
    """Return the dataset of a pipeline for reading.

    Args:
        parts: The pipeline.
        schema: Schemas or their names; all of the pipeline when None.
        dataset_type: "auto" or "default"; there is no other type.

    Raises:
        DatasetException: another type of dataset is asked for.
    """
    # here, as a pipeline that only loads needs none of it
    from dlt.dataset.dataset import Dataset

    if dataset_type not in (None, "auto", "default"):
        raise DatasetException(
            f"pipeline {parts.pipeline_name}: there is no dataset of type {dataset_type!r}. Known are 'auto' and "
            "'default'; pipeline.sql_client() gives the connection to other libraries."
        )
    home, target = parts.home, parts.target
    target.need("dataset")
    if schema is None:
        sync_if_new(parts)
    first = home.default_schema_name
    asked: SchemaRef = schema
    if schema is None:
        names = [first, *(name for name in home.schemas if name != first)] if first is not None else []
        asked = [home.schemas[name] for name in names if name in home.schemas] or None
    elif isinstance(schema, str):
        asked = home.schemas.get(schema) or schema
    elif not isinstance(schema, Schema):
        asked = [home.schemas.get(one) or one if isinstance(one, str) else one for one in schema]
    one = asked[0] if isinstance(asked, list) and asked else asked
    name = one.name if isinstance(one, Schema) else one if isinstance(one, str) else None
    return Dataset(target.there(), target.dataset_for(name), asked, place=target)


def sync_if_new(parts: Parts) -> None:
    """Take state and schemas from the destination where the folder has none: the pipeline may have run elsewhere.

    Args:
        parts: The pipeline.
    """
    restores = parts.settings.restore_from_destination is not False and parts.home.planner is None
    if parts.home.default_schema_name is None and restores:
        sync(parts)


def sync(
    parts: Parts,
    destination: DestinationRef | None = None,
    staging: DestinationRef | None = None,
    dataset_name: str | None = None,
) -> None:
    """Take state and schemas from the destination if they are newer; forget what the destination forgot.

    Args:
        parts: The pipeline.
        destination: Where to, if the pipeline does not say.
        staging: Where files wait.
        dataset_name: Dataset at the destination.

    Raises:
        PipelineStepFailed: with the cause chained.
    """
    parts.home.refuse_planned("sync_destination")
    with parts.tracer.step("sync"):
        parts.target.choose(destination, staging, None, dataset_name)
        parts.target.need("sync")
        parts.begin()
        parts.remote.sync()

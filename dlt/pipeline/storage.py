"""The storage of a dataset as programs for PyPI `dlt` 1.x hold it: named at once, opened by a `with` block."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from types import TracebackType
from typing import TYPE_CHECKING

from dlt.destinations.sql.dbapi import ResultRow
from dlt.destinations.sql.handle import SqlHandle
from dlt.destinations.sql.sql_client import SqlClient, staging_name
from dlt.destinations.stored import StateInfo, StorageSchemaInfo
from dlt.errors import DatabaseUndefinedRelation, DatasetException, SqlClientNotAvailable
from dlt.late_dataclass import dataclass
from dlt.schema.schema import Schema
from dlt.schema.system_tables import PREFIX, STATE_TABLE, VERSION_TABLE, state_table, version_table
from dlt.schema.typing import ColumnSchema, TableSchema
from dlt.schema.update import SchemaUpdate

if TYPE_CHECKING:
    from typing_extensions import Self

    from dlt.destinations.base import Destination
    from dlt.destinations.client import Client
    from dlt.schema.capabilities import Capabilities


@dataclass(frozen=True)
class StorageConfiguration:
    """Where a dataset is.

    Attributes:
        destination: The destination, with its settings.
        dataset_name: Name of the dataset.
        default_schema_name: Name of the schema whose tables it has.
    """

    destination: Destination
    dataset_name: str
    default_schema_name: str | None = None

    @property
    def destination_type(self) -> str:
        """Return the short name of the kind of destination."""
        return self.destination.kind

    @property
    def destination_name(self) -> str:
        """Return the name under which the destination is configured."""
        return self.destination.destination_name

    @property
    def environment(self) -> str | None:
        """Return the text that tells destinations apart."""
        return self.destination.configured_environment()

    @property
    def credentials(self) -> object:
        """Return the credentials as the program gave them; None where they are configured."""
        return self.destination.credentials

    @property
    def bucket_url(self) -> object:
        """Return where a destination of files keeps its datasets, None for all others."""
        return self.destination.settings.get("bucket_url")

    def fingerprint(self) -> str:
        """Return a hash that tells physical destinations apart."""
        return self.destination.fingerprint()

    def __str__(self) -> str:
        return self.destination.displayable_credentials()


class DestinationClient:
    """The tables of one dataset, and what the destination remembers of schemas and states.

    Args:
        connect: Opens a client for a dataset.
        config: Where the dataset is.
        schema: Schema of the tables.
        capabilities: What the destination can do.
    """

    def __init__(
        self,
        connect: Callable[[str, Schema], AbstractContextManager[Client]],
        config: StorageConfiguration,
        schema: Schema,
        capabilities: Capabilities,
    ) -> None:
        self._connect, self.config, self.schema, self.capabilities = connect, config, schema, capabilities
        self.dataset_name = config.dataset_name
        self._client: Client | None = None
        self._sql: SqlClient | None = None
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self._client = self._stack.enter_context(self._connect(self.dataset_name, self.schema))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        self._client = self._sql = None
        return self._stack.__exit__(kind, error, trace)

    def _need(self) -> Client:
        if self._client is None:
            raise DatasetException(
                f"dataset {self.dataset_name}: the client is not open. Use it inside of a block: "
                "with pipeline.destination_client() as client: ..."
            )
        return self._client

    # -- SQL

    @property
    def sql_client(self) -> SqlClient | SqlHandle:
        """Return what runs SQL in the dataset; outside of the block it tells names only.

        Raises:
            SqlClientNotAvailable: the destination has no SQL.
        """
        if self._client is None:
            return SqlHandle(self._opened_sql, self.dataset_name, self.capabilities)
        if self._sql is None:
            self._sql = sql_of(self._client, self.config.destination_name)
        return self._sql

    @contextmanager
    def _opened_sql(self) -> Iterator[SqlClient]:
        with self._connect(self.dataset_name, self.schema) as client:
            yield sql_of(client, self.config.destination_name)

    @contextmanager
    def with_staging_dataset(self) -> Iterator[Self]:
        """Work on the dataset in which rows wait for the length of a block."""
        before = self.dataset_name, self._client, self._sql
        self.dataset_name = staging_name(self.dataset_name)
        try:
            with self._connect(self.dataset_name, self.schema) as client:
                self._client, self._sql = client, None
                yield self
        finally:
            self.dataset_name, self._client, self._sql = before

    # -- the dataset

    def is_storage_initialized(self) -> bool:
        """Tell whether the dataset is there."""
        return self._need().has_dataset()

    def initialize_storage(self, truncate_tables: Iterable[str] | None = None) -> None:
        """Make the dataset if it is not there, and empty tables that are there.

        Args:
            truncate_tables: Names of the tables.
        """
        self._change(lambda client: client.create_dataset())
        if names := list(truncate_tables or ()):
            self._change(lambda client: client.remove_tables((), names))

    def drop_storage(self) -> None:
        """Delete the dataset with all in it."""
        self._need().drop_dataset()
        self._sql = None

    # -- tables

    def get_storage_tables(self, table_names: Iterable[str]) -> Iterator[tuple[str, dict[str, ColumnSchema]]]:
        """Yield each name with the columns that its table has, none where it is not there.

        Args:
            table_names: Names of the tables.
        """
        names = list(table_names)
        found = self._need().stored_tables(names)
        for name in names:
            yield name, dict(found.get(name, {}))

    def get_storage_table(self, table_name: str) -> tuple[bool, dict[str, ColumnSchema]]:
        """Return whether a table is there, and its columns.

        Args:
            table_name: Name of the table.
        """
        ((_, columns),) = self.get_storage_tables([table_name])
        return bool(columns), columns

    def update_stored_schema(self, only_tables: Iterable[str] | None = None) -> dict[str, TableSchema]:
        """Make tables and columns of the schema that are not there; return what was added, by table.

        Args:
            only_tables: Names of the tables; all when None.

        Raises:
            SchemaUpdateTerminalError: a column has another type at the destination.
        """
        every = self.schema.missing_in(None).tables.values()
        # those of the library's own come with the first load, where the destination has any
        wanted = {table["name"]: table for table in every if not table["name"].startswith(PREFIX)}
        if only_tables is not None:
            wanted = {name: wanted[name] for name in only_tables if name in wanted}
        # asked before they are made: afterwards nothing is missing
        missing = self.schema.missing_in(self._need().stored_tables(list(wanted))).tables

        def make(client: Client) -> None:
            client.create_dataset()
            client.apply_ddl(SchemaUpdate(wanted))

        self._change(make)
        return {name: table for name, table in missing.items() if name in wanted}

    def complete_load(self, load_id: str) -> None:
        """Write that a load is complete.

        Args:
            load_id: Its id.
        """
        self._change(lambda client: client.record_load(load_id, self.schema))

    def drop_tables(self, *tables: str) -> None:
        """Delete tables.

        Args:
            tables: Their names.
        """
        self._change(lambda client: client.remove_tables(tables, ()))

    def _change(self, change: Callable[[Client], None]) -> None:
        client = self._need()
        client.begin()
        try:
            change(client)
        except BaseException:
            client.rollback()
            raise
        client.commit()
        # engines of files look at their tables when a client for SQL is made
        self._sql = None

    # -- what the destination remembers

    def get_stored_schema(self, schema_name: str | None = None) -> StorageSchemaInfo | None:
        """Return the newest version of a schema, None where there is none.

        Args:
            schema_name: Name of the schema; that of any when None.
        """
        where = {} if schema_name is None else {"schema_name": schema_name}
        return self._stored_version(where)

    def get_stored_schema_by_hash(self, version_hash: str) -> StorageSchemaInfo | None:
        """Return a version of a schema, None where it is not there.

        Args:
            version_hash: Hash of the version.
        """
        return self._stored_version({"version_hash": version_hash})

    def get_stored_state(self, pipeline_name: str) -> StateInfo | None:
        """Return the newest state of a pipeline, None where there is none.

        Args:
            pipeline_name: Name of the pipeline.
        """
        row = self._newest(STATE_TABLE, state_table(), {"pipeline_name": pipeline_name}, "version")
        return None if row is None else StateInfo(*row[:7])

    def _stored_version(self, where: dict[str, str]) -> StorageSchemaInfo | None:
        row = self._newest(VERSION_TABLE, version_table(), where, "inserted_at")
        if row is None:
            return None
        version, engine, inserted_at, name, version_hash, schema = row
        return StorageSchemaInfo(version_hash, name, version, engine, inserted_at, schema)

    def _newest(self, name: str, table: TableSchema, where: dict[str, str], by: str) -> ResultRow | None:
        sql = self.sql_client
        columns = ", ".join(sql.escape_column_name(column) for column in table["columns"])
        asked = "".join(f" AND {sql.escape_column_name(column)} = %s" for column in where)
        query = f"SELECT {columns} FROM {sql.make_qualified_table_name(name)} WHERE 1 = 1{asked}"
        query += f" ORDER BY {sql.escape_column_name(by)} DESC LIMIT 1"
        try:
            with sql.execute_query(query, *where.values(), columns=table["columns"]) as cursor:
                return cursor.fetchone()
        except DatabaseUndefinedRelation:
            # nothing was loaded yet
            return None


def sql_of(client: Client, destination_name: str) -> SqlClient:
    """Return what runs SQL with an open client.

    Args:
        client: The client.
        destination_name: Its destination, for the message.

    Raises:
        SqlClientNotAvailable: the destination has no SQL.
    """
    found = client.sql_client()
    if found is None:
        raise SqlClientNotAvailable(
            f"the destination {destination_name} has no SQL. Use pipeline.dataset(), or a destination with SQL."
        )
    return found

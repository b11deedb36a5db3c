"""The tables of one dataset at a destination."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING

from dlt.dataset.relation import Relation
from dlt.destinations.base import DestinationRef, resolve_destination
from dlt.errors import DatasetException, SqlClientNotAvailable
from dlt.schema.schema import Schema
from dlt.schema.system_columns import LOAD_ID
from dlt.schema.system_tables import LOADS_TABLE
from dlt.user_log import tell_without_effect

if TYPE_CHECKING:
    from dlt.destinations.client import Client
    from dlt.destinations.sql.sql_client import SqlClient


class Dataset:
    """The tables of one dataset.

    Args:
        dataset_name: Its name at the destination.
        connect: Opens a client of the destination.
        schema: What its tables look like, if known.
    """

    def __init__(
        self, dataset_name: str, connect: Callable[[], AbstractContextManager[Client]], schema: Schema | None = None
    ) -> None:
        self.dataset_name = dataset_name
        self._connect = connect
        self._schema = schema

    @property
    def schema(self) -> Schema:
        """Return the schema.

        Raises:
            DatasetException: none is known, here or at the destination.
        """
        if self._schema is None:
            with self._connect() as client:
                stored = client.read_schema()
            if stored is None:
                raise DatasetException(f"dataset {self.dataset_name} holds no schema. Load something first.")
            self._schema = Schema.from_dict(stored)
        return self._schema

    @property
    def tables(self) -> list[str]:
        """Return the names of the tables, those of the library last."""
        return [*self.schema.data_table_names(), *self.schema.dlt_table_names()]

    @contextmanager
    def sql_client(self) -> Iterator[SqlClient]:
        """Open a client that runs SQL in the dataset."""
        with self._connect() as client:
            sql = client.sql_client()
            if sql is None:
                raise SqlClientNotAvailable(f"dataset {self.dataset_name}: its destination has no SQL.")
            yield sql

    def table(self, table_name: str, *, load_ids: Sequence[str] | None = None) -> Relation:
        """Return a table; nothing is read yet.

        Args:
            table_name: Name of the table, also as the source gave it.
            load_ids: Keep only rows of these loads.

        Raises:
            DatasetException: there is no such table.
        """
        known = self.tables
        if table_name not in known:
            # people write the name that the source gave it
            normalized = self.schema.naming.normalize_tables_path(table_name)
            if normalized not in known:
                raise DatasetException(
                    f"dataset {self.dataset_name} has no table {table_name!r}. It has {', '.join(known)}."
                )
            table_name = normalized
        found = Relation(self, table=table_name)
        return found.from_loads(load_ids) if load_ids is not None else found

    def query(self, query: str, query_dialect: str | None = None, *, _execute_raw_query: bool = True) -> Relation:
        """Return the result of a query; it runs as it is written, when it is read.

        Args:
            query: SQL of the destination.
            query_dialect: Dialect in which the query is written, as sqlglot names it.
            _execute_raw_query: False is without effect, and that is said.

        Raises:
            DatasetException: the destination speaks another dialect.
        """
        # to translate it would need a parser of every dialect; 1.x has one
        if query_dialect is not None:
            with self.sql_client() as client:
                spoken = client.capabilities.sqlglot_dialect
            if query_dialect != spoken:
                raise DatasetException(
                    f"dataset {self.dataset_name}: a query in the dialect {query_dialect!r} runs as it is written, and "
                    f"the destination speaks {spoken!r}. Write it in that dialect, or translate it with sqlglot."
                )
        if not _execute_raw_query:
            tell_without_effect("dataset.query: _execute_raw_query=False", "queries run as they are written")
        return Relation(self, sql=str(query))

    __call__ = query

    def __getitem__(self, table_name: str) -> Relation:
        return self.table(table_name)

    def __getattr__(self, name: str) -> Relation:
        # Python asks for these of every object, and each question would be one to the destination
        if name.startswith("__"):
            raise AttributeError(name)
        try:
            return self.table(name)
        except DatasetException as error:
            raise AttributeError(str(error)) from error

    def row_counts(
        self,
        *,
        data_tables: bool = True,
        dlt_tables: bool = False,
        table_names: Sequence[str] | None = None,
        load_id: str | None = None,
    ) -> Relation:
        """Return the number of rows of each table, in columns `table_name` and `row_count`.

        Args:
            data_tables: Count users' tables.
            dlt_tables: Count the tables of the library.
            table_names: Count these tables instead.
            load_id: Count only rows of this load, in tables that carry load ids.
        """
        names = list(table_names or [])
        if not names:
            names += self.schema.data_table_names() if data_tables else []
            names += self.schema.dlt_table_names() if dlt_tables else []
        if load_id is not None:
            # nested tables have no load id of their own
            names = [name for name in names if LOAD_ID in self.schema.get_table_columns(name)]
        if not names:
            # SQL has no union of nothing
            return Relation(self, sql="SELECT '' AS table_name, 0 AS row_count WHERE 1 = 0")
        with self.sql_client() as client:
            condition = f" WHERE {LOAD_ID} = {client.literal(load_id)}" if load_id is not None else ""
            parts = [
                f"SELECT {client.literal(name)} AS table_name, COUNT(*) AS row_count "
                f"FROM {client.make_qualified_table_name(name)}{condition}"
                for name in names
            ]
        return Relation(self, sql=" UNION ALL ".join(parts))

    def loads_table(self) -> Relation:
        """Return the table of complete loads."""
        return self.table(LOADS_TABLE)

    def load_ids(self, schema_name: str | None = None) -> list[str]:
        """Return the ids of complete loads, oldest first."""
        # ids are seconds since the epoch, all with ten digits before the point: as texts they stand in order of time
        relation = self.loads_table().select("load_id").order_by("load_id")
        if schema_name:
            relation = relation.where("schema_name", "eq", schema_name)
        return [row[0] for row in relation.fetchall()]

    def latest_load_id(self, schema_name: str | None = None) -> str | None:
        """Return the id of the last complete load."""
        found = self.load_ids(schema_name)
        return found[-1] if found else None

    def __repr__(self) -> str:
        return f"<dlt dataset {self.dataset_name}>"


def open_dataset(destination: DestinationRef, dataset_name: str, schema: str | Schema | None = None) -> Dataset:
    """Return a dataset of a destination, without a pipeline.

    Args:
        destination: Name of the destination, or the destination.
        dataset_name: Name of the dataset.
        schema: Schema of its tables; the newest stored one when None.
    """
    found = resolve_destination(destination)
    # the name of a schema says nothing of its tables: they are read from the destination
    known = None if isinstance(schema, str) else schema
    return Dataset(dataset_name, lambda: found.connect(dataset_name, known), known)

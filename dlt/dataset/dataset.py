"""The tables of one dataset at a destination."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Union

from dlt.dataset.binding import Known
from dlt.dataset.cursors import Cursor
from dlt.dataset.expressions import tree_of
from dlt.dataset.ibis_tables import connected
from dlt.dataset.lineage import create_sqlglot_schema, need_query, parse
from dlt.dataset.query import star
from dlt.dataset.relation import Relation, whole
from dlt.destinations.base import Destination, DestinationRef, resolve_destination
from dlt.destinations.queries import build_row_counts_expr
from dlt.destinations.sql.handle import SqlHandle
from dlt.destinations.sql.sql_client import SqlClient
from dlt.errors import DatasetException, LineageFailedException, RelationException, SqlClientNotAvailable, UnknownTable
from dlt.late import exp
from dlt.schema.naming import naming_from
from dlt.schema.schema import Schema
from dlt.schema.system_columns import LOAD_ID
from dlt.schema.system_tables import OCCASIONAL
from dlt.schema.table import typed_columns
from dlt.schema.typing import ColumnSchema
from dlt.user_log import tell_without_effect

if TYPE_CHECKING:
    from sqlglot.schema import MappingSchema

    from dlt.dataset.ibis_backend import DatasetBackend, Native
    from dlt.destinations.client import Client

SchemaRef = Union[str, Schema, Sequence[Union[str, Schema]], None]
"""A schema or its name, or several; None for what is there."""


class Place(Protocol):
    """Where a dataset is, as a pipeline knows it."""

    def connect(self, dataset: str, schema: Schema | None) -> AbstractContextManager[Client]:
        """Open a client in a dataset."""

    def dataset_for(self, schema_name: str | None) -> str:
        """Return the dataset of a schema."""

    def location(self) -> str:
        """Return where the data goes, without secrets."""


class OnePlace:
    """A dataset that no pipeline knows: all of its schemas are in it.

    Args:
        destination: The destination.
        dataset_name: Name of the dataset.
    """

    def __init__(self, destination: Destination, dataset_name: str) -> None:
        self._destination, self._name = destination, dataset_name

    def connect(self, dataset: str, schema: Schema | None) -> AbstractContextManager[Client]:
        """Open a client in a dataset."""
        return self._destination.connect(dataset, schema)

    def dataset_for(self, schema_name: str | None) -> str:  # noqa: ARG002 - of a pipeline, schemas may have their own
        """Return the dataset of a schema."""
        return self._name

    def location(self) -> str:
        """Return where the data is, without secrets."""
        return self._destination.displayable_credentials()


class Dataset:
    """The tables of one dataset.

    Args:
        destination: Name of the destination, or the destination.
        dataset_name: Its name at the destination.
        schema: What its tables look like: schemas or their names; the newest stored schema when None.
        place: Where it is, if a pipeline knows it.
    """

    def __init__(
        self, destination: DestinationRef, dataset_name: str, schema: SchemaRef = None, *, place: Place | None = None
    ) -> None:
        self.dataset_name = dataset_name
        self._destination = resolve_destination(destination)
        self._place: Place = place or OnePlace(self._destination, dataset_name)
        self._asked = schema
        self._found: tuple[Schema, ...] | None = None
        self._opened = ExitStack()
        self._client: SqlClient | None = None

    # -- schemas and tables

    @property
    def schemas(self) -> tuple[Schema, ...]:
        """Return the schemas, the default one first; one without tables of users if nothing was loaded yet.

        Raises:
            DatasetException: an empty list of schemas was given.
        """
        if self._found is None:
            asked = self._asked
            several = [asked] if asked is None or isinstance(asked, (str, Schema)) else list(asked)
            if not several:
                raise RelationException(f"dataset {self.dataset_name}: the list of schemas must not be empty.")
            self._found = tuple(one if isinstance(one, Schema) else self._stored(one) for one in several)
        return self._found

    def _stored(self, name: str | None) -> Schema:
        with self._place.connect(self._place.dataset_for(name), None) as client:
            stored = client.read_schema(name) if client.has_dataset() else None
        if stored is not None:
            return Schema.from_dict(stored)
        return Schema(naming_from().normalize_identifier(name or self.dataset_name))

    @property
    def schema(self) -> Schema:
        """Return the schema; the default one of several."""
        return self.schemas[0]

    @property
    def tables(self) -> list[str]:
        """Return the names of the tables, by schema, those of the library last."""
        names = [name for one in self.schemas for name in (*one.data_table_names(), *one.dlt_table_names())]
        return list(dict.fromkeys(names))

    def find(self, table: str, dataset: str = "") -> Known | None:
        """Return a table, None if there is none of this name.

        Args:
            table: Its name.
            dataset: Its dataset; that of the first schema that has it when empty.
        """
        columns: dict[str, ColumnSchema] = {}
        for schema in self.schemas:
            place = self._place.dataset_for(schema.name)
            if table in schema.tables and place.casefold() == (dataset or place).casefold():
                # schemas that share a dataset share its tables
                dataset = place
                for name, column in typed_columns(schema.tables[table]).items():
                    columns.setdefault(name, column)
        if not columns and table in OCCASIONAL:
            # in no schema: the first load that needs it makes it
            dataset = dataset or self._place.dataset_for(self.schema.name)
            columns = OCCASIONAL[table]()["columns"]
        return Known(dataset, table, columns) if columns else None

    @property
    def sqlglot_schema(self) -> MappingSchema:
        """Return tables and columns as sqlglot looks them up."""
        by_dataset: dict[str, list[Schema]] = {}
        for schema in self.schemas:
            by_dataset.setdefault(self._place.dataset_for(schema.name), []).append(schema)
        return create_sqlglot_schema(by_dataset, self.destination_dialect)

    # -- the destination

    @property
    def destination_dialect(self) -> str | None:
        """Return the name that sqlglot has for the SQL of the destination."""
        return self._destination.capabilities().sqlglot_dialect

    @property
    def destination_client(self) -> AbstractContextManager[Client]:
        """Return a client of the destination, to be opened by `with`."""
        return self._place.connect(self.dataset_name, self.schema)

    @property
    def sql_client_class(self) -> type[SqlClient]:
        """Return the class of clients that run SQL."""
        return SqlClient

    @property
    def sql_client(self) -> SqlHandle:
        """Return a client that runs SQL in the dataset, to be opened by `with`."""
        return SqlHandle(lambda: self.session(frozenset()), self.dataset_name, self._destination.capabilities())

    @contextmanager
    def session(self, datasets: frozenset[str]) -> Iterator[SqlClient]:
        """Open a client that runs SQL; inside of `with dataset:` it is one for all.

        Args:
            datasets: Those of a query; where it reads one only, bare names mean tables of it.
        """
        name = next(iter(datasets)) if len(datasets) == 1 else self.dataset_name
        if self._client is not None and name == self.dataset_name:
            yield self._client
            return
        sharing = [schema for schema in self._found or () if self._place.dataset_for(schema.name) == name]
        # a client for one schema need not show what others have
        with self._place.connect(name, sharing[0] if len(sharing) == 1 else None) as client:
            sql = client.sql_client()
            if sql is None:
                raise SqlClientNotAvailable(f"dataset {self.dataset_name}: its destination has no SQL.")
            yield sql

    def __enter__(self) -> Dataset:
        if self._client is not None:
            raise DatasetException(f"dataset {self.dataset_name} is open already.")
        self._client = self._opened.enter_context(self.session(frozenset()))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        self._client = None
        return self._opened.__exit__(kind, error, trace)

    def literal(self, value: object) -> str:
        """Return a value as the destination reads it.

        Raises:
            DatasetException: there is no literal for values of its class.
        """
        with self.session(frozenset()) as client:
            return client.literal(value)

    # -- relations

    def table(
        self, table_name: str, *, load_ids: Sequence[str] | None = None, incremental: Cursor | None = None
    ) -> Relation:
        """Return a table; nothing is read yet.

        Args:
            table_name: Name of the table, also as the source gave it.
            load_ids: Keep only rows of these loads.
            incremental: Keep only rows that this cursor has not passed.

        Raises:
            UnknownTable: there is no such table.
        """
        if self.find(table_name) is None:
            # people write the name that the source gave it
            normalized = self.schema.naming.normalize_tables_path(table_name)
            table_name = normalized if self.find(normalized) is not None else table_name
        found = whole(self, table_name)
        if load_ids is not None:
            found = found.from_loads(load_ids)
        return found.incremental(incremental) if incremental is not None else found

    def query(
        self,
        query: str | exp.Expr | Native,
        query_dialect: str | None = None,
        *,
        _execute_raw_query: bool = False,
    ) -> Relation:
        """Return the result of a query, which runs when it is read.

        Args:
            query: SQL, a tree of sqlglot, or an expression of ibis. Names of tables need no dataset.
            query_dialect: Dialect in which it is written, as sqlglot names it; that of the destination when None.
            _execute_raw_query: Run the text as it is written.

        Raises:
            LineageFailedException: it is no SELECT, or no SQL that sqlglot reads.
        """
        dialect = query_dialect or self.destination_dialect
        if _execute_raw_query:
            return Relation(self, raw=_raw(query, dialect))
        tree = parse(query, dialect) if isinstance(query, str) else need_query(tree_of(query, dialect))
        return Relation(self, tree)

    __call__ = query

    def __getitem__(self, table_name: str) -> Relation:
        return self.table(table_name)

    def __getattr__(self, name: str) -> Relation:
        # Python asks for these of every object, and each question would be one to the destination
        if name.startswith("__") or (name.startswith("_") and not name.startswith("_dlt")):
            raise AttributeError(name)
        try:
            return self.table(name)
        except UnknownTable as error:
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
            names += [name for one in self.schemas for name in one.data_table_names()] if data_tables else []
            names += [name for one in self.schemas for name in one.dlt_table_names()] if dlt_tables else []
        column = self.schema.naming.normalize_identifier(LOAD_ID)
        known = {name: found for name in dict.fromkeys(names) if (found := self.find(name)) is not None}
        if load_id is not None:
            # nested tables have no load id of their own
            names = [name for name in known if column in known[name].columns]
        counts = [
            build_row_counts_expr(name, dlt_load_id_col=column if load_id is not None else None, load_id=load_id)
            for name in dict.fromkeys(names)
        ]
        return Relation(self, _all_of(counts))

    def loads_table(self) -> Relation:
        """Return the table of complete loads."""
        return self.table(self.schema.loads_table_name)

    def load_ids(self, schema_name: str | None = None) -> list[str]:
        """Return the ids of complete loads, oldest first.

        Args:
            schema_name: Name of the schema; the default one when None.
        """
        # ids are seconds since the epoch, all with ten digits before the point: as texts they stand in order of time
        relation = self._loads_of(schema_name).select("load_id").order_by("load_id")
        return [row[0] for row in relation.fetchall()]

    def _loads_of(self, schema_name: str | None) -> Relation:
        name = schema_name or self.schema.name
        # of a schema that is not known, the loads can be in this dataset only
        known = name if any(schema.name == name for schema in self.schemas) else self.schema.name
        table = self.schema.loads_table_name
        loads = Relation(self, star(table, self._place.dataset_for(known)), base=table)
        return loads.where("schema_name", "eq", name).where("status", "eq", 0)

    def latest_load_id(self, schema_name: str | None = None) -> str | None:
        """Return the id of the last complete load.

        Args:
            schema_name: Name of the schema; the default one when None.
        """
        found: str | None = self._loads_of(schema_name).select("load_id").max().fetchscalar()
        return found

    def ibis(self, read_only: bool = False) -> DatasetBackend:
        """Return a connection of ibis to the dataset.

        Args:
            read_only: Without effect, and that is said: others can write while it is open.
        """
        if read_only:
            tell_without_effect("dataset.ibis: read_only", "the connection is one of those that also write")
        return connected(self)

    def is_same_dataset(self, other: object) -> bool:
        """Tell whether another dataset is the same one: of the same name at the same place."""
        return other is self or (isinstance(other, Dataset) and other.identity == self.identity)

    @property
    def identity(self) -> tuple[str, str]:
        """Return what tells datasets apart: the place, and the name there."""
        return self._destination.fingerprint(), self.dataset_name

    def _ipython_key_completions_(self) -> list[str]:
        return self.tables

    def __str__(self) -> str:
        place = f"`{self._destination.destination_name}[{self._place.location()}]`"
        return f"Dataset `{self.dataset_name}` at {place}{_told(self.schemas)}"

    def __repr__(self) -> str:
        known = "".join(f", schema={schema.name!r}" for schema in self._found or ())
        return f"<dlt.dataset(dataset_name={self.dataset_name!r}, destination={str(self._destination)!r}{known})>"


def _told(schemas: Sequence[Schema]) -> str:
    names = {schema.name: ", ".join(schema.data_table_names()) for schema in schemas}
    if len(names) > 1:
        return " with schemas:\n" + "\n".join(f"  {name}: {tables}" for name, tables in names.items())
    if not any(names.values()):
        return "\nDataset is not available at the destination.\n"
    return "".join(f" with schema `{name}`:\n  {tables}" for name, tables in names.items())


def _all_of(counts: Sequence[exp.Select]) -> exp.Query:
    if not counts:
        # SQL has no union of nothing
        nothing = exp.select(exp.convert("").as_("table_name"), exp.convert(0).as_("row_count"))
        return nothing.where(exp.false())
    return exp.union(*counts, distinct=False, copy=False) if len(counts) > 1 else counts[0]


def _raw(query: object, dialect: str | None) -> str:
    text = query if isinstance(query, str) else str(query)
    try:
        parse(text, dialect)
    except LineageFailedException as error:
        if error.__cause__ is None:
            raise RelationException(f"Must be an SQL SELECT statement: {text}") from error
    return text


def open_dataset(destination: DestinationRef, dataset_name: str, schema: SchemaRef = None) -> Dataset:
    """Return a dataset of a destination, without a pipeline.

    Args:
        destination: Name of the destination, or the destination.
        dataset_name: Name of the dataset.
        schema: Schemas of its tables, or their names; the newest stored one when None.
    """
    return Dataset(destination, dataset_name, schema)

"""The tables of a dataset of BigQuery, which are made and changed at once, before the transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

from google.cloud.bigquery import Dataset

from dlt.destinations.impl.bigquery.configuration import BigQuerySettings
from dlt.destinations.impl.bigquery.session import BigQuerySession
from dlt.destinations.impl.bigquery.tables import added_columns, columns_of, new_table, set_properties
from dlt.destinations.sql.catalog import Catalog
from dlt.destinations.sql.ddl import check_types, create_table
from dlt.error_kinds import database_error
from dlt.errors import DatabaseUndefinedRelation, SchemaUpdateTerminalError
from dlt.schema.renames import renamed_columns, renames_at
from dlt.schema.schema import Schema
from dlt.schema.system_columns import ROOT_ID
from dlt.schema.system_tables import kept_name
from dlt.schema.typing import ColumnSchema, TableSchema
from dlt.schema.update import SchemaUpdate

if TYPE_CHECKING:
    from google.cloud.bigquery import Table

_READERS = 4


class BigQueryCatalog(Catalog):
    """The tables of one dataset.

    Args:
        session: The connection.
        dataset_name: Name of the dataset.
        settings: What the user says.
        schema: Schema of the tables, if known.
    """

    session: BigQuerySession

    def __init__(
        self, session: BigQuerySession, dataset_name: str, settings: BigQuerySettings, schema: Schema | None = None
    ) -> None:
        super().__init__(session, dataset_name)
        self._settings, self._schema = settings, schema
        self._there: dict[str, Table | None] = {}
        self._dropped: dict[str, set[str]] = {}

    def begin(self) -> None:
        """Know nothing of the tables yet."""
        self._there, self._dropped = {}, {}

    def forget(self, *names: str) -> None:
        """Ask anew, for some tables or for all."""
        super().forget()
        self._there = {name: found for name, found in self._there.items() if names and name not in names}

    # -- names

    def qualified_dataset(self, dataset_name: str | None = None) -> str:
        """Return a dataset's name with its project, quoted."""
        return f"{self.dialect.quote(self.session.project_id)}.{self.dialect.quote(dataset_name or self.dataset_name)}"

    def path(self, table: str, dataset_name: str | None = None) -> list[str]:
        """Return the parts of a table's name in a query, not quoted."""
        return [self.session.project_id, *super().path(table, dataset_name)]

    @property
    def full_name(self) -> str:
        """Return the name of the dataset with its project, as requests have it."""
        return f"{self.session.project_id}.{self.dataset_name}"

    def _reference(self, table: str) -> str:
        return f"{self.full_name}.{table}"

    def _name_of(self, column: str) -> str:
        return self._schema.naming.normalize_path(column) if self._schema is not None else column

    # -- the dataset

    def has_dataset(self) -> bool:
        """Tell whether the dataset is there."""
        try:
            self.session.jobs.call(self.session.connection.get_dataset, self.full_name)
        except DatabaseUndefinedRelation:
            return False
        return True

    def create_dataset(self) -> None:
        """Make the dataset if it is not there."""
        if self.has_dataset():
            return
        if self.session.records:
            self.session.run_ddl(f"CREATE SCHEMA {self.qualified_dataset()}")
            return
        dataset = Dataset(self.full_name)
        dataset.location = self._settings.location
        # BigQuery tells cases apart unless the dataset says otherwise when it is made
        if not self._settings.has_case_sensitive_identifiers:
            dataset.is_case_insensitive = True
        # another load may make it at this moment
        self.session.jobs.call(self.session.connection.create_dataset, dataset, exists_ok=True)

    def drop_dataset(self) -> None:
        """Delete the dataset with all in it."""
        name = self.full_name
        self.session.jobs.call(self.session.connection.delete_dataset, name, delete_contents=True, not_found_ok=True)
        self._there = {}

    # -- tables

    def stored_tables(self, names: Sequence[str]) -> dict[str, dict[str, ColumnSchema]]:
        """Return the columns of tables that are there, by table."""
        asked = list(dict.fromkeys(names))
        new = [name for name in asked if name not in self._there]
        if len(new) > 1:
            # each question is a request of its own
            with ThreadPoolExecutor(_READERS) as pool:
                found = dict(zip(new, pool.map(self._fetch, new), strict=True))
        else:
            found = {name: self._fetch(name) for name in new}
        known = {**self._there, **found}
        # outside of a load others may change tables between two questions
        if self.session.transaction is not None:
            self._there.update(found)
        return {name: columns_of(native) for name in asked if (native := known[name]) is not None}

    def _fetch(self, name: str) -> Table | None:
        try:
            return self.session.jobs.call(self.session.connection.get_table, self._reference(name))
        except DatabaseUndefinedRelation:
            return None

    def _native(self, name: str) -> Table:
        """Return a table that was there a moment ago."""
        found = self._there.get(name) or self._fetch(name)
        if found is None:
            raise database_error("clash", f"bigquery: another program dropped {self._reference(name)} meanwhile.")
        return found

    def create(self, *tables: TableSchema) -> None:
        """Make tables; one that another pipeline made in between gets the columns that it lacks."""
        for table in tables:
            if self.session.records:
                # as a plan shows it; made by a request, which says all of it at once
                self.session.run_ddl(create_table(self.dialect, self.qualified(table["name"]), table))
                continue
            native = new_table(self._reference(table["name"]), table, self._name_of)
            made = self.session.jobs.call(self.session.connection.create_table, native, exists_ok=True)
            # another pipeline may have made it in between, with other columns
            grown = self._grow(table, columns_of(made))
            # of one that got columns the answer is out of date
            if self.session.transaction is not None and not grown:
                self._there[table["name"]] = made

    def _grow(self, table: TableSchema, there: Mapping[str, ColumnSchema]) -> dict[str, ColumnSchema]:
        """Add the columns that are not there; return them."""
        check_types(self.dialect, self.dataset_name, table, there)
        new = {column: spec for column, spec in table["columns"].items() if column not in there}
        if new:
            # by SQL: update_table sends the whole schema, which another load may have made longer meanwhile
            statement = added_columns(self.qualified(table["name"]), new)
            self._change(statement)
            self._there.pop(table["name"], None)
        return new

    def _change(self, statement: str) -> None:
        """Change a table at once; for a plan the statement is only noted."""
        if self.session.records:
            self.session.run_ddl(statement)
        else:
            self.session.jobs.patiently(partial(self.session.query, statement))

    def apply_ddl(self, update: SchemaUpdate) -> list[TableSchema]:
        """Add tables and columns at once: they have no rows and no values before the transaction.

        Nested tables that were there and now have a column for root ids are returned.

        Raises:
            SchemaUpdateTerminalError: a column has another type at BigQuery.
        """
        without_root_ids = []
        stored = self.stored_tables(list(update.tables))
        for name, table in update.tables.items():
            there = stored.get(name)
            if there is not None and name in self._dropped and not self._fits(table, there):
                # rows of the old table cannot stay until the transaction: the new one needs its name
                self._delete(name)
                self._dropped.pop(name)
                there = None
            if there is None:
                self.create(table)
                continue
            there = self._renamed(table, there)
            new = self._grow(table, there)
            native = self._native(name)
            changed = set_properties(native, table)
            if changed and not self.session.records:
                self.session.jobs.call(self.session.connection.update_table, native, changed)
            self._there.pop(name, None)
            if name in self._dropped:
                self._dropped[name] = set(there) - set(table["columns"])
            if ROOT_ID in new:
                without_root_ids.append(table)
        return without_root_ids

    def _renamed(self, table: TableSchema, there: dict[str, ColumnSchema]) -> dict[str, ColumnSchema]:
        """Give columns that are there under former names the new ones."""
        if names := renames_at(table, there):
            # what is kept for an undo comes back by the names of columns
            kept = kept_name(table["name"], self.dialect.capabilities.max_identifier_length)
            for name, columns in self.stored_tables([table["name"], kept]).items():
                for old in names.keys() & columns.keys():
                    statement = self.dialect.rename_column(self.qualified(name), old, names[old])
                    self._change(statement)
                self._there.pop(name, None)
        return renamed_columns(there, names)

    def _fits(self, table: TableSchema, there: Mapping[str, ColumnSchema]) -> bool:
        try:
            check_types(self.dialect, self.dataset_name, table, there)
        except SchemaUpdateTerminalError:
            return False
        native = self._native(table["name"])
        # a column by which the table is partitioned or clustered cannot be dropped after the transaction
        fixed = set(native.clustering_fields or ())
        for partitioning in (native.time_partitioning, native.range_partitioning):
            fixed |= {partitioning.field} if partitioning is not None and partitioning.field else set()
        required = {field.name for field in native.schema if field.mode == "REQUIRED"}
        return not (fixed | required) - set(table["columns"])

    def _delete(self, name: str) -> None:
        if self.session.records:
            self.session.run_ddl(f"DROP TABLE {self.qualified(name)}")
            return
        self.session.jobs.call(self.session.connection.delete_table, self._reference(name), not_found_ok=True)
        self._there.pop(name, None)

    def remove_tables(self, drop: Sequence[str], truncate: Sequence[str]) -> None:
        """Drop tables, and empty others, where they are there; inside of a load readers see the rows until its end."""
        stored = self.stored_tables([*drop, *truncate])
        for name in drop:
            if name not in stored:
                continue
            if self.session.transaction is not None:
                self._dropped[name] = set()
            else:
                self._delete(name)
        for name in truncate:
            if name in stored:
                sql = f"TRUNCATE TABLE {self.qualified(name)}"
                if self.session.transaction is not None:
                    self.session.change(sql)
                else:
                    self.session.query(sql)

    # -- what was dropped

    def empty_dropped(self) -> None:
        """Let the transaction empty the tables that were dropped in it: readers see their rows until its end."""
        for name in self._dropped:
            self.session.script.first(f"TRUNCATE TABLE {self.qualified(name)}")

    def take_dropped(self) -> dict[str, set[str]]:
        """Return the tables that were dropped in the transaction, with columns that are to go; forget them."""
        dropped, self._dropped, self._there = self._dropped, {}, {}
        return dropped

    def clean(self, dropped: Mapping[str, set[str]]) -> None:
        """Delete tables and columns that were dropped in a transaction.

        Raises:
            DestinationException: BigQuery does not do it.
        """
        for name, surplus in dropped.items():
            if surplus:
                columns = ", ".join(f"DROP COLUMN IF EXISTS {self.dialect.quote(c)}" for c in sorted(surplus))
                self.session.query(f"ALTER TABLE {self.qualified(name)} {columns}")
            elif self._schema is None or name not in self._schema.tables:
                self._delete(name)

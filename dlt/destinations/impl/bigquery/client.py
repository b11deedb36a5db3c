"""The client of one dataset: files into staging tables by jobs, everything published by one transaction.

What is asked for between `begin` and `commit` is collected as statements; `commit` sends them as one script, whose job
is named by the load id. So no transaction stays open on the server when this process dies.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

from dlt.clock import utc_now
from dlt.destinations.impl.bigquery.cursor import cursor_of
from dlt.destinations.impl.bigquery.fences import Fencing
from dlt.destinations.impl.bigquery.jobs import Jobs, parameters
from dlt.destinations.impl.bigquery.script import Script
from dlt.destinations.impl.bigquery.sql_client import BigQuerySqlClient
from dlt.destinations.impl.bigquery.staging import Staging
from dlt.destinations.impl.bigquery.tables import added_columns, columns_of, new_table, set_properties, table_hints
from dlt.destinations.ledger import STATES_KEPT, LoadRow, StateRow, VersionRow
from dlt.destinations.sql.ddl import check_types
from dlt.destinations.sql.dialect import Dialect
from dlt.destinations.sql.merge import Merge
from dlt.destinations.sql.sql_client import Cursor
from dlt.errors import DatabaseUndefinedRelation, DestinationException, SchemaUpdateTerminalError
from dlt.ids import digest_id, random_id
from dlt.schema.schema import Schema
from dlt.schema.system_columns import PARENT_ID, ROOT_ID, ROW_ID, ROW_ORDER
from dlt.schema.system_tables import LOADS_TABLE, STATE_TABLE, VERSION_TABLE, loads_table, state_table, version_table
from dlt.schema.typing import ColumnSchema, TableSchema
from dlt.schema.update import SchemaUpdate

_READERS = 4


@dataclass(frozen=True)
class Settings:
    """What the configuration says of a destination.

    Attributes:
        project_id: Project of the data.
        location: Where new datasets are.
        case_sensitive: Tell names of tables apart by case in new datasets.
        streaming: Stream rows where a table does not say how.
        bucket: Puts files into a bucket and returns their URLs, where files are staged.
    """

    project_id: str
    location: str
    case_sensitive: bool = True
    streaming: bool = False
    bucket: Any = None


class BigQueryClient(Fencing):
    """Work on one dataset.

    Args:
        dialect: How BigQuery writes names and types.
        dataset_name: Name of the dataset.
        jobs: Runs jobs.
        settings: What the configuration says.
        schema: Schema of the tables, if known.
    """

    def __init__(
        self, dialect: Dialect, dataset_name: str, jobs: Jobs, settings: Settings, schema: Schema | None = None
    ) -> None:
        super().__init__(dialect, dataset_name, jobs.client)
        self.jobs, self.settings, self._schema = jobs, settings, schema
        self.session_id: str | None = None
        self.looks_up_bare_names = False
        self._there: dict[str, Any] = {}
        self._reset()

    def _reset(self) -> None:
        self._script = Script()
        self._there = {}
        self._dropped: dict[str, set[str]] = {}
        where = f"{self.settings.project_id}.{self.dataset_name}"
        self._staging = Staging(self.jobs, where, self.settings.bucket)
        self._locked: list[str] = []
        self._filled: set[str] = set()
        self._load_id = ""
        self._holds = False

    def change(self, sql: str, parameters: Sequence[Any] = ()) -> None:
        """Add a statement to the transaction, with parameters written %s."""
        self._script.add(sql, parameters)

    # -- names

    def for_dataset(self, dataset_name: str) -> BigQueryClient:
        """Return a client for another dataset; statements go into the same transaction."""
        other = super().for_dataset(dataset_name)
        if dataset_name != self.dataset_name:
            other._there = {}
        return other

    def qualified_dataset(self, dataset_name: str | None = None) -> str:
        """Return a dataset's name with its project, quoted."""
        return f"{self.dialect.quote(self.settings.project_id)}.{self.dialect.quote(dataset_name or self.dataset_name)}"

    def _reference(self, table: str) -> str:
        return f"{self.settings.project_id}.{self.dataset_name}.{table}"

    def _name_of(self, column: str) -> str:
        return self._schema.naming.normalize_path(column) if self._schema is not None else column

    # -- queries

    def query(self, sql: str, parameters_: Sequence[Any] = ()) -> Cursor:
        """Run a query now, with parameters written %s."""
        from google.cloud.bigquery import ConnectionProperty, DatasetReference, QueryJobConfig

        config = QueryJobConfig()
        if parameters_:
            sql = sql.replace("%s", "?")
            config.query_parameters = parameters(parameters_)
        if self.looks_up_bare_names:
            config.default_dataset = DatasetReference(self.settings.project_id, self.dataset_name)
        if self.session_id:
            config.connection_properties = [ConnectionProperty("session_id", self.session_id)]
        return cursor_of(self.jobs.query(sql, config))

    def sql_client(self) -> BigQuerySqlClient:
        """Return a client for queries; bare table names mean tables of the dataset."""
        self.looks_up_bare_names = self.has_dataset()
        return BigQuerySqlClient(self, self.dataset_name)

    # -- dataset and tables

    def has_dataset(self) -> bool:
        """Tell whether the dataset is there."""
        try:
            self.jobs.call(self.connection.get_dataset, f"{self.settings.project_id}.{self.dataset_name}")
        except DatabaseUndefinedRelation:
            return False
        return True

    def create_dataset(self) -> None:
        """Make the dataset if it is not there."""
        from google.cloud.bigquery import Dataset

        if self.has_dataset():
            return
        dataset = Dataset(f"{self.settings.project_id}.{self.dataset_name}")
        dataset.location = self.settings.location
        if not self.settings.case_sensitive:
            dataset.is_case_insensitive = True
        self.jobs.call(self.connection.create_dataset, dataset, exists_ok=True)

    def drop_dataset(self) -> None:
        """Delete the dataset with all in it."""
        name = f"{self.settings.project_id}.{self.dataset_name}"
        self.jobs.call(self.connection.delete_dataset, name, delete_contents=True, not_found_ok=True)
        self._there = {}

    def stored_tables(self, names: Sequence[str]) -> dict[str, dict[str, ColumnSchema]]:
        """Return the columns of tables that are there, by table."""
        asked = list(dict.fromkeys(names))
        new = [name for name in asked if name not in self._there]
        if len(new) > 1:
            with ThreadPoolExecutor(_READERS) as pool:
                found = dict(zip(new, pool.map(self._fetch, new), strict=True))
        else:
            found = {name: self._fetch(name) for name in new}
        known = {**self._there, **found}
        if self._in_transaction:
            self._there.update(found)
        return {name: columns_of(known[name]) for name in asked if known[name] is not None}

    def _fetch(self, name: str) -> Any:
        try:
            return self.jobs.call(self.connection.get_table, self._reference(name))
        except DatabaseUndefinedRelation:
            return None

    def _create(self, *tables: TableSchema) -> None:
        for table in tables:
            native = new_table(self._reference(table["name"]), table, self._name_of)
            made = self.jobs.call(self.connection.create_table, native, exists_ok=True)
            # another pipeline may have made it in between, with other columns
            grown = self._grow(table, columns_of(made))
            if self._in_transaction and not grown:
                self._there[table["name"]] = made

    def _grow(self, table: TableSchema, there: Mapping[str, ColumnSchema]) -> dict[str, ColumnSchema]:
        """Add the columns that are not there; return them."""
        check_types(self.dialect, self.dataset_name, table, there)
        new = {column: spec for column, spec in table["columns"].items() if column not in there}
        if new:
            statement = added_columns(self.qualified(table["name"]), new)
            self.jobs.patiently(partial(self.query, statement))
            self._there.pop(table["name"], None)
        return new

    def apply_ddl(self, update: SchemaUpdate) -> None:
        """Add tables and columns at once: they have no rows and no values before the transaction.

        Raises:
            SchemaUpdateTerminalError: a column has another type at BigQuery.
        """
        stored = self.stored_tables(list(update.tables))
        for name, table in update.tables.items():
            there = stored.get(name)
            if there is not None and name in self._dropped and not self._fits(table, there):
                # rows of the old table cannot stay until the transaction: the new one needs its name
                self._delete(name)
                self._dropped.pop(name)
                there = None
            if there is None:
                self._create(table)
                continue
            new = self._grow(table, there)
            native = self._there.get(name) or self._fetch(name)
            changed = set_properties(native, table)
            if changed:
                self.jobs.call(self.connection.update_table, native, changed)
            self._there.pop(name, None)
            if name in self._dropped:
                self._dropped[name] = set(there) - set(table["columns"])
            if ROOT_ID in new:
                self.fill_root_ids(table)

    def _fits(self, table: TableSchema, there: Mapping[str, ColumnSchema]) -> bool:
        try:
            check_types(self.dialect, self.dataset_name, table, there)
        except SchemaUpdateTerminalError:
            return False
        native = self._there.get(table["name"]) or self._fetch(table["name"])
        # a column by which the table is partitioned or clustered cannot be dropped after the transaction
        fixed = set(native.clustering_fields or ())
        for partitioning in (native.time_partitioning, native.range_partitioning):
            fixed |= {partitioning.field} if partitioning is not None and partitioning.field else set()
        required = {field.name for field in native.schema if field.mode == "REQUIRED"}
        return not (fixed | required) - set(table["columns"])

    def _delete(self, name: str) -> None:
        self.jobs.call(self.connection.delete_table, self._reference(name), not_found_ok=True)
        self._there.pop(name, None)

    def fill_root_ids(self, table: TableSchema, where: Callable[[str], str] | None = None) -> None:
        """Give root ids to rows of a nested table that lack them, or for which a condition holds."""
        parent = table.get("parent")
        if not parent or table["name"] in self._filled:
            return
        self._filled.add(table["name"])
        known = self.stored_tables([parent]).get(parent, {})
        source = ROOT_ID if ROOT_ID in known else ROW_ID
        # a version of a history that came back is there twice, under one id
        roots = f"SELECT `{ROW_ID}`, MAX(`{source}`) AS root FROM {self.qualified(parent)} GROUP BY `{ROW_ID}`"
        self._script.add(
            f"UPDATE {self.qualified(table['name'])} AS n SET `{ROOT_ID}` = p.root "
            f"FROM ({roots}) AS p WHERE p.`{ROW_ID}` = n.`{PARENT_ID}` "
            f"AND {where('n') if where is not None else f'n.`{ROOT_ID}` IS NULL'}"
        )

    def remove_tables(self, drop: Sequence[str], truncate: Sequence[str]) -> None:
        """Drop tables, and empty others, where they are there; inside of a load readers see the rows until its end."""
        stored = self.stored_tables([*drop, *truncate])
        for name in drop:
            if name not in stored:
                continue
            if self._in_transaction:
                self._dropped[name] = set()
            else:
                self._delete(name)
        for name in truncate:
            if name in stored:
                sql = f"TRUNCATE TABLE {self.qualified(name)}"
                self._script.add(sql) if self._in_transaction else self.query(sql)

    # -- transaction

    def begin(self) -> None:
        """Begin to collect statements."""
        self._now = utc_now()
        self._reset()
        self._in_transaction = True

    def rollback(self) -> None:
        """Forget what was collected; staging tables stay for the next try, and expire."""
        self._in_transaction = False
        self._reset()

    def commit(self) -> None:
        """Send what was collected as one transaction.

        Raises:
            DestinationException: it failed, and nothing of it is visible.
        """
        for name in self._dropped:
            self._script.first(f"TRUNCATE TABLE {self.qualified(name)}")
        self._lock_tables()
        if self._script and self._load_id:
            self._publish_once(self._load_id, self._script)
        elif self._script:
            self.jobs.wait(self._script.start(self.connection, f"dlt_{random_id()}", self.jobs.call))
        dropped, staging = self._dropped, self._staging
        self._in_transaction = False
        self._reset()
        self._clean(dropped, staging)

    def _publish_once(self, load_id: str, script: Script) -> None:
        where = f"{self.settings.project_id}.{self.dataset_name}"
        try:
            self.jobs.finish(
                f"dlt_publish_{digest_id(f'{where} {load_id}')}",
                lambda job_id: script.start(self.connection, job_id, self.jobs.call),
                f"load {load_id}",
                counts=lambda: self._has_load_now(load_id),
            )
        except DestinationException:
            # another try of the same load may have been faster
            if not self._has_load_now(load_id):
                raise

    def _clean(self, dropped: Mapping[str, set[str]], staging: Staging) -> None:
        try:
            for name, surplus in dropped.items():
                if surplus:
                    columns = ", ".join(f"DROP COLUMN IF EXISTS {self.dialect.quote(c)}" for c in sorted(surplus))
                    self.query(f"ALTER TABLE {self.qualified(name)} {columns}")
                elif self._schema is None or name not in self._schema.tables:
                    self._delete(name)
            staging.drop()
        except DestinationException:
            # the load is complete; empty tables and columns harm nobody, and staging tables expire
            return

    # -- data

    def _staged_name(self, table: str, load_id: str) -> str:
        return self._staging.name(table, load_id)

    def stage(self, chain: Sequence[TableSchema], load_id: str) -> dict[str, str]:
        """Return the names of the staging tables; each is made when its first file comes."""
        return {table["name"]: self._staged_name(table["name"], load_id) for table in chain}

    def load_file(self, table: TableSchema, target: str, path: str, file_format: str) -> None:
        """Take one file."""
        self.load_files(table, target, [path], file_format)

    def load_files(self, table: TableSchema, target: str, paths: Sequence[str], file_format: str) -> None:
        """Send some files of one table; `publish` waits for their rows."""
        api = table_hints(table).get("insert_api")
        if api == "streaming" or (api is None and self.settings.streaming):
            self._staging.stream(table, target, paths, file_format)
        else:
            self._staging.load(table, target, paths, file_format)

    def publish(self, chain: Sequence[TableSchema], load_id: str) -> None:
        """Wait for the rows of a chain, and add the statements that bring them into its tables."""
        self._staging.wait()
        disposition = chain[0].get("write_disposition", "append")
        for table in chain:
            if disposition != "append" or self._staging.where(table["name"]):
                self._script.changes(self.qualified(table["name"]))
        if disposition in ("merge", "replace"):
            self._locked.append(f"table {chain[0]['name']}")
        if disposition == "merge":
            self._complete_root_ids(chain)
            now = self.dialect.moment(self._now)
            merge = Merge(self.dialect, chain, self._source, lambda table: self.qualified(table["name"]), load_id, now)
            for statement in merge.statements():
                self._script.add(statement)
            return
        for table in chain:
            final = self.qualified(table["name"])
            if disposition == "replace":
                # unlike DELETE it is free, and works on tables that need a filter by partition
                self._script.add(f"TRUNCATE TABLE {final}")
            if self._staging.where(table["name"]):
                names = ", ".join(map(self.dialect.quote, table["columns"]))
                self._script.add(f"INSERT INTO {final} ({names}) SELECT {names} FROM {self._source(table)} AS q")

    def _source(self, table: TableSchema) -> str:
        """Return the new rows of a table, as what stands after FROM."""
        staged = self._staging.where(table["name"])
        if staged is None:
            return f"(SELECT *, 0 AS {ROW_ORDER} FROM {self.qualified(table['name'])} WHERE FALSE)"
        documents = [self.dialect.quote(n) for n, column in table["columns"].items() if column["data_type"] == "json"]
        if not documents:
            return self.qualified(staged)
        # numbers that JSON in BigQuery cannot hold exactly are rounded, as a load job does
        parsed = ", ".join(f"PARSE_JSON({name}, wide_number_mode => 'round') AS {name}" for name in documents)
        return f"(SELECT * REPLACE ({parsed}) FROM {self.qualified(staged)})"

    # -- records

    def _has_load_now(self, load_id: str) -> bool:
        self._there.pop(LOADS_TABLE, None)
        return super().has_load(load_id)

    def record_load(self, load_id: str, schema: Schema) -> None:
        """Add the record that the load is complete, and the version of its schema."""
        self._need(loads_table())
        self._need(version_table())
        self._load_id = load_id
        version, versions = VersionRow.of(schema, self._now), self.qualified(VERSION_TABLE)
        self._script.add(
            f"INSERT INTO {versions} ({self._names(version_table())}) SELECT %s, %s, %s, %s, %s, %s FROM (SELECT 1) "
            f"WHERE NOT EXISTS (SELECT 1 FROM {versions} WHERE version_hash = %s AND schema_name = %s)",
            (*version.values(), version.version_hash, schema.name),
        )
        self._insert(LOADS_TABLE, loads_table(), LoadRow.of(load_id, schema, self._now).values())
        loads = self.qualified(LOADS_TABLE)
        self._script.guard(f"NOT EXISTS (SELECT 1 FROM {loads} WHERE load_id = %s)", "the load is there", load_id)

    def record_state(self, dataset_name: str, load_id: str, state: Mapping[str, Any]) -> None:
        """Add the state of the pipeline, and forget states that are long superseded."""
        client = self if dataset_name == self.dataset_name else self.for_dataset(dataset_name)
        client.create_dataset()
        client._need(state_table())
        row = StateRow.of(load_id, state, self._now)
        client._insert(STATE_TABLE, state_table(), row.values())
        sql = f"DELETE FROM {client.qualified(STATE_TABLE)} WHERE pipeline_name = %s AND version <= %s"
        self._script.add(sql, (row.pipeline_name, row.version - STATES_KEPT))

    def _names(self, table: TableSchema) -> str:
        return ", ".join(map(self.dialect.quote, table["columns"]))

    def _insert(self, name: str, table: TableSchema, values: Sequence[Any]) -> None:
        places = ", ".join(["%s"] * len(values))
        self._script.add(f"INSERT INTO {self.qualified(name)} ({self._names(table)}) VALUES ({places})", values)

    # -- sessions

    def open_session(self) -> None:
        """Run the queries that follow in one session."""
        from google.cloud.bigquery import QueryJobConfig

        config = QueryJobConfig(create_session=True)
        job = self.jobs.call(self.connection.query, "SELECT 1", job_config=config, job_retry=None)
        self.jobs.wait(job)
        self.session_id = job.session_info.session_id

    def close_session(self) -> None:
        """End the session, which would else stay for a day."""
        try:
            self.query("CALL BQ.ABORT_SESSION()")
        finally:
            self.session_id = None

"""What a load does at Redshift."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from dlt.destinations.impl.postgres.client import PostgresClient
from dlt.destinations.impl.postgres.copy import arrow_batches, other_batches
from dlt.destinations.impl.postgres.results import as_table
from dlt.destinations.impl.redshift.area import Area, copy_statement
from dlt.destinations.impl.redshift.dialect import MAX_TEXT
from dlt.destinations.impl.redshift.errors import translated
from dlt.destinations.impl.redshift.rows import (
    Columns,
    as_text_in_json,
    as_text_in_parquet,
    insert_values,
    write_json,
    write_parquet,
)
from dlt.destinations.ledger import FENCES_TABLE
from dlt.destinations.sql.client import SqlDestinationClient
from dlt.destinations.sql.sql_client import Cursor
from dlt.errors import DatabaseException, DatabaseTerminalException, DestinationException, SchemaUpdateTerminalError
from dlt.ids import digest_id
from dlt.schema.stored import packed
from dlt.schema.system_columns import PARENT_ID, ROOT_ID, ROW_ID, ROW_ORDER
from dlt.schema.system_tables import VERSION_TABLE
from dlt.schema.typing import TableSchema
from dlt.schema.update import SchemaUpdate
from dlt.user_log import logger

if TYPE_CHECKING:
    from typing_extensions import Self


TURNS_TABLE = "_dlt_turns"
"""A table without rows: whoever locks it may load into the dataset. Locks of Redshift keep readers out as well."""


SUPER, VARBYTE = 4000, 6551
"""OIDs of Redshift's own types, as Amazon's driver redshift_connector has them."""


_UPLOADS = 4


class RedshiftClient(PostgresClient):
    """Work on one schema of a Redshift database.

    Attributes:
        area: Opens the staging area; None sends rows by INSERT.
        copy_options: More options of COPY.
    """

    create_indexes = False
    area: Callable[[], Area] | None = None
    copy_options = ""
    _opened: Area | None = None
    _load_id = ""
    _has_turns = False

    # -- statements

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> Cursor:
        """Run SQL with parameters written %s; they become literals here, as the driver escapes for PostgreSQL."""
        return self._run(sql % tuple(map(self.dialect.literal, parameters)) if parameters else sql)

    def _run(self, sql: str, table: str | None = None, hide: Callable[[str], str] = str) -> Cursor:
        import psycopg2

        cursor = self.connection.cursor()
        try:
            cursor.execute(sql)
        except psycopg2.Error as error:
            found = translated(error, table)
            shown = hide(str(found))
            if shown != str(found):
                # the cause shows the statement, and the keys in it
                details = {key: value for key, value in vars(found).items() if key != "message"}
                raise type(found)(shown, **details) from None
            raise found from error
        return Cursor(cursor, lambda: as_table(cursor, documents={SUPER}, binaries={VARBYTE}))

    def for_dataset(self, dataset_name: str) -> Self:
        """Return a client on the same connection for another dataset, in the turn of this one."""
        other = super().for_dataset(dataset_name)
        other._has_ddl_lock = self._has_ddl_lock
        return other

    # -- transaction: loads into a dataset take turns, since all are serializable to Redshift

    def begin(self) -> None:
        """Start the transaction."""
        self._has_ddl_lock = False
        # before the transaction, whose first query would fix what all others of it see
        self._has_turns = self._is_there(TURNS_TABLE)
        SqlDestinationClient.begin(self)

    def create_dataset(self) -> None:
        """Make the schema if it is not there; in a transaction, wait for the turn of this load first."""
        if self._in_transaction and not self._has_ddl_lock:
            if not self._has_turns:
                self._make_turns()
            self._lock_ddl()
        elif not self.has_dataset():
            SqlDestinationClient.create_dataset(self)

    def _make_turns(self) -> None:
        # what a transaction locks must be there before; this one has done nothing yet
        self.query("ROLLBACK")
        if not self.has_dataset():
            self._made(lambda: SqlDestinationClient.create_dataset(self), self.has_dataset)
        sql = f"CREATE TABLE IF NOT EXISTS {self.qualified(TURNS_TABLE)} (turn BIGINT)"
        self._made(lambda: self.run_ddl(sql), lambda: self._is_there(TURNS_TABLE))
        self.query("BEGIN")
        self._has_turns = True

    def _made(self, make: Callable[[], object], is_there: Callable[[], bool]) -> None:
        try:
            make()
        except DatabaseException:
            # another load makes the same at this moment
            if not is_there():
                raise

    def _lock_ddl(self) -> None:
        """Wait for the turn of this transaction; readers of the tables do not wait."""
        if self._in_transaction and not self._has_ddl_lock and self._has_turns:
            self.query(f"LOCK TABLE {self.qualified(TURNS_TABLE)}")
            self._has_ddl_lock = True
            self._known = None

    @override
    def _hold_first(self, pipeline_name: str) -> None:
        # not by a lock of its own: the turn keeps all other loads out
        self._lock_ddl()

    def has_load(self, load_id: str) -> bool:
        """Tell whether a load is complete; of one that is, delete what a killed process left in the bucket."""
        self._lock_ddl()
        found = SqlDestinationClient.has_load(self, load_id)
        if found and self.area is not None:
            self._cleaning(lambda area: area.drop_load(load_id))
        return found

    def commit(self) -> None:
        """Make all of it visible at once; then delete the files that wait in the bucket."""
        super().commit()
        if self._opened is not None:
            load_id = self._load_id
            self._cleaning(lambda area: area.drop_load(load_id))

    def rollback(self) -> None:
        """Undo all of it, and delete the files of this try."""
        super().rollback()
        if self._opened is not None:
            self._cleaning(lambda area: area.drop())

    def _cleaning(self, clean: Callable[[Area], None]) -> None:
        try:
            clean(self._open_area())
        except DestinationException as error:
            # the load is as it is; the next one of the same id, or a rule of the bucket, deletes them
            logger.warning("dataset %s: staged files stay in the bucket: %s", self.dataset_name, error)

    # -- dataset and tables

    def _is_there(self, table: str) -> bool:
        sql = (
            "SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE n.nspname = %s AND c.relname = %s"
        )
        return self.query(sql, (self.dataset_name, table)).fetchone() is not None

    def fill_root_ids(self, table: TableSchema, where: Callable[[str], str] | None = None) -> None:
        """Give root ids to rows of a nested table that lack them, or for which a condition holds."""
        parent = table.get("parent")
        if not parent:
            return
        known = self.stored_tables([parent]).get(parent, {})
        source = self.dialect.quote(ROOT_ID if ROOT_ID in known else ROW_ID)
        name, root = self.qualified(table["name"]), self.dialect.quote(ROOT_ID)
        own, up = self.dialect.quote(PARENT_ID), self.dialect.quote(ROW_ID)
        self.query(
            f"UPDATE {name} SET {root} = p.{source} FROM {self.qualified(parent)} AS p "
            f"WHERE p.{up} = {name}.{own} AND {where(name) if where is not None else f'{name}.{root} IS NULL'}"
        )

    def _insert(self, name: str, table: TableSchema, values: Sequence[Any]) -> None:
        fitting = []
        for column, value in zip(table["columns"], values, strict=True):
            if isinstance(value, str) and len(value.encode()) > MAX_TEXT:
                if name == VERSION_TABLE:
                    value = packed(value)
                if len(value) > MAX_TEXT:
                    raise DatabaseTerminalException(
                        f"dataset {self.dataset_name}: {name}.{column} would have {len(value):,} bytes, and a text of "
                        f"Redshift has {MAX_TEXT:,} at most. Keep less in the state of the pipeline, or fewer tables "
                        "and columns in its schema."
                    )
            fitting.append(value)
        super()._insert(name, table, fitting)

    # -- fencing

    def claim(self, pipeline_name: str, load_id: str, attempt: int) -> int:
        """Take a load over from older tries, and end their sessions: one that sleeps would hold its turn.

        Raises:
            Superseded: a later attempt has it.
        """
        self._check_attempt(pipeline_name, load_id, attempt)
        mine = f"session {digest_id(f'{pipeline_name} {load_id}')} "
        # not by LIKE, to which the signs _ and % of a name are patterns
        begins = f"LEFT(fence_key, {len(mine)}) = %s"
        own = self.query("SELECT pg_backend_pid()").fetchone()
        if self.stored_tables([FENCES_TABLE]):
            sql = f"SELECT fence_key, epoch FROM {self.qualified(FENCES_TABLE)} WHERE {begins}"
            for key, process in self.query(sql, (mine,)).fetchall():
                # the same number may belong to another session by now, which began later
                if (process,) != own and self._began(process) == key.removeprefix(mine):
                    self.query("SELECT pg_terminate_backend(%s)", (process,))
        epoch = SqlDestinationClient.claim(self, pipeline_name, load_id, attempt)
        began = self._began(own[0]) if own is not None else None
        if own is not None and began is not None:
            self.query(f"DELETE FROM {self.qualified(FENCES_TABLE)} WHERE {begins}", (mine,))
            self.query(
                self.dialect.insert_new(self.qualified(FENCES_TABLE), "fence_key, epoch", "%s, %s"),
                (mine + began, own[0]),
            )
        return epoch

    def _began(self, process: int) -> str | None:
        sql = "SELECT CAST(start_time AS VARCHAR) FROM sys_session_history WHERE session_id = %s AND status = 'active'"
        row = self.query(sql, (process,)).fetchone()
        return None if row is None else str(row[0])

    # -- tables

    def apply_ddl(self, update: SchemaUpdate) -> None:
        """Add tables and columns.

        Raises:
            SchemaUpdateTerminalError: a column has another type, or a name has upper case that Redshift would lower.
        """
        if not self.dialect.capabilities.has_case_sensitive_identifiers:
            for name, table in update.tables.items():
                for found in (name, *table["columns"]):
                    if found != found.lower():
                        column = f", column {found}" if found != name else ""
                        raise SchemaUpdateTerminalError(
                            f"redshift: table {name}{column}: Redshift makes names lower case, and this one has upper "
                            "case. Set has_case_sensitive_identifiers = true under [destination.redshift], or use the "
                            "naming snake_case.",
                            table=name,
                        )
        super().apply_ddl(update)

    # -- data

    def stage(self, chain: Sequence[TableSchema], load_id: str) -> dict[str, str]:
        """Prepare to take the files of a chain; the turn of this load keeps others away."""
        self._load_id = load_id
        return SqlDestinationClient.stage(self, chain, load_id)

    def publish(self, chain: Sequence[TableSchema], load_id: str) -> None:
        """Bring what was staged for a chain into its tables; COPY has told what is in them already."""
        SqlDestinationClient.publish(self, chain, load_id)

    def load_files(self, table: TableSchema, target: str, paths: Sequence[str], file_format: str) -> None:
        """Take some files of one table: through the bucket by one COPY, or by INSERT."""
        name = table["name"]
        stored = self.stored_tables([name])[name]
        columns = {column: stored[column] for column in table["columns"] if "data_type" in stored.get(column, {})}
        if ROW_ORDER in table["columns"]:
            columns[ROW_ORDER] = table["columns"][ROW_ORDER]
        if self.area is None:
            batches = arrow_batches(paths) if file_format == "arrow" else other_batches(table, paths, file_format)
            for names, rows in insert_values(batches, name, columns):
                quoted = ", ".join(map(self.dialect.quote, names))
                self._run(f"INSERT INTO {target} ({quoted}) VALUES {rows}", name)
            return
        self._copy(table, target, columns, paths, file_format)

    def _open_area(self) -> Area:
        if self._opened is None:
            assert self.area is not None
            self._opened = self.area()
        return self._opened

    def _copy(self, table: TableSchema, target: str, columns: Columns, paths: Sequence[str], file_format: str) -> None:
        area, name = self._open_area(), table["name"]
        # documents may be longer in JSON than as a text of Parquet
        form = "json" if any(column["data_type"] == "json" for column in columns.values()) else "parquet"
        write, suffix = (write_json, "json.gz") if form == "json" else (write_parquet, "parquet")

        with tempfile.TemporaryDirectory(prefix="dlt-redshift-") as folder, ThreadPoolExecutor(_UPLOADS) as pool:

            def put(path: str) -> Mapping[str, Any]:
                local = os.path.join(folder, f"{os.path.basename(path)}.{suffix}")
                batches = arrow_batches([path]) if file_format == "arrow" else other_batches(table, [path], file_format)
                write(batches, local, name, columns)
                if not os.path.exists(local):
                    return {}
                entry = area.put(self._load_id, local)
                os.unlink(local)
                return entry

            entries = [entry for entry in pool.map(put, paths) if entry]
        if not entries:
            return
        url = area.manifest(self._load_id, f"{digest_id(' '.join(paths))}.manifest", entries)
        as_text = as_text_in_json if form == "json" else as_text_in_parquet
        texts = [column for column, spec in columns.items() if as_text(spec)]
        if not texts:
            self._run_copy(target, columns, url, area, form, name)
            return
        between = self.dialect.quote(f"dlt_copied_{digest_id(url)}")
        kinds = {
            column: f"VARCHAR({MAX_TEXT})" if column in texts else self.dialect.type_of(spec)
            for column, spec in columns.items()
        }
        self.run_ddl(
            f"CREATE TEMP TABLE {between} ({', '.join(f'{self.dialect.quote(c)} {kind}' for c, kind in kinds.items())})"
        )
        self._run_copy(between, columns, url, area, form, name)
        names = ", ".join(map(self.dialect.quote, columns))
        values = ", ".join(self._cast(column, spec["data_type"], column in texts) for column, spec in columns.items())
        self._run(f"INSERT INTO {target} ({names}) SELECT {values} FROM {between}", name)
        self.run_ddl(f"DROP TABLE {between}")

    def _cast(self, column: str, kind: str, is_text: bool) -> str:
        quoted = self.dialect.quote(column)
        if not is_text:
            return quoted
        return f"FROM_HEX({quoted})" if kind == "binary" else f"CAST({quoted} AS TIME)"

    def _run_copy(self, target: str, columns: Columns, url: str, area: Area, form: str, table: str) -> None:
        names = map(self.dialect.quote, columns)
        sql = copy_statement(target, names, url, area.access, form, self.copy_options)
        self._run(sql, table, area.access.without_secrets)

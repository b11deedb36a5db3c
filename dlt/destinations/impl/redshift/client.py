"""What a load does at Redshift."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from psycopg2 import extensions

from dlt.destinations.impl.postgres.client import QUESTIONS
from dlt.destinations.impl.postgres.results import as_table
from dlt.destinations.impl.postgres.session import PsycopgSession, Server
from dlt.destinations.impl.redshift.dialect import MAX_TEXT, SUPER, VARBYTE
from dlt.destinations.impl.redshift.errors import translate
from dlt.destinations.impl.redshift.loader import Copying, RedshiftLoader
from dlt.destinations.ledger import FENCES_TABLE
from dlt.destinations.sql.catalog import Catalog
from dlt.destinations.sql.client import SqlDestinationClient
from dlt.destinations.sql.dialect import Dialect
from dlt.destinations.sql.ledger import Ledger
from dlt.errors import DatabaseException, DatabaseTerminalException, SchemaUpdateTerminalError
from dlt.ids import digest_id
from dlt.schema.stored import packed
from dlt.schema.system_tables import VERSION_TABLE
from dlt.schema.typing import TableSchema
from dlt.schema.update import SchemaUpdate
from dlt.types import override

if TYPE_CHECKING:
    from psycopg2.extensions import connection as PgConnection

TURNS_TABLE = "_dlt_turns"
"""A table without rows: whoever locks it may load into the dataset. Locks of Redshift keep readers out as well."""


class Literal:
    """A value that psycopg2 puts into a statement as Redshift writes it: the driver escapes for PostgreSQL.

    Args:
        text: The literal.
    """

    def __init__(self, text: str) -> None:
        self._text = text

    def __conform__(self, protocol: object) -> Literal:
        """Return itself: psycopg2 asks for what gives the literal."""
        return self

    def getquoted(self) -> bytes:
        """Return the literal."""
        return self._text.encode()


def redshift_client(dialect: Dialect, connection: PgConnection, dataset_name: str, copying: Copying) -> RedshiftClient:
    """Return a client for one schema of a Redshift database.

    Args:
        dialect: How Redshift writes names and types.
        connection: Open connection of psycopg2.
        dataset_name: Name of the schema.
        copying: How files reach it.
    """
    server = Server(
        translate=translate,
        to_arrow=lambda cursor: as_table(cursor, documents={SUPER}, binaries={VARBYTE}),
        parameter=lambda value: Literal(dialect.literal(value)),
    )
    for oid, name, read in ((SUPER, "SUPER", _document), (VARBYTE, "VARBYTE", _bytes)):
        extensions.register_type(extensions.new_type((oid,), name, read), connection)
    session = PsycopgSession(dialect, connection, server)
    session.query("SET timezone TO 'UTC'")
    # of the session: without it Redshift lowers every name, also one in quotes
    keeps_case = dialect.capabilities.has_case_sensitive_identifiers
    session.query(f"SET enable_case_sensitive_identifier TO {'true' if keeps_case else 'false'}")
    return RedshiftClient(RedshiftCatalog(session, dataset_name), copying)


def _document(value: str | None, _cursor: object) -> object:
    return None if value is None else json.loads(value)


def _bytes(value: str | None, _cursor: object) -> bytes | None:
    return None if value is None else bytes.fromhex(value)


class RedshiftClient(SqlDestinationClient):
    """Work on one schema; what waits in the bucket goes when the load is complete or given up.

    Args:
        catalog: The tables.
        copying: How files reach them.
    """

    catalog: RedshiftCatalog
    loader: RedshiftLoader

    def __init__(self, catalog: RedshiftCatalog, copying: Copying) -> None:
        super().__init__(RedshiftLoader(catalog, copying), RedshiftLedger(catalog))

    def begin(self) -> None:
        """Start the transaction."""
        # outside of the transaction: its first query would fix what all others of it see
        self.catalog.look_for_turns()
        super().begin()

    def commit(self) -> None:
        """Make all of it visible at once; then delete the files that wait in the bucket."""
        super().commit()
        self.loader.committed()

    def rollback(self) -> None:
        """Undo all of it, and delete the files of this try."""
        super().rollback()
        self.loader.given_up()

    def has_load(self, load_id: str) -> bool:
        """Tell whether a load is complete; of one that is, delete what a killed process left in the bucket."""
        found = super().has_load(load_id)
        if found:
            self.loader.drop_load(load_id)
        return found


class RedshiftCatalog(Catalog):
    """The tables of one schema. Loads into a dataset take turns, since all are serializable to Redshift."""

    questions = QUESTIONS
    _has_turns = False
    _turn_in: int | None = None

    def use(self) -> None:
        """Let bare names of tables mean those of the dataset."""
        self.session.query(f"SET search_path TO {self.qualified_dataset()}, public")

    def look_for_turns(self) -> None:
        """Look for the table of turns, before a transaction whose first query would fix what all others of it see."""
        self._has_turns = self._is_there(TURNS_TABLE)

    def create_dataset(self) -> None:
        """Make the schema if it is not there; in a transaction, wait for the turn of this load first."""
        if self.session.transaction is not None and self._turn_in != self.session.transaction:
            if not self._has_turns:
                self._make_turns()
            self.lock_tables()
        elif not self.has_dataset():
            super().create_dataset()

    def _make_turns(self) -> None:
        # what a transaction locks must be there before; this one has done nothing yet
        self.session.query("ROLLBACK")
        if not self.has_dataset():
            self._made(super().create_dataset, self.has_dataset)
        sql = f"CREATE TABLE IF NOT EXISTS {self.qualified(TURNS_TABLE)} (turn BIGINT)"
        self._made(lambda: self.session.run_ddl(sql), lambda: self._is_there(TURNS_TABLE))
        self.session.query("BEGIN")
        self._has_turns = True

    def _made(self, make: Callable[[], object], is_there: Callable[[], bool]) -> None:
        try:
            make()
        except DatabaseException:
            # another load makes the same at this moment
            if not is_there():
                raise

    def lock_tables(self) -> None:
        """Wait for the turn of this transaction; readers of the tables do not wait."""
        transaction = self.session.transaction
        if transaction is not None and self._turn_in != transaction and self._has_turns:
            # a table that nobody reads: locks of Redshift would keep readers of the data out
            self.session.query(f"LOCK TABLE {self.qualified(TURNS_TABLE)}")
            self._turn_in = transaction
            self.forget()

    @override
    def lock(self, what: str) -> bool:
        """Wait for the turn, which keeps all other loads out."""
        self.lock_tables()
        return True

    def _is_there(self, table: str) -> bool:
        sql = (
            "SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE n.nspname = %s AND c.relname = %s"
        )
        return self.session.query(sql, (self.dataset_name, table)).fetchone() is not None

    def apply_ddl(self, update: SchemaUpdate) -> list[TableSchema]:
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
        return super().apply_ddl(update)


class RedshiftLedger(Ledger):
    """Records of one schema."""

    def insert(self, table: TableSchema, values: Sequence[object]) -> None:
        """Add a row to a system table.

        Raises:
            DatabaseTerminalException: a text is too long for Redshift.
        """
        name = table["name"]
        fitting: list[object] = []
        for column, value in zip(table["columns"], values, strict=True):
            if isinstance(value, str) and len(value.encode()) > MAX_TEXT:
                if name == VERSION_TABLE:
                    value = packed(value)
                if len(value) > MAX_TEXT:
                    raise DatabaseTerminalException(
                        f"dataset {self.catalog.dataset_name}: {name}.{column} would have {len(value):,} bytes, and a "
                        f"text of Redshift has {MAX_TEXT:,} at most. Keep less in the state of the pipeline, or fewer "
                        "tables and columns in its schema."
                    )
            fitting.append(value)
        super().insert(table, fitting)

    def claim(self, pipeline_name: str, load_id: str, attempt: int) -> int:
        """Take a load over from older tries, and end their sessions: one that sleeps would hold its turn.

        Raises:
            Superseded: a later attempt has it.
        """
        # first: a try that was superseded must not end the session of the one that took over
        self.check_attempt(pipeline_name, load_id, attempt)
        mine = f"session {digest_id(f'{pipeline_name} {load_id}')} "
        # not by LIKE, to which the signs _ and % of a name are patterns
        begins = f"LEFT(fence_key, {len(mine)}) = %s"
        own = self.session.query("SELECT pg_backend_pid()").fetchone()
        if self.catalog.has_table(FENCES_TABLE):
            sql = f"SELECT fence_key, epoch FROM {self.fences} WHERE {begins}"
            for key, process in self.session.query(sql, (mine,)).fetchall():
                # the same number may belong to another session by now, which began later
                if (process,) != own and self._began(process) == key.removeprefix(mine):
                    self.session.query("SELECT pg_terminate_backend(%s)", (process,))
        epoch = super().claim(pipeline_name, load_id, attempt)
        began = self._began(own[0]) if own is not None else None
        if own is not None and began is not None:
            self.session.query(f"DELETE FROM {self.fences} WHERE {begins}", (mine,))
            self.session.query(
                self.dialect.insert_new(self.fences, "fence_key, epoch", "%s, %s"),
                (mine + began, own[0]),
            )
        return epoch

    def _began(self, process: int) -> str | None:
        sql = "SELECT CAST(start_time AS VARCHAR) FROM sys_session_history WHERE session_id = %s AND status = 'active'"
        row = self.session.query(sql, (process,)).fetchone()
        return None if row is None else str(row[0])

"""The client of a destination with transactions and SQL, put together from its parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from dlt.destinations.client import WorkDone
from dlt.destinations.sql.catalog import Catalog
from dlt.destinations.sql.cursor import Cursor
from dlt.destinations.sql.dbapi import NativeConnection
from dlt.destinations.sql.ledger import Ledger
from dlt.destinations.sql.loader import Loader
from dlt.destinations.sql.session import Session
from dlt.schema.schema import Schema
from dlt.schema.system_tables import kept_name
from dlt.schema.typing import ColumnSchema, TableSchema
from dlt.schema.update import SchemaUpdate
from dlt.states.model import State
from dlt.types import JsonObject

if TYPE_CHECKING:
    from dlt.destinations.sql.sql_client import SqlClient
    from dlt.destinations.sql.undo import SqlUndo


class SqlDestinationClient:
    """Work on one dataset through one connection: what `Client` promises, each verb by the part that knows it.

    Args:
        loader: Brings rows into tables; it has the tables and the connection.
        ledger: Keeps the records of loads.
    """

    def __init__(self, loader: Loader, ledger: Ledger) -> None:
        self.loader, self.ledger = loader, ledger
        self.catalog: Catalog = loader.catalog
        self.session: Session = loader.session

    @property
    def connection(self) -> NativeConnection:
        """Return the connection of the driver."""
        return self.session.connection

    @property
    def dataset_name(self) -> str:
        """Return the name of the dataset."""
        return self.catalog.dataset_name

    def query(self, sql: str, parameters: Sequence[object] = ()) -> Cursor:
        """Run SQL with parameters written %s."""
        return self.session.query(sql, parameters)

    def sql_client(self) -> SqlClient:
        """Return a client for queries; bare table names mean tables of the dataset."""
        self.catalog.use()
        from dlt.destinations.sql.sql_client import SqlClient

        return SqlClient(self, self.dataset_name)

    def checking_client(self) -> SqlClient | None:
        """Return a client for queries in the transaction, which sees what it did."""
        return self.sql_client()

    # -- the transaction

    def begin(self) -> None:
        """Start the transaction."""
        self.session.begin()

    def commit(self) -> None:
        """Make all of it visible at once."""
        self.session.commit()

    def rollback(self) -> None:
        """Undo all of it."""
        self.session.rollback()

    # -- dataset and tables

    def has_dataset(self) -> bool:
        """Tell whether the dataset is there."""
        return self.catalog.has_dataset()

    def create_dataset(self) -> None:
        """Make the dataset if it is not there."""
        self.catalog.create_dataset()

    def drop_dataset(self) -> None:
        """Delete the dataset with all in it."""
        self.catalog.drop_dataset()

    def stored_tables(self, names: Sequence[str]) -> dict[str, dict[str, ColumnSchema]]:
        """Return the columns of tables that are there, by table."""
        return self.catalog.stored_tables(names)

    def apply_ddl(self, update: SchemaUpdate) -> None:
        """Add tables and columns.

        Raises:
            SchemaUpdateTerminalError: a column has another type at the destination.
        """
        # after all DDL: some engines cannot change a table that a statement of this transaction has read
        for table in self.catalog.apply_ddl(update):
            self.loader.fill_root_ids(table)

    def ddl(self, update: SchemaUpdate) -> list[str]:
        """Return the statements by which the dataset, tables and columns would be added; nothing is changed."""
        with self.session.recorded() as statements:
            if not self.has_dataset():
                self.create_dataset()
            self.catalog.apply_ddl(update)
        return statements

    def remove_tables(self, drop: Sequence[str], truncate: Sequence[str]) -> None:
        """Drop tables, with what is kept of them for an undo, and empty others, where they are there."""
        longest = self.catalog.dialect.capabilities.max_identifier_length
        self.catalog.remove_tables([*drop, *(kept_name(name, longest) for name in drop)], truncate)

    # -- rows

    def stage(self, chain: Sequence[TableSchema], load_id: str) -> Mapping[str, str]:
        """Prepare to take the files of a chain; return where each table's files go."""
        # rows that are only added are in no other load's way
        if chain[0].get("write_disposition", "append") != "append":
            self.ledger.take_turn(chain)
        return self.loader.stage(chain, load_id)

    def load_files(self, table: TableSchema, target: str, paths: Sequence[str], file_format: str) -> None:
        """Take some files of one table and one format."""
        self.loader.load_files(table, target, paths, file_format)

    def publish(self, chain: Sequence[TableSchema], load_id: str) -> None:
        """Bring what was staged for a chain into its tables."""
        self.loader.publish(chain, load_id)

    def note_parts(self, loads: Mapping[str, str]) -> None:
        """Need nothing: rows bear the ids of their loads."""

    def remove_load(self, chain: Sequence[TableSchema], load_id: str) -> None:
        """Delete the rows that a load appended to a chain.

        Raises:
            ReloadUndecided: the rows of the root table do not bear the ids of their loads.
        """
        self.loader.remove_load(chain, load_id)

    # -- records

    def has_load(self, load_id: str) -> bool:
        """Tell whether a load was committed."""
        return self.ledger.has_load(load_id)

    def is_undone(self, load_id: str) -> bool:
        """Tell whether a load that was committed was undone."""
        return self.ledger.is_undone(load_id)

    def undoing(self) -> SqlUndo:
        """Return what undoes loads."""
        from dlt.destinations.sql.undo import SqlUndo

        return SqlUndo(self.loader, self.ledger)

    def loaded_schema(self, load_id: str) -> str | None:
        """Return the name of the schema of a complete load."""
        return self.ledger.loaded_schema(load_id)

    def record_load(self, load_id: str, schema: Schema) -> None:
        """Write that the load is complete, and the version of its schema."""
        self.ledger.record_load(load_id, schema)

    def record_state(self, dataset_name: str, load_id: str, state: State) -> None:
        """Write the state of the pipeline into a dataset."""
        self.ledger.record_state(dataset_name, load_id, state)

    def read_schema(self, name: str | None = None, version_hash: str | None = None) -> JsonObject | None:
        """Return the newest stored schema."""
        return self.ledger.read_schema(name, version_hash)

    def read_state(self, pipeline_name: str, dataset_name: str | None = None) -> str | None:
        """Return the newest state of a pipeline, of complete loads only."""
        return self.ledger.read_state(pipeline_name, dataset_name)

    def hold_state(self, pipeline_name: str, dataset_name: str | None = None) -> None:
        """Let no other load of the pipeline change its state before this transaction ends."""
        self.ledger.hold_state(pipeline_name, dataset_name)

    def claim(self, pipeline_name: str, load_id: str, attempt: int) -> int:
        """Take a load over from older tries; return the epoch that now may commit it.

        Raises:
            Superseded: a later attempt has it.
        """
        return self.ledger.claim(pipeline_name, load_id, attempt)

    def hold(self, pipeline_name: str, load_id: str, epoch: int) -> None:
        """Let no other task commit a load of the pipeline before this transaction ends.

        Raises:
            Superseded: another try took the load over.
        """
        self.ledger.hold(pipeline_name, load_id, epoch)

    def read_work(self, key: str) -> WorkDone | None:
        """Return what is known of the work of one part of a run; None if it was never loaded."""
        return self.ledger.read_work(key)

    def record_work(self, key: str, done: WorkDone) -> None:
        """Write in the transaction what load holds the work of one part of a run."""
        self.ledger.record_work(key, done)

"""The client of a dataset of files, put together from its parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from dlt.destinations.client import WorkDone
from dlt.destinations.impl.filesystem.catalog import FilesCatalog
from dlt.destinations.impl.filesystem.lake.tables import NATIVE, formats_of, open_index
from dlt.destinations.impl.filesystem.layout import Layout
from dlt.destinations.impl.filesystem.ledger import FilesLedger
from dlt.destinations.impl.filesystem.loader import FilesLoader
from dlt.destinations.impl.filesystem.query import open_tables
from dlt.destinations.impl.filesystem.session import FilesSession
from dlt.destinations.impl.filesystem.snapshot import Snapshot
from dlt.destinations.impl.filesystem.undo import FilesUndo
from dlt.destinations.sql.sql_client import SqlClient
from dlt.io.store import Store
from dlt.schema.schema import Schema
from dlt.schema.typing import ColumnSchema, TableSchema
from dlt.schema.update import SchemaUpdate
from dlt.states.model import State
from dlt.types import JsonObject

if TYPE_CHECKING:
    from deltalake import DeltaTable
    from pyiceberg.table import Table


class FilesystemClient:
    """Work on one dataset of files: what `Client` promises, each verb by the part that knows it.

    Args:
        store: The folder of the dataset.
        dataset_name: Its name.
        layout: Template for paths.
        schema: Schema of the tables, if known.
        table_format: Format of tables that name none.
    """

    def __init__(
        self,
        store: Store,
        dataset_name: str,
        layout: Layout,
        schema: Schema | None = None,
        table_format: str = NATIVE,
    ) -> None:
        self.store, self.dataset_name = store, dataset_name
        self.session = FilesSession(store, dataset_name, layout, schema.name if schema is not None else "schema")
        self._schema = schema
        self.catalog = FilesCatalog(self.session)
        self.loader = FilesLoader(self.session, table_format)
        self.ledger = FilesLedger(self.session)
        self._open: list[Callable[[], None]] = []

    # -- transaction

    def begin(self) -> None:
        """Read the newest snapshot."""
        self.loader.begin()
        self.ledger.begin()
        self.session.begin()

    def commit(self) -> None:
        """Write the next snapshot, which makes the load visible; then delete files that no longer count.

        Raises:
            Superseded: another try took the load over.
        """
        self.ledger.check_fence()
        self.session.commit()

    def rollback(self) -> None:
        """Delete what was written, which nobody else knows; but not if a manifest may name it."""
        self.session.rollback()

    # -- dataset and tables

    def has_dataset(self) -> bool:
        """Tell whether anything was loaded."""
        return self.catalog.has_dataset()

    def create_dataset(self) -> None:
        """Make the folder."""
        self.catalog.create_dataset()

    def drop_dataset(self) -> None:
        """Delete all that is there; what stays is a manifest that says so, for loads that began before."""
        self.catalog.drop_dataset()

    def stored_tables(self, names: Sequence[str]) -> dict[str, dict[str, ColumnSchema]]:
        """Return the columns of tables that are there, by table."""
        return self.catalog.stored_tables(names)

    def apply_ddl(self, update: SchemaUpdate) -> None:
        """Remember tables and columns.

        Raises:
            SchemaUpdateTerminalError: a column has another type already.
        """
        self.catalog.apply_ddl(update)

    def ddl(self, update: SchemaUpdate) -> tuple[str, ...]:  # noqa: ARG002 - of the seam
        """Return nothing: tables are files, and a snapshot names their columns."""
        return ()

    def remove_tables(self, drop: Sequence[str], truncate: Sequence[str]) -> None:
        """Drop tables, and empty others, where they are there."""
        self.catalog.remove_tables(drop, truncate)

    # -- data

    def stage(self, chain: Sequence[TableSchema], load_id: str) -> dict[str, str]:
        """Prepare to take the files of a chain."""
        return self.loader.stage(chain, load_id)

    def load_files(self, table: TableSchema, target: str, paths: Sequence[str], file_format: str) -> None:
        """Copy files to their places; files that are to be merged wait."""
        self.loader.load_files(table, target, paths, file_format)

    def publish(self, chain: Sequence[TableSchema], load_id: str) -> None:
        """Merge what waits into the files of a chain, as new files."""
        self.loader.publish(chain, load_id)

    def remove_load(self, chain: Sequence[TableSchema], load_id: str) -> None:
        """Leave the files of a load out of the next snapshot.

        Raises:
            ReloadUndecided: a file does not tell by what load it came.
        """
        self.loader.remove_load(chain, load_id)

    def note_parts(self, loads: Mapping[str, str]) -> None:
        """Take note of the load ids of files, by path, where one load takes files of several parts of a run."""
        self.session.parts = dict(loads)

    # -- records

    def has_load(self, load_id: str) -> bool:
        """Tell whether a load was committed."""
        return self.ledger.has_load(load_id)

    def is_undone(self, load_id: str) -> bool:
        """Tell whether a load that was committed was undone."""
        return self.ledger.is_undone(load_id)

    def undoing(self) -> FilesUndo:
        """Return what undoes loads."""
        return FilesUndo(self.session)

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
        """Return the newest state of a pipeline."""
        return self.ledger.read_state(pipeline_name, dataset_name)

    def hold_state(self, pipeline_name: str, dataset_name: str | None = None) -> None:
        """Make a load in between that changes the state of the pipeline a clash."""
        self.ledger.hold_state(pipeline_name, dataset_name)

    def claim(self, pipeline_name: str, load_id: str, attempt: int) -> int:
        """Take a load over from older tries; return the epoch that now may commit it.

        Raises:
            Superseded: a later attempt has it.
        """
        return self.ledger.claim(pipeline_name, load_id, attempt)

    def hold(self, pipeline_name: str, load_id: str, epoch: int) -> None:
        """Make another load in between a clash.

        Raises:
            Superseded: another try took the load over.
        """
        self.ledger.hold(pipeline_name, load_id, epoch)

    def read_work(self, key: str) -> WorkDone | None:
        """Return what is known of the work of one part of a run; None if it was never loaded."""
        return self.ledger.read_work(key)

    def record_work(self, key: str, done: WorkDone) -> None:
        """Let the next snapshot say what load holds the work of one part of a run."""
        self.ledger.record_work(key, done)

    # -- reading

    def table_formats(self) -> dict[str, str]:
        """Return the format of each table that has one, of complete loads only."""
        return formats_of(self.session.snapshots.newest())

    def open_table(self, name: str) -> DeltaTable | Table | None:
        """Return a table as the package of its format has it: a DeltaTable, or a Table of pyiceberg."""
        return open_index(self.table_formats()[name], self.store, name).open()

    def table_files(self, table: str) -> list[str]:
        """Return the paths of a table's files, of complete loads only."""
        return [self.store.full(entry["path"]) for entry in self._visible().files.get(table, [])]

    def sql_client(self) -> SqlClient:
        """Return a client for queries: DuckDB in memory, with a view for each table."""
        client, close = open_tables(self.store, self.dataset_name, self._visible)
        # a query may be read after this method: the connection ends with the client
        self._open.append(close)
        return client

    def checking_client(self) -> SqlClient:
        """Return a client for queries that sees the dataset as the load will leave it: its files are there already."""
        client, close = open_tables(self.store, self.dataset_name, lambda: self._own(self.session.pending()))
        self._open.append(close)
        return client

    def _visible(self) -> Snapshot:
        """Return the newest snapshot with those files of the tables of the schema that are of the schema."""
        return self._own(self.session.snapshots.newest())

    def _own(self, snapshot: Snapshot) -> Snapshot:
        for table in self._schema.tables if self._schema is not None else ():
            if table in snapshot.files and table not in snapshot.formats:
                snapshot.files[table] = self.session.own(table, snapshot.files[table])
        return snapshot

    def close(self) -> None:
        """End the connections that were opened for queries."""
        while self._open:
            self._open.pop()()

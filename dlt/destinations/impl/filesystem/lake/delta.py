"""The log of Delta Lake, written by the package deltalake."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from dlt.destinations.impl.filesystem.lake.index import LOAD_KEY, SNAPSHOT_KEY, Indexed
from dlt.destinations.impl.filesystem.lake.object_store import storage_options
from dlt.destinations.impl.filesystem.lake.types import lake_schema
from dlt.destinations.impl.filesystem.layout import table_folder
from dlt.destinations.impl.filesystem.snapshot import Entry
from dlt.errors import DestinationTerminalException, DestinationTransientException, MissingDependencyException
from dlt.io import failpoints
from dlt.io.store import Store
from dlt.late import pa
from dlt.schema.typing import ColumnSchema

if TYPE_CHECKING:
    from deltalake import CommitProperties, DeltaTable, Schema

_APPLICATION = "dlt"
"""Name under which a table keeps the number of our last snapshot."""
_TRIES = 20
_FOLDER = "_delta_log"


class DeltaIndex:
    """The Delta log of one table.

    Args:
        store: The folder of the dataset.
        table: Name of the table.
    """

    def __init__(self, store: Store, table: str) -> None:
        self._store, self._table = store, table_folder(table)
        self._where = f"Delta table {store.full(table)}"

    def open(self) -> DeltaTable | None:
        """Return the table as deltalake has it, None if it is not there."""
        try:
            from deltalake import DeltaTable
            from deltalake.exceptions import TableNotFoundError
        except ImportError as error:
            raise MissingDependencyException(
                f'{self._where}: the package deltalake is not installed. Run: pip install "dlt-tasks[deltalake]"'
            ) from error
        if not self._store.names(f"{self._table}/{_FOLDER}"):
            return None
        with self._guarded():
            try:
                return DeltaTable(self._store.url(self._table), storage_options=self._options())
            except TableNotFoundError:
                return None

    def _options(self) -> dict[str, str] | None:
        return storage_options(self._store)

    def read(self) -> Indexed | None:
        """Return what the log has, None if there is none.

        Raises:
            DestinationTerminalException: another program uses features that our readers do not have.
        """
        table = self.open()
        if table is None:
            return None
        with self._guarded():
            self._check_features(table)
            is_foreign = SNAPSHOT_KEY not in table.history(1)[0]
            return Indexed(_number(table), self._entries(table), is_foreign, table.version())

    def _check_features(self, table: DeltaTable) -> None:
        mapped = table.metadata().configuration.get("delta.columnMapping.mode", "none") != "none"
        if mapped or "deletionVectors" in (table.protocol().reader_features or []):
            used = "column mapping" if mapped else "deletion vectors"
            raise DestinationTerminalException(
                f"{self._where}: another program turned on {used}, which cannot be read here. Nothing was loaded. "
                "Purge it there (REORG TABLE ... APPLY (PURGE), then drop the feature), or load into another table."
            )

    def _entries(self, table: DeltaTable) -> list[Entry]:
        # the object has Arrow's interface for data, whichever library made it
        found = pa.table(table.get_add_actions(flatten=True)).select(["path", "size_bytes", "num_records"])
        return [
            # paths in a Delta log are encoded as those in URLs
            {"path": f"{self._table}/{unquote(path)}", "format": "parquet", "bytes": size, "rows": rows}
            for path, size, rows in zip(*found.to_pydict().values(), strict=True)
        ]

    def publish(
        self,
        columns: Mapping[str, ColumnSchema] | None,
        entries: Sequence[Entry],
        number: int,
        load_id: str,
    ) -> None:
        """Write one commit that adds and removes files, after one for new columns if there are any."""
        from deltalake.exceptions import CommitFailedError

        wanted = {str(entry["path"]): entry for entry in entries}
        for _ in range(_TRIES):
            table = self.open()
            if table is None and columns is None:
                return
            if table is None and columns is not None:
                table = self._created(columns, load_id)
            # a later load has brought it further
            if table is not None and _number(table) >= number:
                return
            try:
                if table is not None and self._is_committed(table, columns, wanted, number, load_id):
                    return
            except CommitFailedError:
                # another load was faster: what it has decides what is left to do
                continue
        raise DestinationTransientException(
            f"{self._where}: other programs commit to it without end. Run it again.", kind="clash"
        )

    def _is_committed(
        self,
        table: DeltaTable,
        columns: Mapping[str, ColumnSchema] | None,
        wanted: Mapping[str, Entry],
        number: int,
        load_id: str,
    ) -> bool:
        """Commit; tell whether the files are in, or only the columns yet."""
        from deltalake import Schema

        there = {entry["path"]: entry for entry in self._entries(table)}
        gone = {path: entry for path, entry in there.items() if path not in wanted}
        new = [entry for path, entry in wanted.items() if path not in there]
        if columns is None:
            with self._guarded():
                if gone:
                    self._commit(table, table.schema(), [], gone, "append", number, load_id)
            return True
        schema = Schema.from_arrow(lake_schema(columns, "delta"))
        known = {field.name: field.type for field in table.schema().fields}
        missing = [field for field in schema.fields if field.name not in known]
        with self._guarded():
            if len(gone) == len(there) and known != {field.name: field.type for field in schema.fields}:
                # nothing of the table as it was is kept: its columns neither
                self._commit(table, schema, new, {}, "overwrite", number, load_id)
                return True
            if any(known[field.name] != field.type for field in schema.fields if field.name in known):
                raise DestinationTerminalException(
                    f"{self._where}: another program changed the type of a column. It has {table.schema()}, and the "
                    f"load needs {schema}. Change it back there, or load with refresh='drop_resources'."
                )
            if missing:
                # by a commit of their own: the files that have them come with the next one
                table.alter.add_columns(missing, commit_properties=_properties(number, load_id, marked=False))
                return False
            self._commit(table, table.schema(), new, gone, "append", number, load_id)
            return True

    def _commit(
        self,
        table: DeltaTable,
        schema: Schema,
        new: Sequence[Entry],
        gone: Mapping[str, Entry],
        mode: str,
        number: int,
        load_id: str,
    ) -> None:
        from deltalake.transaction import AddAction, RemoveAction

        now = int(time.time() * 1000)
        actions: list[AddAction | RemoveAction] = []
        for entry in new:
            # `_entries` takes the number of rows from it again
            statistics = json.dumps({"numRecords": entry["rows"]})
            actions.append(AddAction(self._relative(entry), int(entry["bytes"]), {}, now, True, statistics))
        for entry in gone.values():
            actions.append(
                RemoveAction(self._relative(entry), True, now, size=int(entry["bytes"]), partition_values={})
            )
        failpoints.point("delta.before_commit")
        table.create_write_transaction(actions, mode, schema, commit_properties=_properties(number, load_id))
        failpoints.point("delta.after_commit")

    def _relative(self, entry: Entry) -> str:
        return quote(str(entry["path"]).removeprefix(f"{self._table}/"))

    def _created(self, columns: Mapping[str, ColumnSchema], load_id: str) -> DeltaTable | None:
        from deltalake import DeltaTable, Schema

        self._store.make(self._table)
        with self._guarded():
            try:
                return DeltaTable.create(
                    self._store.url(self._table),
                    Schema.from_arrow(lake_schema(columns, "delta")),
                    storage_options=self._options(),
                    commit_properties=_properties(0, load_id, marked=False),
                )
            # another load may have made it at this moment: deltalake tells that in several ways
            except Exception:
                if self.open() is None:
                    raise
                return None

    def _guarded(self) -> AbstractContextManager[None]:
        from deltalake.exceptions import CommitFailedError

        return self._store.guarded(self._where, passing=(CommitFailedError,))


def _number(table: DeltaTable) -> int:
    found = table.transaction_version(_APPLICATION)
    return -1 if found is None else int(found)


def _properties(number: int, load_id: str, marked: bool = True) -> CommitProperties:
    from deltalake import CommitProperties, Transaction

    return CommitProperties(
        custom_metadata={SNAPSHOT_KEY: str(number), LOAD_KEY: load_id},
        app_transactions=[Transaction(_APPLICATION, number)] if marked else None,
        # a commit on top of another one would have to be compared with it first
        max_commit_retries=0,
    )

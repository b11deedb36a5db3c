"""The metadata of Apache Iceberg, written by the package pyiceberg.

The catalog is the folder of the table itself: `metadata/v<number>.metadata.json` must not exist before it is written,
and `metadata/version-hint.text` names the newest one for engines that look there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from dlt.destinations.impl.filesystem.lake.index import LOAD_KEY, SNAPSHOT_KEY, Indexed
from dlt.destinations.impl.filesystem.lake.types import lake_schema
from dlt.destinations.impl.filesystem.layout import table_folder
from dlt.destinations.impl.filesystem.snapshot import Entry
from dlt.errors import DestinationTerminalException, DestinationTransientException, MissingDependencyException
from dlt.io import failpoints
from dlt.io.store import Store
from dlt.schema.typing import ColumnSchema

if TYPE_CHECKING:
    from pyiceberg.manifest import DataFile
    from pyiceberg.table import Table, Transaction

_FOLDER = "metadata"
_TRIES = 20


class IcebergIndex:
    """The Iceberg metadata of one table.

    Args:
        store: The folder of the dataset.
        table: Name of the table.
    """

    def __init__(self, store: Store, table: str) -> None:
        self._store, self._table = store, table_folder(table)
        self._where = f"Iceberg table {store.full(table)}"

    def open(self) -> Table | None:
        """Return the table as pyiceberg has it, None if it is not there."""
        try:
            from dlt.destinations.impl.filesystem.lake.iceberg_catalog import FolderCatalog
        except ImportError as error:
            raise MissingDependencyException(
                f'{self._where}: the package pyiceberg is not installed. Run: pip install "dlt-tasks[pyiceberg]"'
            ) from error
        with self._store.guarded(self._where):
            return FolderCatalog(self._store).open(self._table)

    def read(self) -> Indexed | None:
        """Return what the metadata have, None if there are none.

        Raises:
            DestinationTerminalException: another program deletes rows in a way that our readers do not know.
        """
        table = self.open()
        if table is None:
            return None
        snapshot = table.current_snapshot()
        marks = snapshot.summary.additional_properties if snapshot is not None and snapshot.summary else {}
        is_foreign = snapshot is not None and SNAPSHOT_KEY not in marks
        version = snapshot.snapshot_id if snapshot is not None else 0
        with self._store.guarded(self._where):
            entries = [self._entry(file) for file in self._data_files(table)]
        return Indexed(_number(table), entries, is_foreign, version)

    def _data_files(self, table: Table) -> list[DataFile]:
        tasks = list(table.scan().plan_files())
        if any(task.delete_files for task in tasks):
            raise DestinationTerminalException(
                f"{self._where}: another program deleted rows by delete files, which cannot be read here. Nothing was "
                "loaded. Rewrite the data files there (rewrite_data_files), or load into another table."
            )
        return [task.file for task in tasks]

    def _entry(self, file: DataFile) -> Entry:
        relative = file.file_path.removeprefix(self._store.url("")).lstrip("/")
        return {"path": relative, "format": "parquet", "bytes": file.file_size_in_bytes, "rows": file.record_count}

    def publish(
        self,
        columns: Mapping[str, ColumnSchema] | None,
        entries: Sequence[Entry],
        number: int,
        load_id: str,
    ) -> None:
        """Write one commit with new columns and one snapshot of the files."""
        from pyiceberg.exceptions import CommitFailedException

        from dlt.destinations.impl.filesystem.lake.iceberg_catalog import FolderCatalog

        for _ in range(_TRIES):
            table = self.open()
            if table is None and columns is None:
                return
            if table is None and columns is not None:
                table = self._created(columns)
            assert table is not None
            if _number(table) >= number:
                # whoever wrote it may have died before the hint
                with self._store.guarded(self._where):
                    FolderCatalog(self._store).hint(self._table)
                return
            try:
                with self._store.guarded(self._where, passing=(CommitFailedException,)):
                    self._commit(table, columns, entries, number, load_id)
                return
            except CommitFailedException:
                # another load was faster: what it has decides what is left to do
                continue
        raise DestinationTransientException(
            f"{self._where}: other programs commit to it without end. Run it again.", kind="clash"
        )

    def _commit(
        self,
        table: Table,
        columns: Mapping[str, ColumnSchema] | None,
        entries: Sequence[Entry],
        number: int,
        load_id: str,
    ) -> None:
        from pyiceberg.io.pyarrow import parquet_file_to_data_file

        there = {self._entry(file)["path"]: file for file in self._data_files(table)}
        wanted = [str(entry["path"]) for entry in entries]
        gone = [file for path, file in there.items() if path not in wanted]
        new = [path for path in wanted if path not in there]
        marks = {SNAPSHOT_KEY: str(number), LOAD_KEY: load_id}
        with table.transaction() as transaction:
            if columns is not None:
                self._evolve(transaction, columns, len(gone) == len(there))
            # also where no file changes: by this number the next load sees that the table is up to date
            transaction.set_properties({SNAPSHOT_KEY: str(number)})
            if new or gone:
                update = transaction.update_snapshot(snapshot_properties=marks)
                with update.overwrite() if gone else update.fast_append() as producer:
                    for file in gone:
                        producer.delete_data_file(file)
                    for path in new:
                        url = self._store.url(path)
                        producer.append_data_file(parquet_file_to_data_file(table.io, transaction.table_metadata, url))
            failpoints.point("iceberg.before_commit")
        failpoints.point("iceberg.after_commit")

    def _evolve(self, transaction: Transaction, columns: Mapping[str, ColumnSchema], is_emptied: bool) -> None:
        from pyiceberg.catalog import Catalog

        wanted = lake_schema(columns, "iceberg")
        fresh = Catalog._convert_schema_if_needed(wanted)  # noqa: SLF001 - pyiceberg gives it no public name
        there = {field.name: field.field_type for field in transaction.table_metadata.schema().fields}
        types = {field.name: field.field_type for field in fresh.fields}
        changed = [name for name, kind in there.items() if types.get(name, kind) != kind]
        if changed and not is_emptied:
            raise DestinationTerminalException(
                f"{self._where}: another program changed the type of column {changed[0]} to {there[changed[0]]}; the "
                f"load needs {types[changed[0]]}. Change it back there, or load with refresh='drop_resources'."
            )
        # columns go only with the last of the files that were written with them
        outdated = [name for name in there if name not in types or name in changed] if is_emptied else []
        if outdated:
            with transaction.update_schema(allow_incompatible_changes=True) as update:
                for name in outdated:
                    update.delete_column(name)
        missing = {name: kind for name, kind in types.items() if name not in there or name in outdated}
        if missing:
            with transaction.update_schema() as update:
                for name, kind in missing.items():
                    update.add_column((name,), kind)

    def _created(self, columns: Mapping[str, ColumnSchema]) -> Table:
        from dlt.destinations.impl.filesystem.lake.iceberg_catalog import FolderCatalog

        with self._store.guarded(self._where):
            return FolderCatalog(self._store).create(self._table, lake_schema(columns, "iceberg"))


def _number(table: Table) -> int:
    return int(table.properties.get(SNAPSHOT_KEY, -1))

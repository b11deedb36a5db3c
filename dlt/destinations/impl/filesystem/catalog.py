"""The tables of a dataset of files, which its snapshot knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from dlt.destinations.impl.duckdb.dialect import DIALECT
from dlt.destinations.impl.filesystem.session import FilesSession
from dlt.destinations.impl.filesystem.snapshot import FOLDER as SNAPSHOTS_FOLDER
from dlt.destinations.impl.filesystem.snapshot import TYPE, Snapshot
from dlt.destinations.sql.ddl import check_types
from dlt.schema.typing import ColumnSchema
from dlt.schema.update import SchemaUpdate


class FilesCatalog:
    """The tables of one dataset.

    Args:
        session: The dataset, and the load that is under way.
    """

    def __init__(self, session: FilesSession) -> None:
        self._session = session

    def has_dataset(self) -> bool:
        """Tell whether anything was loaded."""
        return self._session.snapshots.newest().is_dataset

    def create_dataset(self) -> None:
        """Make the folder."""
        self._session.store.make()

    def drop_dataset(self) -> None:
        """Delete all that is there; what stays is a manifest that says so, for loads that began before."""
        there = self._session.store.find()
        if not there:
            return
        # first: a load that began before finds it, and brings nothing back
        self._session.snapshots.drop()
        # a load that begins now has files of its own, which are not among these
        self._session.store.delete(path for path in there if not path.startswith(f"{SNAPSHOTS_FOLDER}/"))
        self._session.store.delete_empty_folders()
        self._session.base = Snapshot()

    def stored_tables(self, names: Sequence[str]) -> dict[str, dict[str, ColumnSchema]]:
        """Return the columns of tables that are there, by table."""
        known = self._session.seen().columns
        return {name: known[name] for name in names if name in known}

    def apply_ddl(self, update: SchemaUpdate) -> None:
        """Remember tables and columns.

        Raises:
            SchemaUpdateTerminalError: a column has another type already.
        """
        stored = self.stored_tables(list(update.tables))
        for name, table in update.tables.items():
            there = stored.get(name, {})
            check_types(DIALECT, self._session.dataset_name, table, _as_made(there))
            self._session.change.columns[name] = {
                column: _keeping_type(spec, there.get(column)) for column, spec in table["columns"].items()
            }

    def remove_tables(self, drop: Sequence[str], truncate: Sequence[str]) -> None:
        """Drop tables, and empty others, where they are there."""
        shared = {name for name in drop if self._session.of_others(name)}
        self._session.change.drop += [name for name in drop if name not in shared]
        for name in (*truncate, *shared):
            # a table that is not there must not come to be by this
            if name in self._session.base.columns:
                self._session.change.replace[name] = self._session.of_others(name)


def _as_made(columns: Mapping[str, ColumnSchema]) -> dict[str, ColumnSchema]:
    return {name: {**DIALECT.as_stored(column), "data_type": column["data_type"]} for name, column in columns.items()}


def _keeping_type(column: ColumnSchema, there: ColumnSchema | None) -> ColumnSchema:
    if there is None:
        return column
    # the type that the first load gave holds the values of all loads
    kept: dict[str, object] = {key: value for key, value in column.items() if key not in TYPE}
    kept.update({key: value for key, value in there.items() if key in TYPE})
    return cast(ColumnSchema, kept)

"""The tables of a dataset that have a format: when their indexes are written, and what other programs made of them."""

from __future__ import annotations

from collections.abc import Sequence

from dlt.destinations.impl.filesystem.lake.index import FOLDERS, FORMATS, Index, Indexed
from dlt.destinations.impl.filesystem.layout import table_folder
from dlt.destinations.impl.filesystem.snapshot import Change, Entry, Snapshot, Snapshots
from dlt.errors import DestinationTerminalException, OpenTableFormatNotSupported, SchemaUpdateTerminalError
from dlt.io.store import Store
from dlt.user_log import logger

NATIVE = "native"
# PyPI dlt 1.x calls files without an index so
_SAME = {"hive": NATIVE}


def formats_of(snapshot: Snapshot) -> dict[str, str]:
    """Return the format of each table that has one."""
    return {t: kind for t, kind in snapshot.formats.items() if kind in FORMATS and t in snapshot.columns}


def kind_of(table: str, base: Snapshot, change: Change) -> str:
    """Return the format that a table has after a change, native if it has none."""
    return {**base.formats, **change.formats}.get(table, NATIVE)


def open_index(kind: str, store: Store, table: str) -> Index:
    """Return the index of a table.

    Args:
        kind: Its format.
        store: The folder of the dataset.
        table: Name of the table.

    Raises:
        OpenTableFormatNotSupported: there is no such format.
    """
    if kind == "delta":
        from dlt.destinations.impl.filesystem.lake.delta import DeltaIndex

        return DeltaIndex(store, table)
    if kind == "iceberg":
        from dlt.destinations.impl.filesystem.lake.iceberg import IcebergIndex

        return IcebergIndex(store, table)
    raise OpenTableFormatNotSupported(
        f"table {table}: there is no table format {kind!r}. Known are {', '.join(FORMATS)} and native."
    )


class LakeTables:
    """The tables of one dataset, for the length of one load.

    Args:
        store: The folder of the dataset.
        snapshots: Its snapshots.
        dataset_name: Its name.
    """

    def __init__(self, store: Store, snapshots: Snapshots, dataset_name: str) -> None:
        self._store, self._snapshots, self._dataset_name = store, snapshots, dataset_name
        self._joined_versions: dict[str, int] = {}

    def begin(self, base: Snapshot, change: Change) -> None:
        """Make up for indexes that an earlier load did not write."""
        self._joined_versions = {}
        change.published = self.publish(base, change)

    def publish(self, snapshot: Snapshot, change: Change) -> dict[str, int]:
        """Bring indexes to a snapshot; return the tables for which it was done, with the numbers it had for them.

        An index that another program changed meanwhile is left: the change of the load that begins joins both.
        """
        done = {}
        for name, number in snapshot.unpublished.items():
            kind = formats_of(snapshot).get(name)
            load_id = snapshot.loads[-1]["load_id"] if snapshot.loads else ""
            if kind is not None:
                index, entries = open_index(kind, self._store, name), snapshot.files.get(name, [])
                found = index.read()
                if found is not None and found.number < snapshot.number and self._is_new(name, found):
                    change.replace[name] = self._joined(name, found, entries)
                    continue
                index.publish(snapshot.columns[name], entries, snapshot.number, load_id)
            # a table that changed its format leaves an index, which must not show files any more
            for other in FORMATS:
                if other != kind and self._store.names(f"{table_folder(name)}/{FOLDERS[other]}"):
                    open_index(other, self._store, name).publish(None, [], snapshot.number, load_id)
            done[name] = number
        return done

    def take(self, name: str, wanted: str, base: Snapshot, change: Change) -> None:
        """Prepare a change for a table: its format, and what another program made of it.

        Args:
            name: Name of the table.
            wanted: Format in which it is to be loaded.
            base: Snapshot before the change.
            change: The change.

        Raises:
            OpenTableFormatNotSupported: there is no such format.
            SchemaUpdateTerminalError: the table has another one.
        """
        wanted, there = _SAME.get(wanted, wanted), base.formats.get(name, NATIVE)
        has_format = bool(base.files.get(name)) or name in base.formats
        is_known = has_format and name in base.columns and name not in change.drop
        if is_known and there != wanted:
            raise SchemaUpdateTerminalError(
                f"table {name} in dataset {self._dataset_name}: it is kept in table format {there}, and {wanted} is "
                "asked for. Nothing was loaded. Load it with refresh='drop_resources' to make it anew, or into another "
                "table."
            )
        if there != wanted:
            change.formats[name] = wanted
        if wanted == NATIVE:
            return
        found = open_index(wanted, self._store, name).read()
        # one that is further belongs to a load that was faster than this one
        is_older = found is not None and found.number <= base.number
        if found is not None and is_known and is_older and name not in change.replace and self._is_new(name, found):
            change.replace[name] = self._joined(name, found, base.files.get(name, []))

    def _is_new(self, name: str, found: Indexed) -> bool:
        return found.is_foreign and self._joined_versions.get(name) != found.version

    def _joined(self, name: str, found: Indexed, entries: Sequence[Entry]) -> list[Entry]:
        """Return what another program made of a table, with what our snapshots did since it read them."""
        logger.warning("table %s in dataset %s: another program changed its files", name, self._dataset_name)
        self._joined_versions[name] = found.version
        known = self._snapshots.read(found.number)
        if known is None:
            raise DestinationTerminalException(
                f"table {name} in dataset {self._dataset_name}: another program changed it on top of snapshot "
                f"{found.number}, which is no longer there, so that both cannot be joined. Nothing was loaded. Load it "
                "with refresh='drop_resources'."
            )
        before = {entry["path"] for entry in known.files.get(name, [])}
        after = {entry["path"]: entry.copy() for entry in entries}
        kept = [entry for entry in found.entries if entry["path"] in after or entry["path"] not in before]
        there = {entry["path"] for entry in kept}
        return [*kept, *(entry for path, entry in after.items() if path not in before and path not in there)]

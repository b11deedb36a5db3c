"""What a table format is to a dataset of files: an index that other programs read.

A snapshot says which files make up a table. The log of Delta Lake and the metadata of Iceberg say it once more, in one
commit for each load, made after the snapshot: programs that read them never see a load that is not complete, and a
process that dies in between leaves an index that is behind, which the next load brings up to date.

Nobody deletes an index: a process that slept since it wanted to could delete what another one made meanwhile. That of a
table which was dropped, or which has another format now, has no files.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from dlt.destinations.impl.filesystem.layout import table_folder
from dlt.destinations.impl.filesystem.snapshot import Entry
from dlt.late_dataclass import dataclass
from dlt.schema.typing import ColumnSchema

if TYPE_CHECKING:
    from deltalake import DeltaTable
    from pyiceberg.table import Table

FOLDERS = {"delta": "_delta_log", "iceberg": "metadata"}
"""Where the index of each format is, in the folder of the table."""
FORMATS = tuple(FOLDERS)
SNAPSHOT_KEY, LOAD_KEY = "dlt_snapshot", "dlt_load_id"
"""Names under which each commit tells the number of its snapshot and the load."""


@dataclass(frozen=True)
class Indexed:
    """The content of a table as its index has it.

    Attributes:
        number: Number of the last snapshot that it was brought to; -1 if it was to none.
        entries: Files, as in a snapshot.
        is_foreign: Whether another program has written since.
        version: Tells its states apart.
    """

    number: int
    entries: list[Entry]
    is_foreign: bool
    version: int


class Index(Protocol):
    """The index of one table."""

    def open(self) -> DeltaTable | Table | None:
        """Return the table as the package of the format has it, None if it is not there."""

    def read(self) -> Indexed | None:
        """Return what it has, None if there is none."""

    def publish(
        self,
        columns: Mapping[str, ColumnSchema] | None,
        entries: Sequence[Entry],
        number: int,
        load_id: str,
    ) -> None:
        """Bring it to a snapshot, unless it has that one or a later one.

        Args:
            columns: Columns of the table; None for a table that is gone, whose index then has no files.
            entries: Its files.
            number: Number of the snapshot.
            load_id: Id of the load that made it.
        """


def data_path(kind: str, table: str, name: str) -> str:
    """Return the path of a data file in the dataset.

    Args:
        kind: Format of the table.
        table: Its name.
        name: Name of the file.
    """
    folder = table_folder(table)
    return f"{folder}/data/{name}" if kind == "iceberg" else f"{folder}/{name}"

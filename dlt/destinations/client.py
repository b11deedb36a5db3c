"""The seam to destinations: what a load needs of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from dlt.late_dataclass import dataclass
from dlt.schema.schema import Schema
from dlt.schema.typing import ColumnSchema, TableSchema
from dlt.schema.update import SchemaUpdate
from dlt.states.model import State
from dlt.types import JsonObject

if TYPE_CHECKING:
    from dlt.destinations.sql.sql_client import SqlClient
    from dlt.destinations.undoing import Undoing


@dataclass(frozen=True)
class WorkDone:
    """What the destination knows of the work of one part of a run.

    Attributes:
        revision: Higher when someone asked for the work to be done once more.
        wish: Number of the wish by which it was loaded, the same in all tries of a load task.
        load_id: Load that holds it now.
        is_undone: That load was undone.
    """

    revision: int
    wish: int
    load_id: str
    is_undone: bool = False


class Client(Protocol):
    """What a load needs of a destination; one client works on one dataset.

    Between `begin` and `commit` everything happens in one transaction. A destination without transactions stages in
    `load_files` and makes all of it visible in `commit`.
    """

    def has_dataset(self) -> bool:
        """Tell whether the dataset is there."""

    def create_dataset(self) -> None:
        """Make the dataset if it is not there."""

    def drop_dataset(self) -> None:
        """Delete the dataset with all in it."""

    def stored_tables(self, names: Sequence[str]) -> dict[str, dict[str, ColumnSchema]]:
        """Return the columns of tables that are there, by table."""

    def begin(self) -> None:
        """Start the transaction."""

    def commit(self) -> None:
        """Make all of it visible at once."""

    def rollback(self) -> None:
        """Undo all of it."""

    def apply_ddl(self, update: SchemaUpdate) -> None:
        """Add tables and columns."""

    def ddl(self, update: SchemaUpdate) -> Sequence[str]:
        """Return the statements by which `apply_ddl` would add tables and columns; nothing is changed."""

    def remove_tables(self, drop: Sequence[str], truncate: Sequence[str]) -> None:
        """Drop tables, and empty others, where they are there."""

    def stage(self, chain: Sequence[TableSchema], load_id: str) -> Mapping[str, str]:
        """Prepare to take the files of a root table and its nested tables; return where each one's files go."""

    def load_files(self, table: TableSchema, target: str, paths: Sequence[str], file_format: str) -> None:
        """Take some files of one table and one format."""

    def publish(self, chain: Sequence[TableSchema], load_id: str) -> None:
        """Bring what was staged for a chain into its tables, as its write disposition says."""

    def has_load(self, load_id: str) -> bool:
        """Tell whether a load was committed, also if it was undone since."""

    def is_undone(self, load_id: str) -> bool:
        """Tell whether a load that was committed was undone."""

    def undoing(self) -> Undoing | None:
        """Return what undoes loads, None where none can be undone."""

    def loaded_schema(self, load_id: str) -> str | None:
        """Return the name of the schema of a complete load."""

    def record_load(self, load_id: str, schema: Schema) -> None:
        """Write that the load is complete, and the version of its schema."""

    def record_state(self, dataset_name: str, load_id: str, state: State) -> None:
        """Write the state of the pipeline into a dataset."""

    def read_schema(self, name: str | None = None, version_hash: str | None = None) -> JsonObject | None:
        """Return the newest stored schema."""

    def read_state(self, pipeline_name: str, dataset_name: str | None = None) -> str | None:
        """Return the state, as `dlt.states.model.encode` made it."""

    def hold_state(self, pipeline_name: str, dataset_name: str | None = None) -> None:
        """Let no other load of the pipeline change its state before this transaction ends, where the engine can."""

    # what follows is for loads that run as tasks, of which an older try may still be alive

    def claim(self, pipeline_name: str, load_id: str, attempt: int) -> int:
        """Take a load over from older tries, in a transaction of its own; return the epoch that now may commit it.

        Raises:
            Superseded: a later attempt has it.
        """

    def hold(self, pipeline_name: str, load_id: str, epoch: int) -> None:
        """Let no other task commit a load of the pipeline before this transaction ends.

        Raises:
            Superseded: another try took the load over.
        """

    def read_work(self, key: str) -> WorkDone | None:
        """Return what is known of the work of one part of a run; None if it was never loaded.

        Args:
            key: Hex digits that stand for the run and the part.
        """

    def record_work(self, key: str, done: WorkDone) -> None:
        """Write in the transaction what load holds the work of one part of a run, in place of the one before."""

    def note_parts(self, loads: Mapping[str, str]) -> None:
        """Take note of the load ids of files, by path, where one load takes files of several parts of a run."""

    def remove_load(self, chain: Sequence[TableSchema], load_id: str) -> None:
        """Delete in the transaction the rows that a load appended to a root table and its nested tables.

        Raises:
            ReloadUndecided: nobody can tell which rows these are.
        """

    def checking_client(self) -> SqlClient | None:
        """Return a client for queries in the transaction, which sees what it did; None where nothing can."""

    def sql_client(self) -> SqlClient | None:
        """Return a client for queries, or None."""

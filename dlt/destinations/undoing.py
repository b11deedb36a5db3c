"""What an undo needs of a destination: what loads left in its tables, and what of it is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from dlt.destinations.ledger import LoadRow, StateRow
from dlt.late_dataclass import dataclass
from dlt.schema.typing import TableSchema

APPEND, REPLACE, MERGE, HISTORY = "append", "replace", "merge", "history"
"""How a load brings rows into a root table, as far as an undo tells ways apart."""
AGAIN = "again"
"""Appended by a run that was loaded once more: rows of its earlier load went, and nothing of them is kept."""
ADDS = (APPEND, AGAIN)
"""Ways that leave rows of other loads as they are."""
NESTED, UNDO = "nested", "undo"
"""What else a record tells of: a table that goes with its root, and an undo."""


@dataclass(frozen=True)
class UndoRecord:
    """What a load did to a table, or which load an undo took back.

    Attributes:
        load_id: The load.
        schema_name: Its schema.
        table: The table; None where it was an undo.
        how: One of the ways, for a nested table and an undo words of their own; None where the load dropped or emptied
            the table.
        kept_as: Load id under which is kept what it replaced; None where nothing is.
        undoes: Load that an undo took back.
    """

    load_id: str
    schema_name: str
    table: str | None
    how: str | None
    kept_as: str | None = None
    undoes: str | None = None


@dataclass(frozen=True)
class Replacing:
    """A load that is about to replace rows.

    Attributes:
        schema_name: Its schema.
        load_ids: Load ids that its rows bear; the first one names what is kept.
        package: Load id under which its files are staged.
    """

    schema_name: str
    load_ids: tuple[str, ...]
    package: str


@dataclass(frozen=True)
class Step:
    """What is to be done to one root table.

    Attributes:
        chain: The table, then those nested in it.
        how: How the load brought rows into it.
        load_ids: Load ids that these rows bear.
        kept_as: Load id under which is kept what it replaced.
        removed: Rows of the root table that go, None where nobody counted them.
        restored: Rows of the root table that come back.
    """

    chain: tuple[TableSchema, ...]
    how: str
    load_ids: tuple[str, ...]
    kept_as: str | None = None
    removed: int | None = None
    restored: int | None = None


class Undoing(Protocol):
    """What one dataset has to do with undoing; all of it happens in the transaction of a client.

    Attributes:
        by_rows: Rows are taken back one by one, so that they must tell their load.
    """

    by_rows: bool

    def loads(self) -> Sequence[LoadRow]:
        """Return the records of loads, in the order in which they were committed."""

    def states(self, pipeline_name: str, dataset_name: str) -> Sequence[StateRow]:
        """Return the states of a pipeline that are still there, oldest first."""

    def records(self) -> Sequence[UndoRecord]:
        """Return what is known of what loads did."""

    def rows(self, table: str) -> Mapping[str, int | None] | None:
        """Return how many rows of which load a root table has; None where rows do not tell their load."""

    def kept(self, table: str, kept_as: str) -> int | None:
        """Return how many rows of a root table are kept, None where nobody counted them."""

    def has_ended(self, root: TableSchema, load_id: str) -> bool:
        """Tell whether versions of a history end with a load, which may have brought none of its own."""

    # what changes something

    def prepare(self, chains: Sequence[tuple[Sequence[TableSchema], str]], keeps: int) -> None:
        """Make room for what a load is about to replace.

        Args:
            chains: Each root table with its nested ones, and how the load brings rows into it.
            keeps: Of how many loads it is kept.
        """

    def keep(self, chain: Sequence[TableSchema], how: str, load: Replacing) -> None:
        """Keep what a load is about to replace, and record what it does.

        Args:
            chain: The root table, then the nested ones; what is to be merged is staged.
            how: How the load brings rows into it.
            load: The load.
        """

    def note_lost(self, tables: Sequence[str], load: Replacing) -> None:
        """Record that a load drops or empties tables, and that nothing of them is kept.

        Args:
            tables: Their names.
            load: The load.
        """

    def note_again(self, tables: Sequence[str], load: Replacing) -> None:
        """Record that a load took rows of an earlier load of its run away, where nothing else of it is recorded.

        Args:
            tables: Names of the root tables.
            load: The load.
        """

    def prune(self, load: Replacing, keeps: int) -> None:
        """Forget what older loads of a schema replaced.

        Args:
            load: The newest load of the schema.
            keeps: Of how many loads it stays, with this one.
        """

    def take_back(self, step: Step) -> None:
        """Let a root table and those nested in it be as they were."""

    def mark(self, undo_id: str, schema_name: str, load_ids: Sequence[str]) -> None:
        """Write that loads were undone, and forget what is kept of them.

        Args:
            undo_id: Load id of the undo.
            schema_name: Its schema.
            load_ids: The loads.
        """

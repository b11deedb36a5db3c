"""Undo in DuckLake: what a load replaced is in the snapshots from before it, also where no copy was kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dlt.destinations.sql.undo import SqlUndo, Statement
from dlt.destinations.undoing import APPEND, REPLACE, Step, UndoRecord
from dlt.schema.system_tables import LOADS_TABLE
from dlt.schema.typing import TableSchema

_SNAPSHOT = "snapshot "
"""Begins the name under which is kept what an older snapshot has."""


class DuckLakeUndo(SqlUndo):
    """What one dataset of a lake has to do with undoing."""

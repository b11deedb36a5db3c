"""What is known of loads that are to be undone, and of those after them: read once, in a transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from dlt.destinations.client import Client
from dlt.destinations.ledger import UNDONE, LoadRow, StateRow
from dlt.destinations.undoing import APPEND, HISTORY, MERGE, NESTED, REPLACE, UNDO, UndoRecord
from dlt.errors import UndoRefused
from dlt.late_dataclass import dataclass
from dlt.load.work import appends
from dlt.schema.schema import Schema
from dlt.schema.system_tables import QUARANTINE_TABLE
from dlt.schema.typing import TableSchema
from dlt.schema.x_keys import X_MERGE_STRATEGY


def way_of(root: TableSchema) -> str:
    """Return how a load brings rows into a root table, as far as an undo tells ways apart.

    Args:
        root: The table.
    """
    if appends(root):
        return APPEND
    if root.get("write_disposition") == "merge":
        return HISTORY if root.get(X_MERGE_STRATEGY) == "scd2" else MERGE
    return REPLACE


@dataclass(frozen=True)
class Touch:
    """What a load did to a root table.

    Attributes:
        how: The way; None where it dropped or emptied it.
        kept_as: Load id under which is kept what it replaced.
        is_guess: No record says it: the rows that are there do, or cannot deny it.
        rows: Rows of it that are there, None where nobody knows.
    """

    how: str | None
    kept_as: str | None = None
    is_guess: bool = False
    rows: int | None = None


@dataclass(frozen=True)
class UndoFacts:
    """What a destination knows of loads.

    Attributes:
        dataset_name: The dataset.
        loads: Its loads, in the order in which they were committed.
        records: What they did, as far as that was recorded.
        schemas: The schema of each load from the one on that is to be undone.
        rows: Rows of each load, by root table; None where rows do not tell their load.
        kept: Rows that are kept, by root table and load id.
        states: States of the pipeline that are still there, oldest first.
        by_rows: Rows are taken back one by one, so that they must tell their load.
    """

    dataset_name: str
    loads: tuple[LoadRow, ...] = ()
    records: tuple[UndoRecord, ...] = ()
    schemas: Mapping[str, Schema] = field(default_factory=dict)
    rows: Mapping[str, Mapping[str, int | None] | None] = field(default_factory=dict)
    kept: Mapping[tuple[str, str], int | None] = field(default_factory=dict)
    states: tuple[StateRow, ...] = ()
    by_rows: bool = True

    def load(self, load_id: str) -> LoadRow | None:
        """Return the record of a load."""
        return next((row for row in self.loads if row.load_id == load_id), None)


def look_for_undo(client: Client, load_id: str, dataset_name: str, pipeline_name: str, home: str) -> UndoFacts | None:
    """Read what is known of a load and those after it, inside of a transaction; None where the load is not there.

    Args:
        client: Client of the dataset.
        load_id: The load.
        dataset_name: Name of the dataset.
        pipeline_name: The pipeline.
        home: Dataset that holds its state.

    Raises:
        UndoRefused: no load of the destination can be undone.
    """
    undoing = client.undoing()
    if undoing is None:
        raise UndoRefused(
            f"load {load_id} of pipeline {pipeline_name}: this destination keeps no tables of its own, so that no load "
            "can be undone there.",
            load_id=load_id,
        )
    loads = tuple(undoing.loads())
    first = next((row for row in loads if row.load_id == load_id), None)
    if first is None:
        return None
    # of loads in one transaction nobody can say which one was first
    later = [row for row in loads if row.inserted_at >= first.inserted_at and row.status != UNDONE]
    versions: dict[tuple[str, str], Schema] = {}
    schemas = {}
    for row in later:
        version = (row.schema_name, row.schema_version_hash)
        if version not in versions:
            stored = client.read_schema(name=row.schema_name, version_hash=row.schema_version_hash)
            versions[version] = Schema.from_dict(stored) if stored is not None else Schema(row.schema_name)
        schemas[row.load_id] = versions[version]
    records = tuple(undoing.records())
    ids = {row.load_id for row in later}
    roots = {root for schema in versions.values() for root in roots_of(schema)}
    roots |= {str(r.table) for r in records if r.load_id in ids and r.how not in (NESTED, UNDO)}
    kept = {(str(r.table), r.kept_as) for r in records if r.load_id in ids and r.kept_as and r.how != NESTED}
    return UndoFacts(
        dataset_name,
        loads,
        records,
        schemas,
        {root: undoing.rows(root) for root in sorted(roots)},
        {(table, kept_as): undoing.kept(table, kept_as) for table, kept_as in kept},
        tuple(undoing.states(pipeline_name, home)),
        undoing.by_rows,
    )


def roots_of(schema: Schema) -> list[str]:
    """Return the names of the root tables of a schema that hold users' data, or items that a contract kept out."""
    # what a load put into quarantine comes again with what else is undone
    aside = [QUARANTINE_TABLE] if QUARANTINE_TABLE in schema.tables else []
    return [*(table["name"] for table in schema.data_tables() if not table.get("parent")), *aside]

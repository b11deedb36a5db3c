"""What is known of loads that are to be undone, and of those after them: read once, in a transaction."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import field

from dlt.destinations.client import Client
from dlt.destinations.ledger import UNDONE, LoadRow, StateRow
from dlt.destinations.undoing import AGAIN, APPEND, HISTORY, MERGE, NESTED, REPLACE, UNDO, Undoing, UndoRecord
from dlt.errors import UndoRefused
from dlt.late_dataclass import dataclass
from dlt.load.work import appends
from dlt.schema.chains import loaded_with
from dlt.schema.schema import Schema
from dlt.schema.system_tables import QUARANTINE_TABLE
from dlt.schema.table import has_seen_data
from dlt.schema.typing import TableSchema
from dlt.schema.x_keys import X_MERGE_STRATEGY
from dlt.states.delta import Change, get
from dlt.states.model import State

WAY_OUT = (
    "Set load.keep_undo = N, so that the next N loads can be undone (LOAD__KEEP_UNDO=5 in the environment); this one "
    "can be made good by loading the table anew, with refresh='drop_resources'."
)
"""What is to be done where nothing was kept."""


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
        previous: Root tables that had rows before each of them, as the schema of the load before it says.
        rows: Rows of each load, by root table; None where rows do not tell their load.
        kept: Rows that are kept, by root table and load id.
        ended: Loads that ended versions of a history, by its root table.
        states: States of the pipeline that are still there, oldest first.
        by_rows: Rows are taken back one by one, so that they must tell their load.
    """

    dataset_name: str
    loads: tuple[LoadRow, ...] = ()
    records: tuple[UndoRecord, ...] = ()
    schemas: Mapping[str, Schema] = field(default_factory=dict)
    previous: Mapping[str, Collection[str]] = field(default_factory=dict)
    rows: Mapping[str, Mapping[str, int | None] | None] = field(default_factory=dict)
    kept: Mapping[tuple[str, str], int | None] = field(default_factory=dict)
    ended: Mapping[str, Collection[str]] = field(default_factory=dict)
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
    versions = _Versions(client)
    schemas = {row.load_id: versions.of(row) for row in later}
    records = tuple(undoing.records())
    ids = {row.load_id for row in later}
    roots = {root for schema in schemas.values() for root in roots_of(schema)}
    roots |= {str(r.table) for r in records if r.load_id in ids and r.how not in (NESTED, UNDO)}
    kept = {(str(r.table), r.kept_as) for r in records if r.load_id in ids and r.kept_as and r.how != NESTED}
    return UndoFacts(
        dataset_name,
        loads,
        records,
        schemas,
        {row.load_id: _filled(versions.of(before)) for row in later if (before := _before(loads, row)) is not None},
        {root: undoing.rows(root) for root in sorted(roots)},
        {(table, kept_as): undoing.kept(table, kept_as) for table, kept_as in kept},
        _ended(undoing, schemas, records),
        tuple(undoing.states(pipeline_name, home)),
        undoing.by_rows,
    )


class _Versions:
    """Reads the schemas of loads, each version once."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._known: dict[tuple[str, str], Schema] = {}

    def of(self, row: LoadRow) -> Schema:
        """Return the schema with which a load came."""
        version = (row.schema_name, row.schema_version_hash)
        if version not in self._known:
            stored = self._client.read_schema(name=row.schema_name, version_hash=row.schema_version_hash)
            self._known[version] = Schema.from_dict(stored) if stored is not None else Schema(row.schema_name)
        return self._known[version]


def _before(loads: Sequence[LoadRow], row: LoadRow) -> LoadRow | None:
    """Return the load of a schema before another one; None where an undo may have emptied tables since."""
    earlier = [one for one in loads if one.schema_name == row.schema_name and one.inserted_at < row.inserted_at]
    return earlier[-1] if earlier and all(one.status != UNDONE for one in earlier) else None


def _filled(schema: Schema) -> list[str]:
    return [table["name"] for table in schema.data_tables() if not table.get("parent") and has_seen_data(table)]


def _ended(undoing: Undoing, schemas: Mapping[str, Schema], records: Sequence[UndoRecord]) -> dict[str, set[str]]:
    """Return the loads that ended versions of a history, of those that nobody recorded."""
    noted, found = {record.load_id for record in records}, dict[str, set[str]]()
    for load_id, schema in schemas.items():
        for root in () if load_id in noted else roots_of(schema):
            if way_of(schema.get_table(root)) == HISTORY and undoing.has_ended(schema.get_table(root), load_id):
                found.setdefault(root, set()).add(load_id)
    return found


def may_have_changed(
    facts: UndoFacts, load_id: str, table: str, state: State, changes_of: Callable[[str], list[Change] | None]
) -> bool:
    """Tell whether a load may have changed a root table in which it has no row, where nobody recorded it.

    Args:
        facts: What the destination knows.
        load_id: The load.
        table: Name of the table.
        state: The state as it is now.
        changes_of: Returns what a load changed in the state; None where that is no longer known.
    """
    chain = facts.schemas[load_id].chain(table)
    root, way = chain[0], way_of(chain[0])
    if way == HISTORY:
        return load_id in facts.ended.get(table, ())
    if way == REPLACE:
        # rows of other loads say that this one left it alone, or that a later one replaced what it left
        return not facts.rows.get(table) and has_seen_data(root)
    # rows may be deleted, or rows that are there may have got more nested ones
    deletes = any(column.get("hard_delete") for column in root["columns"].values())
    if way != MERGE or not (deletes or (root.get(X_MERGE_STRATEGY) == "insert-only" and len(chain) > 1)):
        return False
    row = facts.load(load_id)
    own = ("sources", row.schema_name if row is not None else "", "resources", str(root.get("resource")))
    # a resource whose cursor did not move has read nothing
    if not isinstance(get(state, (*own, "incremental")), dict):
        return True
    changes = changes_of(load_id)
    return changes is None or any(change.path[: len(own)] == own for change in changes)


def roots_of(schema: Schema) -> list[str]:
    """Return the names of the root tables of a schema that hold users' data, or items that a contract kept out."""
    # what a load put into quarantine comes again with what else is undone
    aside = [QUARANTINE_TABLE] if QUARANTINE_TABLE in schema.tables else []
    return [*(table["name"] for table in schema.data_tables() if not table.get("parent")), *aside]


def why_not_table(facts: UndoFacts, load_id: str, root: str, touch: Touch) -> str | None:
    """Return why a table cannot be as it was before a load; None if it can.

    Args:
        facts: What the destination knows.
        load_id: The load.
        root: Name of the table.
        touch: What the load did to it.
    """
    schema = facts.schemas[load_id]
    bears_ids = facts.rows.get(root, {}) is not None
    if touch.how == AGAIN:
        return (
            f"load {load_id} is that of a run that was loaded before, and took the rows of its earlier load away, "
            "which were not kept. To have others in their place load the run once more: clear it, or reprocess it"
        )
    if touch.is_guess and touch.how != APPEND and not touch.rows and bears_ids:
        return (
            f"load {load_id} may have changed it ({touch.how}) without a row of its own, and what was there before "
            f"was not kept. {WAY_OUT}"
        )
    if touch.how is None:
        return f"load {load_id} dropped or emptied it (refresh, or a drop), and no row of it was kept. {WAY_OUT}"
    if root not in schema.tables or (touch.how != APPEND and touch.kept_as is None):
        return f"load {load_id} changed its rows ({touch.how}), and what it replaced was not kept. {WAY_OUT}"
    if touch.how in (APPEND, MERGE) and not bears_ids and (facts.by_rows or touch.is_guess):
        return (
            f"its rows have no _dlt_load_id, by which those of load {load_id} could be told. For tables of Arrow "
            "and pandas set normalize.parquet_normalizer.add_dlt_load_id before they are loaded"
        )
    if touch.is_guess and touch.how == APPEND and _is_lost(facts, load_id, root):
        return (
            f"it had rows before load {load_id}, and none of them is there: that load, or someone else, dropped or "
            f"emptied it, and nothing of it was kept. {WAY_OUT}"
        )
    chain = schema.chain(root)
    own = [table["name"] for table in chain if loaded_with(schema.tables, table["name"]) != root]
    if own and touch.how == APPEND:
        return f"{own[0]}, which is nested in it, is written in another way, and its rows do not tell their load"
    return None


def _is_lost(facts: UndoFacts, load_id: str, root: str) -> bool:
    """Tell whether rows are gone that were there before a load, though no record says so."""
    row, counts = facts.load(load_id), facts.rows.get(root) or {}
    earlier = {one.load_id for one in facts.loads if row is not None and one.inserted_at < row.inserted_at}
    return root in facts.previous.get(load_id, ()) and not earlier & counts.keys()

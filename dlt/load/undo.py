"""The plan of an undo, which follows from what is known of loads: a pure function, as that of a load is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import replace

from dlt.destinations.client import Client
from dlt.destinations.ledger import STATES_KEPT, UNDONE, LoadRow, StateRow
from dlt.destinations.undoing import ADDS, AGAIN, APPEND, NESTED, REPLACE, UNDO, Step
from dlt.errors import UndoRefused
from dlt.errors.base import ended
from dlt.io.codec import ABSENT
from dlt.load.undo_facts import Touch, UndoFacts, may_have_changed, roots_of, way_of, why_not_table
from dlt.load.undo_plan import UndoPlan
from dlt.packages.package import LoadPackage
from dlt.packages.undo import reverted_state
from dlt.schema.chains import loaded_with
from dlt.schema.system_tables import QUARANTINE_TABLE
from dlt.schema.x_keys import X_REPLAY
from dlt.states.delta import Change, difference, get
from dlt.states.model import State, decode, new_state


def plan_undo(facts: UndoFacts, load_id: str, pipeline_name: str, state: State, cascade: bool = False) -> UndoPlan:
    """Return what the undo of a load does.

    Args:
        facts: What the destination knows.
        load_id: The load, which it has.
        pipeline_name: The pipeline.
        state: Its state as it is now.
        cascade: Undo later loads that are in the way too.
    """
    return _Planner(facts, pipeline_name, state).plan(load_id, cascade)


def check_undo(
    facts: UndoFacts | None, load_ids: Sequence[str], pipeline_name: str, dataset_name: str
) -> tuple[tuple[str, Step], ...]:
    """Return what the undo of some loads does to tables, if all that it was planned for still holds.

    Args:
        facts: What the destination knows; None where the oldest of them is gone.
        load_ids: The loads, newest first.
        pipeline_name: The pipeline.
        dataset_name: Name of the dataset.

    Raises:
        UndoRefused: another load came meanwhile, or one of them was undone.
    """
    facts = facts or UndoFacts(dataset_name)
    planner = _Planner(facts, pipeline_name, new_state(pipeline_name))
    gone = [found for found in load_ids if (row := facts.load(found)) is None or row.status == UNDONE]
    blocking = [] if gone else planner.blocking_by_rows(load_ids)
    refused = None if gone or blocking else planner.why_not(load_ids)
    if gone or blocking or refused:
        what = f"load {', '.join(gone or blocking)} {'was undone' if gone else 'was loaded'} meanwhile"
        raise UndoRefused(
            f"pipeline {pipeline_name}: {ended(refused or what)} Nothing was undone. Look at it again: dlt pipeline "
            f"{pipeline_name} undo {load_ids[-1]} --dry-run",
            load_id=load_ids[-1],
            blocking=blocking,
        )
    return tuple(planner.steps(load_ids))


class _Planner:
    """Finds out what goes with a load, and what stands against it.

    Args:
        facts: What the destination knows.
        pipeline_name: The pipeline.
        state: Its state as it is now.
    """

    def __init__(self, facts: UndoFacts, pipeline_name: str, state: State) -> None:
        self._facts, self._pipeline_name, self._state = facts, pipeline_name, state
        self._touches: dict[str, dict[str, Touch]] = {}
        self._undos = {record.load_id for record in facts.records if record.how == UNDO}

    def plan(self, load_id: str, cascade: bool) -> UndoPlan:
        """Return the plan."""
        row = self._facts.load(load_id)
        assert row is not None, "the caller looked"
        found = UndoPlan(load_id, self._facts.dataset_name, row.schema_name)
        if row.status == UNDONE:
            return replace(found, was_undone=True)
        chosen = self._newest_first(self._together(row))
        blocking: list[str] = []
        while more := [*self.blocking_by_rows(chosen), *self._blocking_by_state(chosen)]:
            blocking = list(dict.fromkeys([*blocking, *more]))
            together = {one for other in more for one in self._together(self._row(other))}
            chosen = self._newest_first({*chosen, *together})
        # what was in the way of what was in the way is
        foreign = [one for one in chosen if self._row(one).schema_name != row.schema_name]
        if blocking and (not cascade or foreign):
            return replace(found, blocking=tuple(blocking), refused=self._told(load_id, blocking, foreign))
        refused = self.why_not(chosen) or self._why_not_state(chosen)
        if refused:
            return replace(found, loads=tuple(chosen), refused=refused)
        state, steps = self._reverted(chosen)[0], tuple(self.steps(chosen))
        moves = tuple(self._moves(chosen, state))
        if not steps and not moves:
            return replace(
                found,
                refused=f"no table has rows of load {load_id} any more, and it changed no state: later loads replaced "
                "what it brought, or it brought nothing",
            )
        return replace(found, loads=tuple(chosen), steps=steps, state=moves, reverted=state)

    def _told(self, load_id: str, blocking: Sequence[str], foreign: Sequence[str]) -> str:
        tables = {
            name
            for one in blocking
            for name in self.touches(one)
            if any(name in self.touches(other) for other in (load_id, *blocking) if other != one)
        }
        what = f"the tables {', '.join(sorted(tables))}" if tables else "the same state"
        loads = ", ".join(sorted(blocking))
        if foreign:
            return (
                f"later loads of other schemas changed {what}: {', '.join(sorted(foreign))}. Undo them first, each by "
                "itself."
            )
        name = self._pipeline_name
        return (
            f"later loads changed {what} or went on from where it ended: {loads}. Undo them as well, newest first and "
            f"in one transaction: cascade=True, or dlt pipeline {name} undo {load_id} --cascade"
        )

    # -- loads

    def _row(self, load_id: str) -> LoadRow:
        row = self._facts.load(load_id)
        assert row is not None, "what is in the way is there"
        return row

    def _together(self, row: LoadRow) -> set[str]:
        """Return the loads of one transaction: parts of one run, which share their state."""
        return {
            other.load_id
            for other in self._facts.loads
            if (other.inserted_at, other.schema_name) == (row.inserted_at, row.schema_name) and other.status != UNDONE
        }

    def _newest_first(self, load_ids: Collection[str]) -> list[str]:
        return [row.load_id for row in reversed(self._facts.loads) if row.load_id in load_ids]

    def _later(self, load_id: str) -> Iterator[LoadRow]:
        moment = self._row(load_id).inserted_at
        for row in self._facts.loads:
            # an undo is in nobody's way: what it took back is gone
            if row.inserted_at > moment and row.status != UNDONE and row.load_id not in self._undos:
                yield row

    # -- tables

    def touches(self, load_id: str) -> Mapping[str, Touch]:
        """Return what a load did, by root table."""
        if load_id not in self._touches:
            self._touches[load_id] = dict(self._found_touches(load_id))
        return self._touches[load_id]

    def _found_touches(self, load_id: str) -> Iterator[tuple[str, Touch]]:
        own = [r for r in self._facts.records if r.load_id == load_id and r.how != NESTED]
        schema = self._facts.schemas.get(load_id)
        tables = schema.tables if schema is not None else {}
        # the record of a nested table counts where its root has none
        for record in sorted(own, key=lambda record: loaded_with(tables, str(record.table)) == record.table):
            root = loaded_with(tables, str(record.table))
            counts = self._facts.rows.get(root)
            rows = counts.get(load_id, 0) if counts is not None else None
            if record.how != UNDO:
                # a merge that found nothing to replace only added, and may have added to rows that were there
                adds = record.how == APPEND and root in tables and way_of(tables[root]) != APPEND
                yield root, Touch(REPLACE if adds else record.how, record.kept_as, rows=rows)
        # where it is only recorded what a run that was loaded once more took away, the rows tell the rest
        if schema is None or any(record.how != AGAIN for record in own):
            return
        for root in roots_of(schema):
            if any(record.table == root for record in own):
                continue
            counts = self._facts.rows.get(root, {})
            # a table that does not tell its loads may have rows of this one
            if counts is None or load_id in counts:
                rows = counts[load_id] if counts is not None else None
                yield root, Touch(way_of(schema.get_table(root)), is_guess=True, rows=rows)
            elif may_have_changed(self._facts, load_id, root, self._state, self._changes):
                yield root, Touch(way_of(schema.get_table(root)), is_guess=True, rows=0)

    def blocking_by_rows(self, chosen: Sequence[str]) -> list[str]:
        """Return later loads that changed tables which some loads changed, unless all of them only appended."""
        found = []
        for load_id in chosen:
            own = self.touches(load_id)
            for row in self._later(load_id):
                # items of this load may be rows of that one
                if self._replays(row.load_id):
                    found.append(row.load_id)
                theirs = self.touches(row.load_id)
                shared = [name for name in own if name in theirs]
                if any(not {own[name].how, theirs[name].how} <= {*ADDS} for name in shared):
                    found.append(row.load_id)
        return [load_id for load_id in dict.fromkeys(found) if load_id not in chosen]

    def _replays(self, load_id: str) -> bool:
        """Tell whether a load took items out of the quarantine."""
        schema = self._facts.schemas.get(load_id)
        # the schema that came with the load says it
        return schema is not None and schema.tables.get(QUARANTINE_TABLE, {}).get(X_REPLAY) == load_id

    def why_not(self, chosen: Sequence[str]) -> str | None:
        """Return why the tables cannot be as they were; None if they can."""
        for load_id in chosen:
            if load_id in self._undos:
                return f"load {load_id} is itself an undo. What it took back comes again with the next run"
            if self._replays(load_id):
                return f"load {load_id} took items out of the quarantine, and nothing puts them back"
            for root, touch in self.touches(load_id).items():
                reason = why_not_table(self._facts, load_id, root, touch)
                if reason is not None:
                    return f"table {root}: {reason}"
        return None

    def steps(self, chosen: Sequence[str]) -> Iterator[tuple[str, Step]]:
        """Yield what is to be done, newest load first."""
        done = set()
        for load_id in chosen:
            together = self._newest_first(self._together(self._row(load_id)))
            for root, touch in self.touches(load_id).items():
                # parts of one load changed a table together
                if (together[0], root) in done:
                    continue
                done.add((together[0], root))
                parts = [one for one in together if root in self.touches(one)]
                counts = [self.touches(one)[root].rows for one in parts]
                removed = sum(filter(None, counts)) if None not in counts else None
                restored = 0 if touch.how == APPEND else self._facts.kept.get((root, str(touch.kept_as)))
                schema, how = self._facts.schemas[load_id], str(touch.how)
                chain = tuple(
                    table for table in schema.chain(root) if loaded_with(schema.tables, table["name"]) == root
                )
                yield load_id, Step(chain, how, tuple(parts), touch.kept_as, removed, restored)

    # -- state

    def _changes(self, load_id: str) -> list[Change] | None:
        """Return what a load changed in the state; None where that is no longer known."""
        row, states = self._row(load_id), self._facts.states
        index = next((i for i, state in enumerate(states) if state.created_at >= row.inserted_at), None)
        if index is None:
            return []
        after = states[index]
        together = self._together(row)
        if after.load_id not in together and not self._brought_for(row, after):
            # a state that came later; nothing that was newer than it went
            return [] if index or self._is_first(states) else None
        if not index and not self._is_first(states):
            return None
        before = decode(states[index - 1].state, self._pipeline_name) if index else new_state(self._pipeline_name)
        changes = difference(before, decode(after.state, self._pipeline_name))
        others = set(before.get("schema_names") or ()) | set(decode(after.state, self._pipeline_name)["schema_names"])
        others.discard(row.schema_name)
        own = [change for change in changes if change.path[0] == "sources" and change.is_deep]
        if after.load_id not in together:
            return [change for change in own if change.path[1] == row.schema_name]
        return [change for change in own if change.path[1] not in others]

    def _brought_for(self, row: LoadRow, state: StateRow) -> bool:
        """Tell whether a state came with the package of another schema of the same extract."""
        brought = self._facts.load(state.load_id)
        return brought is None or brought.schema_name != row.schema_name

    def _is_first(self, states: Sequence[StateRow]) -> bool:
        # states go when ones come that are five versions newer, so that up to there none is missing
        return states[-1].version <= STATES_KEPT or states[0].version == 1

    def _reverted(self, chosen: Sequence[str]) -> tuple[State, list[Change]]:
        """Return the state without what loads changed in it, and what others changed since."""
        state, moved = deepcopy(self._state), []
        seen: set[str] = set()
        for load_id in chosen:
            # loads of one transaction share their state
            together = self._together(self._row(load_id))
            if seen & together:
                continue
            seen |= together
            for change in self._changes(load_id) or ():
                now = get(state, change.path)
                if now not in (change.value, change.base):
                    moved.append(change)
            state = reverted_state(state, self._changes(load_id) or ())
        return state, moved

    def _moves(self, chosen: Sequence[str], after: State) -> Iterator[Change]:
        """Yield what of the state goes back, each cursor and each value by itself."""
        for path in dict.fromkeys(change.path for load_id in chosen for change in self._changes(load_id) or ()):
            change = Change(path, get(self._state, path), get(after, path))
            if change.base != change.value:
                yield change

    def _blocking_by_state(self, chosen: Sequence[str]) -> list[str]:
        moved = [change.path for change in self._reverted(chosen)[1]]
        found = []
        for load_id in chosen if moved else ():
            for row in self._later(load_id):
                if row.load_id not in chosen and any(c.path in moved for c in self._changes(row.load_id) or ()):
                    found.append(row.load_id)
        return list(dict.fromkeys(found))

    def _why_not_state(self, chosen: Sequence[str]) -> str | None:
        for load_id in chosen:
            changes = self._changes(load_id)
            if changes is None:
                return (
                    f"the state from before load {load_id} is no longer kept: of each pipeline the newest 5 are, and "
                    "as many as load.keep_undo says and one more"
                )
            for change in changes:
                if change.cursor is not None and change.value is ABSENT:
                    return (
                        f"load {load_id} reset the state of resource {change.cursor.resource} (a drop, or a refresh), "
                        "and what it dropped was not kept"
                    )
                if change.cursor is not None and self._is_emptied(load_id, change.cursor.resource, change.base):
                    return (
                        f"resource {change.cursor.resource} had been read before load {load_id}, and its tables have "
                        "no row from then: that load, or someone else, emptied them, and nothing of them was kept"
                    )
        left = self._reverted(chosen)[1]
        if left:
            return f"{left[0]} in the state was changed since, and by no load: nobody can tell what it is to be"
        return None

    def _is_emptied(self, load_id: str, resource: str, cursor: object) -> bool:
        """Tell whether rows are gone that were there before a load, though no record says so."""
        if not isinstance(cursor, dict) or cursor.get("last_value") is None:
            return False
        schema, before = self._facts.schemas[load_id], self._row(load_id).inserted_at
        earlier = {row.load_id for row in self._facts.loads if row.inserted_at < before}
        own = [
            root
            for root, touch in self.touches(load_id).items()
            if touch.is_guess and touch.how == APPEND and schema.get_table(root).get("resource") == resource
        ]
        return bool(own) and not any(earlier & (self._facts.rows.get(root) or {}).keys() for root in own)


def carry_out(steps: Iterable[tuple[str, Step]], client: Client, package: LoadPackage, loads_there: int) -> None:
    """Undo loads in the transaction of a client.

    Args:
        steps: What is to be done, in order.
        client: Client of the dataset.
        package: The undo.
        loads_there: Number of loads that were there when the steps were planned.

    Raises:
        UndoRefused: another load was committed since.
    """
    undoing = client.undoing()
    assert undoing is not None, "the plan was made with it"
    for _, step in steps:
        undoing.take_back(step)
    # behind the steps, which wait for loads into the same tables where the engine has locks
    if len(undoing.loads()) != loads_there:
        raise UndoRefused(
            f"pipeline {package.pipeline_name}: another load was committed while load "
            f"{', '.join(package.manifest.undoes)} was being undone. Nothing was undone. Undo it again.",
            load_id=package.manifest.undoes[-1],
        )
    undoing.mark(package.load_id, package.schema_name, package.manifest.undoes)

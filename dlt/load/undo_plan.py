"""An undo as a value: which loads go, what becomes of tables and state, or why nothing can be done."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dlt.destinations.undoing import APPEND, HISTORY, MERGE, REPLACE, Step
from dlt.io.codec import ABSENT
from dlt.late_dataclass import dataclass
from dlt.states.delta import Change
from dlt.states.model import State

_WAYS = {
    APPEND: "append: its rows go",
    REPLACE: "replace: the rows from before come back",
    MERGE: "merge: its rows go, those that it replaced come back",
    HISTORY: "history: the versions from before come back",
}


@dataclass(frozen=True)
class UndonePart:
    """What becomes of one root table and those nested in it, by the undo of one load.

    Attributes:
        load_id: The load.
        table: Name of the root table.
        nested: Names of the tables nested in it.
        how: How the load brought rows into it.
        removed: Rows of the root table that go, None where nobody counted them.
        restored: Rows of the root table that come back, None where nobody counted them.
    """

    load_id: str
    table: str
    nested: tuple[str, ...]
    how: str
    removed: int | None
    restored: int | None


@dataclass(frozen=True)
class Moved:
    """What of the state goes back.

    Attributes:
        path: The keys that lead to it, with dots.
        before: Its value now.
        after: Its value after the undo.
    """

    path: str
    before: object
    after: object


@dataclass(frozen=True)
class UndoPlan:
    """What the undo of a load does.

    Attributes:
        load_id: The load that is to be undone.
        dataset_name: Its dataset.
        schema_name: Its schema.
        loads: Loads that go, newest first: those that go with it too.
        steps: What is to be done, in order.
        state: What of the state goes back.
        reverted: The state after the undo; None where it is not known.
        blocking: Later loads that are in the way.
        refused: Why it cannot be undone; None where nothing stands against it.
        was_undone: It was undone before, so that nothing is left to do.
        undo_id: Load id of the undo, once it is done.
    """

    load_id: str
    dataset_name: str
    schema_name: str = ""
    loads: tuple[str, ...] = ()
    steps: tuple[tuple[str, Step], ...] = ()
    state: tuple[Change, ...] = ()
    reverted: State | None = None
    blocking: tuple[str, ...] = ()
    refused: str | None = None
    was_undone: bool = False
    undo_id: str | None = None

    @property
    def tables(self) -> list[UndonePart]:
        """Return what becomes of tables."""
        return [_part(load_id, step) for load_id, step in self.steps]

    @property
    def moved(self) -> list[Moved]:
        """Return what of the state goes back."""
        return [_moved(change) for change in self.state]

    def asdict(self) -> dict[str, object]:
        """Return a JSON-safe dict."""
        return {
            "load_id": self.load_id,
            "dataset_name": self.dataset_name,
            "schema_name": self.schema_name,
            "loads": list(self.loads),
            "tables": [{**vars(part), "nested": list(part.nested)} for part in self.tables],
            "state": [{key: _shown(value) for key, value in vars(moved).items()} for moved in self.moved],
            "blocking": list(self.blocking),
            "refused": self.refused,
            "was_undone": self.was_undone,
            "undo_id": self.undo_id,
        }

    def __str__(self) -> str:
        return undo_text(self)


def undo_text(plan: UndoPlan) -> str:
    """Return what an undo does: loads, tables, state.

    Args:
        plan: The plan.
    """
    head = f"Undo of load {plan.load_id} in dataset {plan.dataset_name}"
    if plan.was_undone:
        return f"{head}\nIt was undone before: nothing is left to do."
    if plan.refused is not None:
        return f"{head}\nRefused: {plan.refused}"
    lines = [head]
    if len(plan.loads) > 1:
        lines += ["", "Loads that go, newest first", *(f"  {load_id}" for load_id in plan.loads)]
    rows = [("table", "removed", "restored", "how")]
    for part in plan.tables:
        named = f"{part.table} with {', '.join(part.nested)}" if part.nested else part.table
        rows.append((named, _number(part.removed), _number(part.restored), _WAYS.get(part.how, part.how)))
    lines += ["", *(_aligned(rows) if plan.steps else ["  No table has rows of it."])]
    if plan.state:
        moves = [(moved.path, _shown(moved.before), "→", _shown(moved.after)) for moved in plan.moved]
        lines += ["", "State that goes back", *_aligned(moves)]
    done = "Nothing was changed." if plan.undo_id is None else f"Done, as load {plan.undo_id}."
    return "\n".join([*lines, "", done])


def _part(load_id: str, step: Step) -> UndonePart:
    nested = tuple(table["name"] for table in step.chain[1:])
    return UndonePart(load_id, step.chain[0]["name"], nested, step.how, step.removed, step.restored)


def _moved(change: Change) -> Moved:
    if change.cursor is None:
        return Moved(str(change), change.base, change.value)
    name = f"{change.cursor.resource}.{change.cursor.cursor_path}"
    return Moved(name, *(_cursor(value) for value in (change.base, change.value)))


def _cursor(value: object) -> object:
    return value.get("last_value") if isinstance(value, dict) else None


def _shown(value: object) -> str:
    return "start" if value is None or value is ABSENT else str(value)


def _number(value: int | None) -> str:
    return "" if value is None else f"{value:,}"


def _aligned(rows: Iterable[Sequence[str]]) -> list[str]:
    cells = list(rows)
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    # numbers stand below each other's last digit, and so does what stands above them
    right = [i in (1, 2) and len(widths) == 4 and cells[0][1] == "removed" for i in range(len(widths))]
    return [
        "  "
        + "  ".join(
            cell.rjust(width) if is_number else cell.ljust(width)
            for cell, width, is_number in zip(row, widths, right, strict=True)
        ).rstrip()
        for row in cells
    ]

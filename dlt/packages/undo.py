"""What giving a package up takes back: the changes that its extract made in state and schema, as values."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import field, replace

from dlt.io.codec import ABSENT, Document
from dlt.late_dataclass import dataclass
from dlt.schema.schema import Schema
from dlt.schema.typing import TableSchema
from dlt.states.cursor import Path
from dlt.states.delta import Change, get, put
from dlt.states.model import State

Tables = Mapping[str, TableSchema | None]
"""Tables as they were before; None for those that are new."""


@dataclass(frozen=True)
class Undo:
    """What giving a package up takes back.

    Attributes:
        extract: Id of the extract; packages of several schemas share it.
        schema_name: Schema of the package.
        state: Changes of the extract that belong to the package.
        state_version: Version of the state before.
        version_hash: Version hash of the state before; None of a pipeline that never ran.
        new_schema: The extract brought the schema.
        tables: Tables that it changed.
    """

    extract: str | None = None
    schema_name: str | None = None
    state: tuple[Change, ...] = ()
    state_version: int = 0
    version_hash: str | None = None
    new_schema: bool = False
    tables: Tables = field(default_factory=dict)


UNDO_DOCUMENT = Document(Undo, "what giving a package up takes back", exact=True)


def undo_of(
    extract: str, before: State, changes: Iterable[Change], schema_before: Schema | None, schema: Schema
) -> Undo:
    """Return what giving a package up takes back.

    Args:
        extract: Id of the extract; the packages of its schemas share it.
        before: State before the extract.
        changes: What the extract changed in it, as far as it belongs to this package.
        schema_before: Schema before the extract; None if there was none.
        schema: Schema of the package.
    """
    return Undo(
        extract,
        schema.name,
        tuple(changes),
        int(before.get("_state_version") or 0),
        before.get("_version_hash"),
        schema.name not in (before.get("schema_names") or []),
        changed_tables(schema_before, schema),
    )


def changed_tables(before: Schema | None, after: Schema) -> dict[str, TableSchema | None]:
    """Return the tables that differ, as they were before; None for those that are new."""
    known = before.tables if before is not None else {}
    return {
        name: deepcopy(known.get(name))
        for name in {**known, **after.tables}
        if known.get(name) != after.tables.get(name) and not (before is None and name.startswith("_dlt"))
    }


def with_more_tables(undo: Undo | None, tables: Tables) -> Undo | None:
    """Return what a later step leaves to take back: what the earlier ones changed is known from before them."""
    return None if undo is None else replace(undo, tables={**tables, **undo.tables})


def own_changes(changes: Iterable[Change], sources: Collection[str]) -> list[Change]:
    """Return the changes that belong to some sources."""
    return [change for change in changes if is_of(change, sources)]


def is_of(change: Change, sources: Collection[str]) -> bool:
    """Tell whether a change belongs to one of some sources."""
    return change.is_deep and change.path[0] == "sources" and change.path[1] in sources


def overlap(first: Iterable[Change], second: Iterable[Change]) -> bool:
    """Tell whether two extracts changed the same part of the state, so that one builds on the other."""
    paths = [change.path for change in first if change.is_deep]
    others = [change.path for change in second if change.is_deep]
    return any(a[: len(b)] == b[: len(a)] for a in paths for b in others)


def reverted_state(state: State, changes: Iterable[Change]) -> State:
    """Return the state without some changes; what someone else changed since stays as it is.

    Args:
        state: State as it is now.
        changes: What is taken back; names of schemas and the like are not touched.
    """
    found = deepcopy(state)
    for change in changes:
        if change.is_deep and get(found, change.path) == change.value:
            put(found, change.path, change.base)
            if change.base is ABSENT:
                _prune(found, change.path)
    return found


def _prune(state: State, path: Path) -> None:
    """Remove the empty dicts that led to a value which is gone."""
    for length in range(len(path) - 1, 1, -1):
        if get(state, path[:length]) != {}:
            return
        put(state, path[:length], ABSENT)
    if get(state, path[:1]) == {}:
        put(state, path[:1], ABSENT)


def reverted_schema(current: Schema, left: Schema, tables: Tables, others: Sequence[Schema]) -> Schema | None:
    """Return a schema without what a package brought; None if nothing changes.

    Args:
        current: Schema as it is now.
        left: Schema of the package.
        tables: Its changed tables as they were before.
        others: Schemas of packages that stay, or that were loaded: what is in them stays.
    """
    found = current.clone()
    for name, before in tables.items():
        now, after = current.tables.get(name), left.tables.get(name)
        table = deepcopy(before) if now == after else _without(now, after, before)
        table = _with_kept(table, now, [other.tables[name] for other in others if name in other.tables])
        if table is None:
            found.tables.pop(name, None)
        else:
            found.tables[name] = table
    if found.tables == current.tables:
        return None
    found.bump()
    found.stored_version = max(found.stored_version, left.stored_version + 1)
    return found


def _without(now: TableSchema | None, after: TableSchema | None, before: TableSchema | None) -> TableSchema | None:
    """Return a table that was changed since without the columns that the package brought, and with those it took."""
    if now is None:
        return None
    after_columns = after["columns"] if after else {}
    before_columns = before["columns"] if before else {}
    columns = {
        name: column
        for name, column in now["columns"].items()
        if name in before_columns or after_columns.get(name) != column
    }
    columns.update({name: deepcopy(column) for name, column in before_columns.items() if name not in columns})
    return {**now, "columns": columns}


def _with_kept(table: TableSchema | None, now: TableSchema | None, others: Sequence[TableSchema]) -> TableSchema | None:
    if now is None or not others:
        return table
    if table is None:
        table = {**now, "columns": {}}
    kept = {name for other in others for name in other["columns"] if name in now["columns"]}
    columns = {**table["columns"], **{n: c for n, c in now["columns"].items() if n in kept}}
    return {**table, "columns": columns}

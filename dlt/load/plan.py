"""A load as a value: what it changes, what it requires and what it records, before anything is done."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field

from dlt.destinations.client import WorkDone
from dlt.destinations.undoing import Step
from dlt.late_dataclass import dataclass
from dlt.load.drift import Drift
from dlt.load.order import LoadOrder
from dlt.load.standing import Standing
from dlt.packages.manifest import PackageFile
from dlt.schema.data_checks import Check
from dlt.schema.schema import Schema
from dlt.schema.typing import ColumnSchema, TableSchema
from dlt.schema.update import SchemaUpdate
from dlt.states.model import State


@dataclass(frozen=True)
class Requirements:
    """What must hold when a load is committed; otherwise nothing of it is.

    Attributes:
        absent: Load ids that the destination must not have.
        newest_try: Load id of which no other try may have taken over, for loads that run as tasks.
    """

    absent: tuple[str, ...] = ()
    newest_try: str | None = None


@dataclass(frozen=True)
class Removal:
    """Rows that an earlier load of the same work appended, which this one gives again."""

    chain: tuple[TableSchema, ...]
    load_id: str


@dataclass(frozen=True)
class Changes:
    """What happens to tables before files come.

    Attributes:
        dropped: Tables that go.
        tables: What every table that is filled must have; the destination adds what it does not have.
        added: Tables and columns that are not there.
        renamed: New names of columns that are there, by table and by the names that they have.
        emptied: Tables whose rows go, after all other changes.
        drift: What others removed and is made again.
    """

    dropped: tuple[str, ...] = ()
    tables: SchemaUpdate = field(default_factory=SchemaUpdate)
    added: Mapping[str, TableSchema] = field(default_factory=dict)
    renamed: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    emptied: tuple[str, ...] = ()
    drift: Drift = field(default_factory=Drift)


@dataclass(frozen=True)
class FileGroup:
    """Files of one table and one format that the destination takes at once."""

    table: TableSchema
    file_format: str
    files: tuple[PackageFile, ...]


@dataclass(frozen=True)
class Publication:
    """How the new rows of a root table and its nested tables get into them.

    Attributes:
        chain: The root table, then the nested ones.
        strategy: "append", "replace", or "merge" with its strategy.
        groups: Files, in the order in which they are taken.
    """

    chain: tuple[TableSchema, ...]
    strategy: str
    groups: tuple[FileGroup, ...]


@dataclass(frozen=True)
class TableChecks:
    """Checks of data of one table.

    Attributes:
        table: The table, also with columns of which no value came yet.
        checks: Its checks.
        is_new: All of its rows are those of the load.
    """

    table: TableSchema
    checks: tuple[Check, ...]
    is_new: bool


@dataclass(frozen=True)
class Records:
    """Rows that make the load complete.

    Attributes:
        loads: Load ids in _dlt_loads.
        schema: The schema, of which a new version goes to _dlt_version.
        state: State of the pipeline, None where it stays as it is.
        works: What is known afterwards of works of tasks, by their keys.
    """

    loads: tuple[str, ...]
    schema: Schema
    state: State | None = None
    works: Mapping[str, WorkDone] = field(default_factory=dict)


@dataclass(frozen=True)
class LoadPlan:
    """What a load does.

    Attributes:
        order: What is to be loaded.
        standing: What stands at the destination.
        settled: What the destination has of it: then nothing else is done.
        requirements: What must hold at the commit.
        removals: Rows of earlier loads that go.
        changes: What happens to tables.
        publications: Files, and how their rows get into tables.
        checks: Checks of data that must hold before the load becomes visible.
        records: Rows that make the load complete.
        joined: The state holds what another run left there meanwhile.
        undo: What is done to tables to undo loads, each step with its load.
    """

    order: LoadOrder
    standing: Standing
    settled: tuple[WorkDone, ...] = ()
    requirements: Requirements = field(default_factory=Requirements)
    removals: tuple[Removal, ...] = ()
    changes: Changes = field(default_factory=Changes)
    publications: tuple[Publication, ...] = ()
    checks: tuple[TableChecks, ...] = ()
    records: Records | None = None
    joined: bool = False
    undo: tuple[tuple[str, Step], ...] = ()

    def __str__(self) -> str:
        return plan_text(self)

    def path(self, file: PackageFile) -> str:
        """Return where a file is."""
        return os.path.join(self.order.package.path, file.name)


def plan_text(plan: LoadPlan) -> str:
    """Return what a plan does: tables, files, how rows get into tables, records and requirements.

    Args:
        plan: The plan.
    """
    package, dataset = plan.order.package, plan.order.dataset_name
    head = f"Load {package.load_id} of schema {package.schema_name} into dataset {dataset}"
    if plan.settled:
        return f"{head}\n  nothing: it was loaded before, as {', '.join(done.load_id for done in plan.settled)}"
    sections = {
        "Requirements": _requirements(plan),
        "Rows of earlier loads that go": _removals(plan),
        "Undone": _undone(plan),
        "Tables": _tables(plan),
        "Files": _files(plan),
        "Publication": [_publication(publication) for publication in plan.publications],
        "Checks": _checks(plan),
        "Records": list(_records(plan)),
    }
    found = [f"{title}\n{_aligned(rows)}" for title, rows in sections.items() if rows]
    return "\n".join([head, *found])


def _aligned(rows: Iterable[Sequence[str]]) -> str:
    cells = list(rows)
    widths = [max(len(row[i]) for row in cells if i < len(row)) for i in range(max(map(len, cells)))]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)).rstrip() for row in cells)
    return "\n".join(f"  {line}" for line in lines)


def _requirements(plan: LoadPlan) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [("load not there", load_id) for load_id in plan.requirements.absent]
    if plan.requirements.newest_try is not None:
        rows.append(("newest try of", plan.requirements.newest_try))
    return rows


def _removals(plan: LoadPlan) -> list[tuple[str, ...]]:
    return [(removal.chain[0]["name"], f"of load {removal.load_id}") for removal in plan.removals]


def _undone(plan: LoadPlan) -> list[tuple[str, ...]]:
    return [(step.chain[0]["name"], f"of load {load_id}", step.how) for load_id, step in plan.undo]


def _checks(plan: LoadPlan) -> list[tuple[str, ...]]:
    return [(found.table["name"], str(check)) for found in plan.checks for check in found.checks]


def _tables(plan: LoadPlan) -> list[tuple[str, ...]]:
    changes = plan.changes
    rows: list[tuple[str, ...]] = [("drop", name) for name in changes.dropped]
    for name, table in changes.added.items():
        verb = "add to" if name in plan.standing.tables else "create"
        rows.append((verb, name, ", ".join(_column(column) for column in table["columns"].values())))
    rows += [("empty", name) for name in changes.emptied]
    return rows


def _column(column: ColumnSchema) -> str:
    sizes = [str(column[key]) for key in ("precision", "scale") if column.get(key) is not None]
    size = f"({','.join(sizes)})" if sizes else ""
    return f"{column['name']} {column['data_type']}{size}{'' if column.get('nullable', True) else ' not null'}"


def _files(plan: LoadPlan) -> list[tuple[str, ...]]:
    groups = [group for publication in plan.publications for group in publication.groups]
    rows = [
        (file.name, "into", group.table["name"], f"{file.rows} rows", group.file_format)
        for group in groups
        for file in group.files
    ]
    if len(rows) > 1:
        total = sum(file.rows for group in groups for file in group.files)
        rows.append((f"{len(rows)} files", "", "", f"{total} rows", ""))
    return list(rows)


def _publication(publication: Publication) -> tuple[str, ...]:
    names = [table["name"] for table in publication.chain]
    rows = sum(file.rows for group in publication.groups for file in group.files)
    nested = f"with {', '.join(names[1:])}" if len(names) > 1 else ""
    return (names[0], publication.strategy, f"{rows} rows", nested)


def _records(plan: LoadPlan) -> Iterator[tuple[str, ...]]:
    records = plan.records
    if records is None:
        return
    for load_id in records.loads:
        yield "_dlt_loads", load_id
    yield "_dlt_version", f"{records.schema.name} version {records.schema.version}"
    if records.state is not None:
        joined = ", joined with that of another run" if plan.joined else ""
        yield "_dlt_pipeline_state", f"version {records.state['_state_version']}{joined}"
    for done in records.works.values():
        yield "_dlt_works", f"{done.load_id} revision {done.revision}"

"""A plan as text for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dlt.load.plan import Changes, LoadPlan, Publication
    from dlt.schema.typing import ColumnSchema


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
        "Tables": _tables(plan),
        "Files": _files(plan),
        "Publication": [_publication(publication) for publication in plan.publications],
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


def _tables(plan: LoadPlan) -> list[tuple[str, ...]]:
    changes: Changes = plan.changes
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

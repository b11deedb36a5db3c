"""What a run would do, as a value: tables, columns, rows, statements, cursors; and as a table to read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, field
from itertools import zip_longest

from dlt.late_dataclass import dataclass
from dlt.load.preview import TablePreview
from dlt.package_info import json_object, size_text
from dlt.packages.manifest import CheckDone
from dlt.schema.system_tables import is_system_name

_MOST_COLUMNS = 8
_SINGLE = 1


@dataclass(frozen=True)
class CursorMove:
    """How far a cursor would go.

    Attributes:
        source: Name of the source.
        resource: Name of the resource.
        cursor_path: Its field.
        before: Value where it stands.
        after: Value where it would stand.
    """

    source: str
    resource: str
    cursor_path: str
    before: object
    after: object


@dataclass(frozen=True)
class Doubt:
    """A column whose type may not be what was meant.

    Attributes:
        table: Its table.
        column: The column.
        data_type: Type that it would get.
        reason: What speaks against it.
    """

    table: str
    column: str
    data_type: str
    reason: str


@dataclass(frozen=True)
class LateMask:
    """A column that would be masked from now on, and of which clear values are there.

    Attributes:
        table: Its table.
        column: The column.
    """

    table: str
    column: str


@dataclass(frozen=True)
class PipelinePlan:
    """What a run would do; nothing of it is done.

    Attributes:
        pipeline_name: Name of the pipeline.
        destination: Where it would load, without secrets.
        dataset_name: Dataset of the default schema.
        tables: What would become of each table.
        ddl: Statements that would add tables and columns; none for files.
        cursors: Cursors that would move.
        doubts: Columns whose types are doubtful.
        discarded: Rows that a contract would discard, by resource's table, where some would be.
        quarantined: Items that a contract would put into quarantine, by root table.
        failing_checks: Checks of data that the rows that come would fail; those that ask for rows that are there
            already are left out.
        changes_state: Sources keep something else in the state than before, which may be their cursors.
        late_masks: Columns that are masked from now on, while rows that are there keep their clear values.
        refused: Why nothing would be loaded, such as a contract; None where nothing stands against it.
        is_sample: Not all rows were read.
    """

    pipeline_name: str
    destination: str
    dataset_name: str
    tables: Sequence[TablePreview] = ()
    ddl: Sequence[str] = ()
    cursors: Sequence[CursorMove] = ()
    doubts: Sequence[Doubt] = ()
    discarded: Mapping[str, int] = field(default_factory=dict)
    quarantined: Mapping[str, int] = field(default_factory=dict)
    failing_checks: Sequence[CheckDone] = ()
    changes_state: bool = False
    late_masks: Sequence[LateMask] = ()
    refused: str | None = None
    is_sample: bool = False

    @property
    def has_changes(self) -> bool:
        """Tell whether anything would be different afterwards."""
        changes = (bool(self.cursors), self.changes_state, bool(self.quarantined))
        return any(changes) or any(table.changes for table in self.tables)

    @property
    def would_fail(self) -> bool:
        """Tell whether the run would load nothing: a contract refuses its data, or a check fails that is an error."""
        return self.refused is not None or any(check.severity == "error" for check in self.failing_checks)

    @property
    def bytes(self) -> int:
        """Return the size of the files that would be loaded."""
        return sum(table.bytes for table in self.tables)

    def asdict(self) -> dict[str, object]:
        """Return a JSON-safe dict."""
        told = {"bytes": self.bytes, "has_changes": self.has_changes, "would_fail": self.would_fail}
        return json_object({**asdict(self), **told})

    def __str__(self) -> str:
        head = f"Plan of pipeline {self.pipeline_name} into {self.destination}, dataset {self.dataset_name}"
        if self.refused is not None:
            return f"{head}\nNothing would be loaded: {self.refused}"
        sections: dict[str, list[tuple[str, ...]]] = {
            "": _table_rows(self.tables),
            "New columns": list(_column_rows(self.tables)),
            "Renamed columns": [
                (table.name, ", ".join(f"{old} → {new}" for old, new in table.renamed_columns.items()))
                for table in self.tables
                if table.renamed_columns
            ],
            "Rows that a contract discards": [(name, f"{count:,}") for name, count in self.discarded.items()],
            "Items that go to quarantine": [(name, f"{count:,}") for name, count in self.quarantined.items()],
            "Columns without a value in what comes": [
                (table.name, ", ".join(table.valueless)) for table in self.tables if table.valueless
            ],
            "Rows that repeat a key": [
                (table.name, f"{table.repeated:,}", "of which a merge takes one each")
                for table in self.tables
                if table.repeated
            ],
            "Checks that would fail": [
                (check.table, check.check, check.fault, check.severity) for check in self.failing_checks
            ],
            "Masks that come late": [
                (f"{late.table}.{late.column}", "rows that are there keep clear values") for late in self.late_masks
            ],
            "Cursors": [
                (f"{move.resource}.{move.cursor_path}", _shown(move.before), "→", _shown(move.after))
                for move in self.cursors
            ],
            # a cursor that moves is told above
            "State": [("what sources keep changes",)] if self.changes_state and not self.cursors else [],
            "Doubtful types": [
                (f"{doubt.table}.{doubt.column}", doubt.data_type, doubt.reason) for doubt in self.doubts
            ],
        }
        lines = [head + (", of a sample of the rows" if self.is_sample else "")]
        for title, rows in sections.items():
            if rows:
                lines += ["", *([title] if title else []), *aligned(rows)]
        if not self.has_changes:
            # rows that are discarded, and checks that count rows, are told all the same
            return "\n".join([*lines, *([""] if len(lines) > 1 else []), "Nothing would change."])
        return "\n".join([*lines, "", f"{size_text(self.bytes)} in all. Nothing was written."])


def _table_rows(tables: Sequence[TablePreview]) -> list[tuple[str, ...]]:
    head = ("table", "", "how", "rows", "new", "changed", "removed")
    # what stays as it is is no news
    rows = [
        (
            table.name,
            _what(table),
            table.strategy,
            f"{table.rows:,}",
            _number(table.inserted),
            _number(table.updated),
            _number(table.removed),
        )
        for table in tables
        if table.changes
    ]
    return [head, *rows] if rows else []


def _what(table: TablePreview) -> str:
    if table.is_dropped or table.is_new:
        return "drop" if table.is_dropped else "create"
    return "alter" if table.new_columns or table.renamed_columns else ""


def _column_rows(tables: Iterable[TablePreview]) -> Iterable[tuple[str, ...]]:
    for table in tables:
        if is_system_name(table.name):
            continue
        own = [f"{name} {kind}" for name, kind in table.new_columns.items() if not is_system_name(name)]
        more = f" and {len(own) - _MOST_COLUMNS} more" if len(own) > _MOST_COLUMNS else ""
        if own:
            yield table.name, ", ".join(own[:_MOST_COLUMNS]) + more


def _number(value: int | None) -> str:
    return "" if value is None else f"{value:,}"


def _shown(value: object) -> str:
    return "start" if value is None else str(value)


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return rows of text in columns, two blanks from the left; numbers stand right.

    Args:
        rows: The rows, the first one the heading.
    """
    columns = list(zip_longest(*rows, fillvalue=""))
    widths = [max(map(len, column)) for column in columns]
    # the heading of numbers stands above them
    numbers = [all(not cell or cell.replace(",", "").isdigit() for cell in column[1:]) for column in columns]
    lines = (
        "  ".join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(row, widths, numbers, strict=True)
        )
        for row in zip(*columns, strict=True)
    )
    return [f"  {line}".rstrip() for line in lines]


def doubts_of(tables: Iterable[TablePreview]) -> list[Doubt]:
    """Return the new columns whose types may not be what was meant.

    Args:
        tables: What would become of each table.
    """
    found = []
    for table in tables:
        for name, kind in table.new_columns.items():
            if is_system_name(name) or is_system_name(table.name):
                continue
            column, variant, _ = name.partition("__v_")
            if variant:
                reason = f"values of {column} that do not fit its type go here"
                found.append(Doubt(table.name, name, kind, reason))
            # of one row one value is all that there can be
            elif table.rows > _SINGLE and table.counts.get(name) == _SINGLE:
                found.append(Doubt(table.name, name, kind, "one value in all rows tells its type"))
    return found

"""What came, what was loaded and what is there, as a value: counts by table and load, and where they differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from dlt.late_dataclass import dataclass
from dlt.package_info import json_object
from dlt.pipeline.plan import aligned


@dataclass(frozen=True)
class TableCount:
    """The rows of one table in one load; a count that nobody can know is None.

    Attributes:
        load_id: The load.
        schema_name: Its schema.
        table: The table.
        how: "append", "replace" or "merge" with its strategy; that of its root table where it is nested.
        extracted: Items that came; of nested tables nobody counts them.
        normalized: Rows that normalize made.
        discarded: Rows that a contract discarded.
        quarantined: Rows that a contract sent to the quarantine.
        loaded: Rows in the files that were loaded.
        there: Rows of the load that are at the destination now.
        note: Why fewer are there than were loaded, or what is not known.
    """

    load_id: str
    schema_name: str
    table: str
    how: str
    extracted: int | None = None
    normalized: int | None = None
    discarded: int | None = None
    quarantined: int | None = None
    loaded: int | None = None
    there: int | None = None
    note: str = ""


@dataclass(frozen=True)
class SourceCount:
    """The rows of a table at its source and at the destination, as far as its cursor has come.

    Attributes:
        resource: The resource.
        table: Its table.
        cursor: Name of the column; "" where there is none.
        until: Last value of the cursor; None where all rows count.
        count: Rows at the source.
        low: Smallest value of the cursor there.
        high: Largest value there.
        there: Rows at the destination.
        there_low: Smallest value of the cursor at the destination.
        there_high: Largest value there.
    """

    resource: str
    table: str
    cursor: str
    until: object
    count: int
    low: object
    high: object
    there: int
    there_low: object
    there_high: object


@dataclass(frozen=True)
class Difference:
    """Counts that should be equal, and are not.

    Attributes:
        table: The table.
        load_id: The load; "" where it is about all of them.
        reason: What differs.
        query: SQL, or a command, that shows it.
    """

    table: str
    load_id: str
    reason: str
    query: str


@dataclass(frozen=True)
class Reconciliation:
    """Counts of all loads that are known, and where they differ.

    Attributes:
        pipeline_name: Name of the pipeline.
        destination: Where it loads, without secrets.
        dataset_name: Dataset of the default schema.
        tables: Counts of each table of each load, oldest load first.
        sources: Counts of tables at their source, where one was given.
        differences: Where counts differ that should be equal.
        notes: What could not be known.
    """

    pipeline_name: str
    destination: str
    dataset_name: str
    tables: Sequence[TableCount] = ()
    sources: Sequence[SourceCount] = ()
    differences: Sequence[Difference] = ()
    notes: Sequence[str] = ()

    @property
    def is_equal(self) -> bool:
        """Tell whether all counts that can be compared are equal."""
        return not self.differences

    def asdict(self) -> dict[str, object]:
        """Return a JSON-safe dict."""
        return json_object({**asdict(self), "is_equal": self.is_equal})

    def __str__(self) -> str:
        lines = [f"Counts of pipeline {self.pipeline_name} in {self.destination}, dataset {self.dataset_name}"]
        # sections that have nothing to say are left out
        if self.tables:
            lines += ["", *aligned(_table_rows(self.tables))]
        if self.sources:
            lines += ["", "At the source", *aligned(_source_rows(self.sources))]
        if self.differences:
            lines += ["", "Differences"]
            for found in self.differences:
                load = f", load {found.load_id}" if found.load_id else ""
                lines += [f"  {found.table}{load}: {found.reason}", f"    {found.query}"]
        lines += ["", *self.notes] if self.notes else [""]
        return "\n".join([*lines, self._verdict()])

    def _verdict(self) -> str:
        loads = len({found.load_id for found in self.tables})
        if self.differences:
            return f"{len(self.differences)} difference{'s' if len(self.differences) > 1 else ''} in {_many(loads)}."
        return f"All counts of {_many(loads)} are equal." if loads else "Nothing was loaded yet."


def _many(loads: int) -> str:
    return f"{loads:,} load{'' if loads == 1 else 's'}"


def _table_rows(tables: Sequence[TableCount]) -> list[tuple[str, ...]]:
    counts = ("extracted", "normalized", "discarded", "quarantined", "loaded", "there")
    rows: list[tuple[str, ...]] = [("load", "table", "how", *counts, "")]
    before = ""
    for found in tables:
        numbers = [getattr(found, name) for name in counts]
        texts = ["" if number is None else f"{number:,}" for number in numbers]
        # each load once, so that its tables stand below each other
        rows.append((found.load_id if found.load_id != before else "", found.table, found.how, *texts, found.note))
        before = found.load_id
    return rows


def _source_rows(sources: Sequence[SourceCount]) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [("table", "cursor", "", "rows", "from", "to")]
    for found in sources:
        source = (f"{found.count:,}", _text(found.low), _text(found.high))
        there = (f"{found.there:,}", _text(found.there_low), _text(found.there_high))
        rows += [(found.table, found.cursor, "source", *source), ("", "", "there", *there)]
    return rows


def _text(value: object) -> str:
    return "" if value is None else str(value)

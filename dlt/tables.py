"""What a load did to each table, as lines of text: rows, duration, new columns."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Protocol

from dlt.late_dataclass import dataclass

_MOST_NAMES = 6


@dataclass(frozen=True)
class TableLine:
    """One table of a load.

    Attributes:
        name: Its name.
        rows: Rows that were loaded.
        seconds: How long that took, None where nobody knows.
        columns: Names of the columns that were added.
    """

    name: str
    rows: int
    seconds: float | None = None
    columns: tuple[str, ...] = ()

    @property
    def duration(self) -> str:
        """Return the duration for people."""
        return "" if self.seconds is None else f"{self.seconds:.2f} s"

    @property
    def new_columns(self) -> str:
        """Return the names of the new columns, the first ones where there are many."""
        text = ", ".join(self.columns[:_MOST_NAMES])
        more = len(self.columns) - _MOST_NAMES
        return f"{text} and {more} more" if more > 0 else text


class LoadedFile(Protocol):
    """What became of one file."""

    @property
    def table(self) -> str:
        """Return the table that it fills."""

    @property
    def rows(self) -> int:
        """Return the number of its rows."""

    @property
    def state(self) -> str:
        """Return "completed" where all of them are there."""

    @property
    def started_at(self) -> datetime.datetime | None:
        """Return when the destination began to take it."""

    @property
    def finished_at(self) -> datetime.datetime | None:
        """Return when the destination had it."""


def table_lines(jobs: Iterable[LoadedFile], new: Mapping[str, Sequence[str]]) -> list[TableLine]:
    """Return a line for each table, in the order in which they were loaded.

    Args:
        jobs: What became of each file.
        new: Names of new columns, by table.
    """
    rows: dict[str, int] = {}
    spans: dict[str, list[datetime.datetime]] = {}
    for job in jobs:
        rows[job.table] = rows.get(job.table, 0) + (job.rows if job.state == "completed" else 0)
        if job.started_at is not None and job.finished_at is not None:
            spans.setdefault(job.table, []).extend((job.started_at, job.finished_at))
    # a table may get columns and no row
    for name in new:
        rows.setdefault(name, 0)
    return [
        TableLine(
            name,
            count,
            # from first to last: files of one table are taken side by side, and their times do not add up
            (max(spans[name]) - min(spans[name])).total_seconds() if name in spans else None,
            users_columns(new.get(name, ())),
        )
        for name, count in rows.items()
    ]


def users_columns(names: Iterable[str]) -> tuple[str, ...]:
    """Return the names of columns without those that the library adds."""
    return tuple(name for name in names if not name.startswith("_dlt"))


def aligned(rows: Sequence[Sequence[str]], right: Collection[int] = ()) -> list[str]:
    """Return lines of text in columns.

    Args:
        rows: The cells of each line.
        right: Numbers of the columns whose cells stand right.
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if number in right else cell.ljust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def text_table(lines: Sequence[TableLine]) -> list[str]:
    """Return lines of text in columns, with a heading; none if there is no table."""
    if not lines:
        return []
    cells = [("table", "rows", "duration", "new columns")]
    cells += [(line.name, str(line.rows), line.duration, line.new_columns) for line in lines]
    widths = [max(len(row[column]) for row in cells) for column in range(3)]
    return [f"{row[0]:<{widths[0]}}  {row[1]:>{widths[1]}}  {row[2]:>{widths[2]}}  {row[3]}".rstrip() for row in cells]

"""The table of a load as text."""

from __future__ import annotations

import io
import threading

from dlt.clock import moment_of
from dlt.packages.manifest import Job
from dlt.progress import TableLog
from dlt.tables import TableLine, table_lines, text_table


def test_a_load_is_told_as_a_table() -> None:
    """Each table has a line with rows, duration and new columns; columns of the library's own are left out."""
    jobs = [
        Job("orders", "o", "rows", n, 1, "completed", moment_of(f"2026-01-01T00:00:0{n}"), moment_of(end))
        for n, end in ((1, "2026-01-01T00:00:02"), (2, "2026-01-01T00:00:04.5"))
    ]
    failed = Job("items", "i", "rows", 9, 1, "failed")
    lines = table_lines([*jobs, failed], {"orders": ["id", "_dlt_id"], "new": [f"c{n}" for n in range(8)]})
    assert text_table(lines) == [
        "table   rows  duration  new columns",
        "orders     3    3.50 s  id",
        "items      0",
        "new        0            c0, c1, c2, c3, c4, c5 and 2 more",
    ]
    assert text_table([]) == [] and TableLine("t", 1).duration == ""


def test_the_log_tells_tables_at_their_end_and_while_they_go_on() -> None:
    """A line comes when all rows of a table came, at the end of the step for others, and while a step is silent."""
    written = io.StringIO()
    seen = threading.Event()

    class Stream(io.StringIO):
        def write(self, text: str) -> int:
            if "goes on" in text:
                seen.set()
            return written.write(text)

    log = TableLog(0.01, Stream())
    with log("load"):
        log.update("orders", 0, 5)
        log.update("orders", 5, 5)
        log.update("items", 2)
        assert seen.wait(250)
    text = written.getvalue()
    first = text.splitlines()[0]
    assert first.startswith("load orders: done, 5 rows") and first.endswith("MB") and "memory" in first
    assert "load items: goes on, 2 rows" in text and text.splitlines()[-1].startswith("load items: done, 2 rows")
    assert text.count("orders: done") == 1

"""Progress as lines: in a log, or as a table."""

from __future__ import annotations

import contextvars
import logging
import sys
import threading
import time
from typing import TextIO

from dlt.progress.base import Collector
from dlt.progress.memory import peak_megabytes


class LogCollector(Collector):
    """Write all counts every now and then, in one block however many there are.

    Args:
        log_period: Seconds between two blocks.
        logger: A logger or a stream; standard output when None.
        log_level: Level, for a logger.
        dump_system_stats: Add the memory of the process.
        most: Number of counters that a block shows at most.
    """

    def __init__(
        self,
        # the defaults of PyPI dlt 1.x
        log_period: float = 1.0,
        logger: logging.Logger | TextIO | None = None,
        log_level: int = logging.INFO,
        dump_system_stats: bool = True,
        most: int = 20,
    ) -> None:
        self._period, self._logger, self._level = log_period, logger, log_level
        self._stats, self._most = dump_system_stats, most
        self._counts: dict[str, int] = {}
        self._totals: dict[str, int | None] = {}
        self._messages: dict[str, str] = {}
        self._began = self._shown = 0.0

    def start(self) -> None:
        """Begin to count."""
        self._counts, self._totals, self._messages = {}, {}, {}
        self._began = self._shown = time.monotonic()

    def update(
        self, name: str, inc: int = 1, total: int | None = None, message: str | None = None, label: str = ""
    ) -> None:
        """Count, and write when the period is over."""
        key = f"{name} {label}".strip()
        if message:
            self._messages[key] = f" | {message}"
        self._counts[key] = self._counts.get(key, 0) + inc
        self._totals[key] = total
        if time.monotonic() - self._shown >= self._period:
            self._dump()

    def stop(self) -> None:
        """Write the final counts."""
        self._dump()

    def _dump(self) -> None:
        now = time.monotonic()
        # a step may end within one tick of the clock
        elapsed = max(now - self._began, 1e-9)
        lines = [f"---------- {self.step} after {elapsed:.1f} s ----------"]
        # the newest counters: the step is at work on these
        for name, count in list(self._counts.items())[-self._most :]:
            total = self._totals[name]
            share = f"/{total} ({100 * count / total:.0f}%)" if total else ""
            lines.append(f"{name}: {count}{share} | {count / elapsed:.0f}/s{self._messages.get(name, '')}")
        # a source of a thousand tables must not fill the log
        if len(self._counts) > self._most:
            lines.append(f"and {len(self._counts) - self._most} more")
        if self._stats:
            lines.append(f"memory: {peak_megabytes():.0f} MB at most")
        text = "\n".join(lines)
        if isinstance(self._logger, logging.Logger):
            self._logger.log(self._level, text)
        else:
            # flushed: what reads a container's output gets it by a pipe, where lines would wait in a buffer
            print(text, file=self._logger or sys.stdout, flush=True)
        self._shown = now


class TableLog(Collector):
    """Write a line for each table: when it is done, and for those under way every now and then.

    The lines come also while a step is silent, because a query or an upload takes long.

    Args:
        period: Seconds between two reports.
        target: A logger or a stream.
    """

    def __init__(self, period: float, target: logging.Logger | TextIO) -> None:
        self._period, self._target = period, target
        self._rows: dict[str, int] = {}
        self._totals: dict[str, int] = {}
        self._messages: dict[str, str] = {}
        self._begun: dict[str, float] = {}
        self._done: set[str] = set()
        # the step counts in its own thread, and the watch reads in another one
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to count."""
        self._rows, self._totals, self._messages, self._begun, self._done = {}, {}, {}, {}, set()
        self._stopped = threading.Event()
        # an orchestrator may know by the context which task a line of a log belongs to
        watch, context = self._watch, contextvars.copy_context()
        # a program that ends without stop() must not wait for it
        self._thread = threading.Thread(target=context.run, args=(watch, self._stopped), daemon=True)
        # a thread, because the step itself is silent while a query or an upload takes long
        self._thread.start()

    def update(
        self, name: str, inc: int = 1, total: int | None = None, message: str | None = None, label: str = ""
    ) -> None:
        """Count, and write a line when all rows of a table came."""
        name = f"{name} {label}".strip()
        with self._lock:
            if message:
                self._messages[name] = f", {message}"
            self._begun.setdefault(name, time.monotonic())
            self._rows[name] = self._rows.get(name, 0) + inc
            if total:
                self._totals[name] = total
                # a table may get more rows than were announced, and is told as done once
                if self._rows[name] >= total and name not in self._done:
                    self._done.add(name)
                    self._write(name, "done")

    def stop(self) -> None:
        """Write a line for each table whose end was not known before."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        with self._lock:
            for name in self._rows:
                if name not in self._done and self._rows[name]:
                    self._done.add(name)
                    self._write(name, "done")

    def _watch(self, stopped: threading.Event) -> None:
        while not stopped.wait(self._period):
            with self._lock:
                # a table that is done has said so, and says nothing more
                active = [name for name in self._rows if name not in self._done]
                for name in active:
                    self._write(name, "goes on")
                # a query may run for minutes before its first row: silence would look like a hang
                if not active:
                    self._tell(f"{self.step}: goes on, memory {peak_megabytes():.0f} MB")

    def _write(self, name: str, what: str) -> None:
        count, total = self._rows[name], self._totals.get(name)
        seconds = time.monotonic() - self._begun[name]
        share = f" of {total}" if total and count < total else ""
        # the time of a table whose rows came all at once tells nothing
        speed = f", {count / seconds:.0f} rows/s" if seconds >= 0.01 else ""
        rows = f"{count}{share} rows{speed}{self._messages.get(name, '')}"
        self._tell(f"{self.step} {name}: {what}, {rows}, memory {peak_megabytes():.0f} MB")

    def _tell(self, text: str) -> None:
        if isinstance(self._target, logging.Logger):
            self._target.info(text)
        else:
            print(text, file=self._target, flush=True)

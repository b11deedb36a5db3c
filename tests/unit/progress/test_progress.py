"""Collectors show all that they are told."""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Callable
from typing import Any, TextIO

import pytest

from dlt.errors import ConfigurationValueError, MissingDependencyException
from dlt.progress import Collector, LogCollector, NullCollector, TableLog, collector_from, rich, tqdm
from dlt.progress.bars import _Bars


def _log(stream: TextIO) -> Collector:
    return LogCollector(logger=stream)  # type: ignore[arg-type]  # streams are taken too


def _tables(stream: TextIO) -> Collector:
    return TableLog(60, stream)


def _tqdm(stream: TextIO) -> Collector:
    return tqdm(file=stream)


def _rich(stream: TextIO) -> Collector:
    from rich.console import Console

    return rich(console=Console(file=stream, force_terminal=True, width=200))


@pytest.mark.parametrize("make", [_log, _tables, _tqdm, _rich])
def test_messages_and_labels_are_shown(make: Callable[[Any], Collector]) -> None:
    """Each counter has a name of two parts, and the last thing that was said of it."""
    stream = io.StringIO()
    collector = make(stream)
    with collector("load"):
        collector.update("orders", 1, 2, message="first part", label="eu")
        collector.update("orders", 1, 2, message="last part", label="eu")
    shown = stream.getvalue()
    assert "orders eu" in shown
    assert "last part" in shown


def lines(stream: io.StringIO) -> list[str]:
    """Return what a stream got, without what depends on the machine."""
    return [re.sub(r"\d+\.\d s|\d+/s|\d+ MB|, \d+ rows/s", "N", line) for line in stream.getvalue().splitlines()]


def test_a_block_of_a_log_has_every_counter() -> None:
    """With its share, where a total is known; it stands there once at the end."""
    stream = io.StringIO()
    collector = LogCollector(log_period=3600, logger=stream)
    with collector("extract"):
        collector.update("orders", 3)
        collector.update("orders", 2)
        collector.update("users", 1, 4, message="slow")
        collector.update("empty", 0, 0)
    assert lines(stream) == [
        "---------- extract after N ----------",
        "orders: 5 | N",
        "users: 1/4 (25%) | N | slow",
        "empty: 0 | N",
        "memory: N at most",
    ]


def test_a_log_begins_anew_with_every_step() -> None:
    """And writes while one goes on, as often as it is asked to."""
    stream = io.StringIO()
    collector = LogCollector(log_period=0, logger=stream, dump_system_stats=False)
    for step in ("extract", "load"):
        with collector(step):
            collector.update("orders", 1)
    assert lines(stream) == [
        line for step in ("extract", "load") for line in [f"---------- {step} after N ----------", "orders: 1 | N"] * 2
    ]


@pytest.mark.parametrize(("count", "shown", "more"), [(1, ["t0"], None), (2, ["t0", "t1"], None), (5, ["t3", "t4"], 3)])
def test_a_block_shows_the_newest_counters(count: int, shown: list[str], more: int | None) -> None:
    """And how many more there are."""
    stream = io.StringIO()
    collector = LogCollector(3600, stream, dump_system_stats=False, most=2)
    with collector("load"):
        for number in range(count):
            collector.update(f"t{number}")
    found = [line.partition(":")[0] for line in lines(stream)[1:]]
    assert found == [*shown, *([f"and {more} more"] if more else [])]


def test_a_log_may_be_a_logger(caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]) -> None:
    """At a level; without one it is standard output."""
    with caplog.at_level(logging.DEBUG, "progress"):
        for collector in (
            LogCollector(3600, logging.getLogger("progress"), logging.WARNING),
            TableLog(3600, logging.getLogger("progress")),
        ):
            with collector("load"):
                collector.update("orders", 1, 1)
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]
    with LogCollector(3600)("load"):
        pass
    assert "load after" in capsys.readouterr().out


def test_a_table_is_told_when_all_of_its_rows_came() -> None:
    """Once, though more of them come; those without a total at the end, unless nothing came."""
    stream = io.StringIO()
    collector = TableLog(3600, stream)
    with collector("load"):
        collector.update("orders", 0, 4)
        collector.update("orders", 3, 4)
        assert stream.getvalue() == ""
        collector.update("orders", 1, 4, message="from files")
        collector.update("orders", 2, 4)
        collector.update("users", 5, label="eu")
        collector.update("empty", 0)
        collector.update("part", 1, 3)
    assert lines(stream) == [
        "load orders: done, 4 rows, from files, memory N",
        "load users eu: done, 5 rows, memory N",
        "load part: done, 1 of 3 rows, memory N",
    ]


def test_a_table_log_begins_anew_with_every_step() -> None:
    """Its thread ends with the step, also where that fails."""
    stream = io.StringIO()
    collector = TableLog(3600, stream)

    def failing(step: str) -> None:
        with collector(step):
            collector.update("orders", 1)
            raise KeyError

    for step in ("extract", "load"):
        with pytest.raises(KeyError):
            failing(step)
    assert lines(stream) == [f"{step} orders: done, 1 rows, memory N" for step in ("extract", "load")]
    assert collector._thread is None
    collector.stop()
    assert len(lines(stream)) == 2


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (None, NullCollector),
        ("none", NullCollector),
        ("log", LogCollector),
        ("LOG", LogCollector),
        ("tqdm", tqdm),
        ("rich", rich),
        (LogCollector, LogCollector),
        (Collector, Collector),
    ],
)
def test_progress_is_a_word_a_class_or_nothing(given: Any, kind: type[Collector]) -> None:
    """An object stays itself."""
    assert type(collector_from(given)) is kind
    own = kind()
    assert collector_from(own) is own


@pytest.mark.parametrize("given", ["bar", "", 5, True, object, LogCollector.update])
def test_other_progress_is_refused(given: Any) -> None:
    """With the words that there are."""
    with pytest.raises(ConfigurationValueError, match="Use one of log, tqdm, enlighten"):
        collector_from(given)


def test_a_collector_that_shows_nothing_takes_everything() -> None:
    """And knows its step."""
    for collector in (NullCollector(), Collector()):
        with collector("load") as shown:
            shown.update("orders", 1, 2, "x", "y")
        assert collector.step == "load"


def test_a_package_for_bars_that_is_not_there_is_named() -> None:
    """With what to install."""

    class Missing(_Bars[Any], Collector):
        library = "bars_that_nobody_made"

    with pytest.raises(MissingDependencyException, match="pip install bars_that_nobody_made"), Missing()("load"):
        pass


class Bar:
    """A bar that remembers what was done with it."""

    def __init__(self, title: str, total: int | None) -> None:
        self.done: list[Any] = [title, total]


class Recording(_Bars[Bar], Collector):
    """Bars that remember."""

    library = "json"

    def _make(self, title: str, total: int | None) -> Bar:
        return Bar(title, total)

    def _move(self, bar: Bar, inc: int) -> None:
        bar.done.append(inc)

    def _say(self, bar: Bar, title: str, message: str) -> None:
        bar.done.append((title, message))


def test_every_counter_has_a_bar_of_its_own() -> None:
    """Made when it is first counted, with the total of then; a step begins with none."""
    collector = Recording()
    with collector("load"):
        collector.update("orders", 1, 5)
        collector.update("orders", 2, 7, "half")
        collector.update("orders", 1, label="eu")
        assert [bar.done for bar in collector._bars.values()] == [
            ["load orders", 5, 1, 2, ("load orders", "half")],
            ["load orders eu", None, 1],
        ]
    with collector("extract"):
        assert collector._bars == {}

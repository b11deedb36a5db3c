"""Collectors show all that they are told."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any, TextIO

import pytest

from dlt.progress import Collector, LogCollector, TableLog, rich, tqdm


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

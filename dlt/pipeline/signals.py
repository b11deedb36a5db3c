"""SIGINT and SIGTERM: a running load ends its package first; everything else stops at once."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from dlt.errors import SignalReceivedException
from dlt.user_log import alarm

_SIGNALS = ("SIGINT", "SIGTERM")


class _Watch:
    finishing = 0
    """How many threads are at something that should end first."""
    received: int | None = None


_counting = threading.Lock()


_watch = _Watch()


def handle(number: int, frame: FrameType | None = None) -> None:
    """Take a signal as the handler does: a running load ends its package first, everything else stops.

    Args:
        number: Number of the signal.
        frame: Accepted, as Python passes it to handlers.

    Raises:
        SignalReceivedException: nothing is under way that should end first.
    """
    first = _watch.received is None
    _watch.received = number
    name = signal.Signals(number).name
    if _watch.finishing and first:
        alarm(f"{name}: the running package is finished first; once more to stop at once")
        return
    raise SignalReceivedException(number)


def in_interactive_host() -> bool:
    """Tell whether a notebook or streamlit runs us; they handle signals themselves."""
    return "streamlit.runtime" in sys.modules or "ipykernel" in sys.modules


@contextmanager
def handled() -> Iterator[None]:
    """Handle signals inside the block, in the main thread of a plain script only."""
    if threading.current_thread() is not threading.main_thread() or in_interactive_host():
        yield
        return
    previous: dict[int, Any] = {}
    for name in _SIGNALS:
        number = getattr(signal, name)
        if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
            previous[number] = signal.signal(number, handle)
    _watch.received = None
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


@contextmanager
def finishing() -> Iterator[None]:
    """Let what runs inside the block end before a signal stops the process.

    Raises:
        SignalReceivedException: a signal came meanwhile.
    """
    with _counting:
        _watch.finishing += 1
    try:
        yield
    finally:
        with _counting:
            _watch.finishing -= 1
    if _watch.received is not None:
        raise SignalReceivedException(_watch.received)

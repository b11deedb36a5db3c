"""Signals of a running pipeline under the names of PyPI `dlt` 1.x."""

from __future__ import annotations

import signal
import time

from dlt.errors import SignalReceivedException
from dlt.pipeline.signals import handle, received
from dlt.pipeline.signals import handled as intercepted_signals

__all__ = [
    "exception_for_signal",
    "intercepted_signals",
    "raise_if_signalled",
    "set_received_signal",
    "signal",
    "sleep",
    "was_signal_received",
]

_STEP = 0.2
"""Seconds of sleep between two looks at what came."""


def was_signal_received() -> bool:
    """Tell whether SIGINT or SIGTERM came since the work began."""
    return received() is not None


def exception_for_signal() -> BaseException:
    """Return the error that stops the work.

    Raises:
        RuntimeError: No signal came.
    """
    error = received()
    if error is None:
        raise RuntimeError("exception_for_signal: no signal was received. Ask was_signal_received() first.")
    return error


def raise_if_signalled() -> None:
    """Stop here if SIGINT or SIGTERM came.

    Raises:
        SignalReceivedException: One came.
    """
    if was_signal_received():
        raise exception_for_signal()


def set_received_signal(sig: int) -> None:
    """Work as if a signal had come; the next `raise_if_signalled` or `sleep` stops.

    Args:
        sig: Its number.
    """
    try:
        handle(sig)
    except SignalReceivedException:
        # noted: the one who calls goes on up to the next safe point
        return


def sleep(sleep_seconds: float) -> None:
    """Wait, and stop if SIGINT or SIGTERM comes.

    Args:
        sleep_seconds: How long.

    Raises:
        SignalReceivedException: One came.
    """
    end = time.monotonic() + sleep_seconds
    raise_if_signalled()
    while (left := end - time.monotonic()) > 0:
        time.sleep(min(left, _STEP))
        raise_if_signalled()

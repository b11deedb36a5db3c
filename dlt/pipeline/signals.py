"""SIGINT and SIGTERM: a running load ends its package first; everything else stops at once.

Python runs signal handlers in the main thread, so all of this is about the pipeline that runs there; pipelines in other
threads go on, and the program that started the threads decides what becomes of them.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from types import FrameType

from dlt import user_log
from dlt.errors import SignalReceivedException

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Terminated(SignalReceivedException, SystemExit):
    """SIGTERM came: a script that nobody stops on the way ends with exit code 143, and without a traceback."""

    def __init__(self, signal_code: int) -> None:
        super().__init__(signal_code)
        self.code = 128 + signal_code


class _Watch:
    """What the main thread is doing, and the signal that came meanwhile."""

    depth = 0
    finishing = False
    shields = 0
    pending: BaseException | None = None


_watch = _Watch()


def handle(number: int, _frame: FrameType | None = None) -> None:
    """Take a signal as the handler does: a running load ends its package first, everything else stops.

    Args:
        number: Number of the signal.
        _frame: Python passes it to handlers.

    Raises:
        SignalReceivedException: nothing is under way that should end first.
    """
    _take(number, SignalReceivedException)


def _on_signal(number: int, _frame: FrameType | None = None) -> None:
    """Stop as Python itself does: KeyboardInterrupt for Ctrl-C, and the exit code of SIGTERM for SIGTERM."""
    _take(number, _interrupt if number == signal.SIGINT else Terminated)


def _interrupt(_number: int) -> BaseException:
    # a subclass would end a script with exit code 1
    return KeyboardInterrupt("SIGINT received: the step stops at a safe point")


def _take(number: int, make: Callable[[int], BaseException]) -> None:
    # whoever sends a second one will not wait for the package
    first = _watch.pending is None
    _watch.pending = error = make(number)
    # a trace or a lock that is put away half would cost the next run more than the moment it takes
    if _watch.shields:
        return
    if _watch.finishing and first:
        name = signal.Signals(number).name
        user_log.error(f"{name}: the running package is finished first; once more to stop at once")
        return
    raise error


def received() -> BaseException | None:
    """Return what stops the work at the next safe point, None where no signal came."""
    return _watch.pending


def note_told(error: BaseException) -> None:
    """Note on an error that it was told, so that a command that ends with it does not say it again."""
    error.__dict__["told"] = True


def was_told(error: BaseException) -> bool:
    """Tell whether an error was told already."""
    return bool(error.__dict__.get("told"))


def in_interactive_host() -> bool:
    """Tell whether a notebook or streamlit runs us; they handle signals themselves."""
    return "streamlit.runtime" in sys.modules or "ipykernel" in sys.modules


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


@contextmanager
def handled(wanted: bool = True) -> Iterator[None]:
    """Handle signals inside the block, in the main thread of a plain script only.

    Args:
        wanted: Handle them at all.
    """
    if not wanted or not _in_main_thread() or in_interactive_host():
        yield
        return
    if _watch.depth == 0:
        _watch.pending = None
    # a handler of the program's own says what a signal means there
    plain = [n for n in _SIGNALS if signal.getsignal(n) in (signal.SIG_DFL, signal.default_int_handler)]
    previous = {number: signal.signal(number, _on_signal) for number in plain}
    _watch.depth += 1
    try:
        yield
    finally:
        _watch.depth -= 1
        for number, handler in previous.items():
            if signal.getsignal(number) is _on_signal:
                # one that a source set meanwhile is the program's
                signal.signal(number, handler)


@contextmanager
def finishing() -> Iterator[None]:
    """Let what runs inside the block end before a signal stops the process.

    Raises:
        SignalReceivedException: a signal came meanwhile.
    """
    if not _in_main_thread():
        yield
        return
    if _watch.depth == 0:
        _watch.pending = None
    outer, _watch.finishing = _watch.finishing, True
    try:
        yield
    finally:
        _watch.finishing = outer
    if _watch.pending is not None:
        raise _watch.pending


@contextmanager
def shielded() -> Iterator[None]:
    """Let a short block, which puts things away, end whatever comes.

    Raises:
        SignalReceivedException: the first signal came meanwhile; one while the process stops anyway is left out.
    """
    if not _in_main_thread():
        yield
        return
    before = _watch.pending
    _watch.shields += 1
    try:
        yield
    finally:
        _watch.shields -= 1
    if before is None and _watch.pending is not None and not _watch.shields:
        raise _watch.pending


@contextmanager
def held(lock: AbstractContextManager[object]) -> Iterator[None]:
    """Hold a lock, and let no signal keep it from being released."""
    lock.__enter__()
    try:
        yield
    finally:
        with shielded():
            lock.__exit__(None, None, None)

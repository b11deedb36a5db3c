"""SIGTERM: Prefect raises it in the main thread, and then waits for the threads in which tasks run."""

from __future__ import annotations

import ctypes
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from prefect.exceptions import TerminationSignal

from dlt.errors import SignalReceivedException


class Stopped(SignalReceivedException):
    """Raised inside of an extract or normalize when the flow run is told to stop."""

    def __init__(self) -> None:
        super().__init__(signal.SIGTERM)


_lock = threading.Lock()
_threads: set[int] = set()
_calls: list[Callable[[], object]] = []


@contextmanager
def may_stop(at_once: bool = True) -> Iterator[None]:
    """Let a step end when the flow run is told to stop.

    Args:
        at_once: Anywhere; False lets it end by itself, as a load does that is about to commit.
    """
    own = threading.get_ident()
    # the main thread gets the signal itself
    if not at_once or threading.current_thread() is threading.main_thread():
        yield
        return
    with _lock:
        _threads.add(own)
    try:
        yield
    finally:
        with _lock:
            _threads.discard(own)


@contextmanager
def calls(stop: Callable[[], object]) -> Iterator[None]:
    """Let a function be called when the flow run is told to stop, for what runs in another process.

    Args:
        stop: The function.
    """
    with _lock:
        _calls.append(stop)
    try:
        yield
    except TerminationSignal:
        # of a task in the main thread
        stop()
        raise
    finally:
        with _lock:
            _calls.remove(stop)


@contextmanager
def on_sigterm() -> Iterator[None]:
    """Stop the steps that run in threads, when the flow run is told to stop."""
    try:
        yield
    except TerminationSignal:
        with _lock:
            for stop in _calls:
                stop()
            for thread in _threads:
                # nothing else of Python interrupts a thread from outside; it takes effect at the thread's next
                # instruction
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(Stopped))
        raise

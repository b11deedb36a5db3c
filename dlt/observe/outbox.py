"""Messages on their way to a server: in the order in which they came, from a thread of their own."""

from __future__ import annotations

import atexit
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from contextvars import copy_context

from dlt import user_log
from dlt.errors.base import DltException, ended

MOST_WAITING = 200
"""Messages that wait for a server that does not keep up; later ones are given up, and that is told."""

LAST_WAIT = 5.0
"""Seconds for which the end of a process waits for what is still under way."""
_UNAFFECTED = "What was loaded is not affected."


class Outbox:
    """Delivers messages one after the other; nobody waits for them, and nobody fails with them.

    Args:
        name: Where they go, for people. The address itself may be a secret.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._waiting: deque[tuple[str, Callable[[], None]]] = deque()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        # counts the one that is being delivered, too
        self._open = 0
        self._last = copy_context()

    def post(self, what: str, deliver: Callable[[], None]) -> None:
        """Deliver a message soon.

        Args:
            what: Names it in a line of the log.
            deliver: Delivers it, in a bounded time; what it raises is told.
        """
        # the lines that tell of it obey the settings of the pipeline at work here
        context = copy_context()
        with self._changed:
            self._last = context
            full = self._open >= MOST_WAITING
            if not full:
                self._waiting.append((what, lambda: context.run(self._deliver, what, deliver)))
                self._open += 1
                self._changed.notify_all()
                self._start()
        if full:
            self._tell(what, f"{MOST_WAITING} messages wait already")

    def settle(self, deadline: float) -> None:
        """Wait until all is delivered, and tell what is not.

        Args:
            deadline: When to give up, by `time.monotonic`.
        """
        with self._changed:
            # the one that hangs may never come back: what waits behind it goes with it
            if self._changed.wait_for(lambda: not self._open, max(0.0, deadline - time.monotonic())):
                return
            left = self._open
            self._waiting.clear()
        count = "1 message" if left == 1 else f"{left} messages"
        # a context is entered by one thread at a time
        last = self._last.copy()
        last.run(user_log.error, f"{self._name}: {count} could not be delivered in time. {_UNAFFECTED}")

    def _start(self) -> None:
        if self._thread is None:
            # a daemon: a server that hangs must not keep the process alive
            self._thread = threading.Thread(target=self._work, name=f"dlt {self._name}", daemon=True)
            self._thread.start()

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: bool(self._waiting))
                _, deliver = self._waiting.popleft()
            try:
                deliver()
            finally:
                # not one less: those that were given up meanwhile are gone, too
                with self._changed:
                    self._open = len(self._waiting)
                    self._changed.notify_all()

    def _deliver(self, what: str, deliver: Callable[[], None]) -> None:
        try:
            deliver()
        except Exception as error:  # noqa: BLE001 - whatever a client or a server does, the load is not affected
            # ours are sentences already
            self._tell(what, str(error) if isinstance(error, DltException) else f"{type(error).__name__}: {error}")

    def _tell(self, what: str, why: str) -> None:
        user_log.error(f"{self._name}: {what} could not be delivered: {ended(why)} {_UNAFFECTED}")


_outboxes: dict[str, Outbox] = {}
_lock = threading.Lock()


def outbox(name: str) -> Outbox:
    """Return the outbox of a name; there is one for each place, so that none waits for another.

    Args:
        name: Where its messages go, for people.
    """
    with _lock:
        if not _outboxes:
            atexit.register(settle_all, LAST_WAIT)
        return _outboxes.setdefault(name, Outbox(name))


def settle_all(seconds: float) -> None:
    """Wait until all messages are delivered.

    Args:
        seconds: How long at most, all in all.
    """
    deadline = time.monotonic() + seconds
    for found in list(_outboxes.values()):
        found.settle(deadline)


def _forget() -> None:
    """Begin anew in a process that was forked: threads stay behind, and the parent delivers what waited."""
    global _lock
    _lock = threading.Lock()
    _outboxes.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)

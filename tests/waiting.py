"""Waiting for what is to happen: how long it takes decides nothing, only that it happens."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_until(
    condition: Callable[[], T],
    what: str | Callable[[], str],
    *,
    seconds: float = 240,
    pause: float = 0.02,
    passing: tuple[type[BaseException], ...] = (),
) -> T:
    """Return the first true answer of a condition.

    Args:
        condition: What is asked again and again.
        what: What is waited for, or a function that tells, which may raise an error of its own.
        seconds: Deadline, generous: it ends a test that hangs, and is no measure of speed.
        pause: Seconds between two questions.
        passing: Errors that mean "not yet".

    Raises:
        TimeoutError: There was no true answer in time.
    """
    deadline = time.monotonic() + seconds
    last: BaseException | None = None
    while True:
        try:
            found = condition()
        except passing as error:
            last = error
        else:
            if found:
                return found
        if time.monotonic() > deadline:
            text = what if isinstance(what, str) else what()
            raise TimeoutError(f"{text}: not within {seconds:.0f} s") from last
        time.sleep(pause)

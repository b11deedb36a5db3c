"""The function of a task that is decorated with `@task.dlt`, where a spec can name it. Used in tasks only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

_functions: dict[str, Callable[[], object]] = {}


@contextmanager
def offered(key: str, function: Callable[[], object]) -> Iterator[None]:
    """Let `returned` find a function for the length of a block."""
    _functions[key] = function
    try:
        yield
    finally:
        # a process runs one task after the other
        del _functions[key]


def returned(key: str) -> object:
    """Return what the function of a task returns."""
    return _functions[key]()

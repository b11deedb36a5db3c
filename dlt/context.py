"""What is running: one frozen value in one context variable. `dlt.current` only reads it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class RunContext:
    """The pipeline, source and resource at work, and the state that they may read and write.

    `state` is the whole pipeline state (a dict with the key "sources"); `writable` is False where writes are discarded.
    `window` is the time, end excluded, that a scheduler asks for.
    """

    pipeline: Any = None
    pipeline_name: str | None = None
    state: dict[str, Any] | None = None
    writable: bool = True
    schema: Any = None
    source: Any = None
    source_name: str | None = None
    section: str | None = None
    resource: Any = None
    resource_name: str | None = None
    pipe: Any = None
    load_id: str | None = None
    package_state: dict[str, Any] | None = None
    window: tuple[datetime, datetime] | None = None


_current: ContextVar[RunContext] = ContextVar("dlt_run_context")
_NOTHING = RunContext()


def current() -> RunContext:
    """Return what is running here; an empty value outside a run."""
    return _current.get(_NOTHING)


@contextmanager
def use(**changes: Any) -> Iterator[RunContext]:
    """Change fields of the run context for the length of a block."""
    value = replace(current(), **changes)
    token = _current.set(value)
    try:
        yield value
    finally:
        _current.reset(token)


_own_active: ContextVar[Any] = ContextVar("dlt_active_pipeline")
_active: Any = None


def active_pipeline() -> Any:
    """Return the pipeline that this thread or task made or activated last, else that of the main thread, or None."""
    return _own_active.get(_active)


def activate(pipeline: Any) -> None:
    """Make a pipeline the one that `dlt.pipeline()` and `dlt.run` use; None for no pipeline.

    What a thread activates counts in this thread; what the main thread does, also in threads that activated nothing.
    """
    global _active
    _own_active.set(pipeline)
    if _active is None or threading.current_thread() is threading.main_thread():
        _active = pipeline


def _no_default() -> Any:
    raise RuntimeError("There is no default pipeline before the package dlt is imported. Import dlt.")


_make_default: Callable[[], Any] = _no_default


def set_default_pipeline(make: Callable[[], Any]) -> None:
    """Say what makes the pipeline of a program that made none; it stands above what asks for it."""
    global _make_default
    _make_default = make


def pipeline_or_default() -> Any:
    """Return the active pipeline, or make the default one."""
    return active_pipeline() or _make_default()

"""What is running: one frozen value in one context variable. `dlt.current` only reads it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from dlt.late_dataclass import dataclass

if TYPE_CHECKING:
    # nobody asks for these at run time, and every `import dlt` would pay for making them
    from typing import Protocol

    from dlt.types import JsonObject

    class PipelineAtWork(Protocol):
        """A pipeline as it is known below the package that has its class."""

        pipeline_name: str
        working_dir: str

        @property
        def pipeline_secret(self) -> str:
            """Return the secret that salts deterministic hashes."""

        @property
        def default_schema_name(self) -> str | None:
            """Return the name of the first schema that came."""

        @property
        def state(self) -> Mapping[str, object]:
            """Return a copy of the state."""

        @property
        def has_pending_data(self) -> bool:
            """Tell whether packages wait to be normalized or loaded."""

        # what it takes and returns is written down where it stands, and that is above this module
        def run(self, *args: Any, **kwargs: Any) -> Any:
            """Load data."""

    class Named(Protocol):
        """A schema, as far as it is known below the package that has its class."""

        @property
        def name(self) -> str:
            """Return its name."""


@dataclass(frozen=True)
class RunContext:
    """The pipeline, source and resource at work, and the state that they may read and write.

    `state` is the whole pipeline state (a dict with the key "sources"); `writable` is False where writes are discarded.
    `window` is the time, end excluded, that a scheduler asks for; a task that has none leaves it to the cursors. What
    this module cannot know the class of is an object here; `dlt.current` gives it back as what it is.
    """

    pipeline: PipelineAtWork | None = None
    pipeline_name: str | None = None
    state: JsonObject | None = None
    writable: bool = True
    schema: Named | None = None
    source: object = None
    source_name: str | None = None
    section: str | None = None
    resource: object = None
    resource_name: str | None = None
    pipe: object = None
    load_id: str | None = None
    package_state: JsonObject | None = None
    window: tuple[datetime, datetime] | None = None
    in_task: bool = False


# pipelines may run in several threads and asyncio tasks of one process at the same time
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


_own_active: ContextVar[PipelineAtWork | None] = ContextVar("dlt_active_pipeline")
_active: PipelineAtWork | None = None


def active_pipeline() -> PipelineAtWork | None:
    """Return the pipeline that this thread or task made or activated last, else that of the main thread, or None."""
    return _own_active.get(_active)


def activate(pipeline: PipelineAtWork | None) -> None:
    """Make a pipeline the one that `dlt.pipeline()` and `dlt.run` use; None for no pipeline.

    What a thread activates counts in this thread; what the main thread does, also in threads that activated nothing.
    """
    global _active
    _own_active.set(pipeline)
    # a server that makes pipelines in threads only has one for all of them too: the first
    if _active is None or threading.current_thread() is threading.main_thread():
        _active = pipeline


def _no_default() -> PipelineAtWork:
    raise RuntimeError("There is no default pipeline before the package dlt is imported. Import dlt.")


# pipelines are made far above this module, which imports nothing from there: the package dlt says how
_make_default: Callable[[], PipelineAtWork] = _no_default


def set_default_pipeline(make: Callable[[], PipelineAtWork]) -> None:
    """Say what makes the pipeline of a program that made none; it stands above what asks for it."""
    global _make_default
    _make_default = make


def pipeline_or_default() -> PipelineAtWork:
    """Return the active pipeline, or make the default one."""
    return active_pipeline() or _make_default()


def _no_rows(_schema: Named) -> object:
    raise RuntimeError("Nothing makes rows before the package dlt is imported. Import dlt.")


# a schema is asked for rows by programs, and the engine that makes them stands above it
_make_normalizer: Callable[[Named], object] = _no_rows


def set_item_normalizer(make: Callable[[Named], object]) -> None:
    """Say what turns documents into rows for a schema; it stands above what asks for it."""
    global _make_normalizer
    _make_normalizer = make


def item_normalizer(schema: Named) -> object:
    """Return what turns documents into rows for a schema."""
    return _make_normalizer(schema)

"""Sections: where a value is looked for, the most specific place first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True)
class Sections:
    """The pipeline at work, and the sections that stand before those of a spec."""

    pipeline_name: str | None = None
    sections: tuple[str, ...] = ()


_NONE = Sections()
_current: ContextVar[Sections] = ContextVar("dlt_sections", default=_NONE)


def current_sections() -> Sections:
    """Return the sections at work."""
    return _current.get()


@contextmanager
def section_context(pipeline_name: str | None = None, sections: Sequence[str] = ()) -> Iterator[None]:
    """Look values up for a pipeline, and under sections, for the length of a block."""
    outer = _current.get()
    token = _current.set(Sections(pipeline_name or outer.pipeline_name, tuple(sections) or outer.sections))
    try:
        yield
    finally:
        _current.reset(token)


def search_paths(sections: Sequence[str], pipeline_name: str | None) -> list[tuple[str, ...]]:
    """Return the paths to look in, in order.

    From the most specific path the right-most section is dropped again and again; a first section "sources" is also
    read as "source". All of it is done first under the name of the pipeline, then without.

    Args:
        sections: Sections, from general to specific.
        pipeline_name: Name of the pipeline, or None.
    """
    clean = [section for section in sections if section]
    paths: list[tuple[str, ...]] = []
    for length in range(len(clean), -1, -1):
        path = tuple(clean[:length])
        paths.append(path)
        if path[:1] == ("sources",):
            # a function of a module that bears its name, or a source without its module, is written shorter
            paths.append(("source", *path[1:]))
            if len(clean) == 3 and length == 2:
                paths.append(("sources", clean[2]))
                paths.append(("source", clean[2]))
    unique = list(dict.fromkeys(paths))
    if pipeline_name:
        return [(pipeline_name, *path) for path in unique] + unique
    return unique

"""Sections: where a value is looked for, the most specific place first."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache

from dlt.late_dataclass import dataclass


@dataclass(frozen=True)
class Sections:
    """The pipeline at work, the sections that stand before those of a spec, and where a source at work has its own."""

    pipeline_name: str | None = None
    sections: tuple[str, ...] = ()
    beside: str | None = None


_NONE = Sections()
_current: ContextVar[Sections] = ContextVar("dlt_sections", default=_NONE)
TOP_SECTIONS = frozenset(
    [
        "sources",
        "source",
        "destination",
        "schema",
        "pipelines",
        "extract",
        "normalize",
        "load",
        "runtime",
        "compat",
        "handoff",
    ]
)
"""Tables of these names at the top of a file, or below a pipeline's name, are sections, never values."""


def current_sections() -> Sections:
    """Return the sections at work."""
    return _current.get()


@contextmanager
def section_context(
    pipeline_name: str | None = None, sections: Sequence[str] = (), beside: str | None = None
) -> Iterator[None]:
    """Look values up for a pipeline, under sections, and beside the section of a source, for the length of a block."""
    outer = _current.get()
    # an inner block that names no pipeline belongs to that of the outer one
    found = Sections(pipeline_name or outer.pipeline_name, tuple(sections) or outer.sections, beside or outer.beside)
    token = _current.set(found)
    try:
        yield
    finally:
        _current.reset(token)


def search_paths(
    sections: tuple[str, ...], pipeline_name: str | None = None, inner: tuple[str, ...] = ()
) -> tuple[tuple[tuple[str, ...], ...], ...]:
    """Return the paths to look in, in order, in one or two groups.

    From the most specific path the right-most section is dropped again and again; a first section "sources" is also
    read as "source". The first group is all of it under the name of the pipeline; every provider is asked for it before
    any is asked for the second, which is the same without that name.

    Args:
        sections: Sections, from general to specific.
        pipeline_name: Name of the pipeline, or None.
        inner: Sections inside a spec, such as "credentials": they are never dropped, so that a password is not taken
            from a variable that merely bears the name of a field.
    """
    # the script may be another one at the next call, so this is not kept
    clean = tuple(section for section in map(_named, sections) if section)
    beside = _current.get().beside
    return _search_paths(clean, pipeline_name, inner, _named(beside) if beside else None)


@lru_cache(maxsize=1024)
def _search_paths(
    clean: tuple[str, ...], pipeline_name: str | None, inner: tuple[str, ...], beside: str | None
) -> tuple[tuple[tuple[str, ...], ...], ...]:
    # however it came to be the last one, the section of credentials is never dropped
    if not inner and clean[-1:] == ("credentials",):
        clean, inner = clean[:-1], clean[-1:]
    paths: list[tuple[str, ...]] = []
    for length in range(len(clean), -1, -1):
        heads = [clean[:length]]
        if beside and length > 1 and len(clean) == 3 and clean[0] == "sources":
            # a resource that stands by itself is also configured where the source is that it is extracted in
            heads.append((clean[0], beside, *clean[2:length]))
        if length == 2 and len(clean) == 3 and clean[0] == "sources":
            # a source may be configured without its module
            heads.append((clean[0], clean[2]))
        for head in heads:
            paths.append((*head, *inner))
            if head[:1] == ("sources",):
                paths.append(("source", *head[1:], *inner))
    unique = tuple(dict.fromkeys(paths))
    return (tuple((pipeline_name, *path) for path in unique), unique) if pipeline_name else (unique,)


def is_section(path: tuple[str, ...], paths: tuple[tuple[str, ...], ...], pipeline_name: str | None) -> bool:
    """Tell whether a table holds other values rather than being one.

    Args:
        path: Names that lead to the table.
        paths: Where a value is looked for; a table on the way there is a section.
        pipeline_name: Name of the pipeline.
    """
    # a value of this name would hide all that stands below it
    if any(other[: len(path)] == path for other in paths):
        return True
    inside = path[1:] if path[:1] == (pipeline_name,) else path
    return not inside or (len(inside) == 1 and inside[0] in TOP_SECTIONS)


def _named(section: str) -> str | None:
    """Return the name of the running script in place of `__main__`, or None where there is no script."""
    if section != "__main__":
        return section
    # an interactive session has no file
    script = vars(sys.modules["__main__"]).get("__file__") if "__main__" in sys.modules else None
    return os.path.splitext(os.path.basename(script))[0] if script else None

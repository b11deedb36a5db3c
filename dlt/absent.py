"""Names of PyPI `dlt` 1.x behind which this library has nothing: they import, and say at use what to do instead.

Programs import more than they use: a test helper names ten classes of the engine for one, a type stands in an
annotation only. Such a program runs; one that uses the thing reads where to go from here. An absent name is a class, so
that annotations, `isinstance` (never true), `except` clauses and definitions of subclasses work too.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from dlt.errors import NotOffered

__all__ = ["absent", "absent_names"]


class _Absent(type):
    place: str
    instead: str

    def __call__(cls, *_args: object, **_kwargs: object) -> object:
        """Say what to do instead."""
        raise _error(cls.place, cls.instead)

    def __getattr__(cls, name: str) -> object:
        # Python, copy and inspect look for these on every class
        if name.startswith("__"):
            raise AttributeError(f"{cls.place} has no attribute {name!r}")
        raise _error(f"{cls.place}.{name}", cls.instead)

    def __getitem__(cls, _parameters: object) -> _Absent:
        """Return the class: a type with parameters stands in an annotation."""
        return cls

    def __repr__(cls) -> str:
        return f"<absent {cls.place}>"


def _error(place: str, instead: str) -> NotOffered:
    return NotOffered(f"{place} is a name of PyPI dlt 1.x without anything behind it here. {instead}", place=place)


def absent(place: str, instead: str) -> type:
    """Return what stands for a name that this library does not have.

    Args:
        place: Where programs find it, such as "dlt.common.storages.LoadStorage".
        instead: What a program does instead, in a sentence.
    """
    # an exception, so that `except` takes it; nothing raises it
    module, _, name = place.rpartition(".")
    return _Absent(name, (BaseException,), {"place": place, "instead": instead, "__module__": module})


def absent_names(module: str, instead: str, names: str | None = None) -> Callable[[str], type]:
    """Return `__getattr__` for a module whose names are absent.

    Args:
        module: The module's `__name__`.
        instead: What a program does instead of using one of them.
        names: Those names, with spaces between them; any name when None.
    """
    known = None if names is None else frozenset(names.split())

    def find(name: str) -> type:
        # a module without names of its own has no `__path__` and no `__all__` either
        if name.startswith("__") if known is None else name not in known:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        made = absent(f"{module}.{name}", instead)
        setattr(sys.modules[module], name, made)
        return made

    return find

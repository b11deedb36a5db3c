"""What kind of function a function is, behind decorators and partials as well."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator

__all__ = ["isasyncgenfunction", "iscoroutinefunction", "isgeneratorfunction"]


def isgeneratorfunction(func: object) -> bool:
    """Tell whether a function, or one that it wraps, is a generator."""
    return _any(func, inspect.isgeneratorfunction)


def isasyncgenfunction(func: object) -> bool:
    """Tell whether a function, or one that it wraps, is an asynchronous generator."""
    return _any(func, inspect.isasyncgenfunction)


def iscoroutinefunction(func: object) -> bool:
    """Tell whether a function, or one that it wraps, is a coroutine."""
    return _any(func, inspect.iscoroutinefunction)


def _any(func: object, is_kind: Callable[[object], bool]) -> bool:
    """Tell whether the outermost function of a special kind is of this one."""
    for each in _layers(func):
        if inspect.isgeneratorfunction(each) or inspect.isasyncgenfunction(each) or inspect.iscoroutinefunction(each):
            return is_kind(each)
    return False


def _layers(func: object) -> Iterator[object]:
    seen: set[int] = set()
    while func is not None and id(func) not in seen:
        seen.add(id(func))
        while isinstance(func, functools.partial):
            func = func.func
        yield func
        # decorators set it; most functions have none
        func = getattr(func, "__wrapped__", None)

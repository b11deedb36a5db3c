"""The type hints of functions, as far as they can be known when the program runs."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any
from weakref import WeakKeyDictionary

INJECTED_KINDS = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
_known: WeakKeyDictionary[Any, Mapping[str, Any]] = WeakKeyDictionary()


def function_hints(function: Callable[..., Any]) -> Mapping[str, Any]:
    """Return the type hints of a function; those that exist for type checkers only are left out."""
    function = inspect.unwrap(function)
    try:
        if function not in _known:
            _known[function] = _evaluated(function)
        return _known[function]
    except TypeError:
        # not every callable can be kept weakly
        return _evaluated(function)


def _evaluated(function: Callable[..., Any]) -> Mapping[str, Any]:
    space = getattr(function, "__globals__", {})
    found: dict[str, Any] = {}
    for name, hint in getattr(function, "__annotations__", {}).items():
        try:
            found.update(typing.get_type_hints(SimpleNamespace(__annotations__={name: hint}), space, space, True))
        except (NameError, AttributeError, TypeError, SyntaxError):
            continue
    return found

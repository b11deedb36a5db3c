"""The type hints of functions, as far as they can be known when the program runs."""

from __future__ import annotations

import datetime
import decimal
import inspect
import typing
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from weakref import WeakKeyDictionary

from dlt.configuration.values import UNTYPED, TSecretValue

INJECTED_KINDS = (
    inspect.Parameter.POSITIONAL_ONLY,
    inspect.Parameter.POSITIONAL_OR_KEYWORD,
    inspect.Parameter.KEYWORD_ONLY,
)
_known: WeakKeyDictionary[object, Mapping[str, object]] = WeakKeyDictionary()


def function_hints(function: Callable[..., object]) -> Mapping[str, object]:
    """Return the type hints of a function; those that exist for type checkers only are left out."""
    # what a decorator put around it takes *args, and has no hints of its own
    function = inspect.unwrap(function)
    try:
        # functions are wrapped again at each run of a source, and evaluating hints is slow
        if function not in _known:
            _known[function] = _evaluated(function)
        return _known[function]
    except TypeError:
        # not every callable can be kept weakly
        return _evaluated(function)


def hint_of_default(default: object) -> object:
    """Return the type that an argument without type hint has by its default, or Any."""
    if type(default) is int:
        # a number of seconds, for example, may be configured as 0.5
        return int | float
    return type(default) if type(default) in _PLAIN else UNTYPED


_PLAIN = (bool, float, decimal.Decimal, datetime.datetime, datetime.date, datetime.time, list, dict, tuple)


def _evaluated(function: Callable[..., object]) -> Mapping[str, object]:
    space = getattr(function, "__globals__", {})
    found: dict[str, object] = {}
    for name, hint in getattr(function, "__annotations__", {}).items():
        try:
            # one by one: a hint that cannot be evaluated must not take the others with it
            found.update(typing.get_type_hints(SimpleNamespace(__annotations__={name: hint}), space, space, True))
        except (NameError, AttributeError, TypeError, SyntaxError):
            # a secret stays one though its type is imported for type checkers only
            if "TSecret" in str(hint):
                found[name] = TSecretValue
    return found

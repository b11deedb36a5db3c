"""A user's function with the arguments it was given; the rest comes from configuration when it is called."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

EMPTY = inspect.Parameter.empty


@dataclass(frozen=True)
class Function:
    """A function of a source, resource or transformer.

    Attributes:
        call: What the user decorated.
        takes_item: The first argument is the parent's item.
        bound: Arguments were given, perhaps none.
    """

    call: Callable[..., Any]
    takes_item: bool = False
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    bound: bool = False
    spec: Any = None
    sections: tuple[str, ...] = ()

    @property
    def signature(self) -> inspect.Signature:
        """Return the signature without the item."""
        whole = inspect.signature(self.call)
        parameters = list(whole.parameters.values())
        if self.takes_item:
            parameters = [p for p in parameters[1:] if p.name != "meta"]
        return whole.replace(parameters=parameters)

    @property
    def open_parameters(self) -> list[inspect.Parameter]:
        """Return the parameters that were given no value."""
        given = self.signature.bind_partial(*self.args, **self.kwargs).arguments
        variadic = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
        return [p for p in self.signature.parameters.values() if p.name not in given and p.kind not in variadic]

    @property
    def missing(self) -> list[str]:
        """Return the names of parameters without value and default."""
        return [p.name for p in self.open_parameters if p.default is EMPTY]

    def bind(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Function:
        """Return a bound copy.

        Raises:
            TypeError: the function does not take these arguments.
        """
        self.signature.bind_partial(*args, **kwargs)
        return replace(self, args=args, kwargs=dict(kwargs), bound=True)

    def find_incremental(self) -> tuple[str | None, Any]:
        """Return the name and value of the argument that is an incremental; the value is None if only annotated so."""
        given = self.signature.bind_partial(*self.args, **self.kwargs).arguments
        annotated = None
        for parameter in self.signature.parameters.values():
            value = given.get(parameter.name, parameter.default)
            if is_incremental(value):
                return parameter.name, value
            if (value is None or value is EMPTY) and "ncremental" in str(parameter.annotation):
                annotated = parameter.name
        return annotated, None

    def resolved(self, given: Mapping[str, Any] | None = None) -> Callable[..., Any]:
        """Return the function with all its arguments, looked up once in configuration.

        Args:
            given: More arguments by name.
        """
        from dlt.configuration.inject import note_secrets

        given = dict(given or {})
        before = self.signature.bind_partial(*self.args, **self.kwargs)
        before.arguments.update(given)
        wanted = [p for p in self.open_parameters if p.name not in given]
        if wanted:
            before = self._look_up(before)
        note_secrets(self.call, self.signature, before.arguments)
        return functools.partial(_call, self.call, before.args, before.kwargs)

    def _look_up(self, before: inspect.BoundArguments) -> inspect.BoundArguments:
        from dlt.configuration import with_config

        signature = self.signature

        @functools.wraps(self.call)
        def capture(*args: Any, **kwargs: Any) -> inspect.BoundArguments:
            found = signature.bind(*args, **kwargs)
            found.apply_defaults()
            return found

        capture.__signature__ = signature  # type: ignore[attr-defined] # what inspect.signature looks at first
        found = with_config(capture, spec=self.spec, sections=self.sections)(*before.args, **before.kwargs)
        assert isinstance(found, inspect.BoundArguments)
        return found


def _call(call: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], *item: Any, **meta: Any) -> Any:
    return call(*item, *args, **kwargs, **meta)


def is_incremental(value: Any) -> bool:
    """Return True for an incremental, without importing its module."""
    return hasattr(value, "cursor_path") and hasattr(value, "bind_to")

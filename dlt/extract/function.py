"""A user's function with the arguments it was given; the rest comes from configuration when it is called."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Mapping
from dataclasses import field, replace
from typing import Any

from dlt.configuration.lookup import MISSING
from dlt.configuration.sections import current_sections, section_context
from dlt.context import active_pipeline
from dlt.extract.incremental import Incremental
from dlt.extract.items import Meta
from dlt.late_dataclass import dataclass
from dlt.types import TDataItem, TDataItems, Wrapped

EMPTY = inspect.Parameter.empty


@dataclass(frozen=True)
class Function:
    """A function of a source, resource or transformer.

    Attributes:
        call: What the user decorated.
        takes_item: The first argument is the parent's item.
        bound: Arguments were given, perhaps none.
    """

    call: Wrapped
    takes_item: bool = False
    args: tuple[object, ...] = ()
    kwargs: Mapping[str, object] = field(default_factory=dict)
    bound: bool = False
    spec: type | None = None
    sections: tuple[str, ...] = ()

    def told_by(self, wrapper: Wrapped, returns: type | None = None) -> inspect.Signature:
        """Give what stands for the function its name and documentation, and return its signature.

        Args:
            wrapper: The resource, or what makes sources.
            returns: What a call gives; the wrapper's own class when None.
        """
        # help and inspect look for what the user wrote; attributes of the function may be named as those of the wrapper
        functools.update_wrapper(wrapper, self.call, updated=())
        return self.signature.replace(return_annotation=returns or type(wrapper))

    @property
    def name(self) -> str:
        """Return the name of the function, or the class of what is called like one."""
        return getattr(self.call, "__name__", type(self.call).__name__)

    def names(self, attributes: frozenset[str]) -> bool:
        """Tell whether the code of the function names one of these attributes."""
        function = inspect.unwrap(self.call)
        found = [function.__code__] if inspect.isfunction(function) else []
        while found:
            code = found.pop()
            if attributes.intersection(code.co_names):
                return True
            # functions that stand in it
            found += [inner for inner in code.co_consts if inspect.iscode(inner)]
        return False

    @property
    def signature(self) -> inspect.Signature:
        """Return the signature without the item."""
        whole = inspect.signature(self.call)
        parameters = list(whole.parameters.values())
        if self.takes_item:
            # the item and its mark come from the parent, never from configuration or the call
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

    @property
    def all_arguments(self) -> Mapping[str, object]:
        """Return the arguments that were given, and the defaults of all others, by name."""
        given = self.signature.bind_partial(*self.args, **self.kwargs)
        given.apply_defaults()
        return given.arguments

    @property
    def returns_resource(self) -> bool:
        """Tell whether the function says in its annotation that it returns a resource."""
        written = inspect.signature(self.call).return_annotation
        # evaluated only where it may be one, as names may have to be looked up
        return "DltResource" in str(written)

    def moved(self, section: str, name: str) -> Function:
        """Return a copy that takes its configuration from the sections of another resource."""
        return replace(self, sections=("sources", section, name))

    def bind(self, args: tuple[object, ...], kwargs: Mapping[str, object]) -> Function:
        """Return a bound copy.

        Raises:
            TypeError: the function does not take these arguments.
        """
        try:
            self.signature.bind_partial(*args, **kwargs)
        except TypeError as error:
            # as Python itself says it
            raise TypeError(f"{self.name}() {error}") from None
        return replace(self, args=args, kwargs=dict(kwargs), bound=True)

    @property
    def cursor(self) -> Cursor | None:
        """Return the parameter that takes the cursor of the resource: the first that has one, else wants one."""
        from dlt.configuration.hints import function_hints
        from dlt.configuration.parts import kind_in_parts

        given = self.signature.bind_partial(*self.args, **self.kwargs).arguments
        hints: Mapping[str, object] | None = None
        wanting: Cursor | None = None
        for parameter in self.signature.parameters.values():
            value, default = given.get(parameter.name, MISSING), parameter.default
            # evaluated only where there is a parameter, as names may have to be looked up
            hints = function_hints(self.call) if hints is None else hints
            hint = hints.get(parameter.name, Incremental | None if _says_incremental(parameter) else Any)
            if kind_in_parts(hint, default) is None:
                if not isinstance(value, Incremental):
                    continue
                hint = type(value)
            found = Cursor(parameter.name, hint, None if default is EMPTY else default, value, self.sections)
            if isinstance(default, Incremental) or value not in (MISSING, None):
                return found
            # a parameter that only says it takes a cursor gives way to a later one that has one
            wanting = wanting or found
        return wanting

    def resolved(self, given: Mapping[str, object] | None = None, without_cursor: str | None = None) -> Wrapped:
        """Return the function with all its arguments, looked up once in configuration.

        Args:
            given: More arguments by name.
            without_cursor: Parameter whose cursor was taken away: the function gets one that has no values.
        """
        given = dict(given or {})
        before = self.signature.bind_partial(*self.args, **self.kwargs)
        before.arguments.update(given)
        if self.signature.parameters:
            before = self._look_up(before)
        if without_cursor is not None:
            before.arguments[without_cursor] = Incremental.EMPTY.copy()
        from dlt.configuration.inject import note_secrets

        # before the function runs, as its errors must not show them
        note_secrets(self.call, self.signature, before.arguments)
        # a resource has one cursor; a second one would give its start for ever, so it refuses to be read
        bound = next((name for name, value in given.items() if isinstance(value, Incremental)), None)
        if bound is not None:
            for name, value in before.arguments.items():
                if name not in given and isinstance(value, Incremental):
                    before.arguments[name] = value.beside(bound)
        return functools.partial(_call, self.call, before.args, before.kwargs)

    def looked_up(self) -> Mapping[str, object]:
        """Return all arguments by name: those that were given, and those that the configuration has now."""
        return self._look_up(self.signature.bind_partial(*self.args, **self.kwargs)).arguments

    def _look_up(self, before: inspect.BoundArguments) -> inspect.BoundArguments:
        from dlt.configuration.inject import with_config

        signature = self.signature

        @functools.wraps(self.call)
        def capture(*args: object, **kwargs: object) -> inspect.BoundArguments:
            found = signature.bind(*args, **kwargs)
            found.apply_defaults()
            return found

        capture.__signature__ = signature  # type: ignore[attr-defined] # what inspect.signature looks at first
        with section_context(pipeline_name=asking_pipeline()):
            found = with_config(capture, spec=self.spec, sections=self.sections)(*before.args, **before.kwargs)
        assert isinstance(found, inspect.BoundArguments)
        return found


def _call(
    call: Wrapped, args: tuple[object, ...], kwargs: dict[str, object], *item: TDataItem, **meta: Meta
) -> TDataItems:
    return call(*item, *args, **kwargs, **meta)


@dataclass(frozen=True)
class Cursor:
    """The parameter of a function that takes the cursor.

    Attributes:
        name: Name of the parameter.
        hint: Its type hint.
        default: Its default, or None.
        given: What the call passes, or MISSING.
        sections: Sections of the function.
    """

    name: str
    hint: object
    default: object
    given: object
    sections: tuple[str, ...]

    def merged(self, look_up: bool = True) -> Incremental[object] | None:
        """Return the incremental of the signature with what configuration and call set on top, or None.

        Args:
            look_up: Ask the configuration too.

        Raises:
            NoneGiven: the call passes None, and the parameter is not optional.
            ConfigValueCannotBeCoercedException: a configured value does not fit.
        """
        from dlt.configuration.parts import merged_argument

        with section_context(pipeline_name=asking_pipeline()):
            found, _ = merged_argument(self.name, self.hint, self.default, self.sections, self.given, look_up=look_up)
        return found if isinstance(found, Incremental) else None


def asking_pipeline() -> str | None:
    """Return the name of the pipeline whose values come first: the one at work, else the active one."""
    name = current_sections().pipeline_name
    if name is not None:
        return name
    active = active_pipeline()
    return None if active is None else active.pipeline_name


def _says_incremental(parameter: inspect.Parameter) -> bool:
    # a type hint that exists for type checkers only cannot be evaluated
    return "ncremental" in str(parameter.annotation)

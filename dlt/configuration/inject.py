"""Arguments of functions from the configuration."""

from __future__ import annotations

import copy
import functools
import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar, cast, overload

from dlt.configuration.coerce import coerce, takes_table
from dlt.configuration.hints import INJECTED_KINDS, function_hints, hint_of_default
from dlt.configuration.lookup import MISSING, Trace, find_value, inside, missing
from dlt.configuration.parts import configured_incremental, kind_in_parts, merged_argument
from dlt.configuration.resolve import fill_nested, resolve_configuration, spec_kinds
from dlt.configuration.sections import current_sections
from dlt.configuration.signature import spec_from_signature
from dlt.configuration.spec import BaseConfiguration, is_secret, optional
from dlt.configuration.values import Placeholder, choices_of, is_class, is_untyped
from dlt.errors import ConfigFieldMissingException
from dlt.redact import remember
from dlt.user_log import tell_without_effect

__all__ = ["configured_incremental", "with_config"]
SectionsFrom = Callable[[Mapping[str, object]], Sequence[str]]
LAST_CONFIG = "_dlt_config"
ORIGINAL_ARGUMENTS = "_dlt_orig_args"
"""Keyword arguments that a function gets if it takes any: what was injected, and what it was called with."""
Function = TypeVar("Function", bound=Callable[..., object])


@dataclass(frozen=True)
class _Options:
    """How arguments are looked up; see `with_config`."""

    spec: type[BaseConfiguration] | None
    sections: tuple[str, ...]
    sections_from: SectionsFrom | None
    section_argument: str | None
    include_defaults: bool
    accept_partial: bool
    initial: BaseConfiguration | None


class _Plan:
    """What of a function can be injected; made once."""

    def __init__(self, function: Callable[..., object], include_defaults: bool) -> None:
        self.signature = inspect.signature(function)
        kinds = {parameter.kind: name for name, parameter in self.signature.parameters.items()}
        self.catches = kinds.get(inspect.Parameter.VAR_KEYWORD)
        hints = function_hints(function)
        self.parameters = [
            (parameter, hints.get(parameter.name, hint_of_default(parameter.default)))
            for parameter in self.signature.parameters.values()
            if parameter.kind in INJECTED_KINDS
            and parameter.name != "self"
            and (include_defaults or _required(parameter.default))
        ]


def _required(default: object) -> bool:
    return default is inspect.Parameter.empty or isinstance(default, Placeholder)


@overload
def with_config(
    func: Function,
    spec: type[BaseConfiguration] | None = None,
    sections: str | Sequence[str] | SectionsFrom = (),
    section_arg_name: str | None = None,
    sections_merge_style: object = None,
    include_defaults: bool = True,
    accept_partial: bool = False,
    initial_config: BaseConfiguration | None = None,
    base: type[BaseConfiguration] | None = None,
    lock_context_on_injection: bool | None = None,
    *,
    sections_from: SectionsFrom | None = None,
) -> Function: ...
@overload
def with_config(
    func: None = None,
    spec: type[BaseConfiguration] | None = None,
    sections: str | Sequence[str] | SectionsFrom = (),
    section_arg_name: str | None = None,
    sections_merge_style: object = None,
    include_defaults: bool = True,
    accept_partial: bool = False,
    initial_config: BaseConfiguration | None = None,
    base: type[BaseConfiguration] | None = None,
    lock_context_on_injection: bool | None = None,
    *,
    sections_from: SectionsFrom | None = None,
) -> Callable[[Function], Function]: ...
def with_config(
    func: Function | None = None,
    spec: type[BaseConfiguration] | None = None,
    sections: str | Sequence[str] | SectionsFrom = (),
    section_arg_name: str | None = None,
    sections_merge_style: object = None,
    include_defaults: bool = True,
    accept_partial: bool = False,
    initial_config: BaseConfiguration | None = None,
    base: type[BaseConfiguration] | None = None,
    lock_context_on_injection: bool | None = None,
    *,
    sections_from: SectionsFrom | None = None,
) -> Function | Callable[[Function], Function]:
    """Decorate a function so that arguments that are not passed come from the configuration.

    Args:
        func: The function.
        spec: Spec whose fields are arguments of the function.
        sections: Sections, from general to specific, or a function that returns them, given the passed arguments.
        section_arg_name: Argument whose value is a section more, behind the others.
        sections_merge_style: Without effect: sections are those of this function.
        include_defaults: Look up arguments with defaults, too; without, only those that must be configured.
        accept_partial: Pass None for required arguments that are nowhere.
        initial_config: Spec whose fields are the defaults of the arguments.
        base: Without effect: the arguments need no class.
        lock_context_on_injection: Without effect: nothing is locked.
        sections_from: Returns the sections, given the arguments that were passed; in place of `sections`.

    Raises:
        ConfigFieldMissingException: at a call, when a required argument is nowhere; it is a TypeError too.
    """
    if callable(sections):
        sections_from = sections
        sections = ()
    places = (sections,) if isinstance(sections, str) else tuple(sections)
    for name, given in (("sections_merge_style", sections_merge_style), ("base", base)):
        if given is not None:
            tell_without_effect(f"with_config: {name}", "arguments are looked up in the sections of their function")
    if lock_context_on_injection is not None:
        tell_without_effect("with_config: lock_context_on_injection", "nothing is locked while values are looked up")
    chosen = _Options(spec, places, sections_from, section_arg_name, include_defaults, accept_partial, initial_config)
    return functools.partial(_decorate, options=chosen) if func is None else _decorate(func, chosen)


def _decorate(function: Function, options: _Options) -> Function:
    plan: list[_Plan] = []
    specs: list[type[BaseConfiguration]] = []

    def completed(args: tuple[object, ...], kwargs: Mapping[str, object]) -> inspect.BoundArguments:
        if not plan:
            # at the first call: a hint may name a class that the module defines further down
            plan.append(_Plan(function, options.include_defaults))
        # partly, because what is missing is what the configuration is asked for
        given = plan[0].signature.bind_partial(*args, **kwargs)
        _inject(plan[0], given.arguments, options, getattr(function, "__name__", type(function).__name__))
        note_secrets(function, plan[0].signature, given.arguments)
        if plan[0].catches is not None:
            # what `last_config` and `get_orig_args` of programs look for
            if options.spec is None and not specs:
                specs.append(spec_from_signature(function))
            spec = (options.spec or specs[0])()
            spec.update(given.arguments)
            more = {LAST_CONFIG: spec, ORIGINAL_ARGUMENTS: (args, dict(kwargs))}
            given.arguments[plan[0].catches] = {**given.arguments.get(plan[0].catches, {}), **more}
        return given

    @functools.wraps(function)
    def injected(*args: object, **kwargs: object) -> object:
        given = completed(args, kwargs)
        return function(*given.args, **given.kwargs)

    @functools.wraps(function)
    async def injected_async(*args: object, **kwargs: object) -> object:
        given = completed(args, kwargs)
        made = function(*given.args, **given.kwargs)
        assert isinstance(made, Awaitable)
        return await made

    # `wraps` gives it the face of the function, of which a checker knows no more than that it is one
    return cast("Function", injected_async if inspect.iscoroutinefunction(function) else injected)


def note_secrets(
    function: Callable[..., object], signature: inspect.Signature, arguments: Mapping[str, object]
) -> None:
    """Let no text show the secrets among the arguments of a function from now on.

    Args:
        function: The function; type hints tell which arguments are secrets, and so do placeholders and names.
        signature: Its signature.
        arguments: Its arguments by name.
    """
    hints = function_hints(function)
    for name, value in arguments.items():
        default = signature.parameters[name].default
        marked = is_secret(hints.get(name)) or (isinstance(default, Placeholder) and default.secret)
        # a spec notes its own secrets, field by field, and its other fields may be shown
        if not isinstance(value, (Placeholder, BaseConfiguration)):
            remember(value if marked and name != "credentials" else {name: value})


def _places(options: _Options, arguments: Mapping[str, object]) -> tuple[str, ...]:
    places = tuple(options.sections_from(arguments)) if options.sections_from else options.sections
    places = places or current_sections().sections
    # a placeholder is no name: the section is then what it would be without the argument
    own = arguments.get(options.section_argument or "")
    return (*places, own) if isinstance(own, str) and not isinstance(own, Placeholder) else places


def _inject(plan: _Plan, arguments: dict[str, object], options: _Options, function_name: str) -> None:
    spec = options.spec
    places = _places(options, arguments)
    filled = _filled(spec, places, arguments, options.accept_partial) if spec is not None else None
    given = {name for name, value in arguments.items() if not isinstance(value, Placeholder)}
    absent: dict[str, Trace] = {}
    secret_names: set[str] = set()
    nested: list[ConfigFieldMissingException] = []
    for parameter, hint in plan.parameters:
        name, default = parameter.name, parameter.default
        if name not in given and filled is not None and (name in filled or spec in spec_kinds(hint)):
            value = filled.get(name) if name in filled else filled
            if value is not None or default is inspect.Parameter.empty:
                arguments[name] = value
                continue
        marked = arguments.get(name, default)
        secret = marked.secret if isinstance(marked, Placeholder) else is_secret(hint)
        try:
            if name in given:
                arguments[name] = _completed(name, hint, places, marked, default)
                continue
            found, trace = _configured(name, hint, places, secret, default)
        except ConfigFieldMissingException as error:
            # all that is missing is told at once, so that a person mends it in one go
            nested.append(inside(name, error))
            continue
        if found is not MISSING:
            arguments[name] = found
        elif options.initial is not None and options.initial.get(name) is not None:
            arguments[name] = options.initial.get(name)
        # Optional with dlt.secrets.value says: ask, and go on without
        elif isinstance(marked, Placeholder) and _admits_none(hint) and not trace.misplaced:
            arguments[name] = None
        elif default is inspect.Parameter.empty or isinstance(marked, Placeholder) or trace.misplaced:
            absent[name] = trace
            secret_names |= {name} if secret else set()
    if options.accept_partial:
        # a nested spec that is partly there counts as absent as a whole
        wanted = {*absent, *(field.partition(".")[0] for error in nested for field in error.fields)}
        arguments.update(dict.fromkeys(wanted - given))
    elif absent or nested:
        raise missing(function_name, absent, secret_names, nested=nested)


def _completed(name: str, hint: object, places: tuple[str, ...], value: object, default: object = None) -> object:
    """Return a passed argument; credentials and cursors given as a dict, as a value or in part become whole."""
    if kind_in_parts(hint, default) is not None:
        return merged_argument(name, hint, default, places, value)[0]
    kinds = spec_kinds(hint)
    if not kinds or value is None or (isinstance(value, BaseConfiguration) and value.is_resolved()):
        return value
    others = [part for part in choices_of(hint) if is_class(part) and part not in kinds]
    if isinstance(value, tuple(others)) or not isinstance(value, (str, Mapping, BaseConfiguration)):
        return value
    # what the caller passed stays as it was
    given = copy.copy(value) if isinstance(value, BaseConfiguration) else value
    return fill_nested(name, kinds, places, (), given, may_miss=False)


def _configured(
    name: str, hint: object, places: tuple[str, ...], secret: bool, default: object
) -> tuple[object, Trace]:
    """Return the configured value or MISSING, and the places that were asked."""
    if kinds := spec_kinds(hint):
        return _configured_spec(name, hint, kinds, places, default)
    if kind_in_parts(hint, default) is not None:
        return merged_argument(name, hint, default, places)
    value, trace = find_value(name, places, secret=secret, tables=_takes_table(hint, default))
    return (value if value is MISSING else coerce(value, hint, name, secret or trace.hidden, trace.place)), trace


def _admits_none(hint: object) -> bool:
    """Tell whether a type hint says that there may be no value."""
    return not is_untyped(hint) and optional(hint)


def _takes_table(hint: object, default: object) -> bool:
    # an argument without type hint whose default is text is one that wants text
    return takes_table(hint) and not (is_untyped(hint) and isinstance(default, str))


def _configured_spec(
    name: str, hint: object, kinds: Sequence[type[BaseConfiguration]], places: tuple[str, ...], default: object
) -> tuple[object, Trace]:
    # the default is a value of the whole process: each call gets a copy, so that one does not fill it for the next
    if isinstance(default, BaseConfiguration):
        return fill_nested(name, kinds, places, (), default.as_default(), may_miss=False), Trace()
    may_miss = not _required(default) or (isinstance(default, Placeholder) and _admits_none(hint))
    made: object = fill_nested(name, kinds, places, (), None, may_miss)
    if made is None and default and not isinstance(default, Placeholder):
        # a default in the form of a dict or text is completed like an argument
        made = _completed(name, hint, places, default)
    return (MISSING if made is None else made), Trace()


def _filled(
    spec: type[BaseConfiguration], places: tuple[str, ...], arguments: Mapping[str, object], accept_partial: bool
) -> BaseConfiguration:
    explicit = {
        name: value
        for name, value in arguments.items()
        if name in spec.__config_fields__ and not isinstance(value, Placeholder)
    }
    made = spec()
    return resolve_configuration(made, sections=places, explicit_value=explicit or None, accept_partial=accept_partial)

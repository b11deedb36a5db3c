"""Arguments of functions from the configuration."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar, cast, overload
from weakref import WeakKeyDictionary

from dlt.configuration.coerce import coerce, takes_table
from dlt.configuration.hints import INJECTED_KINDS, function_hints, hint_of_default
from dlt.configuration.lookup import MISSING, Trace, find_value, inside, missing, none_given
from dlt.configuration.parts import configured_incremental, kind_in_parts, merged_argument
from dlt.configuration.resolve import fill_nested, is_other, resolve_configuration, spec_kinds
from dlt.configuration.sections import current_sections
from dlt.configuration.signature import spec_from_signature
from dlt.configuration.spec import BaseConfiguration, is_secret, optional
from dlt.configuration.values import Placeholder, choices_of, is_class, is_untyped
from dlt.errors import ConfigFieldMissingException
from dlt.redact import remember_setting
from dlt.user_log import tell_without_effect

__all__ = ["configured_incremental", "with_config"]
SectionsFrom = Callable[[Mapping[str, object]], "str | Sequence[str]"]
MergeSections = Callable[["SectionsToMerge", "SectionsToMerge"], None]
LAST_CONFIG = "_dlt_config"
ORIGINAL_ARGUMENTS = "_dlt_orig_args"
"""Keyword arguments that a function gets if it takes any: what was injected, and what it was called with."""
INJECTION_KWARGS = "injection_kwargs"
"""Name of the parameter for further arguments of functions that want to know what they were called with."""
Function = TypeVar("Function", bound=Callable[..., object])
_SPECS: WeakKeyDictionary[Callable[..., object], Callable[[], type[BaseConfiguration]]] = WeakKeyDictionary()


@dataclass
class SectionsToMerge:
    """Sections as functions such as `ConfigSectionContext.prefer_existing` merge them.

    Attributes:
        pipeline_name: Values under the name of this pipeline come first.
        sections: The sections.
        source_state_key: Name of the source whose state is at work.
    """

    pipeline_name: str | None = None
    sections: tuple[str, ...] = ()
    source_state_key: str | None = None


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
    base: type[BaseConfiguration] | None
    merge: MergeSections | None


class _Plan:
    """What of a function can be injected; made once."""

    def __init__(self, function: Callable[..., object], include_defaults: bool) -> None:
        self.signature = inspect.signature(function)
        kinds = {parameter.kind: name for name, parameter in self.signature.parameters.items()}
        # others that take what they do not name pass it on, and nobody there knows our words
        catches = kinds.get(inspect.Parameter.VAR_KEYWORD)
        self.catches = catches if catches == INJECTION_KWARGS else None
        self.by_place = inspect.Parameter.POSITIONAL_ONLY in kinds
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
    sections_merge_style: MergeSections | None = None,
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
    sections_merge_style: MergeSections | None = None,
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
    sections_merge_style: MergeSections | None = None,
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
        sections_merge_style: Says what is taken of the sections that are at work outside, such as
            `ConfigSectionContext.prefer_existing`; those of this function when None.
        include_defaults: Look up arguments with defaults, too; without, only those that must be configured.
        accept_partial: Pass None for required arguments that are nowhere.
        initial_config: Spec whose fields are the defaults of the arguments.
        base: Spec that the one of the arguments is derived from; its fields must have values too.
        lock_context_on_injection: Without effect: nothing is locked.
        sections_from: Returns the sections, given the arguments that were passed; in place of `sections`.

    Raises:
        ConfigFieldMissingException: at a call, when a required argument is nowhere; it is a TypeError too.
    """
    if callable(sections):
        sections_from = sections
        sections = ()
    places = (sections,) if isinstance(sections, str) else tuple(sections)
    if lock_context_on_injection is not None:
        tell_without_effect("with_config: lock_context_on_injection", "nothing is locked while values are looked up")
    chosen = _Options(
        spec,
        places,
        sections_from,
        section_arg_name,
        include_defaults,
        accept_partial,
        initial_config,
        base,
        sections_merge_style,
    )
    return functools.partial(_decorate, options=chosen) if func is None else _decorate(func, chosen)


def with_arguments(
    function: Callable[..., object],
    passed: Sequence[object],
    arguments: Mapping[str, object],
    spec: type[BaseConfiguration] | None,
    sections: tuple[str, ...],
) -> Callable[..., object]:
    """Return a function that takes the first arguments only: the others are looked up now, for all of its calls.

    Args:
        function: The function.
        passed: What stands for the first arguments until they come.
        arguments: Others that are not looked up.
        spec: Spec whose fields are arguments of the function.
        sections: Sections, from general to specific.

    Raises:
        ConfigFieldMissingException: a required argument is nowhere; it is a TypeError too.
    """
    options = _Options(spec, sections, None, None, True, False, None, None, None)
    given = _Injection(function, options).completed(tuple(passed), arguments)
    rest, named = given.args[len(passed) :], given.kwargs
    return lambda *first: function(*first, *rest, **named)


class _Injection:
    """A function, and how its arguments are looked up."""

    def __init__(self, function: Callable[..., object], options: _Options) -> None:
        self._function, self._options = function, options

    @functools.cached_property
    def spec(self) -> type[BaseConfiguration]:
        return self._options.spec or spec_from_signature(self._function, base=self._options.base or BaseConfiguration)

    @functools.cached_property
    def _plan(self) -> _Plan:
        # at the first call: a hint may name a class that the module defines further down
        return _Plan(self._function, self._options.include_defaults)

    def completed(self, args: tuple[object, ...], kwargs: Mapping[str, object]) -> inspect.BoundArguments:
        """Return the arguments of a call with those that it does not pass."""
        function, options, plan = self._function, self._options, self._plan
        # partly, because what is missing is what the configuration is asked for
        given = plan.signature.bind_partial(*args, **kwargs)
        spec = self.spec if options.base is not None else options.spec
        name = getattr(function, "__name__", type(function).__name__)
        filled = _inject(plan, given.arguments, options, name, spec)
        note_secrets(function, plan.signature, given.arguments)
        if plan.catches is not None:
            known, parameters = filled or self.spec(), plan.signature.parameters
            if filled is None:
                known.update(given.arguments)
            # what no parameter names, and what `last_config` and `get_orig_args` of programs look for
            more = {name: value for name, value in (filled or {}).items() if name not in parameters}
            more.update({LAST_CONFIG: known, ORIGINAL_ARGUMENTS: (args, dict(kwargs))})
            given.arguments[plan.catches] = {**more, **given.arguments.get(plan.catches, {}), LAST_CONFIG: known}
        if plan.by_place:
            # what has a place but no name needs all that stand before it
            given.apply_defaults()
        return given


def _decorate(function: Function, options: _Options) -> Function:
    injection = _Injection(function, options)

    @functools.wraps(function)
    def injected(*args: object, **kwargs: object) -> object:
        given = injection.completed(args, kwargs)
        return function(*given.args, **given.kwargs)

    @functools.wraps(function)
    async def injected_async(*args: object, **kwargs: object) -> object:
        given = injection.completed(args, kwargs)
        made = function(*given.args, **given.kwargs)
        assert isinstance(made, Awaitable)
        return await made

    made = injected_async if inspect.iscoroutinefunction(function) else injected
    _SPECS[made] = lambda: injection.spec
    # `wraps` gives it the face of the function, of which a checker knows no more than that it is one
    return cast("Function", made)


def spec_of(function: Callable[..., object]) -> type[BaseConfiguration] | None:
    """Return the spec of the arguments of a function that `with_config` decorated, None for any other.

    Args:
        function: The function; decorators may have been put around it since.
    """
    decorated = inspect.unwrap(function, stop=lambda inner: inner in _SPECS)
    return _SPECS[decorated]() if decorated in _SPECS else None


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
            remember_setting(name, value, marked)


def _places(options: _Options, arguments: Mapping[str, object]) -> tuple[str, ...]:
    given = options.sections_from(arguments) if options.sections_from else options.sections
    places = (given,) if isinstance(given, str) else tuple(given)
    outer = current_sections()
    if options.merge is not None:
        incoming = SectionsToMerge(sections=places)
        options.merge(incoming, SectionsToMerge(outer.pipeline_name, outer.sections))
        places = tuple(incoming.sections)
    places = places or outer.sections
    # a placeholder is no name: the section is then what it would be without the argument
    own = arguments.get(options.section_argument or "")
    return (*places, own) if isinstance(own, str) and not isinstance(own, Placeholder) else places


def _inject(
    plan: _Plan,
    arguments: dict[str, object],
    options: _Options,
    function_name: str,
    spec: type[BaseConfiguration] | None,
) -> BaseConfiguration | None:
    """Complete the arguments, and return the spec that they were taken from, if the function has one."""
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
            # what the spec lets be absent is not looked for in another way: its type may depend on other fields
            asked = isinstance(default, Placeholder) and name in filled and not options.accept_partial
            if value is not None or default is inspect.Parameter.empty or asked:
                arguments[name] = value
                continue
        marked = arguments.get(name, default)
        if marked is None and name in given and filled is not None and name in filled:
            continue
        secret = marked.secret if isinstance(marked, Placeholder) else is_secret(hint)
        try:
            if name in given:
                found, trace = _passed(name, hint, places, marked, default)
            else:
                found, trace = _configured(name, hint, places, secret, default)
        except ConfigFieldMissingException as error:
            # all that is missing is told at once, so that a person mends it in one go
            nested.append(inside(name, error))
            continue
        if found is MISSING:
            found = _unless_found(name, hint, marked, default, trace, options.initial)
        if found is not MISSING:
            arguments[name] = found
        elif _required(default) or trace.misplaced:
            absent[name] = trace
            secret_names |= {name} if secret else set()
    if options.accept_partial:
        # a nested spec that is partly there counts as absent as a whole
        wanted = {*absent, *(field.partition(".")[0] for error in nested for field in error.fields)}
        arguments.update(dict.fromkeys(wanted - given))
    elif absent or nested:
        raise missing(function_name, absent, secret_names, nested=nested)
    return filled


def _unless_found(
    name: str, hint: object, marked: object, default: object, trace: Trace, initial: BaseConfiguration | None
) -> object:
    """Return what an argument is that has no value, or MISSING: then its default counts, or it is missing."""
    if initial is not None and initial.get(name) is not None:
        return initial.get(name)
    if not isinstance(marked, Placeholder) or trace.misplaced:
        return MISSING
    if not _required(default):
        # passed in place of an argument that has a default
        return default
    # Optional with dlt.secrets.value says: ask, and go on without
    return None if _admits_none(hint) else MISSING


def _passed(name: str, hint: object, places: tuple[str, ...], value: object, default: object) -> tuple[object, Trace]:
    """Return a passed argument, or MISSING where None is passed for one that must be configured."""
    # what must be configured is not made optional by passing nothing
    if value is None and isinstance(default, Placeholder) and not _admits_none(hint):
        return MISSING, none_given(name)
    return _completed(name, hint, places, value, default), Trace()


def _completed(name: str, hint: object, places: tuple[str, ...], value: object, default: object = None) -> object:
    """Return a passed argument; credentials and cursors given as a dict, as a value or in part become whole."""
    if kind_in_parts(hint, default) is not None:
        return merged_argument(name, hint, default, places, value)[0]
    kinds = spec_kinds(hint)
    # an object of another class that the type hint names, such as an engine, is what is wanted
    if not kinds or value is None or is_other(hint, value):
        return value
    if not isinstance(value, (str, Mapping)) and len(choices_of(hint)) == 1 and not is_class(hint):
        return value
    return fill_nested(name, kinds, places, (), value, may_miss=False)


def _configured(
    name: str, hint: object, places: tuple[str, ...], secret: bool, default: object
) -> tuple[object, Trace]:
    """Return the configured value or MISSING, and the places that were asked."""
    # first, as a cursor is a spec too
    if kind_in_parts(hint, default) is not None:
        return merged_argument(name, hint, default, places)
    if kinds := spec_kinds(hint):
        return _configured_spec(name, hint, kinds, places, default)
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
        return fill_nested(name, kinds, places, (), None, False, default.copy()), Trace()
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
    # one that the caller passes is completed; one that is whole is taken as it is
    passed = next((value for value in arguments.values() if isinstance(value, spec)), None)
    made = passed if passed is not None else spec()
    return resolve_configuration(made, sections=places, explicit_value=explicit or None, accept_partial=accept_partial)

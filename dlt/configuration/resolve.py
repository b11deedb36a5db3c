"""Fill a spec: what was passed, then the providers, then the defaults."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from types import UnionType
from typing import TypeVar, Union, get_args, get_origin

from dlt.configuration.base import BaseConfiguration, is_final, is_secret, optional
from dlt.configuration.coerce import coerce, takes_table
from dlt.configuration.lookup import MISSING, Trace, attempt, find_value, inside, missing, none_given
from dlt.configuration.sections import current_sections, section_context
from dlt.configuration.similar import did_you_mean
from dlt.configuration.values import bare, choices_of, is_class
from dlt.errors import (
    ConfigFieldMissingException,
    ConfigurationException,
    ConfigurationValueError,
    ConfigurationWrongTypeException,
    InvalidNativeValue,
    NativeValueError,
    UnmatchedConfigHintResolversException,
)

Spec = TypeVar("Spec", bound=BaseConfiguration)


def resolve_configuration(
    config: Spec,
    *,
    sections: Sequence[str] = (),
    explicit_value: object = None,
    accept_partial: bool = False,
) -> Spec:
    """Return the spec with its fields filled.

    Args:
        config: An instance; its fields are the defaults, which count where nothing else has a value.
        sections: Sections, from general to specific.
        explicit_value: A dict, a native value, or a spec; it comes before all providers. None in a dict says that
            the field has no value, whatever is configured.
        accept_partial: Do not raise for missing fields.

    Raises:
        ConfigFieldMissingException: required fields are nowhere; with every place that was asked.
        ConfigValueCannotBeCoercedException: a value is not of the type of its field.
    """
    if not isinstance(config, BaseConfiguration):
        raise ConfigurationWrongTypeException(
            f"{type(config).__name__} is not a spec. Derive it from BaseConfiguration and decorate it with @configspec."
        )
    # a spec that a program filled is not looked up again: what it has might differ by now
    if config.is_resolved() and explicit_value is None:
        return config
    own = type(config).__section__
    places = tuple(sections or current_sections().sections)
    # a section that the caller named last is not repeated
    inner: tuple[str, ...] = (own,) if own and own not in places[-1:] else ()
    if config.is_credentials and not inner and places:
        # the section of credentials is never dropped, or a bare PASSWORD would become one
        places, inner = places[:-1], places[-1:]
    # a spec of another class may have more of them
    if (
        config.is_credentials
        and isinstance(explicit_value, Mapping)
        and not isinstance(explicit_value, BaseConfiguration)
    ):
        _check_keys(type(config).__name__, [type(config)], explicit_value)
    return _resolve(config, places, inner, explicit_value, accept_partial)


def _resolve(
    config: Spec,
    places: tuple[str, ...],
    inner: tuple[str, ...],
    explicit_value: object,
    accept_partial: bool = False,
    nested: bool = False,
) -> Spec:
    config.__exception__ = None
    try:
        _complete(config, places, inner, explicit_value, accept_partial, nested)
    except Exception as error:
        # programs that go on with a spec in part look there for what it lacks
        config.__exception__ = error
        raise
    return config


def _complete(
    config: BaseConfiguration,
    places: tuple[str, ...],
    inner: tuple[str, ...],
    explicit_value: object,
    accept_partial: bool,
    nested: bool,
) -> None:
    _check_resolvers(config)
    given = _explicit(config, explicit_value)
    # a spec names one server: what is configured for another one must not complete it
    in_part = explicit_value is None or (
        isinstance(explicit_value, Mapping) and not isinstance(explicit_value, BaseConfiguration)
    )
    native: dict[str, tuple[int, str]] = {}
    misplaced: dict[str, Trace] = {}
    # a spec at the top has no key of its own under which a text could stand
    if inner and in_part and (nested or config.is_credentials or _reads_text(config)):
        native, whole = _native(config, places, inner, given)
        misplaced = {inner[-1]: whole} if whole.misplaced and not given else {}
    traces, nested_errors = _fill(config, places, inner, given, native, accept_partial)
    # before anything is checked: the messages of checks quote values
    config.note_secrets()
    # single fields were found where they belong: then the text in the wrong file is not what is meant
    misplaced = misplaced if not any(trace.turn[1] for trace in traces.values()) else {}
    misplaced.update({name: trace for name, trace in traces.items() if trace.misplaced and not given.get(name)})
    if misplaced and not accept_partial:
        raise _missing(config, {**traces, **misplaced}, nested_errors, list(misplaced))
    if config.is_partial():
        # `on_partial` of a program looks up values of its own, which stand beside the spec's
        with section_context(sections=(*places, *inner)):
            config.call_method_in_mro("on_partial")
    if not config.is_partial():
        if not config.is_resolved():
            config.resolve()
        return
    failure = _missing(config, traces, nested_errors)
    if accept_partial:
        config.__exception__ = failure
    else:
        config.on_error(failure)


def _missing(
    config: BaseConfiguration,
    traces: Mapping[str, Trace],
    nested: Mapping[str, ConfigFieldMissingException],
    misplaced: Sequence[str] = (),
) -> ConfigFieldMissingException:
    absent = [name for name in dict.fromkeys((*config.missing_fields(), *misplaced)) if name not in nested]
    hints = dict(config.__config_fields__.items())
    secret = {name for name in absent if name in misplaced or is_secret(hints[name])}
    found = [
        name for name, value in config.items() if value is not None and name not in absent and not is_final(hints[name])
    ]
    lacking = [inside(name, error) for name, error in nested.items() if not _is_whole(config.get(name))]
    asked = {name: traces.get(name, Trace()) for name in absent}
    made = missing(type(config).__name__, asked, secret, found, lacking, type(config).__advice__)
    # in the order in which the spec names its fields
    order = dict.fromkeys([*config.missing_fields(), *made.traces])
    made.traces = {name: made.traces[name] for name in order if name in made.traces}
    made.fields = list(made.traces)
    made.config, made.resolved_fields_set = config, list(config.__resolved_fields_set__ or ())
    made.attempts = [attempt(made)]
    return made


def _is_whole(value: object) -> bool:
    return value is not None and not (isinstance(value, BaseConfiguration) and not value.is_resolved())


def _native(
    config: BaseConfiguration, places: tuple[str, ...], inner: tuple[str, ...], given: Mapping[str, object]
) -> tuple[dict[str, tuple[int, str]], Trace]:
    """Set the fields that a configured text, such as a connection string, has.

    Returns:
        Where in the order each of them was found, and the trace of the text.
    """
    value, trace = find_value(inner[-1], places, secret=config.is_credentials, inner=inner[:-1], tables=False)
    if value is MISSING:
        return {}, trace
    has_text = config.is_credentials or (_reads_text(config) and type(config).__section__ is not None)
    if not has_text and not _is_document(value):
        # whoever has no form as text means something else by a variable of this name
        return {}, trace
    try:
        said = _explicit(config, value)
    except InvalidNativeValue:
        # beside what the program gives, it is that of another class which may stand here too
        if not given:
            raise
        return {}, trace
    found = {name: item for name, item in said.items() if name not in given}
    # what the program gave stays, whatever the configured text says of it
    config.update(found)
    return dict.fromkeys(found, trace.turn), trace


def _reads_text(config: BaseConfiguration) -> bool:
    return type(config).parse_native_representation is not BaseConfiguration.parse_native_representation


def _is_document(value: object) -> bool:
    return isinstance(value, str) and value.lstrip().startswith("{")


def _explicit(config: BaseConfiguration, value: object) -> dict[str, object]:
    """Return the fields that a value has."""
    if value is None:
        return {}
    if isinstance(value, BaseConfiguration):
        _take_notes(config, value)
        # of one that the program made, what it set; of one that is whole, also what it has by its class
        names = value.given_fields() | ({*value} if value.is_resolved() else set())
        found = {name: value.get(name) for name in value if name in names and name in config}
        return {name: item for name, item in found.items() if item is not None}
    if isinstance(value, Mapping):
        return {key: item for key, item in value.items() if key in config}
    # emptied first, so that what the text leaves out can be told from what it sets
    made = copy.copy(config)
    for name in config:
        setattr(made, name, None)
    _parse(made, value)
    _take_notes(config, made)
    return {name: item for name, item in made.items() if item is not None}


def _take_notes(config: BaseConfiguration, other: BaseConfiguration) -> None:
    config.__dict__.update({note: other.__dict__[note] for note in config.__notes__ if note in other.__dict__})


def _parse(config: BaseConfiguration, value: object) -> None:
    details = {"spec": type(config), "native_value_type": type(value), "embedded_sections": ()}
    try:
        config.parse_native_representation(value)
    except NativeValueError as error:
        raise InvalidNativeValue(str(error), **details) from error
    except ConfigurationException:
        raise
    except Exception as error:  # noqa: BLE001 - raised again; the message of a user's parser may quote a secret
        raise InvalidNativeValue(
            f"{type(config).__name__}: its parse_native_representation does not take the value of type "
            f"{type(value).__name__} that was given ({type(error).__name__}). Mend the value where it is given or "
            "configured; it is not shown here.",
            **details,
        ) from None


def _fill(
    config: BaseConfiguration,
    places: tuple[str, ...],
    inner: tuple[str, ...],
    given: Mapping[str, object],
    native: Mapping[str, tuple[int, str]],
    may_miss: bool,
) -> tuple[dict[str, Trace], dict[str, ConfigFieldMissingException]]:
    traces: dict[str, Trace] = {}
    errors: dict[str, ConfigFieldMissingException] = {}
    resolved = config.__resolved_fields_set__ = []
    for name, declared in config.__config_fields__.items():
        hint = _hint(config, name, declared)
        # a host or user is no secret, and may stand in config.toml; still no message shows it
        secret, hidden = is_secret(hint), config.is_credentials or is_secret(hint)
        if name in given and given[name] is None:
            setattr(config, name, None)
            traces[name] = none_given(name)
            continue
        if is_final(hint):
            # the program alone sets it; a file that repeats it, as a service account's key does, is no mistake
            config.update({name: given[name]} if name in given else {})
            continue
        if (nested := spec_kinds(hint)) and not is_other(hint, given.get(name)):
            before = _default_spec(config.get(name), nested)
            try:
                made = fill_nested(name, nested, places, inner, given.get(name), optional(hint), before)
                if made is None and may_miss and before is None:
                    part = _in_part(nested, places, (*inner, name), given.get(name))
                    # None is as good as a spec of which nothing is there
                    made = part if part.__resolved_fields_set__ else None
                setattr(config, name, made)
                # one in which all are defaults was found nowhere
                found = made is not None and (name in given or made.__resolved_fields_set__)
                resolved += [name] if found else []
            except ConfigFieldMissingException as error:
                # all that is missing is told at once
                errors[name] = error
                # where the spec may be missing it is kept in part, so that `on_partial` can complete it
                kinds = nested if before is None else [before]
                setattr(config, name, _in_part(kinds, places, (*inner, name), given.get(name)) if may_miss else None)
            continue
        if name in given:
            # objects of a program's own are no texts to be read
            is_plain = isinstance(given[name], _READ)
            setattr(config, name, coerce(given[name], hint, name, secret=hidden) if is_plain else given[name])
            resolved.append(name)
            continue
        value, traces[name] = find_value(
            name, places, secret=secret, inner=inner, before=native.get(name), tables=takes_table(hint)
        )
        if value is MISSING:
            if name in native:
                setattr(config, name, coerce(config.get(name), hint, name, secret=hidden))
                resolved.append(name)
            continue
        setattr(config, name, coerce(value, hint, name, hidden or traces[name].hidden, traces[name].place))
        resolved.append(name)
    return traces, errors


def _in_part(
    kinds: Sequence[type[BaseConfiguration] | BaseConfiguration],
    places: tuple[str, ...],
    inner: tuple[str, ...],
    value: object,
) -> BaseConfiguration:
    """Return what there is of a spec that is not whole: the first one of which anything was found, else the first.

    Args:
        kinds: Specs that may stand there, or one that the program began to fill.
        places: Sections, from general to specific.
        inner: Sections that are never dropped, with the key of the spec.
        value: What the program gave.
    """
    begun = [kind() if isinstance(kind, type) else kind for kind in kinds]
    if isinstance(value, Mapping) and value:
        # as where one is looked for that is whole
        begun = [spec for spec in begun if set(value) <= set(spec.__config_fields__)] or begun
    parts = [_resolve(spec, places, inner, value, True, True) for spec in begun]
    return next((part for part in parts if part.__resolved_fields_set__), parts[0])


def _check_resolvers(config: BaseConfiguration) -> None:
    unmatched = [field for field in config.__hint_resolvers__ if field not in config]
    if unmatched:
        name = type(config).__name__
        raise UnmatchedConfigHintResolversException(
            f"{name}: methods tell the types of {', '.join(unmatched)}, which are no fields. Fields are "
            f"{', '.join(config)}.",
            spec_name=name,
            field_names=unmatched,
        )


def _hint(config: BaseConfiguration, name: str, declared: object) -> object:
    """Return the type of a field, which a method of the spec may tell by the fields before it."""
    resolver = config.__hint_resolvers__.get(name)
    # the only place where a method is looked up by its name, so that a subclass may override it
    return declared if resolver is None else getattr(config, resolver)()


_READ = (str, bytes, bool, int, float, list, tuple, dict)
"""Types of explicit values that become the type of their field, as configured ones do."""


def _default_spec(value: object, kinds: Sequence[type[BaseConfiguration]]) -> BaseConfiguration | None:
    """Return what a program set on a spec for a spec within as one; it may be a dict or a text."""
    if value is None or isinstance(value, BaseConfiguration):
        return value
    made = kinds[0]()
    made.update(_explicit(made, value))
    return made


def is_other(hint: object, value: object) -> bool:
    """Tell whether a value is of a class that a union names beside its specs."""
    others = tuple(part for part in choices_of(hint) if is_class(part) and not issubclass(part, BaseConfiguration))
    # a text or a dict is a spec in another form
    return isinstance(value, others) and not isinstance(value, (str, Mapping, type(None)))


def spec_kinds(hint: object) -> list[type[BaseConfiguration]]:
    """Return the specs that a type hint names, in order."""
    hint = bare(hint)
    parts = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    # of a generic spec such as Cursor[str] the class counts
    kinds = [get_origin(part) or part for part in map(bare, parts)]
    return [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseConfiguration)]


def fill_nested(
    name: str,
    kinds: Sequence[type[BaseConfiguration]],
    places: tuple[str, ...],
    inner: tuple[str, ...],
    value: object,
    may_miss: bool,
    default: BaseConfiguration | None = None,
) -> BaseConfiguration | None:
    """Return the first of several specs that the values fit.

    Args:
        name: Name of the field or parameter; it is the section of the values.
        kinds: Specs that are tried in order.
        places: Sections, from general to specific.
        inner: Sections that are never dropped.
        value: What the program gave: a spec, a dict, a native value, or None.
        may_miss: Return None when required fields are nowhere.
        default: A spec whose fields are the defaults; it is completed.

    Raises:
        ConfigurationException: the first failure, when no spec fits; or a key is a misspelt one.
    """
    if isinstance(value, BaseConfiguration):
        if value.is_resolved():
            return value
        # what the caller passed stays as it was
        made = default if isinstance(default, type(value)) else value.copy()
        return _resolve(made, places, (*inner, name), value, nested=True)
    if default is not None and value is None:
        return default if default.is_resolved() else _resolve(default, places, (*inner, name), None, nested=True)
    if isinstance(value, Mapping) and value:
        # a class that does not know what is given would take all that it has from the configuration instead
        takers = [kind for kind in kinds if set(value) <= set(kind.__config_fields__)]
        if not takers:
            _check_keys(name, kinds, value)
        kinds = takers or kinds
    failures: list[ConfigurationException] = []
    for kind in kinds:
        try:
            made = default if isinstance(default, kind) else kind()
            return _resolve(made, places, (*inner, name), value, nested=True)
        except ConfigurationException as error:
            failures.append(error)
    absent = [error for error in failures if isinstance(error, ConfigFieldMissingException)]
    if not failures or (may_miss and len(absent) == len(failures)):
        return None
    # a class that was found and does not fit tells more than one that is nowhere
    failure = next((error for error in failures if error not in absent), failures[0])
    if isinstance(failure, ConfigFieldMissingException) and len(absent) > 1:
        failure.attempts = [attempt(error, number, len(absent)) for number, error in enumerate(absent, 1)]
    raise failure


def _check_keys(name: str, kinds: Sequence[type[BaseConfiguration]], value: Mapping[str, object]) -> None:
    """Refuse a key that is nearly one of a spec, and a dict without any; as in key files of Google it may have more."""
    fields = {field for kind in kinds for field in kind.__config_fields__}
    for key in value:
        # the value of a misspelt one would be lost, and what is configured for another place taken in its stead
        near = None if key in fields else did_you_mean(str(key), sorted(fields - set(value)), cutoff=0.8)
        if near:
            raise ConfigurationValueError(f"{name}: there is no field {key!r}{near} Look at the keys of the dict.")
    if fields and fields.isdisjoint(value):
        found, of = ", ".join(sorted(map(str, value))), " or ".join(kind.__name__ for kind in kinds)
        raise ConfigurationValueError(
            f"{name}: the dict has {found}, and none of it is a field of {of}. The fields: "
            f"{', '.join(sorted(fields))}. Arguments of a file system or a driver go into kwargs."
        )

"""Fill a spec: what was passed, then the providers, then the defaults."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import UnionType
from typing import TypeVar, Union, get_args, get_origin

from dlt.configuration.coerce import coerce, takes_table
from dlt.configuration.lookup import MISSING, Trace, find_value, inside, missing
from dlt.configuration.sections import current_sections, section_context
from dlt.configuration.spec import BaseConfiguration, is_final, is_secret, optional
from dlt.configuration.values import bare, is_class
from dlt.errors import (
    ConfigFieldMissingException,
    ConfigurationException,
    ConfigurationWrongTypeException,
    FinalConfigFieldException,
    InvalidNativeValue,
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
        config: An instance; fields that have values other than their defaults keep them.
        sections: Sections, from general to specific.
        explicit_value: A dict, a native value, or a spec; it comes before all providers.
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
    return _resolve(config, places, inner, explicit_value, accept_partial)


def _resolve(
    config: Spec,
    places: tuple[str, ...],
    inner: tuple[str, ...],
    explicit_value: object,
    accept_partial: bool = False,
    nested: bool = False,
) -> Spec:
    explicit = config.given_fields() | _explicit(config, explicit_value)
    in_part = explicit_value is None or isinstance(explicit_value, (Mapping, BaseConfiguration))
    native: dict[str, tuple[int, str]] = {}
    misplaced: dict[str, Trace] = {}
    # a spec at the top has no key of its own under which a text could stand
    if inner and in_part and (nested or config.is_credentials):
        native, whole = _native(config, places, inner, explicit)
        misplaced = {inner[-1]: whole} if whole.misplaced and not explicit else {}
    traces, nested_errors = _fill(config, places, inner, explicit, native, accept_partial)
    # before anything is checked: the messages of checks quote values
    config.note_secrets()
    # single fields were found where they belong: then the text in the wrong file is not what is meant
    misplaced = misplaced if not any(trace.turn[1] for trace in traces.values()) else {}
    misplaced.update({name: trace for name, trace in traces.items() if trace.misplaced and not _has(config, name)})
    if misplaced and not accept_partial:
        raise _missing(config, {**traces, **misplaced}, nested_errors, list(misplaced))
    if config.is_partial():
        # `on_partial` of a program looks up values of its own, which stand beside the spec's
        with section_context(sections=(*places, *inner)):
            config.on_partial()
    if not config.is_partial():
        if not config.is_resolved():
            config.resolve()
    elif not accept_partial:
        config.on_error(_missing(config, traces, nested_errors))
    return config


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
    lacking = [inside(name, error) for name, error in nested.items() if config.get(name) is None]
    asked = {name: traces.get(name, Trace()) for name in absent}
    return missing(type(config).__name__, asked, secret, found, lacking, type(config).__advice__)


def _has(config: BaseConfiguration, name: str) -> bool:
    """Tell whether the program gave a field, or a native value had it."""
    return name in config.given_fields()


def _native(
    config: BaseConfiguration, places: tuple[str, ...], inner: tuple[str, ...], explicit: set[str]
) -> tuple[dict[str, tuple[int, str]], Trace]:
    """Set the fields that a configured text, such as a connection string, has.

    Returns:
        Where in the order each of them was found, and the trace of the text.
    """
    secret = config.is_credentials
    value, trace = find_value(inner[-1], places, secret=secret, inner=inner[:-1], tables=False)
    if value is MISSING:
        return {}, trace
    before = dict(config.items())
    found = _explicit(config, value)
    # what the program gave stays, whatever the configured text says of it
    config.update({name: before[name] for name in explicit})
    return dict.fromkeys(found - explicit, trace.turn), trace


def _explicit(config: BaseConfiguration, value: object) -> set[str]:
    """Set the fields that a value has, and return their names."""
    if value is None:
        return set()
    if isinstance(value, BaseConfiguration):
        config.__dict__.update({note: value.__dict__[note] for note in config.__notes__ if note in value.__dict__})
        value = {name: value.get(name) for name in value.given_fields() | ({*value} if value.is_resolved() else set())}
    if isinstance(value, Mapping):
        given = {key: item for key, item in value.items() if item is not None and key in config}
        config.update(given)
        return set(given)
    before = dict(config.items())
    # emptied first, so that what the text leaves out can be told from what it sets
    for name in before:
        setattr(config, name, None)
    _parse(config, value)
    found = {name for name, item in config.items() if item is not None}
    config.update({name: item for name, item in before.items() if name not in found})
    return found


def _parse(config: BaseConfiguration, value: object) -> None:
    try:
        config.parse_native_representation(value)
    except ConfigurationException:
        raise
    except Exception as error:  # noqa: BLE001 - raised again; the message of a user's parser may quote a secret
        raise InvalidNativeValue(
            f"{type(config).__name__}: its parse_native_representation does not take the value of type "
            f"{type(value).__name__} that was given ({type(error).__name__}). Mend the value where it is given or "
            "configured; it is not shown here.",
            spec=type(config),
            native_value_type=type(value),
        ) from None


def _fill(
    config: BaseConfiguration,
    places: tuple[str, ...],
    inner: tuple[str, ...],
    explicit: set[str],
    native: Mapping[str, tuple[int, str]],
    may_miss: bool,
) -> tuple[dict[str, Trace], dict[str, ConfigFieldMissingException]]:
    traces: dict[str, Trace] = {}
    errors: dict[str, ConfigFieldMissingException] = {}
    for name, hint in config.__config_fields__.items():
        # a host or user is no secret, and may stand in config.toml; still no message shows it
        secret, hidden = is_secret(hint), config.is_credentials or is_secret(hint)
        if nested := spec_kinds(hint):
            given = config.get(name) if name in explicit or isinstance(config.get(name), BaseConfiguration) else None
            try:
                setattr(config, name, fill_nested(name, nested, places, inner, given, optional(hint)))
            except ConfigFieldMissingException as error:
                # all that is missing is told at once
                errors[name] = error
                # where the spec may be missing it is kept in part, so that `on_partial` can complete it
                made = _resolve(nested[0](), places, (*inner, name), given, True, True) if may_miss else None
                setattr(config, name, made)
            continue
        if name in explicit:
            setattr(config, name, coerce(config.get(name), hint, name, secret=hidden))
            continue
        value, traces[name] = find_value(
            name, places, secret=secret, inner=inner, before=native.get(name), tables=takes_table(hint)
        )
        if value is MISSING:
            if name in native and not is_final(hint):
                setattr(config, name, coerce(config.get(name), hint, name, secret=hidden))
            continue
        if is_final(hint):
            # a file that repeats a final value, as a service account's key does, is no mistake
            if value == config.get(name):
                continue
            raise FinalConfigFieldException(
                f"{type(config).__name__}.{name} is final, but {traces[name][-1].provider} sets "
                f"{traces[name][-1].key}. Remove it there.",
                field=name,
            )
        setattr(config, name, coerce(value, hint, name, hidden or traces[name].hidden, traces[name].place))
    return traces, errors


def spec_kinds(hint: object) -> list[type[BaseConfiguration]]:
    """Return the specs that a type hint names, in order."""
    hint = bare(hint)
    parts = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    return [part for part in map(bare, parts) if is_class(part) and issubclass(part, BaseConfiguration)]


def fill_nested(
    name: str,
    kinds: Sequence[type[BaseConfiguration]],
    places: tuple[str, ...],
    inner: tuple[str, ...],
    value: object,
    may_miss: bool,
) -> BaseConfiguration | None:
    """Return the first of several specs that the values fit.

    Args:
        name: Name of the field or parameter; it is the section of the values.
        kinds: Specs that are tried in order.
        places: Sections, from general to specific.
        inner: Sections that are never dropped.
        value: What the program gave: a spec, a dict, a native value, or None.
        may_miss: Return None when required fields are nowhere.

    Raises:
        ConfigurationException: the first failure, when no spec fits.
    """
    if isinstance(value, BaseConfiguration):
        return value if value.is_resolved() else _resolve(value, places, (*inner, name), None, nested=True)
    if isinstance(value, Mapping) and value:
        # a class that does not know what is given would take all that it has from the configuration instead
        kinds = [kind for kind in kinds if set(value) <= set(kind.__config_fields__)] or kinds
    failure: ConfigurationException | None = None
    for kind in kinds:
        try:
            return _resolve(kind(), places, (*inner, name), value, nested=True)
        except ConfigurationException as error:
            if failure is None or isinstance(failure, ConfigFieldMissingException):
                # a class that was found and does not fit tells more than one that is nowhere
                failure = failure if isinstance(error, ConfigFieldMissingException) and failure else error
    if failure is None or (may_miss and isinstance(failure, ConfigFieldMissingException)):
        return None
    raise failure

"""Fill a spec: what was passed, then the providers, then the defaults."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar, Union, get_args, get_origin

from dlt.configuration.coerce import coerce
from dlt.configuration.lookup import MISSING, LookupTrace, find_value, missing
from dlt.configuration.sections import current_sections, section_context
from dlt.configuration.spec import BaseConfiguration, is_final, optional
from dlt.configuration.values import bare, is_secret
from dlt.errors import ConfigurationException, ConfigurationWrongTypeException, FinalConfigFieldException

Spec = TypeVar("Spec", bound=BaseConfiguration)


def resolve_configuration(
    config: Spec,
    *,
    sections: Sequence[str] = (),
    explicit_value: Any = None,
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
    explicit = _explicit(config, explicit_value)
    own = tuple(section for section in (type(config).__section__,) if section)
    places = (*(sections or current_sections().sections), *(s for s in own if s not in sections[-1:]))
    native = None if explicit else _native(config, places)
    if native is not None:
        explicit = _explicit(config, native)
    traces = _fill(config, places, explicit)
    if config.is_partial():
        with section_context(sections=places):
            config.on_partial()
    if config.is_partial():
        if not accept_partial:
            absent = config.missing_fields()
            hints = dict(config.__config_fields__.items())
            secret = {name for name in absent if config.is_credentials or is_secret(hints[name])}
            raise missing(type(config).__name__, {name: traces.get(name, []) for name in absent}, secret)
    elif not config.is_resolved():
        config.resolve()
    return config


def _explicit(config: BaseConfiguration, value: Any) -> set[str]:
    if value is None:
        return {name for name, found in config.items() if found is not None and found != _default(config, name)}
    if isinstance(value, (Mapping, BaseConfiguration)):
        given = {key: item for key, item in value.items() if item is not None}
        config.update(given)
        return set(given)
    before = dict(config.items())
    config.parse_native_representation(value)
    return {name for name, found in config.items() if found is not None and found != before[name]}


def _default(config: BaseConfiguration, name: str) -> Any:
    return getattr(type(config), name, None)


def _native(config: BaseConfiguration, places: Sequence[str]) -> Any:
    """Return the value of a whole credentials section, such as a connection string."""
    if not config.is_credentials or not places:
        return None
    value, _ = find_value(places[-1], places[:-1], secret=True)
    return None if value is MISSING or isinstance(value, Mapping) else value


def _fill(config: BaseConfiguration, places: Sequence[str], explicit: set[str]) -> dict[str, list[LookupTrace]]:
    traces: dict[str, list[LookupTrace]] = {}
    for name, hint in config.__config_fields__.items():
        if name in explicit and not _nested(hint):
            setattr(config, name, coerce(config.get(name), hint, name, secret=is_secret(hint)))
            continue
        secret = config.is_credentials or is_secret(hint)
        nested = _nested(hint)
        if nested:
            setattr(config, name, _fill_nested(name, hint, nested, places, config.get(name)))
            continue
        value, traces[name] = find_value(name, places, secret=secret)
        if is_final(hint):
            if value is not MISSING:
                raise FinalConfigFieldException(
                    f"{type(config).__name__}.{name} is final, but {traces[name][-1].provider} sets "
                    f"{traces[name][-1].key}. Remove it there.",
                    field=name,
                )
            continue
        if value is not MISSING:
            setattr(config, name, coerce(value, hint, name, secret=secret))
    return traces


def _nested(hint: Any) -> list[type[BaseConfiguration]]:
    hint = bare(hint)
    parts = get_args(hint) if get_origin(hint) is Union or get_args(hint) else (hint,)
    return [part for part in map(bare, parts) if isinstance(part, type) and issubclass(part, BaseConfiguration)]


def _fill_nested(
    name: str, hint: Any, kinds: list[type[BaseConfiguration]], places: Sequence[str], value: Any
) -> BaseConfiguration | Any:
    if isinstance(value, BaseConfiguration):
        return resolve_configuration(value, sections=(*places, name))
    failure: ConfigurationException | None = None
    for kind in kinds:
        # several kinds of credentials: the first one that the values fit
        section = (*places, name)
        try:
            found, _ = find_value(name, places, secret=kind.is_credentials)
            explicit = value if value is not None else None if isinstance(found, Mapping) or found is MISSING else found
            return resolve_configuration(kind(), sections=section, explicit_value=explicit)
        except ConfigurationException as error:
            failure = failure or error
    if optional(hint) or failure is None:
        return None
    raise failure

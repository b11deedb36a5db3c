"""Resolution under the names of PyPI `dlt` 1.x."""

from __future__ import annotations

from collections.abc import Mapping

from dlt.absent import absent_names
from dlt.common.configuration.specs.base_configuration import extract_inner_hint, is_secret_hint
from dlt.common.configuration.utils import deserialize_value
from dlt.configuration import resolve_configuration
from dlt.configuration.resolve import spec_kinds
from dlt.configuration.sections_object import inject_section
from dlt.configuration.spec import BaseConfiguration, CredentialsConfiguration
from dlt.errors import ConfigFieldMissingException, ConfigurationException, ConfigurationWrongTypeException

__all__ = [
    "ConfigFieldMissingException",
    "deserialize_value",
    "extract_inner_hint",
    "initialize_credentials",
    "inject_section",
    "is_secret_hint",
    "resolve_configuration",
]
COMPACT_LAYOUT_SECTIONS = frozenset(["sources"])


def initialize_credentials(hint: object, initial_value: object) -> CredentialsConfiguration:
    """Make credentials of one value, without asking the configuration.

    Args:
        hint: Class of the credentials, or a union of classes.
        initial_value: A dict of fields, the credentials themselves, or one value such as a connection string.

    Raises:
        ConfigurationException: none of the classes reads the value.
    """
    failure: ConfigurationException | None = None
    kinds = spec_kinds(hint)
    if isinstance(initial_value, CredentialsConfiguration) and isinstance(initial_value, tuple(kinds)):
        return initial_value
    for kind in kinds:
        if not issubclass(kind, CredentialsConfiguration):
            continue
        try:
            return _made(kind, initial_value)
        except ConfigurationException as error:
            failure = failure or error
    raise failure or ConfigurationWrongTypeException(f"{hint} is no class of credentials.")


def _made(kind: type[CredentialsConfiguration], value: object) -> CredentialsConfiguration:
    made = kind()
    if isinstance(value, (Mapping, BaseConfiguration)):
        made.update(dict(value.items()))
    elif value is not None:
        made.parse_native_representation(value)
    if not made.is_partial():
        made.resolve()
    return made


__getattr__ = absent_names(
    __name__,
    "provider.get_value(key, hint, pipeline_name, *sections) asks one place.",
    "resolve_single_provider_value _build_section_lookup_paths",
)

"""Configuration under the names of PyPI `dlt` 1.x."""

from dlt.absent import absent_names
from dlt.common.configuration.exceptions import (
    ConfigFieldMissingException,
    ConfigFileNotFoundException,
    ConfigurationValueError,
    ConfigValueCannotBeCoercedException,
)
from dlt.common.configuration.inject import get_fun_spec, last_config
from dlt.common.configuration.specs import known_sections
from dlt.common.configuration.specs.base_configuration import NotResolved, is_secret_hint, is_valid_hint
from dlt.configuration import configspec, resolve_configuration, with_config
from dlt.configuration.sections_object import inject_section
from dlt.configuration.spec import resolve_type

__all__ = [
    "ConfigFieldMissingException",
    "ConfigFileNotFoundException",
    "ConfigValueCannotBeCoercedException",
    "ConfigurationValueError",
    "NotResolved",
    "configspec",
    "get_fun_spec",
    "inject_section",
    "is_secret_hint",
    "is_valid_hint",
    "known_sections",
    "last_config",
    "resolve_configuration",
    "resolve_type",
    "with_config",
]


__getattr__ = absent_names(
    __name__,
    "A field has the type that its annotation says.",
    "create_resolved_partial",
)

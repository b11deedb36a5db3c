"""Values of the configuration as text, under the names of PyPI `dlt` 1.x."""

from __future__ import annotations

import ast
import os
from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import tomlkit
import yaml
from tomlkit.exceptions import TOMLKitError

from dlt.absent import absent_names
from dlt.common import json
from dlt.configuration.coerce import coerce
from dlt.configuration.spec import BaseConfiguration
from dlt.configuration.values import ConfigValue

__all__ = [
    "ResolvedValueTrace",
    "add_config_dict_to_env",
    "add_config_to_env",
    "auto_cast",
    "auto_config_fragment",
    "deserialize_value",
    "serialize_value",
]
__getattr__ = absent_names(
    __name__,
    "pipeline.last_trace.resolved_config_values has the values that a run took from the configuration.",
    "TraceLogContext get_resolved_traces log_traces",
)


class ResolvedValueTrace(NamedTuple):
    """Where a value came from.

    Attributes:
        key: Its name.
        value: The value.
        default_value: What it would be without configuration.
        hint: Its type.
        sections: Sections that it was found under.
        provider_name: The place that had it.
        config: The spec that it is a field of.
        provider_location: File that had it.
    """

    key: str
    value: object
    default_value: object
    hint: object
    sections: Sequence[str]
    provider_name: str
    config: BaseConfiguration | None
    provider_location: str = ""


def serialize_value(value: object) -> str:
    """Return a value as the text that an environment variable has for it."""
    # as `coerce` reads bytes out of text
    if isinstance(value, bytes):
        return b64encode(value).decode("ascii")
    if isinstance(value, BaseConfiguration):
        return str(value.to_native_representation())
    return json.dumps(value) if isinstance(value, (Mapping, list, tuple)) else str(value)


def deserialize_value(key: str, value: object, hint: object) -> ConfigValue:
    """Return a value as a type.

    Args:
        key: Its name, for messages.
        value: The value, mostly text.
        hint: The type.

    Raises:
        ConfigValueCannotBeCoercedException: it is not of the type.
    """
    return coerce(value, hint, key)


def auto_cast(value: str) -> ConfigValue:
    """Return text as the bool, number, list or dict that it spells, else as it is."""
    # Python's own literals are True and False, and variables are mostly written in lower case
    if value.lower() in ("true", "false"):
        return value.lower() == "true"
    try:
        found = ast.literal_eval(value)
    except (ValueError, SyntaxError):
        return value
    return value if isinstance(found, str) else found


def auto_config_fragment(value: str) -> dict[str, ConfigValue] | None:
    """Return the dict that text in TOML, JSON or YAML spells, None if it spells none."""
    try:
        # TOML first: nearly every TOML text is a text of YAML too, of one long string
        return dict(tomlkit.parse(value).unwrap())
    except TOMLKitError:
        pass
    try:
        # JSON is YAML too
        found = yaml.safe_load(value)
    except yaml.YAMLError:
        return None
    return found if isinstance(found, dict) else None


def add_config_to_env(config: BaseConfiguration, sections: tuple[str, ...] = ()) -> None:
    """Set environment variables so that a spec is configured as this one is.

    Args:
        config: The spec.
        sections: Sections under which it will be looked for.
    """
    own = type(config).__section__
    add_config_dict_to_env(dict(config.items()), (*sections, own) if own else sections, overwrite_keys=True)


def add_config_dict_to_env(
    dict_: Mapping[str, object],
    sections: tuple[str, ...] = (),
    overwrite_keys: bool = False,
    destructure_dicts: bool = True,
) -> None:
    """Set environment variables to the values of a dict.

    Args:
        dict_: The values by name.
        sections: Sections that the names get.
        overwrite_keys: Set variables that are set already.
        destructure_dicts: Values that are dicts give a variable for each of their values.
    """
    for name, value in dict_.items():
        if isinstance(value, BaseConfiguration):
            add_config_to_env(value, sections if type(value).__section__ else (*sections, name))
        elif isinstance(value, Mapping) and destructure_dicts:
            add_config_dict_to_env(value, (*sections, name), overwrite_keys)
        elif value is not None:
            variable = "__".join((*sections, name)).upper()
            if overwrite_keys or variable not in os.environ:
                os.environ[variable] = serialize_value(value)

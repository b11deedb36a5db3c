"""Configuration and secrets: where values come from, and how they reach functions and specs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dlt.configuration.lookup import get_value
from dlt.configuration.sections import section_context

if TYPE_CHECKING:
    from dlt.configuration.accessors import config as config
    from dlt.configuration.accessors import secrets as secrets
    from dlt.configuration.inject import with_config as with_config
    from dlt.configuration.resolve import resolve_configuration as resolve_configuration
    from dlt.configuration.signature import spec_from_signature as spec_from_signature
    from dlt.configuration.spec import BaseConfiguration as BaseConfiguration
    from dlt.configuration.spec import CredentialsConfiguration as CredentialsConfiguration
    from dlt.configuration.spec import configspec as configspec
    from dlt.configuration.values import TCredentials as TCredentials
    from dlt.configuration.values import TSecretStrValue as TSecretStrValue
    from dlt.configuration.values import TSecretValue as TSecretValue

_HOMES = {
    "config": "accessors",
    "secrets": "accessors",
    "with_config": "inject",
    "resolve_configuration": "resolve",
    "spec_from_signature": "signature",
    "BaseConfiguration": "spec",
    "CredentialsConfiguration": "spec",
    "configspec": "spec",
    "TCredentials": "values",
    "TSecretStrValue": "values",
    "TSecretValue": "values",
}
__all__ = ["get_value", "section_context", *_HOMES]


def __getattr__(name: str) -> Any:
    import importlib

    if name in _HOMES:
        return getattr(importlib.import_module(f"dlt.configuration.{_HOMES[name]}"), name)
    raise AttributeError(f"dlt.configuration has no {name!r}")

"""Configuration and secrets: where values come from, and how they reach functions and specs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlt.configuration.lookup import get_value
from dlt.configuration.sections import section_context
from dlt.lazy_names import lazy_names

if TYPE_CHECKING:
    from dlt.configuration.accessors import config, secrets
    from dlt.configuration.inject import with_config
    from dlt.configuration.resolve import resolve_configuration
    from dlt.configuration.signature import spec_from_signature
    from dlt.configuration.spec import BaseConfiguration, CredentialsConfiguration, configspec
    from dlt.configuration.values import TCredentials, TSecretStrValue, TSecretValue
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "BaseConfiguration": "dlt.configuration.spec:BaseConfiguration",
            "CredentialsConfiguration": "dlt.configuration.spec:CredentialsConfiguration",
            "TCredentials": "dlt.configuration.values:TCredentials",
            "TSecretStrValue": "dlt.configuration.values:TSecretStrValue",
            "TSecretValue": "dlt.configuration.values:TSecretValue",
            "config": "dlt.configuration.accessors:config",
            "configspec": "dlt.configuration.spec:configspec",
            "resolve_configuration": "dlt.configuration.resolve:resolve_configuration",
            "secrets": "dlt.configuration.accessors:secrets",
            "spec_from_signature": "dlt.configuration.signature:spec_from_signature",
            "with_config": "dlt.configuration.inject:with_config",
        },
    )

__all__ = [
    "BaseConfiguration",
    "CredentialsConfiguration",
    "TCredentials",
    "TSecretStrValue",
    "TSecretValue",
    "config",
    "configspec",
    "get_value",
    "resolve_configuration",
    "secrets",
    "section_context",
    "spec_from_signature",
    "with_config",
]

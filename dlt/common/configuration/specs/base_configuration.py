"""Bases of specs under the names of PyPI `dlt` 1.x."""

from dlt.configuration.spec import BaseConfiguration, CredentialsConfiguration, configspec
from dlt.configuration.spec import is_secret as is_secret_hint

__all__ = ["BaseConfiguration", "CredentialsConfiguration", "configspec", "is_secret_hint"]

"""Providers under the names of PyPI `dlt` 1.x."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dlt.configuration.providers.base import ConfigProvider
from dlt.configuration.providers.document import DocumentProvider
from dlt.configuration.providers.environ import EnvironProvider

CONFIG_TOML = "config.toml"
SECRETS_TOML = "secrets.toml"


class CustomLoaderDocProvider(DocumentProvider):
    """Read settings and secrets from a dict that a function returns; it is called once.

    Args:
        name: For messages.
        loader: Returns nested dicts.
        supports_secrets: Secrets may stand in it.
    """

    def __init__(self, name: str, loader: Callable[[], dict[str, Any]], supports_secrets: bool = True) -> None:
        super().__init__(name, loader, supports_secrets, supports_settings=True)


__all__ = ["CONFIG_TOML", "SECRETS_TOML", "ConfigProvider", "CustomLoaderDocProvider", "EnvironProvider"]

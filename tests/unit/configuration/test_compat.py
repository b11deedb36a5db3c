"""Names and providers of programs for PyPI `dlt` 1.x."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

import dlt
from dlt.common.configuration.providers import CustomLoaderDocProvider
from dlt.configuration import container, get_value
from dlt.errors import ConfigFieldMissingException

NAMES = {
    "": "configspec with_config resolve_configuration",
    ".accessors": "config secrets",
    ".exceptions": "ConfigFieldMissingException ConfigValueCannotBeCoercedException DuplicateConfigProviderException",
    ".inject": "with_config",
    ".providers": "EnvironProvider CustomLoaderDocProvider SECRETS_TOML CONFIG_TOML",
    ".resolve": "resolve_configuration",
    ".specs": "AwsCredentials AzureServicePrincipalCredentials GcpOAuthCredentials OAuth2Credentials configspec",
    ".specs.base_configuration": "BaseConfiguration CredentialsConfiguration configspec",
    ".specs.exceptions": "InvalidConnectionString NativeValueError",
}


@pytest.mark.parametrize("module", NAMES)
def test_names_are_where_programs_import_them_from(module: str) -> None:
    """A program for PyPI `dlt` 1.x imports the same names."""
    found = importlib.import_module(f"dlt.common.configuration{module}")
    assert [name for name in NAMES[module].split() if not hasattr(found, name)] == []


def test_a_function_loads_values() -> None:
    """A provider made from a function gives settings and secrets, and is called once."""
    calls: list[int] = []

    def load() -> dict[str, Any]:
        calls.append(1)
        return {"sources": {"shop": {"limit": 3, "key": "private"}}}

    dlt.config.register_provider(CustomLoaderDocProvider("mine", load))
    try:
        assert get_value("limit", int, sections=("sources", "shop")) == 3
        assert get_value("key", sections=("sources", "shop"), secret=True) == "private"
        with pytest.raises(ConfigFieldMissingException, match=r"mine: sources\.shop\.limit"):
            get_value("limits", sections=("sources", "shop"))
        assert calls == [1]
    finally:
        container.forget()


def test_a_document_is_shown_as_toml_and_as_yaml() -> None:
    """In its order, as programs print what a provider of theirs has."""
    provider = CustomLoaderDocProvider("mine", lambda: {"b": {"limit": 3, "names": ["ä"]}, "a": 1})
    assert provider.to_yaml() == "b:\n  limit: 3\n  names:\n  - ä\na: 1\n"
    assert 'names = ["ä"]' in provider.to_toml()

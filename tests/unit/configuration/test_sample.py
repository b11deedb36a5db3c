"""Sample files from specs, and documents of vaults."""

from __future__ import annotations

from typing import Any

import pytest

from dlt.configuration import TSecretStrValue, config, container, get_value, secrets, spec_from_signature
from dlt.configuration.credentials import ConnectionStringCredentials, GcpServiceAccountCredentialsWithoutDefaults
from dlt.configuration.providers.document import DocumentProvider
from dlt.configuration.sample import sample_files
from dlt.errors import ConfigProviderException


def test_sample_files_name_what_is_required(write: Any) -> None:
    """Sample files are generated from specs; secrets stand in secrets.toml only."""

    def orders(shop: str, key: TSecretStrValue, credentials: ConnectionStringCredentials, limit: int = 1) -> None:
        raise AssertionError("not called")

    plain, secret = sample_files(
        {
            ("sources", "shop"): spec_from_signature(orders),
            ("destination", "bigquery", "credentials"): GcpServiceAccountCredentialsWithoutDefaults,
        }
    )
    write("config.toml", plain)
    write("secrets.toml", secret)
    assert config["sources.shop.shop"] == "<fill in>"
    assert secrets["sources.shop"] == {"key": "<fill in>", "credentials": {"drivername": "<fill in>"}}
    assert sorted(secrets["destination.bigquery.credentials"]) == ["client_email", "private_key", "project_id"]
    assert "limit" not in plain and "key" not in plain


def test_a_vault_keeps_a_document() -> None:
    """A document is fetched once, for secrets only, and a broken one is not shown."""
    fetched: list[str] = []

    def fetch() -> str:
        fetched.append("once")
        return '[sources.shop]\nkey = "private"\nlimit = 1\n'

    secrets.register_provider(DocumentProvider("Airflow variable", fetch))
    try:
        assert get_value("limit", sections=("sources", "shop"), default=None) is None
        assert fetched == []
        assert get_value("key", sections=("sources", "shop"), secret=True) == "private"
        assert fetched == ["once"]
    finally:
        container.forget()
    with pytest.raises(ConfigProviderException, match="line 1") as caught:
        DocumentProvider("Vault", lambda: 'key = "private').get("key")
    assert "private" not in str(caught.value)

"""From credentials to the arguments of an fsspec file system."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_S3 = {
    "aws_access_key_id": "key",
    "aws_secret_access_key": "secret",
    "aws_session_token": "token",
    "profile_name": "profile",
    "endpoint_url": "endpoint_url",
}
_AZURE = {
    "azure_storage_account_name": "account_name",
    "azure_storage_account_key": "account_key",
    "azure_storage_sas_token": "sas_token",
    "azure_tenant_id": "tenant_id",
    "azure_client_id": "client_id",
    "azure_client_secret": "client_secret",
    "azure_account_host": "account_host",
}


def store_options(url: str, credentials: Any) -> dict[str, Any]:
    """Return the arguments of the file system of a URL.

    Args:
        url: Names the kind of file system.
        credentials: A spec, a dict with the fields of one, a dict with arguments of the file system itself, or None.
    """
    for method in ("to_s3fs_credentials", "to_gcs_credentials", "to_adlfs_credentials"):
        if hasattr(credentials, method):
            return dict(getattr(credentials, method)())
    given = {key: value for key, value in dict(credentials or {}).items() if value is not None}
    scheme = url.partition("://")[0]
    if scheme in ("s3", "s3a"):
        return _s3(given)
    if scheme in ("az", "abfs", "abfss"):
        return {_AZURE.get(key, key): value for key, value in given.items()}
    if scheme in ("gs", "gcs") and "private_key" in given:
        key = {"type": "service_account", "token_uri": "https://oauth2.googleapis.com/token", **given}
        return {"project": given.get("project_id"), "token": key}
    return given


def _s3(given: Mapping[str, Any]) -> dict[str, Any]:
    found = {_S3.get(key, key): value for key, value in given.items() if key not in ("region_name", "s3_url_style")}
    if "region_name" in given:
        found["client_kwargs"] = {"region_name": given["region_name"], **(found.get("client_kwargs") or {})}
    return found

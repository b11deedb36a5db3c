"""What deltalake needs to reach the same store as fsspec does.

The names are those of the crate object_store (https://docs.rs/object_store), which deltalake uses.
"""

from __future__ import annotations

import json
import os

from dlt.destinations.impl.filesystem.options import AZURE, GCS, S3
from dlt.errors import OpenTableFormatNotSupported
from dlt.io.store import Store
from dlt.types import JsonObject


def storage_options(store: Store) -> dict[str, str] | None:
    """Return the options for the store of a dataset, None for a local disk.

    Raises:
        OpenTableFormatNotSupported: it has no kind of store, or no kind of credentials, that deltalake takes.
    """
    arguments = dict(store.options)
    if store.is_local:
        return None
    for schemes, options in ((S3, _s3), (GCS, _gcs), (AZURE, _azure)):
        if set(schemes) & set(store.protocols):
            found = options(store, arguments)
            return {key: str(value) for key, value in found.items() if value not in (None, "")}
    raise OpenTableFormatNotSupported(
        f"{store.root}: Delta tables are written to local disks, S3, Google Cloud Storage and Azure; this store is "
        f"{store.protocols[0]}. Use table_format='iceberg' or 'native'."
    )


def _s3(_store: Store, arguments: JsonObject) -> dict[str, object]:
    client = arguments.get("client_kwargs") or {}
    endpoint = arguments.get("endpoint_url") or client.get("endpoint_url")
    keys = {"key": arguments.get("key"), "secret": arguments.get("secret"), "token": arguments.get("token")}
    if not keys["key"] and not arguments.get("anon"):
        keys = _keys_of_machine(arguments.get("profile"))
    return {
        "aws_access_key_id": keys["key"],
        "aws_secret_access_key": keys["secret"],
        "aws_session_token": keys["token"],
        "aws_skip_signature": "true" if arguments.get("anon") else None,
        "aws_region": client.get("region_name") or os.environ.get("AWS_REGION") or _default_region(endpoint),
        "aws_endpoint": endpoint,
        "aws_allow_http": "true" if str(endpoint).startswith("http://") else None,
        "aws_virtual_hosted_style_request": "false" if endpoint else None,
        # a commit is a file that must not exist yet
        "aws_conditional_put": "etag",
    }


def _default_region(endpoint: str | None) -> str | None:
    return "us-east-1" if endpoint else os.environ.get("AWS_DEFAULT_REGION")


def _keys_of_machine(profile: str | None) -> dict[str, str | None]:
    from botocore.session import Session

    found = Session(profile=profile).get_credentials()
    if found is None:
        return {"key": None, "secret": None, "token": None}
    frozen = found.get_frozen_credentials()
    return {"key": frozen.access_key, "secret": frozen.secret_key, "token": frozen.token}


def _gcs(store: Store, arguments: JsonObject) -> dict[str, object]:
    token, endpoint = arguments.get("token"), arguments.get("endpoint_url")
    if isinstance(token, dict) and "private_key" in token:
        key = {"private_key_id": "", **token}
        if endpoint:
            key["gcs_base_url"] = endpoint
        return {"google_service_account_key": json.dumps(key)}
    if isinstance(token, str) and os.path.exists(token):
        return {"google_application_credentials": token}
    if token == "anon":
        key = {"private_key": "", "private_key_id": "", "client_email": "", "disable_oauth": True}
        return (
            {"google_service_account_key": json.dumps({**key, "gcs_base_url": endpoint})}
            if endpoint
            else {"google_skip_signature": "true"}
        )
    if token in (None, "google_default", "cloud"):
        return {}
    raise OpenTableFormatNotSupported(
        f"{store.root}: Delta tables on Google Cloud Storage need the key of a service account or the credentials of "
        f"the machine; found {type(token).__name__}. Give one of these, or use table_format='iceberg'."
    )


def _azure(_store: Store, arguments: JsonObject) -> dict[str, object]:
    parts = {}
    for part in str(arguments.get("connection_string") or "").split(";"):
        name, _, value = part.partition("=")
        parts[name] = value
    endpoint = parts.get("BlobEndpoint")
    return {
        "azure_storage_account_name": parts.get("AccountName") or arguments.get("account_name"),
        "azure_storage_account_key": parts.get("AccountKey") or arguments.get("account_key"),
        "azure_storage_sas_key": parts.get("SharedAccessSignature") or arguments.get("sas_token"),
        "azure_storage_tenant_id": arguments.get("tenant_id"),
        "azure_storage_client_id": arguments.get("client_id"),
        "azure_storage_client_secret": arguments.get("client_secret"),
        "azure_storage_endpoint": endpoint,
        "azure_allow_http": "true" if str(endpoint).startswith("http://") else None,
    }

"""From credentials to the arguments of an fsspec file system."""

from __future__ import annotations

import os
from collections.abc import Mapping

from dlt.configuration import get_value
from dlt.configuration.credentials import google, stores
from dlt.configuration.credentials.places import SFTPCredentials
from dlt.configuration.credentials.stores import AwsCredentialsWithoutDefaults
from dlt.configuration.resolve import resolve_configuration
from dlt.configuration.spec import BaseConfiguration
from dlt.destinations.machine import blank, check_machine_credentials, google_project, is_google
from dlt.types import JsonObject, ReadOnlyRow

StoreCredentials = (
    AwsCredentialsWithoutDefaults
    | google.GcpCredentials
    | stores.AzureCredentialsWithoutDefaults
    | stores.AzureServicePrincipalCredentialsWithoutDefaults
)
"""Specs that give the arguments of a file system."""

SFTP = ("sftp", "ssh")
S3, GCS, AZURE = ("s3", "s3a"), ("gs", "gcs"), ("az", "abfs", "abfss")
EXTRAS = {**dict.fromkeys(S3, "s3"), **dict.fromkeys(GCS, "gs"), **dict.fromkeys(AZURE, "az")}
"""Extra that brings the package for a scheme."""
_NEED_NONE = ("", "file", "local", "memory")
_KINDS = (
    AwsCredentialsWithoutDefaults,
    google.GcpCredentials,
    stores.AzureCredentialsWithoutDefaults,
    stores.AzureServicePrincipalCredentialsWithoutDefaults,
)
SIGN_IN = {"token", "anon", "key", "secret", "profile", "connection_string", "credential", "account_key", "sas_token"}
"""Arguments of file systems that say who asks."""


def scheme_of(url: str) -> str:
    """Return the scheme of a URL, an empty text for a path."""
    scheme, separator, _ = url.partition("://")
    return scheme if separator else ""


def store_options(
    url: str, credentials: object, name: str, arguments: ReadOnlyRow, section: str = "destination"
) -> JsonObject:
    """Return the arguments of the file system of a URL.

    Args:
        url: Names the kind of file system.
        credentials: A spec, a dict with the fields of one, what a spec takes in one piece such as a session of boto3 or
            the JSON of a key, a dict with arguments of the file system itself, or None for what is configured.
        name: Name under which the credentials are configured.
        arguments: Further arguments of the file system.
        section: Section of the configuration with this name in it.

    Raises:
        ConfigFieldMissingException: required parts of the credentials are nowhere.
    """
    found = _from_credentials(url, credentials, (section, name, "credentials"), arguments)
    if scheme_of(url) in EXTRAS:
        # other processes write there too: what was listed before says nothing
        found["use_listings_cache"] = False
    inner = {**(found.get("client_kwargs") or {}), **(arguments.get("client_kwargs") or {})}
    found.update({key: value for key, value in arguments.items() if value is not None})
    return {**found, "client_kwargs": inner} if inner else found


def _from_credentials(url: str, given: object, section: tuple[str, str, str], arguments: ReadOnlyRow) -> JsonObject:
    scheme = scheme_of(url)
    # before all specs: such credentials sign by themselves, and have no fields to complete
    if is_google(given):
        return {"project": google_project(given, "project_id", "quota_project_id"), "token": google.scoped(given)}
    if scheme in SFTP:
        return _sftp(url, given, section)
    spec = _spec(url, given, section)
    signs_in_otherwise = given is None and (
        not SIGN_IN.isdisjoint(arguments)
        # adlfs takes it before everything else
        or (scheme in AZURE and "AZURE_STORAGE_CONNECTION_STRING" in os.environ)
    )
    if spec is None or signs_in_otherwise or _is_native(given, spec):
        if given is None and scheme not in (*EXTRAS, *_NEED_NONE):
            given = get_value("credentials", dict, sections=section[:-1], default=None, secret=True)
        native = given if isinstance(given, Mapping) else {}
        return {key: value for key, value in native.items() if value is not None}
    if not spec.is_resolved():
        # a copy: what the program passed stays as it was
        spec = resolve_configuration(spec.copy(), sections=section, explicit_value=given)
    if given is None:
        check_machine_credentials(spec, section[1], section)
    return arguments_of(spec)


def _sftp(url: str, given: object, section: tuple[str, str, str]) -> JsonObject:
    """Return the arguments of a server with SSH, whose fields begin with `sftp_`; others are such arguments already."""
    if given is None:
        given = get_value("credentials", dict, sections=section[:-1], default=None, secret=True)
    if isinstance(given, Mapping) and given and not any(str(key).startswith("sftp_") for key in given):
        return {key: value for key, value in given.items() if value is not None}
    if not isinstance(given, SFTPCredentials):
        given = resolve_configuration(SFTPCredentials(), sections=section, explicit_value=given)
    return given.to_sftp_arguments(url)


def arguments_of(spec: StoreCredentials) -> JsonObject:
    """Return the arguments of the file system that credentials are for."""
    if isinstance(spec, AwsCredentialsWithoutDefaults):
        return spec.to_s3fs_credentials()
    return spec.to_gcs_credentials() if isinstance(spec, google.GcpCredentials) else spec.to_adlfs_credentials()


def _spec(url: str, given: object, section: tuple[str, ...]) -> StoreCredentials | None:
    """Return a spec of the kind that a URL needs, None if the file system has none."""
    if isinstance(given, _KINDS):
        return given
    scheme = scheme_of(url)
    if scheme not in EXTRAS:
        return None

    def has(*names: str) -> bool:
        if isinstance(given, Mapping):
            return any(given.get(name) for name in names)
        secret = ("refresh_token", "azure_client_secret")
        found = (get_value(name, str, sections=section, default=None, secret=name in secret) for name in names)
        return given is None and any(found)

    if scheme in S3:
        return blank(stores.AwsCredentials)
    if scheme in GCS:
        # a person's sign-in has such a token, the key of a service account a private key
        is_user = has("refresh_token") or (isinstance(given, str) and '"refresh_token"' in given)
        return blank(google.GcpOAuthCredentials) if is_user else blank(google.GcpServiceAccountCredentials)
    is_principal = has("azure_client_id", "azure_client_secret", "azure_tenant_id")
    made: stores.AzureCredentials | stores.AzureServicePrincipalCredentials
    made = blank(stores.AzureServicePrincipalCredentials) if is_principal else blank(stores.AzureCredentials)
    account = stores.account_of(url)
    if account:
        made.azure_storage_account_name = account
    return made


def _is_native(given: object, spec: BaseConfiguration) -> bool:
    """Tell whether a dict has arguments of the file system itself in place of the fields of a spec."""
    return isinstance(given, Mapping) and bool(given) and not any(key in spec for key in given)

"""Credentials as specs: connection strings, Google, Amazon and Azure."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from dlt.configuration.spec import CredentialsConfiguration, configspec
from dlt.configuration.values import TSecretStrValue
from dlt.errors import (
    InvalidConnectionString,
    InvalidGoogleNativeCredentialsType,
    InvalidGoogleServicesJson,
)


@configspec
class ConnectionStringCredentials(CredentialsConfiguration):
    """A database server, as a URL or by parts."""

    drivername: str | None = None
    database: str | None = None
    password: TSecretStrValue | None = None
    username: str | None = None
    host: str | None = None
    port: int | None = None
    query: dict[str, Any] | None = None

    def parse_native_representation(self, native_value: Any) -> None:
        """Take the parts from a URL, `driver://user:password@host:port/database?option=value`.

        Raises:
            InvalidConnectionString: it is no such URL.
        """
        if not isinstance(native_value, str) or "://" not in native_value:
            raise InvalidConnectionString(
                f"{type(self).__name__}: the connection string is not driver://user:password@host:port/database. "
                "Mend it where it is configured; its text is not shown here."
            )
        try:
            parts = urlsplit(native_value)
            port = parts.port
        except ValueError:
            raise InvalidConnectionString(
                f"{type(self).__name__}: host or port of the connection string cannot be read. Quote special "
                "characters of the password as %XX."
            ) from None
        found = {
            "drivername": parts.scheme,
            "username": unquote(parts.username) if parts.username else None,
            "password": unquote(parts.password) if parts.password else None,
            "host": parts.hostname,
            "port": port,
            "database": unquote(parts.path[1:]) or None,
            "query": dict(parse_qsl(parts.query)) or None,
        }
        self.update({key: value for key, value in found.items() if value is not None})

    def to_url(self) -> str:
        """Return the URL, with the password in it."""
        login = ""
        if self.username:
            secret = f":{quote(str(self.password), safe='')}" if self.password else ""
            login = f"{quote(self.username, safe='')}{secret}@"
        port = f":{self.port}" if self.port else ""
        options = f"?{urlencode(self.query)}" if self.query else ""
        return f"{self.drivername}://{login}{self.host or ''}{port}/{self.database or ''}{options}"

    def to_native_representation(self) -> str:
        """Return the URL, with the password in it."""
        return self.to_url()

    def __str__(self) -> str:
        at = f"{self.username}:***@" if self.username else ""
        port = f":{self.port}" if self.port else ""
        return f"{self.drivername}://{at}{self.host or ''}{port}/{self.database or ''}"


@configspec
class GcpServiceAccountCredentialsWithoutDefaults(CredentialsConfiguration):
    """A Google service account, as the JSON of its key or by parts."""

    project_id: str
    private_key: TSecretStrValue
    client_email: str
    type: str = "service_account"
    private_key_id: str | None = None
    token_uri: str = "https://oauth2.googleapis.com/token"

    def parse_native_representation(self, native_value: Any) -> None:
        """Take the parts from the JSON text of a key, a dict, or an object of google.oauth2.

        Raises:
            InvalidGoogleServicesJson: the text is not the key of a service account.
            InvalidGoogleNativeCredentialsType: it is something else.
        """
        import orjson

        if hasattr(native_value, "service_account_email"):
            self.__dict__["native"] = native_value
            self.client_email = native_value.service_account_email
            self.project_id = native_value.project_id
            self.private_key = "given as an object"
            return
        if isinstance(native_value, str):
            try:
                native_value = orjson.loads(native_value)
            except orjson.JSONDecodeError:
                raise InvalidGoogleServicesJson(
                    f"{type(self).__name__}: the text is not JSON. Give the content of the service account's key file."
                ) from None
        if not isinstance(native_value, Mapping):
            raise InvalidGoogleNativeCredentialsType(
                f"{type(self).__name__}: found {type(native_value).__name__}. Give the JSON of the key, a dict, or "
                "google.oauth2 credentials."
            )
        self.update(native_value)

    def on_resolved(self) -> None:
        """Give the key its line ends back, which variables and TOML often lose."""
        if self.private_key and "\\n" in self.private_key:
            self.private_key = self.private_key.replace("\\n", "\n")

    def to_native_representation(self) -> Any:
        """Return the fields as a key file has them."""
        return self.as_dict()

    def __str__(self) -> str:
        return f"{self.client_email}@{self.project_id}"


@configspec
class GcpServiceAccountCredentials(GcpServiceAccountCredentialsWithoutDefaults):
    """A Google service account; without a key, the credentials of the machine."""

    def on_partial(self) -> None:
        """Take the credentials of the machine."""
        try:
            import google.auth
        except ImportError:
            return
        from google.auth.exceptions import DefaultCredentialsError

        try:
            native, project = google.auth.default()
        except DefaultCredentialsError:
            return
        self.__dict__["native"] = native
        self.project_id = self.project_id or project
        self.client_email = getattr(native, "service_account_email", None) or "machine default"
        self.private_key = "of the machine"


@configspec
class GcpOAuthCredentials(CredentialsConfiguration):
    """A Google user, by refresh token."""

    client_id: str
    client_secret: TSecretStrValue
    refresh_token: TSecretStrValue
    project_id: str | None = None
    token_uri: str = "https://oauth2.googleapis.com/token"
    scopes: list[str] | None = None


@configspec
class AwsCredentialsWithoutDefaults(CredentialsConfiguration):
    """Keys for Amazon Web Services and stores that speak its protocol."""

    aws_access_key_id: str | None = None
    aws_secret_access_key: TSecretStrValue | None = None
    aws_session_token: TSecretStrValue | None = None
    profile_name: str | None = None
    region_name: str | None = None
    endpoint_url: str | None = None
    s3_url_style: str | None = None

    def to_s3fs_credentials(self) -> dict[str, Any]:
        """Return the arguments of s3fs."""
        found: dict[str, Any] = {
            "key": self.aws_access_key_id,
            "secret": self.aws_secret_access_key,
            "token": self.aws_session_token,
            "profile": self.profile_name,
            "endpoint_url": self.endpoint_url,
        }
        if self.region_name:
            found["client_kwargs"] = {"region_name": self.region_name}
        return {key: value for key, value in found.items() if value is not None}


@configspec
class AwsCredentials(AwsCredentialsWithoutDefaults):
    """Keys for Amazon Web Services; without keys, the machine's own chain of credentials."""

    def on_resolved(self) -> None:
        """Leave keys empty where the machine has its own: s3fs finds them."""
        if not self.aws_access_key_id:
            self.region_name = self.region_name or os.environ.get("AWS_DEFAULT_REGION")


@configspec
class AzureCredentialsWithoutDefaults(CredentialsConfiguration):
    """A key or token for Azure storage."""

    azure_storage_account_name: str
    azure_storage_account_key: TSecretStrValue | None = None
    azure_storage_sas_token: TSecretStrValue | None = None

    def to_adlfs_credentials(self) -> dict[str, Any]:
        """Return the arguments of adlfs."""
        found = {
            "account_name": self.azure_storage_account_name,
            "account_key": self.azure_storage_account_key,
            "sas_token": self.azure_storage_sas_token,
        }
        return {key: value for key, value in found.items() if value is not None}


@configspec
class AzureCredentials(AzureCredentialsWithoutDefaults):
    """A key or token for Azure storage; without both, the machine's own credentials."""

    def to_adlfs_credentials(self) -> dict[str, Any]:
        """Return the arguments of adlfs."""
        found = super().to_adlfs_credentials()
        if len(found) == 1:
            found["anon"] = False
        return found

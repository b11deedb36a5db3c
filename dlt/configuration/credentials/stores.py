"""Credentials of Amazon and Azure: keys, tokens and principals."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from dlt.configuration.spec import CredentialsConfiguration, configspec
from dlt.configuration.values import TSecretStrValue
from dlt.errors import InvalidBoto3Session, MissingDependencyException

if TYPE_CHECKING:
    from typing_extensions import Self


class FrozenKeys(Protocol):
    """Keys of a session at one moment."""

    access_key: str
    secret_key: str
    token: str | None


class SessionKeys(Protocol):
    """Keys of a session, which may be renewed while it lives."""

    def get_frozen_credentials(self) -> FrozenKeys:
        """Return the keys of this moment."""


@runtime_checkable
class Session(Protocol):
    """A session of boto3, botocore or aiobotocore."""

    def get_credentials(self) -> SessionKeys | None:
        """Return the keys, or None where the session has none."""


@runtime_checkable
class Boto3Session(Protocol):
    """What a session of boto3 tells beside its keys."""

    profile_name: str | None
    region_name: str | None


@runtime_checkable
class BotocoreSession(Protocol):
    """What a session of botocore or aiobotocore tells beside its keys."""

    profile: str | None


@configspec
class AwsCredentialsWithoutDefaults(CredentialsConfiguration):
    """Keys for Amazon Web Services and stores that speak its protocol."""

    aws_access_key_id: str
    aws_secret_access_key: TSecretStrValue
    aws_session_token: TSecretStrValue | None = None
    profile_name: str | None = None
    region_name: str | None = None
    endpoint_url: str | None = None
    s3_url_style: str | None = None

    def parse_native_representation(self, native_value: object) -> None:
        """Take the keys from a session of boto3, botocore or aiobotocore, or from JSON text.

        Raises:
            InvalidBoto3Session: it is something else.
        """
        if isinstance(native_value, str):
            return super().parse_native_representation(native_value)
        if not isinstance(native_value, Session):
            raise InvalidBoto3Session(
                f"{type(self).__name__}: found {type(native_value).__name__}, which gives no keys. Give a session of "
                "boto3 or botocore, or a dict with aws_access_key_id and aws_secret_access_key."
            )
        # a session without keys is one for now: they may come from elsewhere, or not be needed
        if keys := native_value.get_credentials():
            # they may be renewed at any time: id, secret and token must belong together
            frozen = keys.get_frozen_credentials()
            self.aws_access_key_id, self.aws_secret_access_key = frozen.access_key, frozen.secret_key
            self.aws_session_token = frozen.token
        # boto3 calls the profile by another name than botocore, which does not tell its region
        if isinstance(native_value, Boto3Session):
            self.profile_name, self.region_name = native_value.profile_name, native_value.region_name
        elif isinstance(native_value, BotocoreSession):
            self.profile_name = native_value.profile

    @classmethod
    def from_session(cls, botocore_session: Session) -> Self:
        """Return the credentials of a session of boto3, botocore or aiobotocore.

        Args:
            botocore_session: The session.

        Raises:
            InvalidBoto3Session: it is something else.
        """
        made = cls()  # type: ignore[call-arg]  # it is filled next
        made.parse_native_representation(botocore_session)
        return made

    def to_session_credentials(self) -> dict[str, str]:
        """Return the keys as boto3 takes them."""
        found = {
            "aws_access_key_id": self.aws_access_key_id,
            "aws_secret_access_key": self.aws_secret_access_key,
            "aws_session_token": self.aws_session_token,
        }
        return {key: value for key, value in found.items() if value}

    def to_native_representation(self) -> dict[str, str]:
        """Return the keys as boto3 takes them."""
        return self.to_session_credentials()

    def to_s3fs_credentials(self) -> dict[str, object]:
        """Return the arguments of s3fs."""
        found: dict[str, object] = {
            "key": self.aws_access_key_id,
            "secret": self.aws_secret_access_key,
            "token": self.aws_session_token,
            "profile": self.profile_name,
            "endpoint_url": self.endpoint_url,
        }
        if self.region_name:
            found["client_kwargs"] = {"region_name": self.region_name}
        if self.s3_url_style:
            # DuckDB calls the style vhost that others call virtual
            style = "virtual" if self.s3_url_style == "vhost" else self.s3_url_style
            found["config_kwargs"] = {"s3": {"addressing_style": style}}
        return {key: value for key, value in found.items() if value is not None}


@configspec
class AwsCredentials(AwsCredentialsWithoutDefaults):
    """Keys for Amazon Web Services; without keys, s3fs looks for those of the machine."""

    @property
    def of_machine(self) -> str | None:
        """Return what is used in place of keys, or None."""
        nothing = not self.aws_access_key_id and not self.profile_name
        return "the AWS credentials of the machine" if nothing else None

    def _to_botocore_session(self) -> Session:
        """Return a session of botocore; the verified source of Kinesis asks for one under this name.

        Raises:
            MissingDependencyException: botocore is not installed.
        """
        try:
            from botocore.session import Session as MadeSession
        except ImportError as error:
            raise MissingDependencyException(
                f"{type(self).__name__} makes a session with the package botocore, which is not installed: pip install "
                "botocore"
            ) from error
        made = MadeSession(profile=self.profile_name)
        if self.region_name:
            made.set_config_variable("region", self.region_name)
        if self.aws_access_key_id and self.aws_secret_access_key:
            made.set_credentials(self.aws_access_key_id, self.aws_secret_access_key, self.aws_session_token)
        found: Session = made
        return found

    def on_partial(self) -> None:
        """Go without keys, but with the region of the machine."""
        self.region_name = self.region_name or os.environ.get("AWS_DEFAULT_REGION")
        self.__dict__["machine"] = True

    def missing_fields(self) -> list[str]:
        """Return the names of required fields without a value; one key without the other is of no use."""
        if self.__dict__.get("machine") and not self.aws_access_key_id and not self.aws_secret_access_key:
            return []
        return super().missing_fields()


_AZURE_HOST = re.compile(r"@?([^@/.]+)\.(?:dfs|blob)\.core\.")


def account_of(url: str) -> str | None:
    """Return the account that a URL of Azure names, such as abfss://container@account.dfs.core.windows.net."""
    found = _AZURE_HOST.search(url)
    return found[1] if found else None


@configspec
class AzureCredentialsBase(CredentialsConfiguration):
    """Base of credentials for Azure storage."""

    azure_storage_account_name: str
    azure_account_host: str | None = None

    def _take_account_of_machine(self) -> None:
        # the variable that adlfs reads
        account = os.environ.get("AZURE_STORAGE_ACCOUNT_NAME")
        if account and not self.azure_storage_account_name:
            self.azure_storage_account_name = account

    def _for_adlfs(self, **more: object) -> dict[str, object]:
        host = (self.azure_account_host or "").removeprefix("https://").rstrip("/")
        found = {"account_name": self.azure_storage_account_name, "account_host": host or None, **more}
        return {key: value for key, value in found.items() if value is not None}


@configspec
class AzureCredentialsWithoutDefaults(AzureCredentialsBase):
    """A key or token for Azure storage."""

    azure_storage_account_key: TSecretStrValue | None = None
    azure_storage_sas_token: TSecretStrValue | None = None

    def missing_fields(self) -> list[str]:
        """Return the names of required fields without a value; a key or a token is one of them."""
        absent = super().missing_fields()
        if not self.azure_storage_account_key and not self.azure_storage_sas_token:
            absent.append("azure_storage_account_key")
        return absent

    def to_adlfs_credentials(self) -> dict[str, object]:
        """Return the arguments of adlfs."""
        key, token = self.azure_storage_account_key, self.azure_storage_sas_token
        host = self.azure_account_host or ""
        # without a key there is nothing to write into a connection string
        if not host.startswith("http://") or not (key or token):
            return self._for_adlfs(account_key=key, sas_token=token)
        # adlfs makes https:// of every host, and emulators often have no TLS
        parts = {"DefaultEndpointsProtocol": "http", "AccountName": self.azure_storage_account_name}
        # the portal shows tokens with the question mark of a URL, and a connection string has none
        parts.update({"AccountKey": key} if key else {"SharedAccessSignature": str(token).lstrip("?")})
        text = ";".join(f"{name}={value}" for name, value in {**parts, "BlobEndpoint": host.rstrip("/")}.items())
        return {"connection_string": text}


@configspec
class AzureCredentials(AzureCredentialsWithoutDefaults):
    """A key or token for Azure storage; without both, adlfs looks for the credentials of the machine."""

    @property
    def of_machine(self) -> str | None:
        """Return what is used in place of key and token, or None."""
        nothing = not self.azure_storage_account_key and not self.azure_storage_sas_token
        return "the Azure credentials of the machine" if nothing else None

    def on_partial(self) -> None:
        """Take the account that the variables of Azure name."""
        self._take_account_of_machine()

    def missing_fields(self) -> list[str]:
        """Return the names of required fields without a value; key and token may be those of the machine."""
        return [name for name in super().missing_fields() if name == "azure_storage_account_name"]

    def to_adlfs_credentials(self) -> dict[str, object]:
        """Return the arguments of adlfs."""
        found = super().to_adlfs_credentials()
        if "account_key" not in found and "sas_token" not in found:
            # adlfs takes no credentials for a wish to read in public
            found["anon"] = False
        return found


@configspec
class AzureServicePrincipalCredentialsWithoutDefaults(AzureCredentialsBase):
    """A service principal of Azure."""

    azure_tenant_id: str
    azure_client_id: str
    azure_client_secret: TSecretStrValue

    def to_adlfs_credentials(self) -> dict[str, object]:
        """Return the arguments of adlfs."""
        return self._for_adlfs(
            tenant_id=self.azure_tenant_id, client_id=self.azure_client_id, client_secret=self.azure_client_secret
        )


@configspec
class AzureServicePrincipalCredentials(AzureServicePrincipalCredentialsWithoutDefaults):
    """A service principal of Azure; without one, adlfs looks for the credentials of the machine."""

    @property
    def of_machine(self) -> str | None:
        """Return what is used in place of a principal, or None."""
        return None if self.azure_client_id else "the Azure credentials of the machine"

    def on_partial(self) -> None:
        """Take the account that the variables of Azure name."""
        self._take_account_of_machine()

    def missing_fields(self) -> list[str]:
        """Return the names of required fields without a value; part of a principal is of no use."""
        if not self.azure_client_id and not self.azure_client_secret:
            return [] if self.azure_storage_account_name else ["azure_storage_account_name"]
        return super().missing_fields()

    def to_adlfs_credentials(self) -> dict[str, object]:
        """Return the arguments of adlfs."""
        return super().to_adlfs_credentials() if self.azure_client_id else self._for_adlfs(anon=False)

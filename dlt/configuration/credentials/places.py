"""Credentials of places for files that are no object store, and where files are, under the names of PyPI `dlt` 1.x."""

from __future__ import annotations

import os
import posixpath
from pathlib import Path
from types import ModuleType
from typing import ClassVar, Union
from urllib.parse import urlsplit
from urllib.request import url2pathname

from dlt.configuration.credentials.google import GcpOAuthCredentials, GcpServiceAccountCredentials
from dlt.configuration.credentials.stores import (
    AwsCredentials,
    AzureCredentials,
    AzureCredentialsWithoutDefaults,
    AzureServicePrincipalCredentials,
    AzureServicePrincipalCredentialsWithoutDefaults,
)
from dlt.configuration.spec import BaseConfiguration, CredentialsConfiguration, configspec, resolve_type
from dlt.configuration.values import ConfigValue, TSecretStrValue
from dlt.errors import ConfigurationValueError
from dlt.ids import digest_id
from dlt.redact import redact, remember


@configspec
class SFTPCredentials(CredentialsConfiguration):
    """What an SSH client takes; the fields are those of paramiko's `connect`, after `sftp_`."""

    sftp_port: int | None = 22
    sftp_username: str | None = None
    sftp_password: TSecretStrValue | None = None
    sftp_pkey: ConfigValue | None = None
    sftp_key_filename: str | None = None
    sftp_key_passphrase: TSecretStrValue | None = None
    sftp_timeout: float | None = None
    sftp_banner_timeout: float | None = None
    sftp_auth_timeout: float | None = None
    sftp_channel_timeout: float | None = None
    sftp_allow_agent: bool | None = True
    sftp_look_for_keys: bool | None = True
    sftp_compress: bool | None = False
    sftp_sock: ConfigValue | None = None
    sftp_gss_auth: bool | None = False
    sftp_gss_kex: bool | None = False
    sftp_gss_deleg_creds: bool | None = True
    sftp_gss_host: str | None = None
    sftp_gss_trust_dns: bool | None = True
    sftp_disabled_algorithms: dict[str, list[str]] | None = None
    sftp_transport_factory: ConfigValue | None = None
    sftp_auth_strategy: ConfigValue | None = None

    def to_sftp_arguments(self, url: str) -> dict[str, object]:
        """Return what the file system takes: the host of a URL, and what the fields say where the URL says nothing.

        Args:
            url: The URL.
        """
        # paramiko's own defaults are the same, and it does not take any more all that it took once
        usual = type(self)()
        told = {key.removeprefix("sftp_"): value for key, value in self.items() if value != usual.get(key)}
        # the only one whose name is another one there
        if "key_passphrase" in told:
            told["passphrase"] = told.pop("key_passphrase")
        parts = urlsplit(url)
        named = {"host": parts.hostname, "port": parts.port, "username": parts.username, "password": parts.password}
        if isinstance(named["password"], str):
            remember(named["password"])
        return {**told, **{key: value for key, value in named.items() if value is not None}}


@configspec
class HfCredentials(CredentialsConfiguration):
    """A token and an endpoint of Hugging Face."""

    hf_token: TSecretStrValue | None = None
    hf_endpoint: str | None = None


FileSystemCredentials = Union[
    AwsCredentials,
    GcpServiceAccountCredentials,
    AzureCredentialsWithoutDefaults,
    AzureServicePrincipalCredentialsWithoutDefaults,
    AzureCredentials,
    AzureServicePrincipalCredentials,
    GcpOAuthCredentials,
    SFTPCredentials,
    HfCredentials,
]
_CREDENTIALS: dict[str, object] = {
    "s3": AwsCredentials,
    "gs": Union[GcpServiceAccountCredentials, GcpOAuthCredentials],
    "az": Union[AzureCredentials, AzureServicePrincipalCredentials],
    "sftp": SFTPCredentials,
    "hf": HfCredentials,
}
# fsspec has several schemes for one store
_SAME = {"s3a": "s3", "gcs": "gs", "gdrive": "gs", "azure": "az", "abfs": "az", "abfss": "az", "adl": "az"}


@configspec
class FilesystemConfiguration(BaseConfiguration):
    """A folder or bucket, and how it is opened."""

    bucket_url: str
    credentials: ConfigValue | None = None
    read_only: bool = False
    kwargs: dict[str, ConfigValue] | None = None
    client_kwargs: dict[str, ConfigValue] | None = None
    config_kwargs: dict[str, ConfigValue] | None = None
    PROTOCOL_CREDENTIALS: ClassVar[dict[str, object]] = {
        **_CREDENTIALS,
        **{name: _CREDENTIALS[other] for name, other in _SAME.items()},
    }
    """Classes of credentials by scheme."""

    @property
    def protocol(self) -> str:
        """Return the scheme of the URL, "file" for a path."""
        # a program may give a path
        return self.parse_protocol(str(self.bucket_url or ""))

    @property
    def is_local_filesystem(self) -> bool:
        """Tell whether it is a folder of this machine."""
        return self.protocol == "file"

    @property
    def pathlib(self) -> ModuleType:
        """Return the module that takes paths in it apart."""
        return os.path if self.is_local_filesystem else posixpath

    @staticmethod
    def parse_protocol(bucket_url: str) -> str:
        """Return the scheme of a URL, "file" for a path."""
        scheme = urlsplit(bucket_url).scheme
        # a letter alone is the drive of a path on Windows
        return scheme if len(scheme) > 1 else "file"

    @staticmethod
    def is_local_path(url: str) -> bool:
        """Tell whether it is a path of this machine, and no URL."""
        return len(urlsplit(url).scheme) <= 1

    @staticmethod
    def make_local_path(file_url: str) -> str:
        """Return the path that a URL with the scheme "file" names.

        Raises:
            ValueError: it has another scheme, or none.
            ConfigurationValueError: it names no path.
        """
        parts = urlsplit(file_url)
        if parts.scheme != "file":
            raise ValueError(
                f"{file_url}: the scheme is {parts.scheme!r}. A local path has a URL that begins with file:."
            )
        if not parts.path and not parts.netloc:
            raise ConfigurationValueError(f"{file_url} names no path. Write one behind it, such as file:///folder.")
        # a name of a machine before the path is a share on Windows
        path = url2pathname(parts.path)
        return str(Path(f"//{parts.netloc}{path}" if parts.netloc else path))

    @staticmethod
    def make_file_url(local_path: str) -> str:
        """Return the URL of a path, which is made absolute; ~ is the home of the user."""
        return Path(local_path).expanduser().resolve().as_uri()

    def make_url(self, fs_path: str) -> str:
        """Return the URL of a file.

        Args:
            fs_path: Its path as the file system names it, with the bucket.
        """
        if self.is_local_filesystem:
            return self.make_file_url(fs_path)
        account = urlsplit(self.bucket_url).netloc.partition("@")[2]
        bucket, _, path = fs_path.partition("/")
        return f"{self.protocol}://{bucket}@{account}/{path}" if account else f"{self.protocol}://{fs_path}"

    def fingerprint(self) -> str:
        """Return a hash that tells buckets and machines apart."""
        return digest_id(f"{self.protocol} {urlsplit(self.bucket_url).netloc}")

    @resolve_type("credentials")
    def resolve_credentials_type(self) -> object:
        """Return the class of the credentials that its scheme takes, or a union of some."""
        return self.credentials_hint or CredentialsConfiguration

    def on_resolved(self) -> None:
        """Make a URL of a path.

        Raises:
            ConfigurationValueError: the URL names no folder.
        """
        self.bucket_url = str(self.bucket_url)
        parts = urlsplit(self.bucket_url)
        if not parts.path and not parts.netloc:
            raise ConfigurationValueError(
                f"bucket_url: {self.bucket_url!r} names no folder. Give a path, or a URL such as s3://bucket/folder."
            )
        if self.is_local_path(self.bucket_url):
            self.bucket_url = self.make_file_url(self.bucket_url)

    def __str__(self) -> str:
        # a URL may have a password in it
        return redact(str(self.bucket_url or ""))

    @property
    def credentials_hint(self) -> object:
        """Return the class of the credentials that its scheme takes, None if it takes none."""
        return _CREDENTIALS.get(_SAME.get(self.protocol, self.protocol))


@configspec
class FilesystemConfigurationWithLocalFiles(FilesystemConfiguration):
    """The same for a destination: paths that are relative begin in a folder of the program."""

    destination_type: str | None = None
    destination_name: str | None = None
    local_dir: str | None = None
    pipeline_name: str | None = None
    pipeline_working_dir: str | None = None
    legacy_db_path: str | None = None

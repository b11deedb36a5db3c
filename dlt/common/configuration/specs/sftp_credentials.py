"""Credentials of SFTP servers under the name of PyPI `dlt` 1.x."""

from __future__ import annotations

from dlt.configuration.spec import CredentialsConfiguration, configspec
from dlt.configuration.values import ConfigValue, TSecretStrValue


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

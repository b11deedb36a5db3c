"""Credentials of SFTP servers under the name of PyPI `dlt` 1.x."""

from dlt.configuration.credentials.places import SFTPCredentials

__all__ = ["SFTPCredentials"]

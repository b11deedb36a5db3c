"""Credentials of databases under the name of PyPI `dlt` 1.x."""

from dlt.configuration.credentials import ConnectionStringCredentials

__all__ = ["ConnectionStringCredentials"]

"""Credentials of web services under the name of PyPI `dlt` 1.x."""

from dlt.configuration.credentials import OAuth2Credentials

__all__ = ["OAuth2Credentials"]

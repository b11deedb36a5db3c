"""Credentials of Hugging Face under the name of PyPI `dlt` 1.x."""

from dlt.configuration.credentials.places import HfCredentials

__all__ = ["HfCredentials"]

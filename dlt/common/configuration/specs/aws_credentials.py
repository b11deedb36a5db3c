"""Credentials of Amazon under the names of PyPI `dlt` 1.x."""

from dlt.configuration.credentials import (
    AwsCredentials,
    AwsCredentialsWithoutDefaults,
)

__all__ = [
    "AwsCredentials",
    "AwsCredentialsWithoutDefaults",
]

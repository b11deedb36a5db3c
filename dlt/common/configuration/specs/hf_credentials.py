"""Credentials of Hugging Face under the name of PyPI `dlt` 1.x."""

from __future__ import annotations

from dlt.configuration.spec import CredentialsConfiguration, configspec
from dlt.configuration.values import TSecretStrValue


@configspec
class HfCredentials(CredentialsConfiguration):
    """A token and an endpoint of Hugging Face."""

    hf_token: TSecretStrValue | None = None
    hf_endpoint: str | None = None

"""`requests` with retries: the same functions, on sessions that try transient failures again and raise for errors."""

from __future__ import annotations

from requests import (
    ConnectionError,
    ConnectTimeout,
    HTTPError,
    ReadTimeout,
    Request,
    RequestException,
    Response,
    Timeout,
    TooManyRedirects,
    URLRequired,
)
from requests.exceptions import ChunkedEncodingError, FileModeWarning
from tenacity import RetryError

from dlt.configuration.runtime import RuntimeConfiguration
from dlt.sources.helpers.requests.retry import DEFAULT_RETRY_STATUS, Client
from dlt.sources.helpers.requests.session import RequestOptions, Session

__all__ = [
    "RETRIED_STATUS",
    "ChunkedEncodingError",
    "Client",
    "ConnectTimeout",
    "ConnectionError",
    "FileModeWarning",
    "HTTPError",
    "ReadTimeout",
    "Request",
    "RequestException",
    "RequestOptions",
    "Response",
    "RetryError",
    "Session",
    "Timeout",
    "TooManyRedirects",
    "URLRequired",
    "client",
    "delete",
    "get",
    "head",
    "init",
    "options",
    "patch",
    "post",
    "put",
    "request",
]

RETRIED_STATUS = DEFAULT_RETRY_STATUS

client = Client()
request, get, post, put = client.request, client.get, client.post, client.put
patch, delete, head, options = client.patch, client.delete, client.head, client.options


def init(config: RuntimeConfiguration) -> None:
    """Let the functions of this module follow other settings.

    Args:
        config: The section `runtime`.
    """
    client.update_from_config(config)

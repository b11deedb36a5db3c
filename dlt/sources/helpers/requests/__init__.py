"""`requests` with retries: the same functions, on sessions that try transient failures again and raise for errors."""

from __future__ import annotations

import requests as _requests

from dlt.sources.helpers.requests.retry import DEFAULT_RETRY_STATUS, Client
from dlt.sources.helpers.requests.session import RequestOptions as RequestOptions
from dlt.sources.helpers.requests.session import Session as Session

Request, Response = _requests.Request, _requests.Response
RequestException, HTTPError, Timeout = _requests.RequestException, _requests.HTTPError, _requests.Timeout
ConnectionError = _requests.ConnectionError
TooManyRedirects, URLRequired = _requests.TooManyRedirects, _requests.URLRequired
ConnectTimeout, ReadTimeout = _requests.ConnectTimeout, _requests.ReadTimeout
ChunkedEncodingError, RetryError = _requests.exceptions.ChunkedEncodingError, _requests.exceptions.RetryError
RETRIED_STATUS = DEFAULT_RETRY_STATUS

client = Client()
request, get, post, put = client.request, client.get, client.post, client.put
patch, delete, head, options = client.patch, client.delete, client.head, client.options

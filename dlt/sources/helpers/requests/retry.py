"""Clients of `requests` that try transient failures again."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import TYPE_CHECKING, Any

import requests as _requests
from urllib3.util.retry import Retry

from dlt.configuration import get_value
from dlt.sources.helpers.requests.session import DEFAULT_TIMEOUT, Adapter, RequestOptions, Session

if TYPE_CHECKING:
    from collections.abc import Sequence

    from typing_extensions import Unpack

DEFAULT_RETRY_STATUS = (429, *range(500, 600))
DEFAULT_RETRY_EXCEPTIONS = (_requests.ConnectionError, _requests.Timeout, _requests.exceptions.ChunkedEncodingError)


class Client:
    """Make sessions that retry.

    Args:
        request_timeout: Seconds for connecting and for each read.
        raise_for_status: Raise HTTPError for answers of 400 and above.
        status_codes: Answers that are tried again.
        request_max_attempts: How often a request is sent at most.
        request_backoff_factor: Seconds before the second attempt; doubled before each further one.
        request_max_retry_delay: Seconds that are never exceeded between two attempts.
        respect_retry_after_header: Wait as long as the server asks.
        session_attrs: Attributes of the sessions, such as headers.
        max_connections: Connections to a host that stay open for the next request.
    """

    def __init__(
        self,
        request_timeout: float | tuple[float, float] | None = None,
        raise_for_status: bool = True,
        status_codes: Sequence[int] = DEFAULT_RETRY_STATUS,
        request_max_attempts: int | None = None,
        request_backoff_factor: float | None = None,
        request_max_retry_delay: float | None = None,
        respect_retry_after_header: bool = True,
        session_attrs: Mapping[str, Any] | None = None,
        max_connections: int = 50,
    ) -> None:
        self._timeout = request_timeout or _setting("request_timeout", DEFAULT_TIMEOUT)
        self._attempts = int(request_max_attempts or _setting("request_max_attempts", 5))
        self._backoff = request_backoff_factor or _setting("request_backoff_factor", 1.0)
        self._longest = request_max_retry_delay or _setting("request_max_retry_delay", 300.0)
        self._raise, self._status = raise_for_status, tuple(status_codes)
        self._respect, self._attributes = respect_retry_after_header, dict(session_attrs or {})
        self._connections = max_connections
        self._session: Session | None = None

    @property
    def session(self) -> Session:
        """Return the session, made at the first use."""
        if self._session is None:
            self._session = self._make()
        return self._session

    def _make(self) -> Session:
        retry = Retry(
            total=self._attempts - 1,
            backoff_factor=self._backoff,
            backoff_max=self._longest,
            status_forcelist=self._status,
            allowed_methods=None,
            raise_on_status=False,
            respect_retry_after_header=self._respect,
        )
        session = Session()
        adapter = Adapter(max_retries=retry, pool_maxsize=self._connections)
        session.mount("https://", adapter)
        session.mount("http://", adapter)
        for name, value in self._attributes.items():
            current = vars(session).get(name)
            # headers, cookies and the like come on top of those that every session has
            if isinstance(current, MutableMapping):
                current.update(value)
            else:
                setattr(session, name, value)
        return session

    def request(self, method: str, url: str, **kwargs: Unpack[RequestOptions]) -> _requests.Response:
        """Send a request.

        Raises:
            HTTPError: the answer is 400 or above, after all attempts.
        """
        kwargs.setdefault("timeout", self._timeout)
        response = self.session.request(method, url, **kwargs)
        if self._raise:
            response.raise_for_status()
        return response

    def get(self, url: str, **kwargs: Unpack[RequestOptions]) -> _requests.Response:
        """Send GET."""
        return self.request("GET", url, **kwargs)

    def post(self, url: str, **kwargs: Unpack[RequestOptions]) -> _requests.Response:
        """Send POST."""
        return self.request("POST", url, **kwargs)

    def put(self, url: str, **kwargs: Unpack[RequestOptions]) -> _requests.Response:
        """Send PUT."""
        return self.request("PUT", url, **kwargs)

    def patch(self, url: str, **kwargs: Unpack[RequestOptions]) -> _requests.Response:
        """Send PATCH."""
        return self.request("PATCH", url, **kwargs)

    def delete(self, url: str, **kwargs: Unpack[RequestOptions]) -> _requests.Response:
        """Send DELETE."""
        return self.request("DELETE", url, **kwargs)

    def head(self, url: str, **kwargs: Unpack[RequestOptions]) -> _requests.Response:
        """Send HEAD."""
        return self.request("HEAD", url, **kwargs)

    def options(self, url: str, **kwargs: Unpack[RequestOptions]) -> _requests.Response:
        """Send OPTIONS."""
        return self.request("OPTIONS", url, **kwargs)


def _setting(key: str, default: float) -> float:
    return float(get_value(key, float, sections=("runtime",), default=default))

"""`requests` with retries: the same functions, on sessions that try transient failures again and raise for errors."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from dlt.configuration import get_value
from dlt.errors import MissingDependencyException

if TYPE_CHECKING:
    from collections.abc import Sequence

try:
    _requests: Any = importlib.import_module("requests")
except ImportError as error:
    raise MissingDependencyException(
        "dlt.sources.helpers.requests needs the package requests, which is not installed. Run: pip install requests"
    ) from error

Session = _requests.Session
Request, Response = _requests.Request, _requests.Response
RequestException, HTTPError, Timeout = _requests.RequestException, _requests.HTTPError, _requests.Timeout
ConnectionError = _requests.ConnectionError
TooManyRedirects, URLRequired = _requests.TooManyRedirects, _requests.URLRequired
ConnectTimeout, ReadTimeout = _requests.ConnectTimeout, _requests.ReadTimeout
ChunkedEncodingError = _requests.exceptions.ChunkedEncodingError
RETRIED_STATUS = (429, *range(500, 600))


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
    """

    def __init__(
        self,
        request_timeout: float | tuple[float, float] | None = None,
        raise_for_status: bool = True,
        status_codes: Sequence[int] = RETRIED_STATUS,
        request_max_attempts: int | None = None,
        request_backoff_factor: float | None = None,
        request_max_retry_delay: float | None = None,
        respect_retry_after_header: bool = True,
        session_attrs: dict[str, Any] | None = None,
        **_: Any,
    ) -> None:
        self._timeout = request_timeout or _setting("request_timeout", 60.0)
        self._attempts = int(request_max_attempts or _setting("request_max_attempts", 5))
        self._backoff = request_backoff_factor or _setting("request_backoff_factor", 1.0)
        self._longest = request_max_retry_delay or _setting("request_max_retry_delay", 300.0)
        self._raise, self._status = raise_for_status, tuple(status_codes)
        self._respect, self._attributes = respect_retry_after_header, dict(session_attrs or {})
        self._session: Any = None

    @property
    def session(self) -> Any:
        """Return the session, made at the first use."""
        if self._session is None:
            self._session = self._make()
        return self._session

    def _make(self) -> Any:
        retry = importlib.import_module("urllib3.util.retry").Retry(
            total=self._attempts - 1,
            backoff_factor=self._backoff,
            backoff_max=self._longest,
            status_forcelist=self._status,
            allowed_methods=None,
            raise_on_status=False,
            respect_retry_after_header=self._respect,
        )
        session = _requests.Session()
        adapter = importlib.import_module("requests.adapters").HTTPAdapter(max_retries=retry)
        session.mount("https://", adapter)
        session.mount("http://", adapter)
        for name, value in self._attributes.items():
            current: Any = getattr(session, name, None)
            if hasattr(current, "update"):
                current.update(value)
            else:
                setattr(session, name, value)
        return session

    def request(self, method: str, url: str, **kwargs: Any) -> Any:
        """Send a request.

        Raises:
            HTTPError: the answer is 400 or above, after all attempts.
        """
        kwargs.setdefault("timeout", self._timeout)
        response = self.session.request(method, url, **kwargs)
        if self._raise:
            response.raise_for_status()
        return response

    def get(self, url: str, **kwargs: Any) -> Any:
        """Send GET."""
        return self.request("GET", url, **kwargs)

    def post(self, url: str, **kwargs: Any) -> Any:
        """Send POST."""
        return self.request("POST", url, **kwargs)

    def put(self, url: str, **kwargs: Any) -> Any:
        """Send PUT."""
        return self.request("PUT", url, **kwargs)

    def patch(self, url: str, **kwargs: Any) -> Any:
        """Send PATCH."""
        return self.request("PATCH", url, **kwargs)

    def delete(self, url: str, **kwargs: Any) -> Any:
        """Send DELETE."""
        return self.request("DELETE", url, **kwargs)

    def head(self, url: str, **kwargs: Any) -> Any:
        """Send HEAD."""
        return self.request("HEAD", url, **kwargs)

    def options(self, url: str, **kwargs: Any) -> Any:
        """Send OPTIONS."""
        return self.request("OPTIONS", url, **kwargs)


def _setting(key: str, default: float) -> float:
    return float(get_value(key, float, sections=("runtime",), default=default))


client = Client()
request, get, post, put = client.request, client.get, client.post, client.put
patch, delete, head, options = client.patch, client.delete, client.head, client.options

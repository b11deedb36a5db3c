"""`requests` with retries: the same functions, on sessions that try transient failures again and raise for errors."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypedDict

import requests as _requests
from requests.adapters import HTTPAdapter as _HTTPAdapter
from requests.cookies import RequestsCookieJar
from urllib3.util.retry import Retry

from dlt.configuration import get_value
from dlt.redact import clean_error, remember

if TYPE_CHECKING:
    from collections.abc import Sequence
    from http.cookiejar import CookieJar

    from requests import PreparedRequest
    from requests.auth import AuthBase
    from typing_extensions import Unpack

Request, Response = _requests.Request, _requests.Response
RequestException, HTTPError, Timeout = _requests.RequestException, _requests.HTTPError, _requests.Timeout
ConnectionError = _requests.ConnectionError
TooManyRedirects, URLRequired = _requests.TooManyRedirects, _requests.URLRequired
ConnectTimeout, ReadTimeout = _requests.ConnectTimeout, _requests.ReadTimeout
ChunkedEncodingError = _requests.exceptions.ChunkedEncodingError
RETRIED_STATUS = (429, *range(500, 600))
_FOLLOWS = re.compile(
    r"accept(-.*)?|user-agent|content-.*|connection|range|if-.*|cache-control|pragma|date|expect|te|transfer-encoding"
    r"|dnt|host",
    re.IGNORECASE,
)
"""Headers that follow a redirect to another host; any other may hold what opens the first one only."""
_Hook = Callable[[_requests.Response], object]


class RequestOptions(TypedDict, total=False):
    """What a request takes beside its method and URL; see `requests.request`."""

    # what these four take, requests says in a private module only
    params: Any
    data: Any
    json: Any
    files: Any
    headers: Mapping[str, str | bytes] | None
    cookies: RequestsCookieJar | CookieJar | dict[str, str] | None
    auth: tuple[str, str] | AuthBase | Callable[[PreparedRequest], PreparedRequest] | None
    timeout: float | tuple[float | None, float | None] | None
    allow_redirects: bool
    proxies: dict[str, str] | None
    hooks: Mapping[str, _Hook | Iterable[_Hook]] | None
    stream: bool | None
    verify: bool | str | None
    cert: str | tuple[str, str] | None


class _Response(_requests.Response):
    def raise_for_status(self) -> None:
        """Raise HTTPError for answers of 400 and above; its text shows no secret of the URL."""
        try:
            super().raise_for_status()
        except RequestException as error:
            clean_error(error)
            raise


class _Adapter(_HTTPAdapter):
    def build_response(self, req: PreparedRequest, resp: Any) -> _requests.Response:
        """Return an answer whose errors show no secret."""
        made = super().build_response(req, resp)
        # requests makes its own class by name, and gives no place to say another one
        made.__class__ = _Response
        return made


class Session(_requests.Session):
    """A session of `requests` whose credentials stay with the host that they were meant for, and out of errors."""

    def __init__(self) -> None:
        super().__init__()
        self.mount("https://", _Adapter())
        self.mount("http://", _Adapter())

    # the arguments are those of requests, whose later releases may take more of them
    def request(self, method: str, url: str | bytes, *args: Any, **kwargs: Any) -> _requests.Response:
        """Send a request; see `requests.Session.request`."""
        auth = kwargs.get("auth") or self.auth
        known = [self.headers, self.params, *(kwargs.get(name) for name in ("headers", "params", "cookies"))]
        with _hidden_in_errors(*known, {"password": auth[1]} if isinstance(auth, tuple) else None):
            return super().request(method, url, *args, **kwargs)

    def send(self, request: PreparedRequest, **kwargs: Any) -> _requests.Response:
        """Send a prepared request; see `requests.Session.send`."""
        with _hidden_in_errors(request.headers):
            return super().send(request, **kwargs)

    def rebuild_auth(self, prepared_request: PreparedRequest, response: _requests.Response) -> None:
        """Leave credentials behind when a redirect goes to another host, port or scheme, for all further hops as well.

        Args:
            prepared_request: The request that follows.
            response: The answer that redirects.
        """
        super().rebuild_auth(prepared_request, response)
        # the request to which an answer belongs is the one that was prepared here before
        origin = vars(response.request).get("origin_url") or str(response.request.url)
        vars(prepared_request)["origin_url"] = origin
        if not self.should_strip_auth(origin, str(prepared_request.url)):
            return
        for name in [name for name in prepared_request.headers if not _FOLLOWS.fullmatch(name)]:
            del prepared_request.headers[name]
        # cookies of the session without a domain would go anywhere; those that the new host set are its own
        cookies = RequestsCookieJar()
        for cookie in prepared_request._cookies or ():  # noqa: SLF001 - requests keeps them there only
            if cookie.domain:
                cookies.set_cookie(cookie)
        prepared_request._cookies = cookies  # noqa: SLF001 - as above
        prepared_request.prepare_cookies(cookies)


@contextmanager
def _hidden_in_errors(*known: object) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        for part in known:
            remember(dict(part) if isinstance(part, Mapping) else part)
        clean_error(error)
        raise


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
        status_codes: Sequence[int] = RETRIED_STATUS,
        request_max_attempts: int | None = None,
        request_backoff_factor: float | None = None,
        request_max_retry_delay: float | None = None,
        respect_retry_after_header: bool = True,
        session_attrs: Mapping[str, Any] | None = None,
        max_connections: int = 50,
    ) -> None:
        self._timeout = request_timeout or _setting("request_timeout", 60.0)
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
        adapter = _Adapter(max_retries=retry, pool_maxsize=self._connections)
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


client = Client()
request, get, post, put = client.request, client.get, client.post, client.put
patch, delete, head, options = client.patch, client.delete, client.head, client.options

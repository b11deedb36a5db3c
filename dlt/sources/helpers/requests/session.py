"""Sessions of `requests` whose credentials stay with the host that they were meant for, and out of errors."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypedDict

import requests as _requests
from requests.adapters import HTTPAdapter as _HTTPAdapter
from requests.cookies import RequestsCookieJar

from dlt.redact import clean_error, remember

if TYPE_CHECKING:
    from http.cookiejar import CookieJar

    from requests import PreparedRequest
    from requests.auth import AuthBase

_FOLLOWS = re.compile(
    r"accept(-.*)?|user-agent|content-.*|connection|range|if-.*|cache-control|pragma|date|expect|te|transfer-encoding"
    r"|dnt|host",
    re.IGNORECASE,
)
"""Headers that follow a redirect to another host; any other may hold what opens the first one only."""
_Hook = Callable[[_requests.Response], object]


DEFAULT_TIMEOUT = 60
"""Seconds for connecting and for each read, where nothing else is configured."""


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
        except _requests.RequestException as error:
            clean_error(error)
            raise


class Adapter(_HTTPAdapter):
    """Answers whose errors show no secret."""

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
        self.mount("https://", Adapter())
        self.mount("http://", Adapter())

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

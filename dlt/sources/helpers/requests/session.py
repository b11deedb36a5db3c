"""Sessions of `requests` whose credentials stay with the host that they were meant for, and out of errors."""

from __future__ import annotations

import json
import re
from codecs import BOM_UTF8
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypedDict

import requests as _requests
from requests.adapters import HTTPAdapter as _HTTPAdapter
from requests.cookies import RequestsCookieJar

from dlt.io.exact_json import float_or_text, may_be_long
from dlt.late import orjson
from dlt.redact import clean_error, remember
from dlt.sources.helpers.requests.typing import TimedeltaSeconds, TRequestTimeout
from dlt.version import __version__

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


_ARGUMENTS_BEFORE_TIMEOUT = 6
"""In the order of `requests.Session.request`, behind method and URL."""
DEFAULT_TIMEOUT = 60
"""Seconds for connecting and for each read, where nothing else is configured."""


def seconds_of(timeout: TRequestTimeout | None) -> float | tuple[float, float] | None:
    """Return a limit as `requests` takes it.

    Args:
        timeout: The limit; None waits for ever.

    Raises:
        ValueError: it is not above zero, or of another type.
    """
    if timeout is None:
        return None
    if isinstance(timeout, (tuple, list)):
        connect, read = timeout
        return _seconds(connect), _seconds(read)
    return _seconds(timeout)


def _seconds(length: TimedeltaSeconds) -> float:
    found = length.total_seconds() if isinstance(length, timedelta) else length
    if not isinstance(found, (int, float)) or isinstance(found, bool) or found <= 0:
        raise ValueError(
            f"request_timeout: {length!r} is no length of time. Give seconds above zero, a timedelta, a tuple of two "
            "for connecting and reading, or None to wait for ever."
        )
    return found


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


def marked_json(response: _requests.Response, **kwargs: Any) -> Any:
    """Return the document of an answer that begins with a byte order mark.

    Args:
        response: The answer.
        **kwargs: Arguments of the parser.

    Raises:
        requests.exceptions.JSONDecodeError: it is none.
    """
    try:
        return json.loads(response.content.decode("utf-8-sig"), **kwargs)
    except json.JSONDecodeError as error:
        raise _requests.JSONDecodeError(error.msg, error.doc, error.pos) from None


class Answer(_requests.Response):
    """An answer whose errors show no secret, and whose JSON may begin with a byte order mark."""

    # what the parser takes, requests leaves open
    def json(self, **kwargs: Any) -> Any:
        """Return the document; a number that no float holds is a text. See `requests.Response.json`."""
        if not kwargs:
            if (self.encoding or "utf-8").lower() == "utf-8" and not may_be_long(self.content):
                with suppress(ValueError):
                    # a quarter of the time of the other parser, which takes what this one refuses
                    return orjson.loads(self.content)
            kwargs = {"parse_float": float_or_text}
        return marked_json(self, **kwargs) if self.content.startswith(BOM_UTF8) else super().json(**kwargs)

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
        # urllib3 before 2 takes an answer that ends in the middle for a whole one, unless it is told
        resp.enforce_content_length = True
        made = super().build_response(req, resp)
        # requests makes its own class by name, and gives no place to say another one
        made.__class__ = Answer
        return made


class Session(_requests.Session):
    """A session of `requests` whose credentials stay with the host that they were meant for, and out of errors.

    Args:
        timeout: Seconds for connecting and for each read where a request has none of its own; a tuple of both.
        raise_for_status: Raise HTTPError for answers of 400 and above.
    """

    def __init__(self, timeout: TRequestTimeout | None = DEFAULT_TIMEOUT, raise_for_status: bool = True) -> None:
        super().__init__()
        self.timeout = seconds_of(timeout)
        self.raise_for_status = raise_for_status
        self.headers["User-Agent"] = f"dlt/{__version__}"
        self.mount("https://", Adapter())
        self.mount("http://", Adapter())

    # the arguments are those of requests, whose later releases may take more of them
    def request(self, method: str, url: str | bytes, *args: Any, **kwargs: Any) -> _requests.Response:
        """Send a request; see `requests.Session.request`."""
        auth = kwargs.get("auth") or self.auth
        known = [self.headers, self.params, *(kwargs.get(name) for name in ("headers", "params", "cookies"))]
        # None given by hand means to wait for ever
        if len(args) < _ARGUMENTS_BEFORE_TIMEOUT + 1:
            kwargs.setdefault("timeout", self.timeout)
        with _hidden_in_errors(*known, {"password": auth[1]} if isinstance(auth, tuple) else None):
            return super().request(method, url, *args, **kwargs)

    def send(self, request: PreparedRequest, **kwargs: Any) -> _requests.Response:
        """Send a prepared request; see `requests.Session.send`."""
        kwargs.setdefault("timeout", self.timeout)
        with _hidden_in_errors(request.headers):
            response = super().send(request, **kwargs)
            if self.raise_for_status:
                response.raise_for_status()
            return response

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
        if self.should_strip_auth(origin, str(prepared_request.url)):
            leave_credentials_behind(prepared_request)


def leave_credentials_behind(request: PreparedRequest) -> None:
    """Take out of a request what may open the host that it goes to no more.

    Args:
        request: A prepared request; it is changed.
    """
    for name in [name for name in request.headers if not _FOLLOWS.fullmatch(name)]:
        del request.headers[name]
    # cookies of the session without a domain would go anywhere; those that the new host set are its own
    cookies = RequestsCookieJar()
    for cookie in request._cookies or ():  # noqa: SLF001 - requests keeps them there only
        if cookie.domain:
            cookies.set_cookie(cookie)
    request._cookies = cookies  # noqa: SLF001 - as above
    request.prepare_cookies(cookies)
    # an error tells it, as the other host may want what was left behind
    vars(request)["is_stripped"] = True


@contextmanager
def _hidden_in_errors(*known: object) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        for part in known:
            remember(dict(part) if isinstance(part, Mapping) else part)
        clean_error(error)
        raise

"""A client of a REST API, which walks over pages."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from requests import PreparedRequest, Request, Response, Session

from dlt import user_log
from dlt.jsonpath import TJsonPath, find_values
from dlt.secret_words import is_secret_name
from dlt.sources.helpers.requests.limits import RateLimiter
from dlt.sources.helpers.requests.retry import Client
from dlt.sources.helpers.requests.session import Session as RaisingSession
from dlt.sources.helpers.requests.session import leave_credentials_behind
from dlt.sources.helpers.rest_client.decoding import document_of
from dlt.sources.helpers.rest_client.detector import (
    PaginatorFactory,
    as_text,
    find_more,
    find_response_page_data,
    find_total_items,
)
from dlt.sources.helpers.rest_client.environment import Environment
from dlt.sources.helpers.rest_client.exceptions import IgnoreResponseException, PaginatorNotFound
from dlt.sources.helpers.rest_client.raising import _dlt_raise_for_status, raise_for_status
from dlt.sources.helpers.rest_client.redaction import SENSITIVE_PARAMS, sanitize_url
from dlt.sources.helpers.rest_client.typing import Hooks, HTTPMethod, HTTPMethodBasic
from dlt.sources.helpers.rest_client.utils import join_url
from dlt.sources.helpers.rest_client.walk import PageData, Walk
from dlt.user_log import logger

if TYPE_CHECKING:
    from dlt.configuration.runtime import RuntimeConfiguration
    from dlt.sources.helpers.rest_client.paginators import BasePaginator

__all__ = [
    "HTTPMethod",
    "HTTPMethodBasic",
    "Hooks",
    "IgnoreResponseException",
    "PageData",
    "RESTClient",
    "_dlt_raise_for_status",
    "raise_for_status",
]

Auth = Any
"""Credentials: whatever `requests` takes."""
_OPTIONS = ("proxies", "stream", "verify", "cert", "timeout", "allow_redirects")
_OF_REQUEST = ("headers", "params", "json", "data", "auth", "hooks")


class RESTClient:
    """A client of a REST API.

    Args:
        base_url: URL with which the API begins.
        headers: Headers of all requests.
        auth: Credentials of all requests.
        paginator: How to get from page to page, found by the first answer when None.
        data_selector: JSONPath of the items in an answer, found by the first answer when None.
        session: What sends requests: a session, or a client of `dlt.sources.helpers.requests`, which has one for each
            thread; a client with its defaults when None.
        paginator_factory: What finds paginators.
        config: The section `runtime`; looked up when None.
        rate_limit: Requests per second at most, over all threads; several clients may share a RateLimiter. A server
            that says that its own limit is used up is not asked before that counts anew.
        parallel_pages: How many requests of one walk may be under way. With more than one the next page is asked for
            while the program works on the one before, and so are those behind it where the total is known; pages come
            in order. Hooks run in other threads then.

    Raises:
        TypeError: the paginator is none.
        ValueError: a number is not above zero.
    """

    def __init__(
        self,
        base_url: str,
        headers: Mapping[str, str] | None = None,
        auth: Auth = None,
        paginator: BasePaginator | None = None,
        data_selector: TJsonPath | None = None,
        session: Session | Client | None = None,
        paginator_factory: PaginatorFactory | None = None,
        config: RuntimeConfiguration | None = None,
        rate_limit: float | RateLimiter | None = None,
        parallel_pages: int = 1,
    ) -> None:
        self.base_url, self.headers, self.auth = base_url, headers, auth
        self.paginator, self.data_selector = _checked(paginator), data_selector
        self.pagination_factory = paginator_factory or PaginatorFactory()
        self.rate_limit = (
            rate_limit if rate_limit is None or isinstance(rate_limit, RateLimiter) else RateLimiter(rate_limit)
        )
        if isinstance(parallel_pages, bool) or not isinstance(parallel_pages, int) or parallel_pages < 1:
            raise ValueError(f"parallel_pages: found {parallel_pages!r}, expected a whole number above zero.")
        self.parallel_pages = parallel_pages
        self._config, self._environment = config, Environment()
        self._client = session if isinstance(session, Client) else Client(raise_for_status=False)
        if config is not None:
            self._client.update_from_config(config)
        if isinstance(session, RaisingSession) and session.raise_for_status:
            logger.warning(
                "The session provided has raise_for_status enabled. This may cause unexpected behavior: "
                "hooks do not see answers that raise."
            )
        self._session = None if isinstance(session, Client) else session

    @property
    def session(self) -> Session:
        """Return what sends requests in this thread."""
        return self._session or self._client.session

    @session.setter
    def session(self, session: Session | None) -> None:
        self._session = session

    # -- requests

    def request(self, path: str = "", method: HTTPMethod = "GET", **kwargs: Any) -> Response:
        """Send a request and return the answer, whatever its status.

        Args:
            path: Path below the base URL, or a whole URL.
            method: The method.
            **kwargs: `params`, `json`, `data`, `headers`, `auth` and `hooks` of the request, and `timeout`, `proxies`,
                `verify`, `cert`, `stream` and `allow_redirects`.

        Raises:
            TypeError: there is no such argument.
            ValueError: both json and data are given.
        """
        of_request = {name: kwargs.pop(name) for name in _OF_REQUEST if name in kwargs}
        options = _options(kwargs)
        return self._send_request(self._create_request(path, method, **of_request), **options)

    def get(self, path: str, params: dict[str, Any] | None = None, **kwargs: Any) -> Response:
        """Send GET; see `request`."""
        return self.request(path, method="GET", params=params, **kwargs)

    def post(self, path: str, json: Any = None, *, data: Any = None, **kwargs: Any) -> Response:
        """Send POST; see `request`."""
        return self.request(path, method="POST", json=json, data=data, **kwargs)

    def _create_request(
        self,
        path_or_url: str,
        method: HTTPMethod,
        headers: Mapping[str, Any] | None = None,
        params: Any = None,
        json: Any = None,
        data: Any = None,
        auth: Auth = None,
        hooks: Hooks | None = None,
    ) -> Request:
        if json is not None and data is not None:
            raise ValueError(
                "Cannot use both 'json' and 'data' parameters simultaneously: a request has one body. Give one of them."
            )
        is_whole = path_or_url.lower().startswith(("http://", "https://"))
        return Request(
            method=method,
            url=path_or_url if is_whole else join_url(self.base_url, path_or_url),
            headers={**(self.headers or {}), **(headers or {})},
            # paginators change these; what the program gave stays as it is
            params=copy.copy(params),
            json=copy.deepcopy(json),
            data=data,
            auth=auth if auth is not None else self.auth,
            hooks=hooks,
        )

    def _send_request(self, request: Request, **kwargs: Any) -> Response:
        return self._send(request, str(request.url), kwargs)

    def _send(self, request: Request, began: str, options: Mapping[str, Any]) -> Response:
        """Send a request.

        Args:
            request: The request.
            began: URL with which the program began: what opens it goes nowhere else.
            options: Further arguments.
        """
        session = self.session
        prepared = self._prepared(session, request, began)
        url = str(prepared.url)
        settings = self._environment.settings(session, url, options)
        further = {name: options[name] for name in ("timeout", "allow_redirects") if name in options}
        logger.info("%s %s", prepared.method, _Shown(url))
        if self.rate_limit is None:
            return session.send(prepared, **settings, **further)
        self.rate_limit.wait()
        response = session.send(prepared, **settings, **further)
        self.rate_limit.heed(response.headers, self._client.longest_delay)
        return response

    @staticmethod
    def _prepared(session: Session, request: Request, began: str) -> PreparedRequest:
        url = str(request.url)
        if url != began:
            # the paginator goes on with the request as it is
            request = copy.copy(request)
            request.url = url = _secured(url, began)
            request.params = _without_those_of(url, request.params, session.params)
        if not session.should_strip_auth(began, url):
            return session.prepare_request(request)
        # a server that names another one does not get to say who is let in there
        request.auth = _nothing
        request.params = _without_secrets(request.params, session.params)
        prepared = session.prepare_request(request)
        leave_credentials_behind(prepared)
        return prepared

    # -- pages

    def paginate(
        self,
        path: str = "",
        method: HTTPMethodBasic = "GET",
        params: dict[str, Any] | None = None,
        json: Any = None,
        auth: Auth = None,
        paginator: BasePaginator | None = None,
        data_selector: TJsonPath | None = None,
        hooks: Hooks | None = None,
        headers: Mapping[str, Any] | None = None,
        *,
        data: Any = None,
        **kwargs: Any,
    ) -> Iterator[PageData]:
        """Return the pages of an endpoint, one after the other.

        Args:
            path: Path below the base URL, or a whole URL.
            method: The method.
            params: Parameters of the URL.
            json: The body as a document.
            auth: Credentials, in place of those of the client.
            paginator: How to get from page to page, in place of that of the client.
            data_selector: JSONPath of the items, in place of that of the client.
            hooks: Functions that see each answer, under `response`. Without them answers of 400 and above raise;
                one that raises IgnoreResponseException ends the walk.
            headers: Headers on top of those of the client.
            data: The body as a form, text or bytes.
            **kwargs: `timeout`, `proxies`, `verify`, `cert`, `stream` and `allow_redirects`.

        Raises:
            TypeError: there is no such argument.
            ValueError: both json and data are given.
            requests.HTTPError: an answer is 400 or above.
            PaginatorLoopError: the server leads back to a page that was already there.
        """
        hooks = dict(hooks or {})
        # a hook of the program decides alone what it makes of a status
        if "response" not in hooks:
            hooks["response"] = [self._create_response_handler()]
        request = self._create_request(path, method, headers, params, json, data, auth, hooks)
        began, options = str(request.url), _options(kwargs)
        walk = Walk(
            self,
            request,
            _checked(paginator) or self.paginator,
            data_selector or self.data_selector,
            partial(self._send, began=began, options=options),
            self.parallel_pages,
        )
        return walk.pages()

    def extract_response(self, response: Response, data_selector: TJsonPath) -> list[Any]:
        """Return the items of an answer.

        Args:
            response: The answer.
            data_selector: JSONPath of the items. What is no list becomes a list with one item; null and nothing, an
                empty one.
        """
        document = document_of(response)
        # the whole document, also one that is a list: JSONPath would find it once
        found = [document] if data_selector == "$" else find_values(data_selector, document)
        # a path may find many things, and one list is its items
        if len(found) == 1 and isinstance(found[0], list):
            return found[0]
        return [] if found == [None] else found

    def detect_data_selector(self, response: Response) -> str:
        """Return the JSONPath of the items of an answer.

        Args:
            response: The answer.
        """
        path, _ = find_response_page_data(document_of(response))
        return as_text(path)

    def detect_paginator(self, response: Response, data: Any) -> BasePaginator:
        """Return the paginator that fits an answer.

        Args:
            response: The answer.
            data: Its items.

        Raises:
            PaginatorNotFound: none of the detectors of the client found one.
        """
        paginator, score = self.pagination_factory.create_paginator(response)
        where = sanitize_url(str(response.url))
        if paginator is None:
            raise PaginatorNotFound(
                f"{where}: no detector of the client found how to get to the next page. Give it a paginator."
            )
        ends_here = score == 0.0 and isinstance(data, list)
        total = find_total_items(document_of(response)) if ends_here else None
        more = find_more(document_of(response)) if ends_here else None
        if total is not None and total > len(data):
            # rows would be missing without a word
            user_log.info(
                f"{where}: {len(data)} of {total} items were read, as nothing in the answer leads to the next page. "
                "Give the client a paginator."
            )
        elif more is not None:
            user_log.info(
                f"{where}: {len(data)} items were read, and {more!r} in the answer says that there are more, but "
                "nothing leads to the next page. Give the client a paginator."
            )
        elif score == 0.0:
            logger.warning(
                "%s: the answer has %s items and nothing that tells of further pages: %s is used. If there are more, "
                "give the client a paginator.",
                where,
                len(data) if isinstance(data, list) else 1,
                type(paginator).__name__,
            )
        return paginator

    def _create_response_handler(self) -> Any:
        if self._config is None:
            return raise_for_status
        shown, longest = self._config.http_show_error_body, self._config.http_max_error_body_length

        def handle(response: Response, *args: Any, **kwargs: Any) -> None:
            _dlt_raise_for_status(response, shown, longest, *args, **kwargs)

        return handle


class _Shown:
    """A URL in a line of the log, made only when somebody reads it."""

    def __init__(self, url: str) -> None:
        self._url = url

    def __str__(self) -> str:
        return sanitize_url(self._url)


def _secured(url: str, began: str) -> str:
    """Return a link with https where the walk began so: a server behind a proxy that adds it names itself without."""
    first, then = urlsplit(began), urlsplit(url)
    if (first.scheme, then.scheme) != ("https", "http") or first.hostname != then.hostname:
        return url
    if then.port not in (None, 80, first.port):
        return url
    return urlunsplit(then._replace(scheme="https", netloc=first.netloc.rpartition("@")[2]))


def _without_those_of(url: str, params: Any, of_session: Any) -> Any:
    """Return parameters without those that stand in a URL already: the server put them there."""
    there = {name for name, _ in parse_qsl(urlsplit(url).query, keep_blank_values=True)}
    if not there or isinstance(params, (str, bytes)):
        return params
    if isinstance(params, (list, tuple)):
        return [pair for pair in params if pair[0] not in there]
    # None takes one out that the session has for all requests
    hidden = dict.fromkeys(there & set(of_session)) if isinstance(of_session, Mapping) else {}
    return {**{name: value for name, value in (params or {}).items() if name not in there}, **hidden}


def _without_secrets(params: Any, of_session: Any) -> Any:
    """Return parameters without those of the session and those whose names are those of secrets."""
    if isinstance(params, (str, bytes)):
        return params
    if isinstance(params, (list, tuple)):
        return [pair for pair in params if not _is_secret(str(pair[0]))]
    hidden = dict.fromkeys(of_session) if isinstance(of_session, Mapping) else {}
    return {**{name: value for name, value in (params or {}).items() if not _is_secret(str(name))}, **hidden}


def _is_secret(name: str) -> bool:
    return name.lower() in SENSITIVE_PARAMS or is_secret_name(name)


def _nothing(request: PreparedRequest) -> PreparedRequest:
    return request


def _options(given: Mapping[str, Any]) -> dict[str, Any]:
    unknown = sorted(set(given) - set(_OPTIONS))
    if unknown:
        raise TypeError(f"A request takes no {', '.join(unknown)}. It takes {', '.join((*_OF_REQUEST, *_OPTIONS))}.")
    return dict(given)


def _checked(paginator: BasePaginator | None) -> BasePaginator | None:
    if isinstance(paginator, (str, dict, type)):
        raise TypeError(
            f"paginator: found {paginator!r}, expected an instance such as PageNumberPaginator(base_page=1), or None "
            "to find it by the first answer."
        )
    return paginator

"""Tokens that are asked for: kept until they are about to expire, and asked for again when a server refuses one."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING, Any

import requests as _requests
from requests.utils import rewind_body

from dlt.redact import remember
from dlt.sources.helpers.rest_client.redaction import sanitize_url

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pendulum import DateTime
    from requests import PreparedRequest, Response

_EARLY = 30.0
"""Seconds before its end in which a token counts as expired: it must live until the request arrives."""
_SHARE = 10
"""Of a token that lives shortly, one part of so many is early enough."""
_REFUSED = 401


class TokenLock:
    """A lock that credentials can be copied with."""

    def __init__(self) -> None:
        self.lock = threading.RLock()

    def __deepcopy__(self, _memo: dict[int, Any]) -> TokenLock:
        return TokenLock()

    def __reduce__(self) -> tuple[type[TokenLock], tuple[()]]:
        return TokenLock, ()


class RenewedToken:
    """What credentials have whose token is asked for: they keep it until it is about to expire, and lock it."""

    # of the class, for a constructor of a program that does not call this one
    _ends: Any = None
    _early: Any = 0.0
    session: _requests.Session | None

    @property
    def token_expiry(self) -> DateTime | None:
        """Return the moment at which the token expires, None before there was one."""
        ends: DateTime | None = self._ends
        return ends

    @token_expiry.setter
    def token_expiry(self, moment: DateTime | None) -> None:
        vars(self)["_ends"] = moment

    def is_token_expired(self) -> bool:
        """Tell whether there is no token that is still good; override it."""
        if self.token_expiry is None:
            # one that was given by hand is sent until a server refuses it
            return self._token() is None
        import pendulum

        return pendulum.now("UTC") >= self.token_expiry.subtract(seconds=self._early)

    def obtain_token(self) -> None:
        """Ask for a token; override it."""
        raise NotImplementedError(f"{type(self).__name__} has no obtain_token().")

    def _token(self) -> str | None:
        """Return the token that is kept."""
        raise NotImplementedError(f"{type(self).__name__} keeps no token.")

    def _lives(self, seconds: float) -> None:
        """Note how long the token lives from now on."""
        import pendulum

        self.token_expiry = pendulum.now("UTC").add(seconds=seconds)
        # a clock that is behind, and the way to the server, take some of it
        vars(self)["_early"] = min(_EARLY, seconds / _SHARE)

    def _put_into(self, request: PreparedRequest) -> PreparedRequest:
        """Put a token into a request that is still good when it arrives, and another one if it is refused."""
        with self._lock():
            if self._token() is None or self.is_token_expired():
                self.obtain_token()
            token = self._good_token()
        request.headers["Authorization"] = f"Bearer {token}"
        request.register_hook("response", partial(self._after_refusal, token))
        return request

    def _good_token(self) -> str:
        token = self._token()
        if not token:
            raise ValueError(f"{type(self).__name__}: obtain_token() left no token behind.")
        return token

    def _sender(self) -> _requests.Session:
        if self.session is not None:
            return self.session
        # what sends requests of the program's own sources
        from dlt.sources.helpers.requests import client

        return client.session

    def _lock(self) -> threading.RLock:
        found: TokenLock = vars(self).setdefault("_token_lock", TokenLock())
        return found.lock

    def _after_refusal(self, used: str, response: Response, **kwargs: Any) -> Response:
        request = response.request
        # a redirect to another host leaves the token behind, and that host's 401 says nothing about it
        if response.status_code != _REFUSED or request.headers.get("Authorization") != f"Bearer {used}":
            return response
        # an answer knows the adapter that made it, unless a session of the program made it up
        adapter = vars(response).get("connection")
        if adapter is None:
            return response
        # the connection goes back to the pool
        _ = response.content
        response.close()
        again = request.copy()
        if isinstance(vars(again).get("_body_position"), int):
            rewind_body(again)
        again.headers["Authorization"] = f"Bearer {self._other_than(used)}"
        found: Response = adapter.send(again, **kwargs)
        found.history.append(response)
        found.request = again
        return found

    def _other_than(self, refused: str) -> str:
        with self._lock():
            # another thread may have asked for one in the meantime
            if self._token() == refused:
                self.obtain_token()
            return self._good_token()


def ask_for_token(session: _requests.Session, url: str, arguments: Mapping[str, Any], who: str) -> Any:
    """Return what a server of tokens answers.

    Args:
        session: What sends the request.
        url: Where to ask.
        arguments: Those of `session.post`.
        who: Which credentials ask, for messages.

    Raises:
        requests.HTTPError: it refuses.
    """
    if not url:
        raise ValueError(f"{who}: the URL at which tokens are asked for has no value. Pass it, or configure it.")
    # they hold the secret, which an error of a connection would show
    for part in ("data", "json", "headers"):
        remember(arguments.get(part))
    try:
        response = session.post(url, **arguments)
        response.raise_for_status()
    except _requests.HTTPError as error:
        answer = error.response
        if answer is None:
            raise
        kind = "Client" if answer.status_code < 500 else "Server"
        raise _requests.HTTPError(
            f"{answer.status_code} {kind} Error: {answer.reason} for url: {sanitize_url(str(answer.url))}: {who} was "
            f"given no token. {_reason(answer)}Check its id and secret, and what the server asks for beside them.",
            response=answer,
            request=answer.request,
        ) from None
    try:
        document = response.json()
    except ValueError:
        # a page of HTML may say everything but the reason
        document = None
    if not isinstance(document, dict):
        kind = response.headers.get("Content-Type", "no type")
        raise ValueError(
            f"{who}: {sanitize_url(url)} answered {response.status_code} with {kind}, which is no JSON object with a "
            "token. Is it the URL at which tokens are asked for?"
        )
    return document


def _reason(answer: Response) -> str:
    """Return what a server of tokens says in the two words that OAuth has for it."""
    try:
        document = answer.json()
    except ValueError:
        return ""
    error = document.get("error") if isinstance(document, dict) else None
    return f"It says {error!r}. " if isinstance(error, str) and len(error) < 100 else ""


def seconds_in(document: Mapping[str, Any], default: float) -> float:
    """Return how long a token lives, as the answer says it.

    Args:
        document: The answer.
        default: What counts where it says nothing that is a number.
    """
    try:
        # some servers tell it as text
        return float(document["expires_in"])
    except (KeyError, TypeError, ValueError):
        return float(default)

"""Clients of `requests` that try transient failures again."""

from __future__ import annotations

import functools
import random
import threading
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from contextvars import ContextVar
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import requests as _requests
from requests.exceptions import ChunkedEncodingError
from tenacity import RetryCallState, Retrying, retry_any, retry_if_exception_type, stop_after_attempt, wait_exponential
from tenacity.retry import retry_base

from dlt import user_log
from dlt.configuration.resolve import resolve_configuration
from dlt.configuration.run_context import run_context
from dlt.configuration.runtime import RuntimeConfiguration
from dlt.redact import redact
from dlt.sources.helpers.requests.limits import LIMITED, LONG_PAUSE, asked_wait, is_limited
from dlt.sources.helpers.requests.session import DEFAULT_TIMEOUT, Adapter, RequestOptions, Session, seconds_of
from dlt.sources.helpers.requests.typing import TimedeltaSeconds, TRequestTimeout
from dlt.user_log import logger

if TYPE_CHECKING:
    from requests import PreparedRequest
    from typing_extensions import Unpack

__all__ = [
    "DEFAULT_RETRY_EXCEPTIONS",
    "DEFAULT_RETRY_STATUS",
    "DEFAULT_TIMEOUT",
    "Client",
    "RetryPredicate",
    "Retrying",
    "retry_any",
    "retry_if_limited",
    "retry_if_predicate",
    "retry_if_status",
    "wait_exponential_jittered",
    "wait_exponential_retry_after",
]

DEFAULT_RETRY_STATUS = (429, *range(500, 600))
DEFAULT_RETRY_EXCEPTIONS: tuple[type[Exception], ...] = (
    _requests.ConnectionError,
    _requests.Timeout,
    ChunkedEncodingError,
)
RetryPredicate = Callable[[_requests.Response | None, BaseException | None], bool]
"""What tells of an answer, or of the error in its place, whether to send the request again."""


class _Unless(int):
    """The default of an argument, which the section `runtime` replaces; a number of a program is none of these."""


_TIMEOUT, _ATTEMPTS, _FACTOR, _LONGEST = _Unless(DEFAULT_TIMEOUT), _Unless(5), _Unless(1), _Unless(300)


# -- when to try again


class retry_if_status(retry_base):
    """Try again when the answer has one of some status codes.

    Args:
        status_codes: The codes.
    """

    def __init__(self, status_codes: Sequence[int]) -> None:
        self.status_codes = set(status_codes)

    def __call__(self, retry_state: RetryCallState) -> bool:
        """Tell whether the answer has one of them."""
        response = _answer(retry_state)
        return response is not None and response.status_code in self.status_codes


class retry_if_limited(retry_base):
    """Try again when the server refused with 403 because its limit is used up, and told when it counts anew."""

    def __call__(self, retry_state: RetryCallState) -> bool:
        """Tell whether it did."""
        response = _answer(retry_state)
        return response is not None and response.status_code != LIMITED and _is_limited(response)


class retry_if_predicate(retry_base):
    """Try again when a function of the program says so.

    Args:
        predicate: It gets the answer or None, and the error or None.
    """

    def __init__(self, predicate: RetryPredicate) -> None:
        self.predicate = predicate

    def __call__(self, retry_state: RetryCallState) -> bool:
        """Tell what the function says."""
        outcome = retry_state.outcome
        return self.predicate(_answer(retry_state), outcome.exception() if outcome else None)


class _stop_after_attempts(stop_after_attempt):
    """End after a number of attempts that failed, and after as many that came too often for the server."""

    def __call__(self, retry_state: RetryCallState) -> bool:
        """Tell whether it is enough."""
        response = _answer(retry_state)
        # tenacity counts all attempts together, and keeps one state for each request
        known = vars(retry_state)
        limited = known.get("limited_attempts", 0)
        if response is not None and _is_limited(response):
            known["limited_attempts"] = limited = limited + 1
            return bool(limited >= self.max_attempt_number)
        return bool(retry_state.attempt_number - limited >= self.max_attempt_number)


# -- how long to wait


class wait_exponential_jittered(wait_exponential):
    """Wait twice as long each time, and some random part of a second more, so that many clients do not come at once."""

    def __call__(self, retry_state: RetryCallState) -> float:
        """Return seconds."""
        return self._jittered(super().__call__(retry_state))

    def _jittered(self, seconds: float) -> float:
        return float(min(seconds + random.uniform(0, min(1.0, seconds)), self.max))


class wait_exponential_retry_after(wait_exponential_jittered):
    """Wait as long as the server asks, never longer than the maximum; else twice as long each time."""

    def __call__(self, retry_state: RetryCallState) -> float:
        """Return seconds."""
        response = _answer(retry_state)
        asked = None if response is None else asked_wait(response.status_code, response.headers)
        return super().__call__(retry_state) if asked is None else self._jittered(asked)


def _answer(state: RetryCallState) -> _requests.Response | None:
    """Return the answer of an attempt, also of one that raised because of it."""
    outcome = state.outcome
    if outcome is None:
        return None
    if not outcome.failed:
        found = outcome.result()
        return found if isinstance(found, _requests.Response) else None
    error = outcome.exception()
    # requests sets it to None where there was no answer
    return error.response if isinstance(error, _requests.RequestException) else None


def _is_limited(response: _requests.Response) -> bool:
    return is_limited(response.status_code, response.headers)


def _tell(state: RetryCallState) -> None:
    response, error = _answer(state), state.outcome.exception() if state.outcome else None
    request = error.request if isinstance(error, _requests.RequestException) else None
    if response is not None:
        request = response.request
    what = f"{response.status_code} {response.reason}" if response is not None else f"{type(error).__name__}: {error}"
    where = f"{request.method} {request.url!s}" if request is not None else "a request"
    pause = state.next_action.sleep if state.next_action else 0.0
    said = f"{where}: {what}. Attempt {state.attempt_number} failed; the next one follows in {pause:.1f} s."
    if pause < LONG_PAUSE:
        logger.warning(redact(said))
    else:
        # who watches would think that nothing goes on
        user_log.info(redact(said))


# -- clients


class Client:
    """Make sessions that retry, one for each thread.

    Arguments that are not given come from the section `runtime` of the configuration.

    Args:
        request_timeout: Seconds for connecting and for each read, or a tuple of both; None waits for ever.
        max_connections: Connections to a host that stay open for the next request.
        raise_for_status: Raise HTTPError for answers of 400 and above.
        status_codes: Answers that are tried again.
        exceptions: Errors after which a request is sent again.
        request_max_attempts: How often a request is sent at most; 0 and 1 mean once. Answers that say that the client
            asks too often are counted apart.
        retry_condition: Functions that get the answer or None and the error or None, and tell whether to try again.
        request_backoff_factor: Seconds before the second attempt; doubled before each further one.
        request_max_retry_delay: Seconds that are never exceeded between two attempts, whatever the server asks for.
        respect_retry_after_header: Wait as long as the server asks.
        session_attrs: Attributes of the sessions, such as headers.

    Raises:
        ValueError: a number is not one that can be used.
    """

    def __init__(
        self,
        request_timeout: TRequestTimeout | None = _TIMEOUT,
        max_connections: int = 50,
        raise_for_status: bool = True,
        status_codes: Sequence[int] = DEFAULT_RETRY_STATUS,
        exceptions: Sequence[type[Exception]] = DEFAULT_RETRY_EXCEPTIONS,
        request_max_attempts: int = _ATTEMPTS,
        retry_condition: RetryPredicate | Sequence[RetryPredicate] | None = None,
        request_backoff_factor: float = _FACTOR,
        request_max_retry_delay: TimedeltaSeconds = _LONGEST,
        respect_retry_after_header: bool = True,
        session_attrs: Mapping[str, Any] | None = None,
    ) -> None:
        self._settings: dict[str, Any] = {
            "request_timeout": request_timeout,
            "request_max_attempts": request_max_attempts,
            "request_backoff_factor": request_backoff_factor,
            "request_max_retry_delay": request_max_retry_delay,
        }
        self._check(self._settings)
        self._follows = [name for name, value in self._settings.items() if isinstance(value, _Unless)]
        self._raise, self._status, self._exceptions = raise_for_status, tuple(status_codes), tuple(exceptions)
        conditions = [retry_condition] if callable(retry_condition) else list(retry_condition or ())
        self._conditions = [retry_if_predicate(condition) for condition in conditions]
        self._respect, self._attributes = respect_retry_after_header, dict(session_attrs or {})
        self._connections = max_connections
        # nothing is read from the configuration at import, when the program has not said where it is
        self._read_at: object = None
        self._local, self._lock = threading.local(), threading.Lock()

    @staticmethod
    def _check(settings: Mapping[str, Any]) -> None:
        seconds_of(settings["request_timeout"])
        for name in ("request_max_attempts", "request_backoff_factor", "request_max_retry_delay"):
            value = settings[name]
            number = value.total_seconds() if isinstance(value, timedelta) else value
            if isinstance(number, bool) or not isinstance(number, (int, float)) or number < 0:
                raise ValueError(f"{name}: found {value!r}, expected a number that is not below zero.")

    def configure(self, config: RuntimeConfiguration | None = None) -> None:
        """Follow other settings, or those that the configuration has now.

        Args:
            config: The section `runtime`; looked up when None.
        """
        self.update_from_config(config or resolve_configuration(RuntimeConfiguration()))

    def update_from_config(self, config: RuntimeConfiguration) -> None:
        """Follow other settings; sessions are made anew.

        Args:
            config: The section `runtime`.
        """
        settings = {**self._settings, **{name: config[name] for name in self._settings}}
        self._check(settings)
        self._settings, self._read_at = settings, _settings_now()
        self._local = threading.local()

    @property
    def session(self) -> Session:
        """Return the session of this thread, made at its first use."""
        self._follow_configuration()
        found: Session | None = vars(self._local).get("session")
        if found is None:
            found = self._local.session = self._make()
        return found

    def _follow_configuration(self) -> None:
        """Read the settings that the program did not give, once, and again when the configuration was loaded anew."""
        if not self._follows or self._read_at == _settings_now():
            return
        # one thread reads them: a second one would take away the session that another has made since
        with self._lock:
            if self._read_at == _settings_now():
                return
            config = resolve_configuration(RuntimeConfiguration())
            settings = {**self._settings, **{name: config[name] for name in self._follows}}
            self._check(settings)
            self._local, self._settings = threading.local(), settings
            # last: who sees it goes on with what stands before it
            self._read_at = _settings_now()

    @property
    def longest_delay(self) -> float:
        """Return the seconds that are never exceeded between two attempts."""
        self._follow_configuration()
        value = self._settings["request_max_retry_delay"]
        return float(value.total_seconds() if isinstance(value, timedelta) else value)

    def _policy(self) -> Retrying:
        wait = wait_exponential_retry_after if self._respect else wait_exponential_jittered
        # the order of the conditions is that of 1.x, whose programs look at them
        return Retrying(
            wait=wait(multiplier=self._settings["request_backoff_factor"], max=self.longest_delay),
            retry=retry_any(
                retry_if_status(self._status),
                retry_if_exception_type(self._exceptions),
                *self._conditions,
                *([retry_if_limited()] if self._respect else []),
            ),
            stop=_stop_after_attempts(self._settings["request_max_attempts"]),
            before_sleep=_tell,
            # the last answer or the last error, and none of tenacity's own: programs catch those of requests
            retry_error_callback=lambda state: state.outcome.result() if state.outcome else None,
        )

    def _make(self) -> Session:
        session = Session(timeout=self._settings["request_timeout"], raise_for_status=self._raise)
        for scheme in ("https://", "http://"):
            session.mount(scheme, Adapter(pool_maxsize=self._connections))
        for name, value in self._attributes.items():
            current = vars(session).get(name)
            # headers, cookies and the like come on top of those that every session has
            if isinstance(current, MutableMapping):
                current.update(value)
            else:
                setattr(session, name, value)
        # an attribute of this one session: a session that a program makes by itself tries nothing again
        vars(session)["send"] = _retrying(session, self._policy())
        return session

    def request(self, method: str, url: str, **kwargs: Unpack[RequestOptions]) -> _requests.Response:
        """Send a request.

        Raises:
            HTTPError: the answer is 400 or above, after all attempts.
        """
        return self.session.request(method, url, **kwargs)

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


def _settings_now() -> tuple[object, int]:
    context = run_context()
    return context, context.settings_version


_sending: ContextVar[Session | None] = ContextVar("dlt_sending", default=None)


def _retrying(session: Session, policy: Retrying) -> Callable[..., _requests.Response]:
    """Return what sends requests of a session and tries again."""
    once = session.send
    again = policy.wraps(once)

    @functools.wraps(again)
    def send(request: PreparedRequest, **kwargs: Any) -> _requests.Response:
        # a redirect is followed from within: the whole chain is one attempt, and its parts have none of their own
        if _sending.get() is session:
            return once(request, **kwargs)
        token = _sending.set(session)
        try:
            return again(request, **kwargs)
        finally:
            _sending.reset(token)

    return send

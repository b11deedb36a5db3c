"""When `dlt.sources.helpers.requests` tries again, how long it waits, and when it gives up, on a real server."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from typing import Any

import pytest
from tenacity import RetryAction, RetryCallState, Retrying

import dlt
from dlt.configuration.runtime import RuntimeConfiguration
from dlt.sources.helpers import requests
from dlt.sources.helpers.requests.limits import RateLimiter, asked_wait, limit_ends
from dlt.sources.helpers.requests.retry import wait_exponential_jittered, wait_exponential_retry_after
from tests.servers.rest import Asked, Reply, RestServer

OK = {"ok": True}


def client(**changes: Any) -> requests.Client:
    """Return a client that does not wait long."""
    given: dict[str, Any] = {"request_backoff_factor": 0, "request_max_retry_delay": 0.05, **changes}
    return requests.Client(**given)


def after(
    response: requests.Response | None = None, error: Exception | None = None, attempt: int = 1
) -> RetryCallState:
    """Return the state of an attempt."""
    state = RetryCallState(Retrying(), None, (), {})
    state.attempt_number = attempt
    if error is not None:
        state.set_exception((type(error), error, None))  # type: ignore[arg-type]  # no traceback yet
    else:
        state.set_result(response)
    return state


def answer(status: int, **headers: str) -> requests.Response:
    """Return an answer."""
    found = requests.Response()
    found.status_code = status
    found.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return found


# -- what is tried again


def test_the_last_answer_is_raised(rest: RestServer) -> None:
    """After as many attempts as are allowed."""
    rest.on("/x", Reply(503))
    with pytest.raises(requests.HTTPError, match="503"):
        client().get(f"{rest.url}/x")
    assert len(rest.seen) == 5


@pytest.mark.parametrize("attempts", [0, 1])
def test_one_attempt_is_one(rest: RestServer, attempts: int) -> None:
    """Nothing is tried again."""
    rest.on("/x", Reply(503))
    assert client(request_max_attempts=attempts, raise_for_status=False).get(f"{rest.url}/x").status_code == 503
    assert len(rest.seen) == 1


def test_sessions_of_a_client_try_again_as_well(rest: RestServer) -> None:
    """Programs hand them to other libraries; a session that a program makes by itself does not."""
    rest.in_turn("/x", Reply(500), Reply(500), OK)
    session = client().session
    assert session.get(f"{rest.url}/x").json() == OK and session.timeout == 60 and session.raise_for_status
    rest.in_turn("/x", Reply(500), OK)
    with pytest.raises(requests.HTTPError):
        requests.Session().get(f"{rest.url}/x")
    assert requests.Session(raise_for_status=False, timeout=3).get(f"{rest.url}/x").json() == OK


@pytest.mark.parametrize("kind", ["cut", "cut before the headers", "slow"])
def test_broken_answers_are_asked_for_again(rest: RestServer, kind: str) -> None:
    """Those that end in the middle, and those that do not come."""
    never = threading.Event()
    broken = {
        "cut": Reply(document=[1] * 1000, cut=100),
        "cut before the headers": lambda _asked: (_ for _ in ()).throw(ConnectionError()),
        "slow": Reply(document=OK, hold=never),
    }[kind]
    tries = iter([broken, broken])

    def once(asked: Asked) -> Any:
        found = next(tries, OK)
        return found(asked) if callable(found) else found

    rest.on("/x", once)
    assert client(request_timeout=(10, 0.2) if kind == "slow" else 60).get(f"{rest.url}/x").json() == OK
    assert len(rest.seen) == 3
    never.set()


def test_nobody_who_answers(rest: RestServer) -> None:
    """Connections that are refused are tried again too, and the error is that of requests, without secrets."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(requests.ConnectionError) as caught:
            client(request_max_attempts=2).get(f"http://127.0.0.1:{port}/x", params={"api_key": "geheim"})
    assert "geheim" not in str(caught.value) and "geheim" not in repr(caught.value)


def test_connecting_has_a_limit_of_its_own() -> None:
    """Apart from reading; both as seconds or as Python has a length of time."""
    limits = [5, 2.5, timedelta(seconds=4), (1, 2), (timedelta(seconds=1), 2.5), None]
    found = [client(request_timeout=limit).session.timeout for limit in limits]
    assert found == [5, 2.5, 4.0, (1, 2), (1.0, 2.5), None]
    for wrong in (0, -1, "60", (1, 0)):
        with pytest.raises(ValueError, match="request_timeout"):
            client(request_timeout=wrong)
    for name in ("request_max_attempts", "request_backoff_factor", "request_max_retry_delay"):
        with pytest.raises(ValueError, match=name):
            client(**{name: -1})


def test_a_program_says_after_which_errors(rest: RestServer) -> None:
    """`exceptions=` takes the place of the usual ones."""
    rest.on("/x", Reply(document=[1] * 1000, cut=10))
    with pytest.raises(requests.ChunkedEncodingError):
        client(exceptions=(requests.ConnectionError,)).get(f"{rest.url}/x")
    assert len(rest.seen) == 1
    with pytest.raises(requests.ChunkedEncodingError):
        client(exceptions=[requests.ChunkedEncodingError], request_max_attempts=3).get(f"{rest.url}/x")
    assert len(rest.seen) == 4


def test_a_program_says_after_which_answers(rest: RestServer) -> None:
    """`retry_condition=` comes on top of the rest: APIs tell errors with 200, and with 400 what passes."""

    def by_body(response: requests.Response | None, error: BaseException | None) -> bool:
        assert (response is None) != (error is None) or isinstance(error, requests.HTTPError)
        return response is not None and "later" in response.text

    rest.in_turn("/x", {"error": "later"}, Reply(400, {"error": "later"}), Reply(503), OK)
    assert client(retry_condition=by_body).get(f"{rest.url}/x").json() == OK
    rest.in_turn("/x", {"error": "later"}, OK)
    assert client(retry_condition=[lambda _response, _error: False, by_body]).get(f"{rest.url}/x").json() == OK
    rest.on("/x", {"error": "later"})
    # the last answer is the program's, as it would be without a condition
    assert client(retry_condition=by_body, request_max_attempts=2).get(f"{rest.url}/x").json() == {"error": "later"}


def test_too_many_requests_are_counted_apart(rest: RestServer) -> None:
    """A server that asks for patience four times and is broken four times has not been given up."""
    replies = [reply for _ in range(4) for reply in (Reply(429, headers={"Retry-After": "0"}), Reply(500))]
    rest.in_turn("/x", *replies, OK)
    assert client().get(f"{rest.url}/x").json() == OK
    rest.on("/x", Reply(429))
    rest.seen.clear()
    with pytest.raises(requests.HTTPError, match="429"):
        client().get(f"{rest.url}/x")
    assert len(rest.seen) == 5


def test_a_used_up_limit_is_waited_for(rest: RestServer) -> None:
    """GitHub refuses with 403, and says when it counts anew; any other 403 raises at once."""
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(time.time()) + 3000)}
    rest.in_turn("/x", Reply(403, headers=headers), OK)
    assert client().get(f"{rest.url}/x").json() == OK
    rest.in_turn("/x", Reply(403, headers={**headers, "X-RateLimit-Remaining": "7"}), OK)
    with pytest.raises(requests.HTTPError, match="403"):
        client().get(f"{rest.url}/x")


def test_a_redirect_is_part_of_its_attempt(rest: RestServer) -> None:
    """What it leads to is not tried again on its own: five attempts are five, and not twenty-five."""
    rest.on("/start", Reply(302, headers={"Location": "/end"}))
    rest.on("/end", Reply(503))
    with pytest.raises(requests.HTTPError):
        client().get(f"{rest.url}/start")
    assert rest.paths() == ["/start", "/end"] * 5


def test_bodies_are_sent_again(rest: RestServer) -> None:
    """The same on each attempt."""
    rest.in_turn("/x", Reply(500), OK)
    client().post(f"{rest.url}/x", json={"a": 1})
    assert [asked.json for asked in rest.seen] == [{"a": 1}] * 2


def test_hooks_decide_before_the_policy(rest: RestServer) -> None:
    """An answer that a hook mended is not tried again, and does not raise."""

    def mend(response: requests.Response, *_args: Any, **_kwargs: Any) -> None:
        response.status_code = 204

    rest.on("/x", Reply(503))
    assert client().get(f"{rest.url}/x", hooks={"response": mend}).status_code == 204
    assert len(rest.seen) == 1


# -- how long it waits


@pytest.mark.parametrize("value", ["9999", "1e9999", "date"])
def test_no_server_makes_a_client_wait_for_long(rest: RestServer, value: str) -> None:
    """Whatever it asks for, as a number or as a date, the longest delay is that of the client."""
    if value == "date":
        value = format_datetime(datetime.now(timezone.utc) + timedelta(days=3), usegmt=True)
    rest.in_turn("/x", Reply(429, headers={"Retry-After": value}), Reply(503, headers={"Retry-After": value}), OK)
    assert client().get(f"{rest.url}/x").json() == OK


def test_what_a_server_asks_for_is_waited() -> None:
    """And up to a second more, never more than the maximum; what it does not say right is not obeyed."""
    wait = wait_exponential_retry_after(multiplier=2, max=300)
    assert 4 <= wait(after(answer(429, Retry_After="4"))) <= 5
    assert wait(after(answer(503, Retry_After="0"))) == 0
    assert wait(after(answer(503, Retry_After="9999"))) == 300
    soon = format_datetime(datetime.now(timezone.utc) + timedelta(seconds=100), usegmt=True)
    assert 90 <= wait(after(answer(503, Retry_After=soon))) <= 101
    assert wait(after(answer(503, Retry_After="Wed, 21 Oct 2015 07:28:00 GMT"))) == 0
    for nonsense in ("soon", "", "-3x", "Wed, 99 Foo 2015"):
        assert 2 <= wait(after(answer(503, Retry_After=nonsense))) <= 3, nonsense
    error = requests.HTTPError("no", response=answer(429, Retry_After="7"))
    assert 7 <= wait(after(error=error)) <= 8
    plain = wait_exponential_jittered(multiplier=2, max=300)
    assert 2 <= plain(after(answer(429, Retry_After="100"))) <= 3


def test_delays_double_and_differ() -> None:
    """Many clients that failed together do not come back together."""
    wait = wait_exponential_retry_after(multiplier=1, max=20)
    for attempt, base in ((1, 1), (2, 2), (3, 4), (4, 8), (5, 16), (6, 20), (2000, 20)):
        found = {wait(after(error=requests.ConnectionError(), attempt=attempt)) for _ in range(20)}
        assert all(base <= seconds <= min(base + 1, 20) for seconds in found)
        assert len(found) > 1 or base == 20


def test_the_end_of_a_limit_is_a_moment_or_a_length() -> None:
    """GitHub tells seconds since 1970, others milliseconds or the seconds that are left."""
    now = time.time()
    assert limit_ends({"X-RateLimit-Reset": "30"}) == 30
    for value in (f"{now + 30:.0f}", f"{(now + 30) * 1000:.0f}"):
        found = limit_ends({"X-RateLimit-Reset": value})
        assert found is not None and 20 < found <= 31
    assert limit_ends({"X-RateLimit-Reset": f"{now - 30:.0f}"}) == 0
    assert limit_ends({"RateLimit-Reset": "5, 5;w=60"}) == 5
    assert limit_ends({"X-RateLimit-Reset": "2026-01-01"}) is None
    # an answer that was given says nothing about waiting
    assert asked_wait(500, {"X-RateLimit-Reset": "30"}) is None and asked_wait(429, {"X-RateLimit-Reset": "30"}) == 30


def test_a_bucket_of_tokens() -> None:
    """So many at once as fit, and then no more than come in; how long that takes is all that can be seen."""
    limiter = RateLimiter(100, burst=3)
    began = time.monotonic()
    for _ in range(13):
        limiter.wait()
    # ten came in since, at a hundred a second
    assert time.monotonic() - began >= 0.09
    limiter.heed({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "3000"}, longest=0.05)
    limiter.wait()
    assert time.monotonic() - began >= 0.14
    for wrong in (0, -1, float("inf"), True, "5"):
        with pytest.raises(ValueError, match="rate_limit"):
            RateLimiter(wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(("pause", "is_told"), [(60.0, True), (3.0, False)])
def test_a_long_wait_is_told(pause: float, is_told: bool, capfd: pytest.CaptureFixture[str]) -> None:
    """People would think that the program hangs; no secret of the URL is shown."""
    response = answer(429)
    response.reason = "Too Many Requests"
    response.request = requests.Request("GET", "http://api.example/x?api_key=geheim").prepare()
    state = after(response)
    state.next_action = RetryAction(pause)
    vars(requests.Client()._policy())["before_sleep"](state)
    told = capfd.readouterr().err
    assert ("the next one follows in 60.0 s" in told) == is_told and "geheim" not in told


# -- settings and sessions


def test_settings_follow_the_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that the program does not give; when it is loaded anew, sessions are made anew."""
    monkeypatch.setenv("RUNTIME__REQUEST_TIMEOUT", "41")
    monkeypatch.setenv("RUNTIME__REQUEST_MAX_RETRY_DELAY", "7")
    follows, given = (
        requests.Client(),
        requests.Client(request_timeout=60, request_max_retry_delay=timedelta(minutes=1)),
    )
    assert (follows.session.timeout, follows.longest_delay) == (41, 7)
    assert (given.session.timeout, given.longest_delay) == (60, 60)
    before = follows.session
    monkeypatch.setenv("RUNTIME__REQUEST_TIMEOUT", "42")
    assert follows.session is before
    dlt.current.run_context().reload()
    assert follows.session.timeout == 42 and given.session.timeout == 60
    follows.update_from_config(RuntimeConfiguration(request_timeout=43))
    assert follows.session.timeout == 43
    monkeypatch.setenv("RUNTIME__REQUEST_TIMEOUT", "44")
    follows.configure()
    assert follows.session.timeout == 44
    requests.init(RuntimeConfiguration(request_timeout=45))
    assert requests.client.session.timeout == 45
    monkeypatch.setenv("RUNTIME__REQUEST_TIMEOUT", "0")
    with pytest.raises(ValueError, match="request_timeout"):
        requests.client.configure()
    monkeypatch.delenv("RUNTIME__REQUEST_TIMEOUT")
    requests.client.configure()


def test_each_thread_has_a_session(rest: RestServer) -> None:
    """Its cookies are not those of another one."""
    rest.on("/x", lambda asked: Reply(document=asked.headers.get("cookie"), headers={"Set-Cookie": f"n={asked.query}"}))
    shared = client()
    found: dict[int, Any] = {}

    def use(number: int) -> None:
        url = f"{rest.url}/x?{number}"
        found[number] = (shared.session, shared.get(url).json(), shared.get(url).json(), shared.session)

    _in_threads(use, 3)
    assert len({id(session) for session, *_ in found.values()}) == 3
    assert all(begun is ended for begun, _, _, ended in found.values())
    assert {number: (first, second) for number, (_, first, second, _) in found.items()} == {
        number: (None, f"n={number}") for number in range(3)
    }


def _in_threads(function: Callable[[int], None], count: int) -> None:
    threads = [threading.Thread(target=function, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_names_that_programs_import() -> None:
    """All that the module of 1.x has."""
    wanted = """client get post put patch delete options head request init Session Request Response ConnectionError
        ConnectTimeout FileModeWarning HTTPError ReadTimeout RequestException Timeout TooManyRedirects URLRequired
        ChunkedEncodingError Client RetryError"""
    assert set(wanted.split()) <= set(requests.__all__)
    for name in requests.__all__:
        assert vars(requests)[name] is not None

"""`dlt.sources.helpers.requests` against a real server."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, ClassVar

import pytest

requests = pytest.importorskip("dlt.sources.helpers.requests", exc_type=ImportError)


class _Handler(BaseHTTPRequestHandler):
    seen: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.seen.append(self.path)
        busy = self.path == "/busy" and self.seen.count("/busy") < 3
        self.send_response(503 if busy else 404 if self.path.startswith("/gone") else 200)
        self.end_headers()
        self.wfile.write(b'{"ok": true}')

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[str]:
    """Return the URL of a server that is busy twice."""
    _Handler.seen.clear()
    found = HTTPServer(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=found.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{found.server_port}"
    found.shutdown()
    thread.join()
    found.server_close()


def test_a_busy_server_is_asked_again(server: str) -> None:
    """Transient answers are retried."""
    client = requests.Client(request_backoff_factor=0.01)
    assert client.get(f"{server}/busy").json() == {"ok": True}
    assert _Handler.seen == ["/busy"] * 3


def test_an_error_raises_at_once(server: str) -> None:
    """Answers that a retry would not change raise."""
    with pytest.raises(requests.HTTPError):
        requests.get(f"{server}/gone")
    assert _Handler.seen == ["/gone"]


class _Redirecting(BaseHTTPRequestHandler):
    targets: ClassVar[dict[str, str]] = {}
    received: ClassVar[list[tuple[str, dict[str, str]]]] = []

    def do_GET(self) -> None:
        self.received.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
        target = self.targets.get(self.path)
        self.send_response(302 if target else 200)
        if target:
            self.send_header("Location", target)
        if self.path == "/other":
            self.send_header("Set-Cookie", "own=1")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def hosts() -> Iterator[tuple[str, str]]:
    """Return the URLs of two servers that redirect: two ports, and each is reached as 127.0.0.1 and as localhost."""
    _Redirecting.targets.clear()
    _Redirecting.received.clear()
    servers = [HTTPServer(("127.0.0.1", 0), _Redirecting) for _ in range(2)]
    threads = [threading.Thread(target=server.serve_forever, args=(0.01,)) for server in servers]
    for thread in threads:
        thread.start()
    yield f"http://127.0.0.1:{servers[0].server_port}", f"http://127.0.0.1:{servers[1].server_port}"
    for server, thread in zip(servers, threads, strict=True):
        server.shutdown()
        thread.join()
        server.server_close()


SECRETS = {"X-Api-Key": "geheim", "X-Own-Thing": "geheim", "Authorization": "Bearer geheim", "Cookie": "sid=geheim"}


@pytest.mark.parametrize("through", ["request", "session", "prepared"])
@pytest.mark.parametrize("kind", ["name", "port"])
def test_credentials_do_not_follow_to_another_host(hosts: tuple[str, str], kind: str, through: str) -> None:
    """Not the known headers, not a program's own, no cookie of the session; also not on the hops after that."""
    first, second = hosts
    other = first.replace("127.0.0.1", "localhost") if kind == "name" else second
    _Redirecting.targets.update({"/start": f"{other}/other", "/other": f"{other}/end"})
    client = requests.Client()
    client.session.cookies.set("anywhere", "geheim")
    headers = {**SECRETS, "Accept": "application/json"}
    if through == "request":
        client.get(f"{first}/start", headers=headers)
    elif through == "session":
        client.session.headers.update(headers)
        client.session.get(f"{first}/start")
    else:
        request = client.session.prepare_request(requests.Request("GET", f"{first}/start", headers=headers))
        client.session.send(request)
    (_, begun), (_, over), (_, after) = _Redirecting.received
    assert begun["x-api-key"] == begun["x-own-thing"] == "geheim" and "geheim" in begun["cookie"]
    for received in (over, after):
        assert "geheim" not in str(received) and received["accept"] == "application/json"
    assert after["cookie"] == "own=1"


def test_credentials_follow_on_the_same_host(hosts: tuple[str, str]) -> None:
    """A path that moved is asked with all that the first one got."""
    first, _ = hosts
    _Redirecting.targets["/start"] = "/moved"
    requests.get(f"{first}/start", headers=SECRETS)
    moved = _Redirecting.received[1][1]
    assert moved["x-api-key"] == "geheim" and moved["authorization"] == "Bearer geheim"


@pytest.mark.parametrize(
    ("old", "new", "stays"),
    [
        ("http://a.example/x", "https://a.example/x", True),
        ("https://a.example/x", "http://a.example/x", False),
        ("https://a.example/x", "https://a.example:444/x", False),
        ("https://a.example/x", "https://b.example/x", False),
    ],
)
def test_scheme_port_and_host_count(old: str, new: str, stays: bool) -> None:
    """To https on the usual ports is an upgrade; the way back is another place."""
    session = requests.Session()
    before = session.prepare_request(requests.Request("GET", old, headers={"X-Api-Key": "geheim"}))
    answer = requests.Response()
    answer.request = before
    following = before.copy()
    following.url = new
    session.rebuild_auth(following, answer)
    assert ("X-Api-Key" in following.headers) == stays


def test_errors_show_no_secret_of_the_request(server: str) -> None:
    """Parameters, headers and passwords, in answers of 400 and above and where nobody answers."""
    with pytest.raises(requests.HTTPError) as caught:
        requests.get(f"{server}/gone", params={"page": 3, "api_key": "geheim-abc"})
    assert (
        "geheim" not in str(caught.value) and "page=3" in str(caught.value) and caught.value.response.status_code == 404
    )
    with pytest.raises(requests.RequestException) as refused:
        requests.Session().get(f"{server}/gone", headers={"X-Api-Key": "geheim-def\nx"})
    assert "geheim" not in repr(refused.value)


def test_every_method_of_a_client_sends_its_own(server: str) -> None:
    """With the attributes of its sessions, which come on top of those that every session has."""
    client = requests.Client(
        session_attrs={"headers": {"X-Own": "1"}, "params": {"page": "2"}, "max_redirects": 3}, request_max_attempts=1
    )
    seen: list[tuple[str | None, str | None, str | None]] = []

    def note(response: Any, *_args: Any, **_options: Any) -> None:
        asked = response.request
        seen.append((asked.method, asked.headers.get("X-Own"), asked.url))

    client.session.hooks["response"].append(note)
    methods = ("get", "post", "put", "patch", "delete", "head", "options")
    for method in methods:
        if method in ("get",):
            getattr(client, method)(f"{server}/x")
            continue
        # the server knows GET only, which is an error of the answer and none of the request
        with pytest.raises(requests.HTTPError):
            getattr(client, method)(f"{server}/x")
    assert seen == [(method.upper(), "1", f"{server}/x?page=2") for method in methods]
    assert "User-Agent" in client.session.headers and client.session.max_redirects == 3


def test_an_answer_may_be_taken_as_it_is(server: str) -> None:
    """`raise_for_status=False` leaves it to the program, and `status_codes` says what is tried again."""
    client = requests.Client(
        raise_for_status=False, status_codes=(404,), request_max_attempts=3, request_backoff_factor=0.01
    )
    assert client.get(f"{server}/gone").status_code == 404
    assert _Handler.seen == ["/gone"] * 3
    _Handler.seen.clear()
    assert client.get(f"{server}/busy").status_code == 503
    assert _Handler.seen == ["/busy"]


def test_settings_of_all_clients_come_from_the_configuration(monkeypatch: pytest.MonkeyPatch, server: str) -> None:
    """As the section `runtime` has them; what a program gives comes before."""
    monkeypatch.setenv("RUNTIME__REQUEST_MAX_ATTEMPTS", "2")
    monkeypatch.setenv("RUNTIME__REQUEST_BACKOFF_FACTOR", "0.01")
    for client, tries in ((requests.Client(raise_for_status=False), 2), (requests.Client(request_max_attempts=3), 3)):
        _Handler.seen.clear()
        client.get(f"{server}/busy")
        assert len(_Handler.seen) == tries


def test_a_session_is_made_once(server: str) -> None:
    """Its connections and cookies are those of the next request."""
    client = requests.Client()
    assert client.session is client.session
    assert isinstance(client.get(f"{server}/x"), requests.Response)


def test_parts_are_where_programs_import_them_from() -> None:
    """Clients and what they try again, sessions and how long they wait."""
    from dlt.sources.helpers.requests.retry import DEFAULT_RETRY_EXCEPTIONS, DEFAULT_RETRY_STATUS, Client
    from dlt.sources.helpers.requests.session import DEFAULT_TIMEOUT, Session

    assert requests.Client is Client and requests.Session is Session
    assert {429, 500, 503, 599} <= set(DEFAULT_RETRY_STATUS) and 404 not in DEFAULT_RETRY_STATUS
    assert requests.ConnectionError in DEFAULT_RETRY_EXCEPTIONS and DEFAULT_TIMEOUT == 60

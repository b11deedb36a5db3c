"""An HTTP API on 127.0.0.1 whose answers are functions of the test; it remembers what it was asked."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Asked:
    """A request.

    Attributes:
        method: Its method.
        path: Its path, without the query.
        query: Parameters of the query, the last value of each.
        headers: Headers, by names in lower case.
        body: The body.
        groups: What the groups of the route's pattern found in the path.
    """

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    groups: tuple[str, ...] = ()

    @property
    def json(self) -> Any:
        """Return the body as JSON."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Answer:
    """An answer that is more than a document.

    Attributes:
        body: A document, or bytes as they are.
        status: Its status.
        headers: Its headers.
    """

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


Route = Callable[[Asked], Any]


class WebApi:
    """The API; routes are tried in the order in which they were added."""

    def __init__(self) -> None:
        self.seen: list[Asked] = []
        self._routes: list[tuple[re.Pattern[str], Route]] = []
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def route(self, pattern: str, answer: Any) -> None:
        """Answer requests whose path is like a pattern.

        Args:
            pattern: A regular expression for the whole path.
            answer: A document, an `Answer`, or a function of the request that gives one of them.
        """
        given = answer if callable(answer) else (lambda _asked: answer)
        self._routes.insert(0, (re.compile(pattern), given))

    def asked(self, pattern: str) -> list[Asked]:
        """Return the requests so far whose path is like a pattern."""
        return [asked for asked in self.seen if re.fullmatch(pattern, asked.path)]

    def close(self) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, asked: Asked) -> Answer:
        with self._lock:
            self.seen.append(asked)
        for pattern, answer in self._routes:
            found = pattern.fullmatch(asked.path)
            if found:
                made = answer(Asked(**{**vars(asked), "groups": found.groups()}))
                return made if isinstance(made, Answer) else Answer(made)
        return Answer({"error": "not found"}, 404)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        api = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # or each answer waits for the client's delayed acknowledgement
            disable_nagle_algorithm = True

            def _all(self) -> None:
                parts = urlsplit(self.path)
                query = {name: values[-1] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
                headers = {name.lower(): value for name, value in self.headers.items()}
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                answer = api._answer(Asked(self.command, parts.path, query, headers, body))
                content = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
                if answer.status == 204:
                    content = b""
                self.send_response(answer.status)
                for name, value in {"Content-Type": "application/json", **answer.headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _all

            def log_message(self, format: str, *args: object) -> None:
                """Keep the output of tests to what tests say."""

        return Handler


@contextmanager
def web_api() -> Iterator[WebApi]:
    """Start an API for the length of a block."""
    api = WebApi()
    try:
        yield api
    finally:
        api.close()

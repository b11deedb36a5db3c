"""A REST API on 127.0.0.1: real sockets, and answers that a test writes as functions."""

from __future__ import annotations

import json
import ssl
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit


@dataclass
class Asked:
    """A request that arrived."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes

    @property
    def params(self) -> dict[str, list[str]]:
        """Return the parameters of the URL."""
        return parse_qs(self.query, keep_blank_values=True)

    @property
    def form(self) -> dict[str, list[str]]:
        """Return the fields of a form in the body."""
        return parse_qs(self.body.decode(), keep_blank_values=True)

    @property
    def json(self) -> Any:
        """Return the document in the body."""
        return json.loads(self.body)

    def param(self, name: str, default: Any = None) -> Any:
        """Return a parameter of the URL, as what the default is."""
        found = self.params.get(name)
        if found is None:
            return default
        return found[-1] if default is None else type(default)(found[-1])


@dataclass
class Reply:
    """An answer that is more than a document.

    Attributes:
        status: The status.
        document: The document, written as JSON.
        body: The bytes, in place of a document.
        headers: Headers on top of the usual ones.
        cut: Close the connection after so many bytes of the body.
        hold: Answer when this is set.
    """

    status: int = 200
    document: Any = None
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    hold: threading.Event | None = None


Route = Callable[[Asked], Any]
"""Returns a Reply, or a document."""


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that go away in the middle: tests do it on purpose."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class RestServer:
    """Answer as routes say; `seen` has what arrived, in order."""

    def __init__(self) -> None:
        self.seen: list[Asked] = []
        self.routes: dict[str, Route] = {}
        self._lock = threading.Lock()
        self._server = _Quiet(("127.0.0.1", 0), self._handler())
        self.port = int(self._server.server_address[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self.other_url = f"http://localhost:{self.port}"
        """The same server under the name of another host."""

    def over(self, context: ssl.SSLContext) -> None:
        """Speak TLS; before it starts.

        Args:
            context: The certificate, with its key.
        """
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.url = f"https://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Begin to answer."""
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()

    def clear(self) -> None:
        """Forget routes and requests."""
        self.seen.clear()
        self.routes.clear()

    def on(self, path: str, answer: Any) -> None:
        """Say what a path answers: a function, or always the same.

        Args:
            path: The path; one that ends in `*` is for all that begin so.
            answer: A function of the request, a Reply, or a document.
        """
        self.routes[path] = answer if callable(answer) else lambda _asked: answer

    def in_turn(self, path: str, *answers: Any) -> None:
        """Let a path answer one thing after the other, and then always the last."""
        left = list(answers)

        def answer(_asked: Asked) -> Any:
            with self._lock:
                return left.pop(0) if len(left) > 1 else left[0]

        self.routes[path] = answer

    def paths(self) -> list[str]:
        """Return what was asked for, with the parameters."""
        return [f"{asked.path}?{asked.query}" if asked.query else asked.path for asked in self.seen]

    def _answer(self, asked: Asked) -> Reply:
        route = self.routes.get(asked.path)
        if route is None:
            starts = [path for path in self.routes if path.endswith("*") and asked.path.startswith(path[:-1])]
            if not starts:
                return Reply(404, {"error": f"nothing at {asked.path}"})
            route = self.routes[max(starts, key=len)]
        found = route(asked)
        return found if isinstance(found, Reply) else Reply(document=found)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def _all(self) -> None:
                parts = urlsplit(self.path)
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                asked = Asked(self.command, parts.path, parts.query, headers, body)
                server.seen.append(asked)
                try:
                    self._write(server._answer(asked))
                except ConnectionError:
                    # the client has gone
                    self.close_connection = True

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = _all

            def _write(self, reply: Reply) -> None:
                if reply.hold is not None:
                    reply.hold.wait(30)
                content = json.dumps(reply.document).encode() if reply.body is None else reply.body
                if reply.status == 204:
                    content = b""
                self.send_response(reply.status)
                for name, value in {"Content-Type": "application/json", **reply.headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                if self.command == "HEAD":
                    return
                if reply.cut is not None:
                    self.wfile.write(content[: reply.cut])
                    self.close_connection = True
                    return
                self.wfile.write(content)

            def log_message(self, *_: Any) -> None:
                """Write nothing: tests look at `seen`."""

        return Handler


def numbered(items: Sequence[Any], size: int, base: int = 1, **told: Callable[[int, int], Any]) -> Route:
    """Return a route with pages by number, of which the first is the default.

    Args:
        items: All items.
        size: Items of a page.
        base: Number of the first page.
        **told: What stands beside the items: functions of the page's number and the number of pages.
    """
    total = -(-len(items) // size)

    def answer(asked: Asked) -> dict[str, Any]:
        page = asked.param("page", base)
        start = (page - base) * size
        return {
            "items": list(items[start : start + size]) if start >= 0 else [],
            **{name: tell(page, total) for name, tell in told.items()},
        }

    return answer


def linked(items: Sequence[Any], size: int, next_url: Callable[[Asked, str], str] | None = None) -> Route:
    """Return a route with the path of the next page in `next`, which holds all parameters of the request.

    Args:
        items: All items.
        size: Items of a page.
        next_url: Makes the URL of its path and parameters.
    """

    def answer(asked: Asked) -> dict[str, Any]:
        start = asked.param("after", 0)
        others = [(name, value) for name, values in asked.params.items() if name != "after" for value in values]
        path = f"{asked.path}?{urlencode([*others, ('after', start + size)])}"
        following = (next_url(asked, path) if next_url else path) if start + size < len(items) else None
        return {"items": list(items[start : start + size]), "next": following}

    return answer


def offset(items: Sequence[Any], total: Callable[[int], Any] | None = None) -> Route:
    """Return a route with pages by offset and limit, in the URL or in the body.

    Args:
        items: All items.
        total: What stands in `total`, by the offset.
    """

    def answer(asked: Asked) -> dict[str, Any]:
        body = asked.json if asked.body else {}
        start = int(body.get("offset", asked.param("offset", 0)))
        limit = int(body.get("limit", asked.param("limit", 10)))
        told = {} if total is None else {"total": total(start)}
        return {"items": list(items[start : start + limit]), **told}

    return answer

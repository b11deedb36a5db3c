"""`dlt.sources.helpers.requests` against a real server."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import ClassVar

import pytest

requests = pytest.importorskip("dlt.sources.helpers.requests", exc_type=ImportError)


class _Handler(BaseHTTPRequestHandler):
    seen: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.seen.append(self.path)
        busy = self.path == "/busy" and self.seen.count("/busy") < 3
        self.send_response(503 if busy else 404 if self.path == "/gone" else 200)
        self.end_headers()
        self.wfile.write(b'{"ok": true}')

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[str]:
    """Return the URL of a server that is busy twice."""
    _Handler.seen.clear()
    found = HTTPServer(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=found.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{found.server_port}"
    found.shutdown()
    thread.join()
    found.server_close()


def test_a_busy_server_is_asked_again(server: str) -> None:
    """Public API 15: transient answers are retried."""
    client = requests.Client(request_backoff_factor=0.01)
    assert client.get(f"{server}/busy").json() == {"ok": True}
    assert _Handler.seen == ["/busy"] * 3


def test_an_error_raises_at_once(server: str) -> None:
    """Public API 15: answers that a retry would not change raise."""
    with pytest.raises(requests.HTTPError):
        requests.get(f"{server}/gone")
    assert _Handler.seen == ["/gone"]

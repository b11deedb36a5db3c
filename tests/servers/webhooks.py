"""A server that takes messages, or does with them what servers do: waits, refuses, hangs, sends elsewhere."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Webhooks:
    """Take JSON documents on 127.0.0.1.

    Attributes:
        taken: What was delivered, in order: the path, and the document.
        asked: What came, answered or not.
        status: What is answered.
        body: What stands in the answer.
        open: While it is not set, nothing is answered.
    """

    def __init__(self) -> None:
        self.taken: list[tuple[str, dict[str, Any]]] = []
        self.asked: list[str] = []
        self.status, self.body = 200, b"ok"
        self.open = threading.Event()
        self.open.set()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])
        self.url = f"http://127.0.0.1:{self.port}/geheim-der-adresse"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def documents(self) -> list[dict[str, Any]]:
        """Return the documents that were delivered."""
        return [document for _, document in list(self.taken)]

    def close(self) -> None:
        """Stop; whoever waits for an answer gets one."""
        self.open.set()
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                text = self.rfile.read(int(self.headers["Content-Length"]))
                outer.asked.append(self.path)
                outer.open.wait()
                if outer.status == 200:
                    outer.taken.append((self.path, json.loads(text)))
                self.send_response(outer.status)
                if 300 <= outer.status < 400:
                    self.send_header("Location", outer.url)
                self.send_header("Content-Length", str(len(outer.body)))
                self.end_headers()
                self.wfile.write(outer.body)

            def do_GET(self) -> None:
                outer.asked.append(f"GET {self.path}")
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                """Stay silent."""

        return Handler

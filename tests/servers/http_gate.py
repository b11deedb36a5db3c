"""A reverse proxy on 127.0.0.1 that answers in place of its server when a test says so, and gives Google's tokens."""

from __future__ import annotations

import http.client
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

_TOKEN = "token-of-the-gate"
_OF_CONNECTIONS = {"connection", "transfer-encoding", "keep-alive"}


class HttpGate:
    """Pass requests to a server.

    Args:
        port: Port of the server.
        public_keys: Certificate or public key of each service account that may get a token, by email; requests without
            one of these tokens are then refused.
        refresh_tokens: Refresh tokens of users that may get a token.
    """

    def __init__(
        self, port: int, public_keys: dict[str, str] | None = None, refresh_tokens: tuple[str, ...] = ()
    ) -> None:
        self.server_port, self.public_keys, self.refresh_tokens = port, public_keys or {}, refresh_tokens
        self.wants_token = bool(public_keys or refresh_tokens)
        self.seen: list[tuple[str, str, dict[str, str]]] = []
        self._faults: list[tuple[int, str, bytes]] = []
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def fail(self, status: int, times: int = 1, method: str = "", body: bytes = b"") -> None:
        """Answer the next requests, all or those of a method, with an error."""
        with self._lock:
            self._faults += [(status, method, body)] * times

    def pass_all(self) -> None:
        """Answer no more requests in place of the server."""
        with self._lock:
            self._faults.clear()

    def close(self) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()

    def _fault(self, method: str) -> tuple[int, bytes] | None:
        with self._lock:
            for fault in self._faults:
                if fault[1] in ("", method):
                    self._faults.remove(fault)
                    return fault[0], fault[2]
        return None

    def token(self, form: dict[str, list[str]]) -> dict[str, Any] | None:
        """Return what Google's token server answers to a request, None if it refuses."""
        from google.auth import jwt

        if form.get("refresh_token", [""])[0] in self.refresh_tokens:
            return {"access_token": _TOKEN, "expires_in": 3600, "token_type": "Bearer"}
        assertion = form.get("assertion", [""])[0]
        # Google's library has no types
        decode: Any = jwt.decode
        try:
            claims = decode(assertion, certs=None, verify=False)
            decode(assertion, certs=self.public_keys[claims["iss"]])
        except (KeyError, ValueError):
            return None
        can_write = "devstorage.read_write" in claims.get("scope", "") or "devstorage.full" in claims.get("scope", "")
        return {"access_token": _TOKEN, "expires_in": 3600, "token_type": "Bearer"} if can_write else None

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        gate = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _all(self) -> None:
                body = self._body()
                gate.seen.append((self.command, self.path, dict(self.headers.items())))
                if self.path == "/token":
                    found = gate.token(parse_qs(body.decode()))
                    refused = {"error": "invalid_grant", "error_description": "Invalid JWT Signature."}
                    return self._answer(200 if found else 400, json.dumps(found or refused).encode())
                if fault := gate._fault(self.command):
                    return self._answer(*fault)
                if gate.wants_token and self.headers.get("Authorization") != f"Bearer {_TOKEN}":
                    return self._answer(403, b'{"error": {"code": 403, "message": "Anonymous caller."}}')
                server = http.client.HTTPConnection("127.0.0.1", gate.server_port, timeout=60)
                try:
                    server.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
                    for name, value in self.headers.items():
                        if name.lower() not in {*_OF_CONNECTIONS, "content-length"}:
                            server.putheader(name, value)
                    server.putheader("Content-Length", str(len(body)))
                    server.endheaders(body)
                    answer = server.getresponse()
                    self._answer(answer.status, answer.read(), answer.getheaders())
                finally:
                    server.close()

            do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _all

            def _body(self) -> bytes:
                if "chunked" not in self.headers.get("Transfer-Encoding", ""):
                    return self.rfile.read(int(self.headers.get("Content-Length") or 0))
                parts = []
                while size := int(self.rfile.readline().split(b";")[0], 16):
                    parts.append(self.rfile.read(size))
                    self.rfile.readline()
                self.rfile.readline()
                return b"".join(parts)

            def _answer(self, status: int, body: bytes, headers: list[tuple[str, str]] | None = None) -> None:
                self.send_response_only(status)
                length = str(len(body))
                for name, value in headers or [("Content-Type", "application/json")]:
                    if name.lower() == "content-length":
                        length = value if self.command == "HEAD" else length
                    elif name.lower() not in _OF_CONNECTIONS:
                        self.send_header(name, value)
                if status not in (204, 304):
                    self.send_header("Content-Length", length)
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                """Write nothing: tests look at `seen`."""

        return Handler

"""A TCP proxy on 127.0.0.1 that ends connections in the middle, by RST or by FIN."""

from __future__ import annotations

import socket
import struct
import threading

_ABORT = struct.pack("ii", 1, 0)
"""SO_LINGER with no time to linger: closing sends RST in place of FIN."""


class CutProxy:
    """Pass bytes to a server until a connection has sent enough.

    Args:
        port: Port of the server.
    """

    def __init__(self, port: int) -> None:
        self._server_port = port
        self._after: int | None = None
        self._by_reset = True
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self.cuts = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def cut_after(self, count: int, *, by_reset: bool) -> None:
        """End the next connection that sends more than so many bytes to the server, once."""
        with self._lock:
            self._after, self._by_reset = count, by_reset

    def close(self) -> None:
        """End all connections."""
        self._listener.close()
        for end in list(self._open):
            self._end(end)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._server_port))
            except OSError:
                return
            self._open |= {client, server}
            for source, target, counts in ((client, server, True), (server, client, False)):
                threading.Thread(target=self._pass, args=(source, target, counts), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket, counts: bool) -> None:
        sent = 0
        try:
            while data := source.recv(16_384):
                sent += len(data)
                if counts and self._cuts_at(sent):
                    self._end(source, by_reset=self._by_reset)
                    break
                target.sendall(data)
        except OSError:
            pass
        finally:
            self._end(target)
            self._end(source)

    def _cuts_at(self, sent: int) -> bool:
        with self._lock:
            if self._after is None or sent <= self._after:
                return False
            self._after = None
            self.cuts += 1
            return True

    def _end(self, end: socket.socket, by_reset: bool = False) -> None:
        self._open.discard(end)
        try:
            if by_reset:
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)
            else:
                end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        end.close()

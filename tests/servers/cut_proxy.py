"""A TCP proxy on 127.0.0.1 that ends connections in the middle, by RST or by FIN."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

_ABORT = struct.pack("ii", 1, 0)
"""SO_LINGER with no time to linger: closing sends RST in place of FIN."""


@dataclass
class _Fault:
    """What happens when clients have sent some texts, one after the other.

    Attributes:
        texts: What is waited for; the last one makes it happen.
        action: What to do before the last text goes on to the server; None cuts the connection.
        answered: Let the server have it, and cut when its answer comes.
        times: How often it happens.
    """

    texts: list[bytes]
    action: Callable[[], None] | None
    by_reset: bool
    answered: bool
    times: int
    seen: int = 0


@dataclass(eq=False)
class _Pair:
    """The two ends of one connection."""

    client: socket.socket
    server: socket.socket
    sent: int = 0
    tail: bytes = b""
    cut_at_answer: _Fault | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)
    ended: bool = False


class CutProxy:
    """Pass bytes to a server until a connection has sent enough, or something that a fault waits for.

    Args:
        port: Port of the server.

    Attributes:
        cuts: How many connections were cut.
        most: How many bytes the connection that sent most has sent.
    """

    def __init__(self, port: int) -> None:
        self._server_port = port
        self._after: int | None = None
        self._by_reset = True
        self._fault: _Fault | None = None
        self._lock = threading.Lock()
        self._open: set[_Pair] = set()
        self._is_closed = False
        self.cuts = self.most = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def cut_after(self, count: int, *, by_reset: bool) -> None:
        """End the next connection that sends more than so many bytes to the server, once; the server gets so many."""
        with self._lock:
            self._after, self._by_reset = count, by_reset

    def cut_at(self, *texts: bytes, by_reset: bool = True, answered: bool = False, times: int = 1) -> None:
        """End a connection when it sends the last of some texts, after the others were sent.

        Args:
            texts: Texts in the order in which clients send them.
            by_reset: By RST, else by FIN.
            answered: When the server has answered; the client does not get the answer.
            times: How often.
        """
        with self._lock:
            self._fault = _Fault(list(texts), None, by_reset, answered, times)

    def at(self, *texts: bytes, action: Callable[[], None]) -> None:
        """Do something once, before the last of some texts goes on to the server."""
        with self._lock:
            self._fault = _Fault(list(texts), action, True, False, 1)

    def cut_all(self) -> None:
        """End all connections that are open, by FIN."""
        for pair in list(self._open):
            self._cut(pair, False)

    def mend(self) -> None:
        """Cut no more."""
        with self._lock:
            self._after = self._fault = None

    def close(self) -> None:
        """End all connections."""
        self._is_closed = True
        # a thread that waits in accept() keeps a socket alive that is only closed
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for pair in list(self._open):
            self._end(pair)

    def _accept(self) -> None:
        while not self._is_closed:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self._server_port))
            except OSError:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)
                client.close()
                continue
            pair = _Pair(client, server)
            self._open.add(pair)
            for run in (self._to_server, self._to_client):
                threading.Thread(target=run, args=(pair,), daemon=True).start()

    def _to_server(self, pair: _Pair) -> None:
        try:
            while data := pair.client.recv(16_384):
                allowed = self._allowed(pair, len(data))
                if allowed is not None:
                    pair.server.sendall(data[:allowed])
                    self._cut(pair, self._by_reset)
                    return
                fault = self._met(pair, data)
                if fault is not None and fault.action is not None:
                    fault.action()
                elif fault is not None and fault.answered:
                    pair.cut_at_answer = fault
                elif fault is not None:
                    self._cut(pair, fault.by_reset)
                    return
                pair.server.sendall(data)
        except OSError:
            return
        finally:
            self._end(pair)

    def _to_client(self, pair: _Pair) -> None:
        try:
            while data := pair.server.recv(16_384):
                if pair.cut_at_answer is not None:
                    self._cut(pair, pair.cut_at_answer.by_reset)
                    return
                pair.client.sendall(data)
        except OSError:
            return
        finally:
            self._end(pair)

    def _allowed(self, pair: _Pair, size: int) -> int | None:
        """Return how many of the bytes still go to the server if the connection is to be cut here."""
        with self._lock:
            before, pair.sent = pair.sent, pair.sent + size
            self.most = max(self.most, pair.sent)
            if self._after is None or pair.sent <= self._after:
                return None
            allowed, self._after = max(self._after - before, 0), None
            return allowed

    def _met(self, pair: _Pair, data: bytes) -> _Fault | None:
        with self._lock:
            fault = self._fault
            if fault is None:
                return None
            text = pair.tail + data
            start = 0
            while fault.seen < len(fault.texts):
                wanted = fault.texts[fault.seen]
                position = text.find(wanted, start)
                if position < 0:
                    # the rest of it may be in the next bytes
                    pair.tail = text[max(start, len(text) - len(wanted) + 1) :]
                    return None
                fault.seen, start = fault.seen + 1, position + len(wanted)
            fault.seen, fault.times, pair.tail = 0, fault.times - 1, b""
            if not fault.times:
                self._fault = None
            return fault

    def _cut(self, pair: _Pair, by_reset: bool) -> None:
        with self._lock:
            self.cuts += 1
        self._end(pair, by_reset)

    def _end(self, pair: _Pair, by_reset: bool = False) -> None:
        with pair.lock:
            if pair.ended:
                return
            pair.ended = True
        self._open.discard(pair)
        for end in (pair.client, pair.server):
            try:
                if by_reset:
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)
                # wakes the thread that waits in recv(), without which closing would do nothing yet
                end.shutdown(socket.SHUT_RD if by_reset else socket.SHUT_RDWR)
            except OSError:
                # the other side was faster
                continue
            finally:
                end.close()

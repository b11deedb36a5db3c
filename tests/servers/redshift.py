"""Redshift for tests: a wire proxy in front of a real PostgreSQL.

There is no server of Redshift outside of Amazon. This one refuses what Redshift's documentation refuses, runs COPY from
S3 inside of the client's transaction, and reports SUPER and VARBYTE as Redshift does. It is a rehearsal, no proof.
"""

from __future__ import annotations

import re
import socket
import struct
import threading
from typing import Any

import psycopg2

from tests.servers.postgres import PostgresServer
from tests.servers.redshift_copy import Copy
from tests.servers.redshift_sql import SETUP, Refusal, Translator
from tests.servers.s3 import S3Server

_SSL, _GSS, _CANCEL = 80877103, 80877104, 80877102
_OIDS = {3802: 4000, 17: 6551}
"""Types of PostgreSQL, and those of Redshift for which they stand."""
_OPTIONS = "-c standard_conforming_strings=off -c escape_string_warning=off -c backslash_quote=on"


class RedshiftEmulator:
    """Speaks Redshift to clients, and PostgreSQL to a server.

    Attributes:
        statements: All that clients sent.
        faults: Pattern of a statement, and SQLSTATE and text of the error that answers it once.
        long_names: Names that PostgreSQL would cut, by what stands for them there.
    """

    def __init__(self, postgres: PostgresServer, s3: S3Server) -> None:
        self._postgres, self.s3 = postgres, s3
        self.statements: list[str] = []
        self.faults: list[tuple[str, str, str]] = []
        self.long_names: dict[str, str] = {}
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]

    def start(self) -> RedshiftEmulator:
        """Begin to accept clients."""
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def stop(self) -> None:
        """Accept no more clients."""
        self._listener.close()

    def new_database(self) -> str:
        """Make an empty database; return its URL."""
        url = self._postgres.new_database()
        connection = psycopg2.connect(url)
        connection.autocommit = True
        connection.cursor().execute(SETUP)
        connection.close()
        return f"redshift://postgres@127.0.0.1:{self.port}/{url.rpartition('/')[2]}"

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client:
            try:
                with socket.create_connection(("127.0.0.1", self._postgres.port)) as server:
                    _Session(self, client, server).run()
            except (EOFError, OSError):
                return


class _Session:
    def __init__(self, emulator: RedshiftEmulator, client: socket.socket, server: socket.socket) -> None:
        self._emulator, self._client, self._server = emulator, client, server
        self._translator = Translator(long_names=emulator.long_names)
        self._binary: list[bool] = []

    def run(self) -> None:
        if not self._start():
            return
        self._answer()
        while True:
            kind, data = _receive(self._client)
            if kind == b"X":
                _send(self._server, kind, data)
                return
            if kind != b"Q":
                raise EOFError("clients speak the simple protocol here")
            self._query(data[:-1].decode())
            self._answer()

    def _start(self) -> bool:
        while True:
            size = struct.unpack("!I", _exactly(self._client, 4))[0]
            data = _exactly(self._client, size - 4)
            code = struct.unpack("!I", data[:4])[0]
            if code in (_SSL, _GSS):
                self._client.sendall(b"N")
                continue
            if code == _CANCEL:
                self._server.sendall(struct.pack("!I", size) + data)
                return False
            parts = data[4:].rstrip(b"\0").split(b"\0")
            given = dict(zip(parts[::2], parts[1::2], strict=False))
            given[b"options"] = given.get(b"options", b"") + b" " + _OPTIONS.encode()
            text = b"".join(key + b"\0" + value + b"\0" for key, value in given.items()) + b"\0"
            self._server.sendall(struct.pack("!I", len(text) + 8) + data[:4] + text)
            return True

    # -- statements

    def _query(self, sql: str) -> None:
        self._emulator.statements.append(sql)
        try:
            for fault in self._emulator.faults:
                if re.search(fault[0], sql):
                    self._emulator.faults.remove(fault)
                    raise Refusal(fault[1], fault[2])
            copy = Copy.parse(sql)
            if copy is None:
                self._ask(self._translator.translate(sql))
            else:
                self._copy(copy)
        except Refusal as refusal:
            text = str(refusal).replace("\\", "\\\\").replace("'", "''")
            # raised by the server, so that its transaction fails as well
            raised = f"RAISE EXCEPTION USING ERRCODE = '{refusal.code}', MESSAGE = '{text}'"
            self._ask(f"DO $refusal$ BEGIN {raised}; END $refusal$")

    def _copy(self, copy: Copy) -> None:
        target = self._translator.translate(copy.target)
        names = {self._translator.translate(name).strip('"'): name.strip('"') for name in copy.columns}
        self._ask(
            "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute "
            f"WHERE attrelid = '{target}'::regclass AND attnum > 0"
        )
        kinds = {names.get(name, name): kind for name, kind in self._rows()}
        lines = list(copy.rows(self._emulator.s3.client(), kinds))
        self._ask(f"COPY {target} ({', '.join(map(self._translator.translate, copy.columns))}) FROM STDIN (FORMAT csv)")
        kind, data = _receive(self._server)
        if kind != b"G":
            self._forward(kind, data)
            return
        for start in range(0, len(lines), 1_000):
            _send(self._server, b"d", b"".join(lines[start : start + 1_000]))
        _send(self._server, b"c", b"")

    def _ask(self, sql: str) -> None:
        _send(self._server, b"Q", sql.encode() + b"\0")

    def _rows(self) -> list[list[str]]:
        found, failed = [], ""
        while True:
            kind, data = _receive(self._server)
            if kind == b"D":
                found.append([(value or b"").decode() for value in _values(data)])
            elif kind == b"E":
                failed = data.decode(errors="replace")
            elif kind == b"Z":
                if failed:
                    code = re.search(r"\0C(\w{5})\0", failed)
                    raise Refusal(code[1] if code else "XX000", failed.partition("\0M")[2].partition("\0")[0])
                return found

    # -- answers

    def _answer(self) -> None:
        while True:
            kind, data = _receive(self._server)
            self._forward(kind, data)
            if kind == b"Z":
                return
            # requests for a password; SASL's last word needs no answer
            if kind == b"R" and data[:4] not in (b"\0\0\0\0", b"\0\0\0\x0c"):
                _send(self._server, *_receive(self._client))

    def _forward(self, kind: bytes, data: bytes) -> None:
        if kind == b"T":
            data = self._described(data)
        elif kind == b"D":
            data = self._row(data)
        elif kind == b"S" and data.startswith(b"standard_conforming_strings\0"):
            # Redshift reads a backslash as the beginning of an escape, and does not say so
            return
        _send(self._client, kind, data)

    def _described(self, data: bytes) -> bytes:
        count = struct.unpack("!H", data[:2])[0]
        found, position = [data[:2]], 2
        self._binary = []
        for _ in range(count):
            end = data.index(b"\0", position)
            name = data[position:end].decode()
            fields: tuple[Any, ...] = struct.unpack("!IHIHIH", data[end + 1 : end + 19])
            self._binary.append(fields[2] == 17)
            name = self._translator.long_names.get(name, name)
            kept = (*fields[:2], _OIDS.get(fields[2], fields[2]), *fields[3:])
            found.append(name.encode() + b"\0" + struct.pack("!IHIHIH", *kept))
            position = end + 19
        return b"".join(found)

    def _row(self, data: bytes) -> bytes:
        found = [data[:2]]
        for is_binary, value in zip(self._binary, _values(data), strict=True):
            if value is None:
                found.append(b"\xff\xff\xff\xff")
                continue
            if is_binary:
                value = value.removeprefix(b"\\x")
            elif len(value) <= 63 and value.decode() in self._translator.long_names:
                value = self._translator.long_names[value.decode()].encode()
            found.append(struct.pack("!I", len(value)) + value)
        return b"".join(found)


def _values(data: bytes) -> list[bytes | None]:
    found: list[bytes | None] = []
    position = 2
    for _ in range(struct.unpack("!H", data[:2])[0]):
        size = struct.unpack("!i", data[position : position + 4])[0]
        position += 4
        found.append(None if size < 0 else data[position : position + size])
        position += max(size, 0)
    return found


def _exactly(peer: socket.socket, size: int) -> bytes:
    found = bytearray()
    while len(found) < size:
        part = peer.recv(min(size - len(found), 1 << 20))
        if not part:
            raise EOFError
        found += part
    return bytes(found)


def _receive(peer: socket.socket) -> tuple[bytes, bytes]:
    head = _exactly(peer, 5)
    return head[:1], _exactly(peer, struct.unpack("!I", head[1:])[0] - 4)


def _send(peer: socket.socket, kind: bytes, data: bytes) -> None:
    peer.sendall(kind + struct.pack("!I", len(data) + 4) + data)

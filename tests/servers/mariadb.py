"""A real MariaDB on a free loopback port, for the length of a test session."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

from tests.servers.process import ServerProcess, free_port

_OWN = ("information_schema", "mysql", "performance_schema", "sys")


def program() -> str | None:
    """Return the path of the server's program, None if it is not installed."""
    return shutil.which("mariadbd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


class MariaDbServer:
    """One server with one user, `loader`, who may do everything."""

    def __init__(self) -> None:
        # the server refuses to run as root
        self._process = ServerProcess("mariadb", ("mysql",))
        self._folder = self._process.folder
        self.port = free_port()

    def start(self) -> MariaDbServer:
        """Start the server and wait until it answers; what is there from before stays."""
        data = self._folder / "data"
        first = self._folder / "first.sql"
        if not data.exists():
            self._install(data)
            first.write_text(
                "CREATE USER IF NOT EXISTS loader@'127.0.0.1' IDENTIFIED BY 'secret';\n"
                "GRANT ALL ON *.* TO loader@'127.0.0.1' WITH GRANT OPTION;\n"
            )
        options = [
            "--no-defaults",
            f"--datadir={data}",
            f"--tmpdir={self._folder}",
            f"--socket={self._folder}/socket",
            f"--pid-file={self._folder}/pid",
            f"--init-file={first}",
            f"--port={self.port}",
            "--bind-address=127.0.0.1",
            "--skip-name-resolve",
            "--innodb-buffer-pool-size=128M",
            # what a process wrote outlives its end without reaching the disk; only a machine that fails would lose it
            "--innodb-flush-method=nosync",
            "--debug-no-sync",
        ]
        self._process.start([str(program()), *options], self._answers, None)
        return self

    def _install(self, data: Path) -> None:
        command = [
            "mariadb-install-db",
            "--no-defaults",
            f"--datadir={data}",
            "--auth-root-authentication-method=normal",
        ]
        command += ["--skip-test-db", f"--tmpdir={self._folder}"]
        self._process.prepare(command)

    @property
    def owner(self) -> tuple[int, int]:
        """Return user and group of the server's process."""
        return self._process.owner

    def folder_of(self, database: str) -> Path:
        """Return the folder in which the server keeps the tables of a database."""
        return self._folder / "data" / database

    def crash(self) -> None:
        """End the server as a power cut would, for its connections."""
        self._process.end()

    def connect(self) -> Any:
        """Return a connection of the driver."""
        import pymysql

        return pymysql.connect(host="127.0.0.1", port=self.port, user="loader", password="secret", autocommit=True)

    def _answers(self) -> bool:
        import pymysql

        try:
            self.connect().close()
        except pymysql.Error:
            return False
        return True

    def url(self, password: str = "secret") -> str:
        """Return the URL of the server."""
        return f"mysql+pymysql://loader:{password}@127.0.0.1:{self.port}/"

    def new_server_url(self) -> str:
        """Drop the databases of earlier tests; return the URL of the server."""
        connection = self.connect()
        try:
            cursor = connection.cursor()
            cursor.execute("SHOW DATABASES")
            for (name,) in cursor.fetchall():
                if name not in _OWN:
                    cursor.execute(f"DROP DATABASE `{name}`")
        finally:
            connection.close()
        return self.url()

    def stop(self) -> None:
        """End the server and delete its data."""
        self._process.stop()

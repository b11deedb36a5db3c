"""A server program that runs as long as the tests need it, and not longer."""

from __future__ import annotations

import contextlib
import ctypes
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar

from tests.waiting import wait_until

_PR_SET_PDEATHSIG = 1


class Server(Protocol):
    """What the tests start, use and stop."""

    def start(self) -> Any:
        """Start it and wait until it answers."""

    def stop(self) -> None:
        """End it and delete its data."""


S = TypeVar("S", bound=Server)


@contextlib.contextmanager
def running(server: S) -> Iterator[S]:
    """Start a server; it is stopped at the end of the block."""
    server.start()
    try:
        yield server
    finally:
        server.stop()


def free_port() -> int:
    """Return a port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class ServerProcess:
    """One process with a folder of its own.

    Args:
        name: Stands in the name of the folder.
        users: For programs that refuse to run as root: users of the system, of whom the first that exists runs it.
        ends_by: Signal that ends it where the tests are killed.
    """

    def __init__(self, name: str, users: Sequence[str] = (), ends_by: signal.Signals = signal.SIGKILL) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix=f"dlt-{name}-"))
        self.who: dict[str, Any] = {}
        if users and os.geteuid() == 0:
            entry = pwd.getpwnam(next(user for user in users if _exists(user)))
            os.chown(self.folder, entry.pw_uid, entry.pw_gid)
            self.who = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
        self._ends_by = ends_by
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, command: Sequence[str], answers: Callable[[], bool], environment: dict[str, str] | None) -> None:
        """Start the program and wait until it answers.

        Args:
            command: The program and its arguments.
            answers: Tells whether the server is ready.
            environment: Variables, in place of those of the tests.

        Raises:
            RuntimeError: It ended.
            TimeoutError: It does not answer.
        """
        with open(self.folder / "log", "ab") as log:
            process = self._process = subprocess.Popen(
                command,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=environment,
                cwd=self.folder,
                start_new_session=True,
                preexec_fn=self._die_with_parent,
                **self.who,
            )

        def said() -> str:
            text = (self.folder / "log").read_text(errors="replace")[-2000:]
            self.stop()
            return f"{command[0]} did not start: {text}"

        def ready() -> bool:
            if process.poll() is not None:
                raise RuntimeError(said())
            return answers()

        wait_until(ready, said)

    def prepare(self, command: Sequence[str], environment: dict[str, str] | None = None) -> None:
        """Run another program as the user of the server, and wait for its end.

        Raises:
            RuntimeError: It failed.
        """
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=False, cwd=self.folder, **self.who
        )
        if done.returncode:
            raise RuntimeError(f"{command[0]}: {done.stderr or done.stdout}")

    @property
    def pid(self) -> int:
        """Return the number of the process."""
        assert self._process is not None
        return self._process.pid

    @property
    def owner(self) -> tuple[int, int]:
        """Return user and group of the process."""
        return self.who.get("user", os.geteuid()), self.who.get("group", os.getegid())

    def end(self, number: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal and wait for the end; nothing happens if there is no process."""
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(120)
            self._process = None

    def stop(self, number: signal.Signals = signal.SIGKILL) -> None:
        """End the server and delete its data, none of which needs to reach the disk."""
        self.end(number)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _die_with_parent(self) -> None:
        # a test session that is killed must not leave its server behind; on other systems it does
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, self._ends_by)


def _exists(user: str) -> bool:
    try:
        pwd.getpwnam(user)
    except KeyError:
        return False
    return True

"""A server program that runs as long as the tests need it, and not longer."""

from __future__ import annotations

import ctypes
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

_PR_SET_PDEATHSIG = 1


class ServerProcess:
    """One process with a folder of its own.

    Args:
        name: Stands in the name of the folder.
    """

    def __init__(self, name: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix=f"dlt-{name}-"))
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, command: Sequence[str], answers: Callable[[], bool], environment: dict[str, str]) -> None:
        """Start the program and wait until it answers.

        Args:
            command: The program and its arguments.
            answers: Tells whether the server is ready.
            environment: Variables, in place of those of the tests.

        Raises:
            RuntimeError: it ended, or does not answer.
        """
        with open(self.folder / "log", "ab") as log:
            self._process = subprocess.Popen(
                command,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=environment,
                cwd=self.folder,
                start_new_session=True,
                preexec_fn=die_with_parent,
            )
        deadline = time.monotonic() + 120
        while not answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                text = (self.folder / "log").read_text()[-2000:]
                self.stop()
                raise RuntimeError(f"{command[0]} did not start: {text}")
            time.sleep(0.05)

    def crash(self) -> None:
        """End the server as a power cut would, for its connections."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(30)
            self._process = None

    def stop(self) -> None:
        """End the server and delete its data."""
        self.crash()
        shutil.rmtree(self.folder, ignore_errors=True)


def die_with_parent() -> None:
    """Ask the system, in a new process, to end it with its parent."""
    # a test session that is killed must not leave its server behind; on other systems it does
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)

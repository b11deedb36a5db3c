"""One library in a process of its own that answers cases."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

PROGRAM = Path(__file__).with_name("program.py")
# a folder in memory, where there is one: the cases are many and their files small
MEMORY = Path("/dev/shm")
QUIET = {"RUNTIME__DLTHUB_TELEMETRY": "false", "RUNTIME__LOG_LEVEL": "CRITICAL", "RUNTIME__USER_LOG": "false"}


class Side:
    """A process that runs cases; one that died with a case is begun again.

    Args:
        python: The interpreter of the environment that has the library.
    """

    def __init__(self, python: str) -> None:
        self.python = python
        self._home = tempfile.TemporaryDirectory(prefix="witness-home-", dir=MEMORY if MEMORY.is_dir() else None)
        self._process = self._begin()

    def _begin(self) -> subprocess.Popen[str]:
        environment = {
            **os.environ,
            **QUIET,
            "HOME": self._home.name,
            "TMPDIR": self._home.name,
            "PYTHONWARNINGS": "ignore",
        }
        # the witness must import its own library, whatever stands in the folder of the tests
        environment.pop("PYTHONPATH", None)
        return subprocess.Popen(
            [self.python, "-P" if _has_safe_path(self.python) else "-I", str(PROGRAM)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=self._home.name,
            env=environment,
        )

    def run(self, case: dict[str, Any]) -> dict[str, Any]:
        """Run a case and return what it left."""
        self.ask(case)
        return self.answer()

    def ask(self, case: dict[str, Any]) -> None:
        """Begin to run a case."""
        assert self._process.stdin
        print(json.dumps(case), file=self._process.stdin, flush=True)

    def answer(self) -> dict[str, Any]:
        """Return what the case left that was asked last."""
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            self._process = self._begin()
            return {"failed": 0, "error": "the process died"}
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()
        self._home.cleanup()


def _has_safe_path(python: str) -> bool:
    told = subprocess.run(
        [python, "-c", "import sys; print(sys.version_info >= (3, 11))"], capture_output=True, text=True
    )
    return told.stdout.strip() == "True"

"""Programs of tests in processes of their own that start at once.

Most of what a short program takes is spent on imports. Here one process imports what all of them need and then forks:
each program is still a process of its own, with its own folder, variables and memory, that may be killed at any moment
and ends as any interpreter does. Where there is no fork, or where the start itself is tested, subprocess is right.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import runpy
import signal
import subprocess
import sys
import tempfile
import threading
import types
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

PRELOADED = (
    "dlt",
    "dlt.cli",
    "dlt.common",
    "dlt.destinations.impl.duckdb.client",
    "dlt.destinations.impl.duckdb.factory",
    "dlt.destinations.impl.filesystem.factory",
    "dlt.extract.step",
    "dlt.load.step",
    "dlt.normalize.step",
    "dlt.tasks",
    "duckdb",
    "fsspec.implementations.local",
    "jsonpath_ng.ext",
    "pandas",
    "pyarrow.compute",
    "pyarrow.dataset",
    "pyarrow.parquet",
    "sqlalchemy",
    "tomlkit",
    "yaml",
)
"""What programs import; what is not installed is left out. None of them may start a thread."""

_IDLE: list[subprocess.Popen[bytes]] = []
"""Processes that fork, and have nothing to do; each serves one thread of the tests at a time."""

_ROOT = Path(__file__).parents[1]
_SINGLE = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
"""The threads that numpy's library starts would not survive a fork."""


def run_python(
    arguments: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    cwd: str | Path | None = None,
    input: bytes | None = None,
    timeout: float = 250,
) -> subprocess.CompletedProcess[bytes]:
    """Run `python ARGUMENTS` in a process of its own and wait for its end.

    Args:
        arguments: As for the interpreter: a file, `-m module` or `-c code`, and the program's own arguments.
        env: Its variables; those of the tests by default.
        cwd: Its folder.
        input: What it reads.
        timeout: Seconds after which it is killed and the test fails.
    """
    if not hasattr(os, "fork"):
        return subprocess.run(
            [sys.executable, *arguments],
            env=env,
            cwd=cwd,
            input=input,
            timeout=timeout,
            capture_output=True,
            check=False,
        )
    try:
        server = _IDLE.pop()
    except IndexError:
        command = [sys.executable, "-m", "tests.processes"]
        server = subprocess.Popen(
            command, cwd=_ROOT, env={**os.environ, **_SINGLE}, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
    assert server.stdin is not None and server.stdout is not None
    with tempfile.TemporaryDirectory(prefix="dlt-program-") as folder:
        given, said, errors = (Path(folder, name) for name in ("in", "out", "err"))
        given.write_bytes(input or b"")
        request = {
            "arguments": [str(argument) for argument in arguments],
            "env": dict(os.environ if env is None else env),
            "cwd": str(cwd or os.getcwd()),
            "files": [str(given), str(said), str(errors)],
            "timeout": timeout,
        }
        server.stdin.write(json.dumps(request).encode() + b"\n")
        server.stdin.flush()
        answer = json.loads(server.stdout.readline())
        _IDLE.append(server)
        command = [sys.executable, *request["arguments"]]
        if answer["late"]:
            raise subprocess.TimeoutExpired(command, timeout, said.read_bytes(), errors.read_bytes())
        return subprocess.CompletedProcess(command, answer["code"], said.read_bytes(), errors.read_bytes())


def serve() -> dict[str, Any] | None:
    """Fork for each request that comes in.

    Returns:
        The request, in the process that is to run it; None when the tests end.
    """
    for name in PRELOADED:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    for line in sys.stdin.buffer:
        request = json.loads(line)
        child = os.fork()
        if child == 0:
            return request
        late = threading.Event()

        def kill(child: int = child, late: threading.Event = late) -> None:
            late.set()
            os.kill(child, signal.SIGKILL)

        # the thread is gone before the next fork
        watch = threading.Timer(request["timeout"], kill)
        watch.start()
        _, status = os.waitpid(child, 0)
        watch.cancel()
        watch.join()
        answer = {"code": os.waitstatus_to_exitcode(status), "late": late.is_set()}
        sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n")
        sys.stdout.buffer.flush()
    return None


def become(request: dict[str, Any]) -> None:
    """Be the program of a request, in a process that was just forked."""
    from dlt.io import failpoints

    for number, (path, mode) in enumerate(zip(request["files"], (os.O_RDONLY, os.O_WRONLY, os.O_WRONLY), strict=True)):
        descriptor = os.open(path, mode | (os.O_CREAT if number else 0), 0o600)
        os.dup2(descriptor, number)
        os.close(descriptor)
    sys.stdin = os.fdopen(0, closefd=False)
    os.environ.clear()
    os.environ.update(request["env"])
    os.chdir(request["cwd"])
    variables = request["env"]
    # these are read when the module is imported
    failpoints.arm(
        variables.get("DLT_CRASH_POINT"),
        log=variables.get("DLT_CRASH_LOG"),
        signal_name=variables.get("DLT_CRASH_SIGNAL"),
    )
    # the folder of a program comes first in the path, and what PYTHONPATH names after it
    sys.path[0:1] = variables.get("PYTHONPATH", "").split(os.pathsep) if variables.get("PYTHONPATH") else []
    what, *arguments = request["arguments"]
    if what == "-m":
        sys.path.insert(0, request["cwd"])
        sys.argv = arguments
        runpy.run_module(arguments[0], run_name="__main__", alter_sys=True)
    elif what == "-c":
        sys.path.insert(0, "")
        sys.argv = ["-c", *arguments[1:]]
        main = sys.modules["__main__"] = types.ModuleType("__main__")
        exec(compile(arguments[0], "<string>", "exec"), main.__dict__)
    else:
        sys.path.insert(0, str(Path(what).resolve().parent))
        sys.argv = [what, *arguments]
        runpy.run_path(what, run_name="__main__")


if __name__ == "__main__":
    wanted = serve()
    if wanted is not None:
        become(wanted)

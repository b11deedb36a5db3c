"""A step in a process of another environment: what it is asked, what it says meanwhile, and what it answers."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import IO, TYPE_CHECKING

import orjson

from dlt import errors
from dlt.errors import SpecInvalid, StepFailedElsewhere, StepImpossibleElsewhere
from dlt.pipeline import signals
from dlt.redact import redact
from dlt.tasks.environments import command_in

if TYPE_CHECKING:
    from dlt.tasks.environments import Command, RunsIn
    from dlt.tasks.request import StepRequest
    from dlt.types import JsonObject

_AS_THEY_ARE = (
    *("StaleExtract", "HandoffMissing", "HandoffCorrupt", "Superseded", "ReloadUndecided", "EmptyWindow"),
    "LoadUndone",
)
"""Errors that a caller may act upon; their message is all that they have."""
_LAST_LINES = 20
"""Lines of its standard error that the error of a step without an answer shows."""


class StepElsewhere:
    """One step in a process of another environment.

    Args:
        runs_in: The environment.
        say: Takes each line that the step writes to its standard error: progress and messages.
    """

    def __init__(self, runs_in: RunsIn | Mapping[str, object], say: Callable[[str], object]) -> None:
        self._runs_in = runs_in
        self._say = say
        self._process: subprocess.Popen[bytes] | None = None
        self._wanted = self._told = False

    def run(self, request: StepRequest) -> JsonObject:
        """Run the step and return what it made.

        Args:
            request: What it is asked to do.

        Raises:
            SpecInvalid: the environment is described wrongly, or is not there.
            StepFailedElsewhere: the step failed, or its process ended without an answer.
        """
        command = command_in(self._runs_in)
        with _started(command, request) as process:
            self._process = process
            try:
                if self._wanted:
                    self.stop()
                answer, last = self._listen(process, request.hidden)
            except BaseException:
                # an orchestrator ends a task by an error out of its handler of signals
                self.stop()
                self._wait_for_its_end(process)
                raise
            finally:
                self._process = None
        return made_of(answer, f"{request.step} in {told(self._runs_in)}", process.returncode, last)

    def stop(self) -> None:
        """Stop the step: a load ends the package that is under way, everything else stops at once."""
        self._wanted = True
        # a second signal would mean not to wait for the package
        if self._process is not None and not self._told:
            self._told = True
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(signal.SIGTERM)

    @staticmethod
    def _wait_for_its_end(process: subprocess.Popen[bytes]) -> None:
        assert process.stderr is not None
        # a load ends its package first, and must not wait for somebody who reads what it says
        for _ in process.stderr:
            continue
        process.wait()

    def _listen(self, process: subprocess.Popen[bytes], hidden: Sequence[str]) -> tuple[bytes, list[str]]:
        """Return what the process wrote to its standard output, and the last lines of its standard error."""
        last: deque[str] = deque(maxlen=_LAST_LINES)
        answer: list[bytes] = []
        assert process.stdout is not None and process.stderr is not None
        # a process that nobody reads from stops when the pipe is full
        reader = threading.Thread(target=_read, args=(process.stdout, answer), daemon=True)
        reader.start()
        for line in process.stderr:
            text = _without(redact(line.decode(errors="replace").rstrip()), hidden)
            last.append(text)
            self._say(text)
        reader.join()
        process.wait()
        return b"".join(answer), [*last]


def made_of(answer: bytes, what: str, code: int, last: Sequence[str] = ()) -> JsonObject:
    """Return what a step elsewhere made, of the answer that it wrote.

    Args:
        answer: The answer.
        what: The step and where it ran, for errors.
        code: Exit code of its process.
        last: What it said last.

    Raises:
        StepFailedElsewhere: the step failed, or there is no answer.
    """
    try:
        found = orjson.loads(answer)
    except orjson.JSONDecodeError:
        raise _unanswered(what, code, last) from None
    if "made" in found:
        made: JsonObject = found["made"]
        return made
    failure = found["error"]
    message = f"{what}: {failure['kinds'][0]}: {failure['message']}"
    for name in failure["kinds"]:
        if name in _AS_THEY_ARE:
            raise getattr(errors, name)(message)
    if failure["terminal"]:
        raise StepImpossibleElsewhere(message, checks=failure.get("checks") or ())
    raise StepFailedElsewhere(message)


def told(runs_in: RunsIn | Mapping[str, object]) -> str:
    """Return an environment as an error says it.

    Args:
        runs_in: The environment.
    """
    kind = next((key for key in ("image", "requirements", "python") if key in runs_in), "environment")
    value = runs_in.get(kind)
    return f"the {kind} " + redact(", ".join(value) if isinstance(value, (list, tuple)) else str(value))


def _unanswered(what: str, code: int, last: Sequence[str]) -> StepFailedElsewhere:
    said = "\n".join(last)
    ended = f"was killed by signal {-code}" if code < 0 else f"ended with the exit code {code}"
    text = f"{what} {ended} and gave no answer. It said last:\n{said}"
    # what is not installed there will not be at the next try either
    if "No module named dlt" in said or code == 127:
        return StepImpossibleElsewhere(f"{text}\nInstall dlt-tasks there, in the version that the worker has.")
    return StepFailedElsewhere(text)


@contextlib.contextmanager
def _started(command: Command, request: StepRequest) -> Iterator[subprocess.Popen[bytes]]:
    """Start a process and give it the request; at the end of the block it has ended."""
    try:
        process = subprocess.Popen(
            command["arguments"],
            env=command["environment"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            # an orchestrator may signal the whole group, and the step is told by us already
            start_new_session=True,
        )
    except OSError as error:
        raise SpecInvalid(f"runs_in: {command['arguments'][0]} cannot be run: {error}.") from error
    with process:
        assert process.stdin is not None
        try:
            with contextlib.suppress(BrokenPipeError):
                # one that ended at once says why on its standard error
                process.stdin.write(orjson.dumps(replace(request, watched=True).to_dict()) + b"\n")
                process.stdin.flush()
            # it stays open: when this process is gone the other one finds its end, and stops
            yield process
        finally:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()


def _read(stream: IO[bytes], into: list[bytes]) -> None:
    into.append(stream.read())


def _without(text: str, hidden: Sequence[str]) -> str:
    for secret in hidden:
        text = text.replace(secret, "***")
    return text


def stop_when_alone(stream: IO[bytes]) -> None:
    """Stop this process as SIGTERM does, once the one that holds the other end of a pipe is gone.

    Args:
        stream: The pipe.
    """

    def wait() -> None:
        while stream.read(4096):
            pass
        # one that was told to stop already ends its package
        if signals.received() is None:
            os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="dlt step watch", daemon=True).start()

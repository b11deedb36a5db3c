"""The lines that a program in a virtual environment writes, as it writes them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from queue import Queue
from subprocess import PIPE, CalledProcessError
from threading import Thread
from typing import IO, Literal, TypeVar

from dlt.common.runners.synth_pickle import decode_last_obj, decode_obj, encode_obj
from dlt.common.runners.venv import Venv

__all__ = ["exec_to_stdout", "iter_std", "iter_stdout", "iter_stdout_with_result"]

T = TypeVar("T")

OutputStdStreamNo = Literal[1, 2]


@contextmanager
def exec_to_stdout(f: Callable[[], T]) -> Iterator[T]:
    """Call a function, and write its result, or among the errors its error, for `iter_stdout_with_result`.

    Args:
        f: The function.
    """
    try:
        result = f()
    except Exception as error:
        print(encode_obj(error), file=sys.stderr, flush=True)
        raise
    yield result
    print(encode_obj(result), flush=True)


def iter_std(venv: Venv, command: str, *script_args: object) -> Iterator[tuple[OutputStdStreamNo, str]]:
    """Run a program, and yield its lines with 1 for output and 2 for errors.

    Args:
        venv: The environment.
        command: The program.
        *script_args: Its arguments, as texts.

    Raises:
        subprocess.CalledProcessError: It fails.
    """
    lines: Queue[tuple[OutputStdStreamNo, str] | None] = Queue()

    def read(stream: IO[str], number: OutputStdStreamNo) -> None:
        for line in stream:
            lines.put((number, line.rstrip("\n")))
        lines.put(None)

    # by lines: who reads them wants each one when it is written
    with venv.start_command(command, *script_args, stdout=PIPE, stderr=PIPE, bufsize=1, text=True) as process:
        assert process.stdout is not None and process.stderr is not None
        # two threads: a program that fills one pipe would wait for ever for who reads the other one
        readers = [Thread(target=read, args=(process.stdout, 1)), Thread(target=read, args=(process.stderr, 2))]
        for reader in readers:
            reader.daemon = True
            reader.start()
        errors: list[str] = []
        last = ""
        for _ in readers:
            while (found := lines.get()) is not None:
                if found[0] == 2:
                    errors.append(found[1] + "\n")
                else:
                    last = found[1] + "\n"
                yield found
        if code := process.wait():
            raise CalledProcessError(code, command, output=last, stderr="".join(errors))


def iter_stdout(venv: Venv, command: str, *script_args: object) -> Iterator[str]:
    """Run a program, and yield the lines of its output.

    Args:
        venv: The environment.
        command: The program.
        *script_args: Its arguments, as texts.

    Raises:
        subprocess.CalledProcessError: It fails; `stderr` has its errors.
    """
    for number, line in iter_std(venv, command, *script_args):
        if number == 1:
            yield line


def iter_stdout_with_result(venv: Venv, command: str, *script_args: object) -> Generator[str, None, object]:
    """Run a program that writes a result with `exec_to_stdout`; yield the other lines, and return the result.

    Args:
        venv: The environment.
        command: The program.
        *script_args: Its arguments, as texts.

    Raises:
        subprocess.CalledProcessError: It fails.
        Exception: The error of the function, if it has one.
    """
    result: object = None
    try:
        for line in iter_stdout(venv, command, *script_args):
            found = decode_obj(line)
            if found is None:
                yield line
            else:
                result = found
    except CalledProcessError as failed:
        error = decode_last_obj(failed.stderr.split("\n"))
        if isinstance(error, Exception):
            raise error from failed
        raise
    return result

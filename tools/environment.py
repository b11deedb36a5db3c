"""Make or update a virtual environment, and say what is going on: `python tools/environment.py FOLDER ARGUMENT...`.

The arguments go to `pip install`, or to `uv pip install` where there is a uv. Only the standard library is used: this
runs before anything is installed.
"""

from __future__ import annotations

import argparse
import os
import queue
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

SECONDS_BETWEEN_LINES = 4.0
"""A person who looks at a screen without a new line for longer thinks that it hangs."""

TELLING = re.compile(r"^(Collecting|Building wheel|Installing|Successfully|Resolved|Prepared|Installed)\b")


def main(arguments: list[str]) -> int:
    """Make the environment and install into it.

    Args:
        arguments: The command line without the program's name.
    """
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", help="the environment, made if it is not there")
    parser.add_argument("--python", default=sys.executable, help="interpreter that a new environment gets")
    known, install = parser.parse_known_args(arguments)
    folder = Path(known.folder)
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    uv = shutil.which("uv")
    print(f"{folder}: {'updating' if python.exists() else 'making'} it; packages come from the cache where it has them")
    commands: list[list[str]] = []
    if not python.exists():
        commands.append([uv, "venv", "--python", known.python, known.folder] if uv else
                        [known.python, "-m", "venv", known.folder])  # fmt: skip
    commands.append(
        [uv, "pip", "install", "--python", str(python), *install] if uv else
        [str(python), "-m", "pip", "install", "--disable-pip-version-check", "--progress-bar", "off", *install]
    )  # fmt: skip
    screen = Screen()
    for command in commands:
        code = run(command, screen)
        if code:
            return code
    print(f"{folder}: ready after {screen.seconds:.0f} s", flush=True)
    return 0


class Screen:
    """Shows at most a line a second, and one at the latest when nothing was shown for long."""

    def __init__(self) -> None:
        self._started = self._shown = time.monotonic()

    @property
    def seconds(self) -> float:
        """Return the time since the beginning, in seconds."""
        return time.monotonic() - self._started

    def show(self, doing: str, news: bool) -> None:
        """Print what is done now, if it is time to."""
        now = time.monotonic()
        if now - self._shown >= (1.0 if news else SECONDS_BETWEEN_LINES):
            self._shown = now
            print(f"  {self.seconds:4.0f} s  {doing[:100]}", flush=True)


def run(command: list[str], screen: Screen) -> int:
    """Run a command and show what it does.

    Args:
        command: Program and arguments.
        screen: Where to show it.

    Returns:
        The exit code. All that the command said is printed when it failed.
    """
    said: list[str] = []
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    doing = f"{os.path.basename(command[0])} {' '.join(command[1:4])}"
    for line in lines_of(process):
        if line is not None:
            said.append(line)
        news = line is not None and TELLING.match(line) is not None
        if line is not None and news:
            doing = line.strip()
        screen.show(doing, news)
    code = process.wait()
    if code:
        print("".join(said), file=sys.stderr)
        print(f"failed with exit code {code}: {' '.join(command)}", file=sys.stderr)
    return code


def lines_of(process: subprocess.Popen[str]) -> Iterator[str | None]:
    """Yield the lines that a process prints, and None after each second without one."""
    stream = process.stdout
    assert stream is not None
    heard: queue.Queue[str | None] = queue.Queue()

    def listen() -> None:
        for line in stream:
            heard.put(line)
        heard.put(None)

    threading.Thread(target=listen, daemon=True).start()
    while True:
        try:
            line = heard.get(timeout=1.0)
        except queue.Empty:
            yield None
            continue
        if line is None:
            return
        yield line


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Make or update a virtual environment, and say what is going on: `python tools/environment.py FOLDER ARGUMENT...`.

The arguments go to `pip install`, or to `uv pip install` where there is a uv. What an earlier try left half made is
completed, or made anew. Only the standard library is used: this runs before anything is installed.
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

TELLING = re.compile(
    r"^(Collecting|Building wheel|Installing|Successfully|Resolved|Prepared|Installed|WARNING: Retrying)\b"
)

NEXT = {"Resolved": "; fetching them", "Prepared": "; installing them"}
"""What follows a line of uv, which says what it has done and not what it does."""

INTERRUPTED = 130
"""The exit code of a program that SIGINT ended."""

PATIENCE = {"PIP_DEFAULT_TIMEOUT": "15", "PIP_RETRIES": "2"}
"""Without these pip waits for minutes, package by package, where a network swallows what is sent."""

ADVICE = "Mend what is said above (often it is the network), then give the same command again: it goes on from here."


class Failed(Exception):
    """A command ended with an error, which has been shown."""

    def __init__(self, code: int) -> None:
        super().__init__(f"exit code {code}")
        self.code = code


def main(arguments: list[str]) -> int:
    """Make the environment and install into it.

    Args:
        arguments: The command line without the program's name.
    """
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", help="the environment, made if it is not there")
    parser.add_argument("--python", default=sys.executable, help="interpreter that a new environment gets")
    parser.add_argument("--exact", action="store_true", help="make it anew if it has another version of Python")
    known, install = parser.parse_known_args(arguments)
    screen = Screen()
    try:
        install_into(Path(known.folder), known.python, known.exact, install, screen)
    except Failed as failed:
        return failed.code
    except KeyboardInterrupt:
        print(f"{known.folder}: interrupted. Give the same command again: it goes on from here.", file=sys.stderr)
        return INTERRUPTED
    print(f"{known.folder}: ready after {screen.seconds:.0f} s", flush=True)
    return 0


def install_into(folder: Path, base: str, exact: bool, install: list[str], screen: Screen) -> None:
    """Make the environment if it is missing, and run the installer.

    Args:
        folder: The environment.
        base: Interpreter of a new one.
        exact: Whether an environment with another version of Python than `base` is made anew.
        install: Arguments of `pip install`.
        screen: Where to show what goes on.
    """
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    uv = shutil.which("uv")
    wanted, found = version_of(base), version_of(str(python))
    # uv brings the Python that a bare version names
    asked = wanted or base
    if wanted is not None and too_old(wanted):
        print(f"{base} is Python {wanted}; {oldest()} or newer is needed. Say which: make PYTHON=python3.12 ...")
        raise Failed(1)
    anew = found is None or too_old(found) or (exact and found != wanted)
    if not anew and wanted is not None and found != wanted:
        print(f"{folder}: has Python {found}, and {base} is {wanted}; delete {folder} to change that")
    doing = "making" if anew else "updating"
    print(f"{folder}: {doing} it with Python {asked if anew else found}; packages come from caches if they can",
          flush=True)  # fmt: skip
    if anew and uv:
        run([uv, "venv", "--clear", "--python", base, str(folder)], screen)
    elif anew:
        run([base, "-m", "venv", "--clear", str(folder)], screen)
    elif not uv and not answers([str(python), "-m", "pip", "--version"]):
        # uv made it, or whoever did was interrupted
        run([str(python), "-m", "ensurepip", "--default-pip"], screen)
    run([uv, "pip", "install", "--python", str(python), *install] if uv else
        [str(python), "-m", "pip", "install", "--disable-pip-version-check", "--progress-bar", "off", *install],
        screen)  # fmt: skip


def oldest() -> str:
    """Return the oldest version of Python that pyproject.toml allows."""
    text = (Path(__file__).resolve().parents[1] / "pyproject.toml").read_text(encoding="utf-8")
    found = re.search(r'^requires-python = ">=([\d.]+)"', text, re.MULTILINE)
    assert found, "pyproject.toml has no line requires-python"
    return found[1]


def too_old(version: str) -> bool:
    """Return whether the project does not run on a version of Python."""
    return [int(part) for part in version.split(".")] < [int(part) for part in oldest().split(".")]


def version_of(python: str) -> str | None:
    """Return the version of an interpreter, such as 3.12, or None if there is none."""
    command = [python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    try:
        return subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None


def answers(command: list[str]) -> bool:
    """Return whether a command works."""
    return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0


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


def run(command: list[str], screen: Screen) -> None:
    """Run a command and show what it does; all that it said is printed when it failed.

    Args:
        command: Program and arguments.
        screen: Where to show it.

    Raises:
        Failed: The command ended with another exit code than 0.
    """
    said: list[str] = []
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
        env={**PATIENCE, **os.environ},
    )  # fmt: skip
    doing = " ".join([os.path.basename(command[0]), *command[1:4]])
    try:
        for line in lines_of(process):
            if line is not None:
                said.append(line)
            news = line is not None and TELLING.match(line) is not None
            if line is not None and news:
                doing = line.strip() + NEXT.get(line.split()[0], "")
            screen.show(doing, news)
        code = process.wait()
    except BaseException:
        process.terminate()
        process.wait()
        raise
    if code:
        sys.stdout.flush()
        print("".join(said), file=sys.stderr)
        print(f"failed with exit code {code}: {' '.join(command)}\n{ADVICE}", file=sys.stderr)
        raise Failed(code)


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

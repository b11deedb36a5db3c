"""Commands in a terminal: the question, its answers, and the keys that end it."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import dlt


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with a pipeline `shop` that ran."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DLT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("RUNTIME__USER_LOG", "false")
    dlt.pipeline("shop", destination="duckdb").run([{"id": 1, "tags": [1]}], table_name="orders")
    return tmp_path


# a session of its own gets a terminal, so that its keys are signals
_IN_TERMINAL = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"
)


def in_terminal(answer: bytes, *words: str) -> tuple[int, str]:
    """Run the command in a terminal of its own, and answer its question; return its exit code and what it showed."""
    terminal, end = pty.openpty()
    line = [sys.executable, "-c", _IN_TERMINAL, sys.executable, "-m", "dlt", *words]
    child = subprocess.Popen(line, stdin=end, stdout=end, stderr=end, start_new_session=True)
    os.close(end)
    shown, is_answered = b"", False
    try:
        # a terminal ends with an error, and not with nothing, when its program ends
        while child.poll() is None or select.select([terminal], [], [], 0)[0]:
            if select.select([terminal], [], [], 1)[0]:
                shown += os.read(terminal, 4096)
            # Python misses a Ctrl-C between its question and its reading: who waits in vain presses it again
            elif is_answered:
                os.write(terminal, answer)
            if answer and not is_answered and b"[y/N]" in shown:
                os.write(terminal, answer)
                is_answered = True
    except OSError:
        pass
    finally:
        os.close(terminal)
    return child.wait(), shown.decode().replace("\r\n", "\n")


@pytest.mark.parametrize(
    ("answer", "code", "said"),
    [(b"n\n", 1, "[y/N] n"), (b"\n", 1, "[y/N]"), (b"\x04", 1, "[y/N]"), (b"\x03", 130, "stopped by SIGINT")],
    ids=["no", "return", "ctrl-d", "ctrl-c"],
)
def test_whatever_is_not_yes_changes_nothing(folder: Path, answer: bytes, code: int, said: str) -> None:
    """No, return alone, the end of the input, and Ctrl-C, which ends with the code that shells expect; no traceback."""
    found, shown = in_terminal(answer, "pipeline", "shop", "drop", "orders")
    assert found == code and said in shown and "Table(s) to drop: ['orders__tags', 'orders']" in shown, shown
    assert "Traceback" not in shown and shown.endswith("\n")
    assert dlt.attach("shop").dataset().row_counts().fetchall() == [("orders", 1), ("orders__tags", 1)]


def test_ctrl_c_while_the_command_is_imported_is_one_line(folder: Path) -> None:
    """The script `dlt` begins with an import; whoever presses Ctrl-C then reads no traceback."""
    program = """
import sys
class Stop:
    def find_spec(self, name, path=None, target=None):
        if name == "dlt.cli.pipeline":
            raise KeyboardInterrupt
sys.meta_path.insert(0, Stop())
from dlt.__main__ import main
sys.exit(main())
"""
    done = subprocess.run([sys.executable, "-c", program, "pipeline"], capture_output=True, text=True, check=False)
    assert done.returncode == 130 and done.stderr == "dlt: error: stopped by SIGINT\n" and not done.stdout
    assert 'dlt = "dlt.__main__:main"' in (Path(__file__).parents[2] / "pyproject.toml").read_text()


def test_yes_is_done(folder: Path) -> None:
    """What goes is shown before the question, and what went after it."""
    code, shown = in_terminal(b"y\n", "pipeline", "shop", "drop", "orders")
    assert code == 0 and shown.index("Table(s) to drop") < shown.index("[y/N]") < shown.index("Dropped 2 table(s)")
    assert dlt.attach("shop").default_schema.data_tables() == []


def test_nobody_is_asked_who_cannot_answer(folder: Path) -> None:
    """--non-interactive in a terminal, and a script without an answer, get no question; they read how to say yes."""
    code, shown = in_terminal(b"", "--non-interactive", "pipeline", "shop", "drop", "orders")
    assert code == 1 and "[y/N]" not in shown and "Give --yes." in shown
    for nothing in ({"stdin": subprocess.DEVNULL}, {"input": ""}):
        done = in_script(**nothing)
        assert done.returncode == 1 and "Do you want to apply these changes? Give --yes." in done.stderr
    assert dlt.attach("shop").dataset().row_counts().fetchall() == [("orders", 1), ("orders__tags", 1)]
    assert in_terminal(b"", "--yes", "pipeline", "shop", "drop", "orders")[0] == 0


def test_a_pipe_that_nobody_writes_to_is_not_waited_for(folder: Path) -> None:
    """A program that starts the command leaves its input open."""
    reading, writing = os.pipe()
    try:
        assert in_script(stdin=reading).returncode == 1
    finally:
        os.close(reading)
        os.close(writing)


def test_a_script_may_pipe_the_answer(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`yes | dlt pipeline shop drop orders`, as courses have it."""
    assert in_script(input="n\n").returncode == 1
    monkeypatch.setenv("COMPAT__DLT1", "true")
    assert in_script(input="n\n").returncode == 0
    monkeypatch.delenv("COMPAT__DLT1")
    assert dlt.attach("shop").dataset().row_counts().fetchall() == [("orders", 1), ("orders__tags", 1)]
    done = in_script(input="y\n" * 1000)
    assert done.returncode == 0 and "apply these changes? [y/N] y" in done.stdout and "Dropped 2" in done.stdout


def in_script(**given: Any) -> subprocess.CompletedProcess[str]:
    """Run the command as a script does."""
    line = [sys.executable, "-m", "dlt", "pipeline", "shop", "drop", "orders"]
    return subprocess.run(line, capture_output=True, text=True, check=False, **given)

"""One run at a time in a folder."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from dlt.errors import PipelineLocked
from dlt.io import lock
from dlt.io.lock import PipelineLock

HOLD = """
import sys
from dlt.io.lock import PipelineLock
with PipelineLock(sys.argv[1], "p", 0):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_process_is_refused_and_told_who_runs(tmp_path: Path) -> None:
    """The second waits, then PipelineLocked names the holder; a dead holder holds nothing."""
    # it lives until it is killed, or until these tests end
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    child = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], **pipes, text=True)
    assert child.stdout is not None and child.stdout.readline() == "held\n"
    with pytest.raises(PipelineLocked, match=f"process {child.pid} on"), PipelineLock(str(tmp_path), "p", 0.2):
        pass
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    with PipelineLock(str(tmp_path), "p", 5):
        pass


def test_the_holder_may_enter_again(tmp_path: Path) -> None:
    """Run holds the lock while its steps take it too."""
    lock = PipelineLock(str(tmp_path), "p", 0)
    with lock, lock:
        assert lock.holder() is not None
    assert lock.holder() is None


def test_a_folder_that_is_deleted_while_another_one_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waited for a lock file that is gone now locks the one that is there, which others see."""
    folder = tmp_path / "p"
    take = lock._try_lock

    def delete_first(descriptor: int) -> bool:
        monkeypatch.setattr(lock, "_try_lock", take)
        shutil.rmtree(folder)
        return take(descriptor)

    monkeypatch.setattr(lock, "_try_lock", delete_first)
    with PipelineLock(str(folder), "p", 0):
        assert not lock.is_free(str(folder / "lock"))
    assert lock.is_free(str(folder / "lock"))

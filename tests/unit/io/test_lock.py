"""One run at a time in a folder."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from dlt.errors import PipelineLocked
from dlt.io import lock
from dlt.io.lock import PipelineLock

HOLD = """
import sys
import threading
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


def test_a_thread_waits_for_another_one_and_gets_its_turn(tmp_path: Path) -> None:
    """Each holds the folder alone; at the end nobody does."""
    inside, most, done = 0, 0, []

    def work(number: int) -> None:
        nonlocal inside, most
        with PipelineLock(str(tmp_path), "p", 60):
            inside += 1
            most = max(most, inside)
            threading.Event().wait(0.002)
            inside -= 1
            done.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert most == 1 and sorted(done) == list(range(5)) and lock._places == {}
    assert lock.is_free(str(tmp_path / "lock"))


def test_a_thread_that_does_not_get_its_turn_is_told_who_has_it(tmp_path: Path) -> None:
    """It is this process; another object may take it once it is free."""
    errors: list[BaseException] = []

    def work() -> None:
        try:
            with PipelineLock(str(tmp_path), "shop", 0):
                pass
        except PipelineLocked as error:
            errors.append(error)

    with PipelineLock(str(tmp_path), "shop", 0) as held:
        thread = threading.Thread(target=work)
        thread.start()
        thread.join(60)
        holder = held.holder()
    (error,) = errors
    assert "pipeline shop: another thread of this process" in str(error) and "waited 0 s" in str(error)
    assert isinstance(error, PipelineLocked) and error.holder == holder and error.pipeline_name == "shop"
    with PipelineLock(str(tmp_path), "shop", 0):
        pass
    assert lock._places == {}


def test_a_resource_cannot_run_its_own_pipeline(tmp_path: Path) -> None:
    """The same thread with another object is told at once, and the first object still holds the folder."""
    outer = PipelineLock(str(tmp_path), "shop", 60)
    with outer:
        inner = PipelineLock(str(tmp_path), "shop", 60)
        with pytest.raises(PipelineLocked, match="A resource cannot run its own pipeline"), inner:
            pass
        assert not lock.is_free(str(tmp_path / "lock"))
        with outer:
            assert not lock.is_free(str(tmp_path / "lock"))
        assert not lock.is_free(str(tmp_path / "lock"))
    assert lock.is_free(str(tmp_path / "lock")) and lock._places == {}


def test_an_error_inside_ends_the_lock(tmp_path: Path) -> None:
    """At every depth."""
    held = PipelineLock(str(tmp_path), "shop", 0)
    with pytest.raises(KeyError), held, held:
        raise KeyError
    assert lock.is_free(str(tmp_path / "lock")) and held.holder() is None and lock._places == {}


@pytest.mark.parametrize("text", ["", "{", "[]", "5", '{"pid": 1}', '{"pid": 1, "host": "h"}'])
def test_a_holder_that_does_not_say_who_it_is_is_nobody_in_particular(tmp_path: Path, text: str) -> None:
    """Other programs write other things into a file of this name."""
    (tmp_path / "lock").write_text(text)
    assert PipelineLock(str(tmp_path), "shop", 0).holder() is None
    assert PipelineLock(str(tmp_path / "nowhere"), "shop", 0).holder() is None
    assert lock.is_free(str(tmp_path / "nowhere" / "lock"))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are not forked here")
def test_a_process_that_was_forked_inside_holds_nothing(tmp_path: Path) -> None:
    """The lock is its parent's, and stays so when the child ends."""
    with PipelineLock(str(tmp_path), "shop", 0):
        child = os.fork()
        if child == 0:
            os._exit(0 if lock._places == {} and not lock.is_free(str(tmp_path / "lock")) else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert not lock.is_free(str(tmp_path / "lock"))

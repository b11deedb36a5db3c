"""Writes that are whole or absent, and the points at which a test may kill the process."""

from __future__ import annotations

import os
import re
import shutil
import signal

_POINT = os.environ.get("DLT_CRASH_POINT")
_LOG = os.environ.get("DLT_CRASH_LOG")
_SIGNAL = os.environ.get("DLT_CRASH_SIGNAL", "SIGKILL")
_passed: dict[str, int] = {}
_once: str | None = None


def arm(name: str | None, once: str | None = None, log: str | None = None, signal_name: str | None = None) -> None:
    """Choose the point at which this process is killed, for tests of tasks that others start.

    Args:
        name: Name of the point, or "name#occurrence"; None for no point.
        once: File that is made before the kill; where it is there already, nobody is killed.
        log: File that gets the name of every point passed.
        signal_name: What the process gets there; as before when None.
    """
    global _POINT, _LOG, _SIGNAL, _once
    _POINT, _once, _LOG = name, once, log
    _SIGNAL = signal_name or _SIGNAL
    _passed.clear()


def _may_kill() -> bool:
    if _once is None:
        return True
    try:
        os.close(os.open(_once, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return False
    return True


def point(name: str) -> None:
    """Mark a moment at which a crash must lose nothing.

    The environment variable DLT_CRASH_LOG names a file that gets the name of every point passed; DLT_CRASH_POINT, as
    "name" or "name#occurrence", names the point at which the process is killed, or gets the signal that
    DLT_CRASH_SIGNAL names. Without them this does nothing.
    """
    if _POINT is None and _LOG is None:
        return
    _passed[name] = _passed.get(name, 0) + 1
    label = f"{name}#{_passed[name]}"
    if _LOG is not None:
        with open(_LOG, "a", encoding="utf-8") as log:
            log.write(label + "\n")
    if (label == _POINT or (name == _POINT and _passed[name] == 1)) and _may_kill():
        os.kill(os.getpid(), signal.Signals[_SIGNAL])


def is_unfinished(name: str) -> bool:
    """Tell whether a file is one that `write_bytes` began, in this release or an earlier one."""
    return re.fullmatch(r"[\w.-]+\.(?:[0-9a-f]{12}|\d+)\.tmp", name) is not None


def write_bytes(path: str, data: bytes, mode: int = 0o666) -> None:
    """Write a file so that readers see the old content or the new, never a part."""
    label = re.sub(r"\d+\.\d+", "id", os.path.basename(path))
    # two machines may have processes of one number
    temporary = f"{path}.{os.urandom(6).hex()}.tmp"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_CLOEXEC", 0), mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            point(f"write.{label}.written")
            os.fsync(file.fileno())
    except BaseException:
        if os.path.exists(temporary):
            os.unlink(temporary)
        raise
    point(f"write.{label}.synced")
    os.replace(temporary, path)
    point(f"write.{label}.renamed")
    sync_folder(os.path.dirname(path))


def commit_dir(source: str, target: str, label: str) -> None:
    """Make a finished folder visible under its final name.

    Args:
        source: Folder with files only.
        target: Final path, on the same file system; it must not exist.
        label: Name of the crash points.
    """
    sync_files(source)
    point(f"commit.{label}.synced")
    os.rename(source, target)
    point(f"commit.{label}.renamed")
    sync_folder(os.path.dirname(target))


def sync_files(path: str) -> None:
    """Make the content of all files of a folder last."""
    for name in os.listdir(path):
        descriptor = os.open(os.path.join(path, name), os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    sync_folder(path)


def move_dir(source: str, target: str, label: str) -> None:
    """Rename a folder that was committed before."""
    point(f"move.{label}.before")
    os.rename(source, target)
    point(f"move.{label}.renamed")
    sync_folder(os.path.dirname(target))


def remove_dir(path: str, label: str) -> None:
    """Delete a folder that nothing needs any more."""
    point(f"remove.{label}.before")
    shutil.rmtree(path, ignore_errors=False)


def sync_folder(path: str) -> None:
    """Make renames inside a folder last; a no-op where folders cannot be opened."""
    if os.name == "nt":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

"""Writes that are whole or absent."""

from __future__ import annotations

import os
import re
import shutil

from dlt.io import failpoints

MANY = 8
"""Files of a folder from which on they are synced beside each other."""


def is_unfinished(name: str) -> bool:
    """Tell whether a file is one that `write_bytes` began, in this release or an earlier one."""
    return re.fullmatch(r"[\w.-]+\.(?:[0-9a-f]{12}|\d+)\.tmp", name) is not None


def write_bytes(path: str, data: bytes, mode: int = 0o666) -> None:
    """Write a file so that readers see the old content or the new, never a part."""
    label = re.sub(r"\d+\.\d+", "id", os.path.basename(path))
    # two machines may have processes of one number
    temporary = f"{path}.{os.urandom(6).hex()}.tmp"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            failpoints.point(f"write.{label}.written")
            # before the rename: after a loss of power the name would lead to an empty file
            os.fsync(file.fileno())
    except BaseException:
        if os.path.exists(temporary):
            os.unlink(temporary)
        raise
    failpoints.point(f"write.{label}.synced")
    os.replace(temporary, path)
    failpoints.point(f"write.{label}.renamed")
    sync_folder(os.path.dirname(path))


def commit_dir(source: str, target: str, label: str) -> None:
    """Make a finished folder visible under its final name.

    Args:
        source: Folder with files only.
        target: Final path, on the same file system; it must not exist.
        label: Name of the failpoints.
    """
    # the folder gets its name last, when all that it promises is on the disk
    sync_files(source)
    failpoints.point(f"commit.{label}.synced")
    os.rename(source, target)
    failpoints.point(f"commit.{label}.renamed")
    sync_folder(os.path.dirname(target))


def sync_files(path: str) -> None:
    """Make the content of all files of a folder last."""
    files = [os.path.join(path, name) for name in os.listdir(path)]
    if len(files) < MANY:
        for file in files:
            _sync(file)
    else:
        from concurrent.futures import ThreadPoolExecutor

        # a disk that is asked for many at once waits for its journal once
        with ThreadPoolExecutor(MANY) as pool:
            for _ in pool.map(_sync, files):
                pass
    sync_folder(path)


def _sync(file: str) -> None:
    descriptor = os.open(file, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def move_dir(source: str, target: str, label: str) -> None:
    """Rename a folder that was committed before."""
    failpoints.point(f"move.{label}.before")
    os.rename(source, target)
    failpoints.point(f"move.{label}.renamed")
    sync_folder(os.path.dirname(target))


def remove_dir(path: str, label: str) -> None:
    """Delete a folder that nothing needs any more."""
    failpoints.point(f"remove.{label}.before")
    shutil.rmtree(path, ignore_errors=False)


def sync_folder(path: str) -> None:
    """Make renames inside a folder last; a no-op where folders cannot be opened."""
    if os.name == "nt":
        return
    _sync(path)

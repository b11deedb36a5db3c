"""One run at a time in a pipeline's folder."""

from __future__ import annotations

import json
import os
import time
from types import TracebackType
from typing import Any

from dlt.clock import utc_now
from dlt.errors import PipelineLocked

_POLL_SECONDS = 0.05


class PipelineLock:
    """An exclusive lock on a folder; the operating system ends it with its process, however that dies.

    It may be entered again by the object that holds it.

    Args:
        folder: Folder of the pipeline.
        pipeline_name: For messages.
        timeout: Seconds to wait for another holder.
    """

    def __init__(self, folder: str, pipeline_name: str, timeout: float) -> None:
        self._path = os.path.join(folder, "lock")
        self._name, self._timeout = pipeline_name, timeout
        self._descriptor: int | None = None
        self._depth = 0

    def __enter__(self) -> PipelineLock:
        if self._depth == 0:
            self._acquire()
        self._depth += 1
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._depth -= 1
        if self._depth == 0 and self._descriptor is not None:
            os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = None

    def _acquire(self) -> None:
        os.makedirs(os.path.dirname(self._path), exist_ok=True)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o666)
        deadline = time.monotonic() + self._timeout
        while not _try_lock(descriptor):
            if time.monotonic() >= deadline:
                os.close(descriptor)
                raise self._locked()
            time.sleep(_POLL_SECONDS)
        holder = {"host": _host(), "pid": os.getpid(), "since": utc_now().isoformat()}
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps(holder).encode(), 0)
        self._descriptor = descriptor

    def _locked(self) -> PipelineLocked:
        holder = self.holder()
        who = f"process {holder['pid']} on {holder['host']} since {holder['since']}" if holder else "another process"
        return PipelineLocked(
            f"pipeline {self._name}: {who} is running it in {os.path.dirname(self._path)}; waited {self._timeout:g} s. "
            "Wait for it, give this run another pipeline_name or pipelines_dir, or raise lock_timeout.",
            pipeline_name=self._name,
            holder=holder,
        )

    def holder(self) -> dict[str, Any] | None:
        """Return host, pid and since of the process that holds the lock, if it says."""
        try:
            with open(self._path, encoding="utf-8") as file:
                text = file.read()
        except FileNotFoundError:
            return None
        try:
            found: dict[str, Any] = json.loads(text)
        except json.JSONDecodeError:
            return None
        return found


def is_free(path: str) -> bool:
    """Tell whether nobody holds a lock file; one that is not there is free."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return True
    try:
        return _try_lock(descriptor)
    finally:
        os.close(descriptor)


def _host() -> str:
    if hasattr(os, "uname"):
        return os.uname().nodename
    import platform

    return platform.node()


def _try_lock(descriptor: int) -> bool:
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]  # Windows only
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True

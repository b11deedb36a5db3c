"""One run at a time in a pipeline's folder: one process, and in it one thread and one pipeline object."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import TypedDict

from dlt.clock import utc_now
from dlt.errors import PipelineLocked

# flock waits without a limit or not at all: a wait with a timeout has to ask again and again
_POLL_SECONDS = 0.05


class Holder(TypedDict):
    """The process that holds a lock, as the file of the lock says."""

    host: str
    pid: int
    since: str


@dataclass
class _Place:
    """What this process knows of the lock of one folder; all pipeline objects of the folder share it."""

    turns: threading.Condition = field(default_factory=threading.Condition)
    thread: int | None = None
    owner: object = None
    depth: int = 0
    descriptor: int | None = None
    users: int = 0
    handed_over_at: float = 0.0


_places: dict[str, _Place] = {}
_places_lock = threading.Lock()


class PipelineLock:
    """An exclusive lock on a folder; the operating system ends it with its process, however that dies.

    The thread that holds it may enter it again through the same object. Other threads of the process take turns: they
    wait as long as somebody gets his turn within the timeout.

    Args:
        folder: Folder of the pipeline.
        pipeline_name: For messages.
        timeout: Seconds to wait for another holder.
    """

    def __init__(self, folder: str, pipeline_name: str, timeout: float) -> None:
        self._path = os.path.join(folder, "lock")
        self._key = os.path.abspath(self._path)
        self._name, self._timeout = pipeline_name, timeout

    def __enter__(self) -> PipelineLock:
        place, thread = self._place(1), threading.get_ident()
        try:
            with place.turns:
                # the holder is this very thread: to wait for it would be for ever
                if place.thread == thread and place.owner is not self:
                    raise self._nested()
                if place.thread == thread:
                    place.depth += 1
                    return self
                self._wait_for_turn(place)
                place.thread, place.owner, place.depth = thread, self, 1
        except BaseException:
            self._place(-1)
            raise
        try:
            place.descriptor = self._acquire()
        except BaseException:
            self._leave(place)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        place = _places.get(self._key)
        if place is None or place.owner is not self:
            return  # a child process that was forked inside of the block: the lock is its parent's
        if place.depth > 1:
            place.depth -= 1
            self._place(-1)
            return
        if place.descriptor is not None:
            # emptied, not deleted: others may wait for this very file
            os.ftruncate(place.descriptor, 0)
            os.close(place.descriptor)
        self._leave(place)

    def _place(self, users: int) -> _Place:
        """Return the place of the folder, with one more user or one less; without users it is forgotten."""
        with _places_lock:
            place = _places.setdefault(self._key, _Place())
            # counted, so that a process with many pipelines forgets those that are done
            place.users += users
            if place.users <= 0:
                del _places[self._key]
            return place

    def _wait_for_turn(self, place: _Place) -> None:
        began = time.monotonic()
        while place.thread is not None:
            # threads that queue up are no reason to fail while the queue moves
            left = max(began, place.handed_over_at) + self._timeout - time.monotonic()
            if left <= 0:
                raise self._locked()
            place.turns.wait(left)

    def _leave(self, place: _Place) -> None:
        with place.turns:
            place.thread, place.owner, place.depth, place.descriptor = None, None, 0, None
            place.handed_over_at = time.monotonic()
            place.turns.notify_all()
        self._place(-1)

    def _acquire(self) -> int:
        deadline = time.monotonic() + self._timeout
        while True:
            # each time: somebody may delete the folder while this one waits
            os.makedirs(os.path.dirname(self._path), exist_ok=True)
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o666)
            try:
                while not _try_lock(descriptor):
                    if time.monotonic() >= deadline:
                        raise self._locked()
                    time.sleep(_POLL_SECONDS)
                if self._is_at_path(descriptor):
                    holder = {"host": _host(), "pid": os.getpid(), "since": utc_now().isoformat()}
                    # into the file itself: a rename would put another one, which nobody has locked, in its place
                    os.ftruncate(descriptor, 0)
                    os.pwrite(descriptor, json.dumps(holder).encode(), 0)
                    return descriptor
            except BaseException:
                os.close(descriptor)
                raise
            # the folder was deleted while this one waited: whoever comes next would lock another file
            os.close(descriptor)

    def _is_at_path(self, descriptor: int) -> bool:
        try:
            return os.path.samestat(os.fstat(descriptor), os.stat(self._path))
        except FileNotFoundError:
            return False

    def _locked(self) -> PipelineLocked:
        holder = self.holder()
        who = "another process"
        if holder:
            who = f"process {holder['pid']} on {holder['host']} since {holder['since']}"
            if (holder["host"], holder["pid"]) == (_host(), os.getpid()):
                who = f"another thread of this process ({holder['pid']}) since {holder['since']}"
        return PipelineLocked(
            f"pipeline {self._name}: {who} is running it in {os.path.dirname(self._path)}; waited {self._timeout:g} s. "
            "Wait for it, give this run another pipeline_name or pipelines_dir, or raise lock_timeout.",
            pipeline_name=self._name,
            holder=holder,
        )

    def _nested(self) -> PipelineLocked:
        return PipelineLocked(
            f"pipeline {self._name}: this thread of process {os.getpid()} is already running it, with another "
            "pipeline object of the same name. A resource cannot run its own pipeline: yield the data, or give the "
            "inner pipeline another pipeline_name.",
            pipeline_name=self._name,
            holder=self.holder(),
        )

    def holder(self) -> Holder | None:
        """Return host, pid and since of the process that holds the lock, if it says."""
        try:
            with open(self._path, "rb") as file:
                found = json.loads(file.read())
        # whoever takes the lock empties the file before he writes into it: for a moment it is no JSON
        except (FileNotFoundError, NotADirectoryError, ValueError):
            return None
        if not isinstance(found, dict) or not {"host", "pid", "since"} <= set(found):
            return None
        return {"host": str(found["host"]), "pid": found["pid"], "since": str(found["since"])}


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


def _forget_in_child() -> None:
    """Let go of what was inherited: the locks are the parent's, and must end with it."""
    # a thread of the parent may hold it, and there is none in the child to release it
    global _places_lock
    _places_lock = threading.Lock()
    for place in _places.values():
        if place.descriptor is not None:
            os.close(place.descriptor)
    _places.clear()


if sys.platform != "win32":
    os.register_at_fork(after_in_child=_forget_in_child)


def _host() -> str:
    if sys.platform != "win32":
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

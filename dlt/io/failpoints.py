"""Failpoints: the moments at which a crash must lose nothing, so that a test can make one there.

Without these environment variables a failpoint does nothing:

- DLT_CRASH_POINT names the failpoint at which the process is killed: "name" for the first time that it is passed,
  "name#3" for the third.
- DLT_CRASH_SIGNAL is what the process gets there, SIGKILL by default.
- DLT_CRASH_LOG is a file that gets the name of every failpoint passed.

`NAMES` lists them all. They are read when the process starts; `arm` chooses another failpoint later.
"""

from __future__ import annotations

import os
import signal
from fnmatch import fnmatchcase

from dlt.errors import ConfigurationValueError

NAMES = (
    # files and folders of a pipeline; the star is the name of the file, or of what the folder is
    "write.*.written",
    "write.*.synced",
    "write.*.renamed",
    "commit.*.synced",
    "commit.*.renamed",
    "move.*.before",
    "move.*.renamed",
    "remove.*.before",
    "wipe.*.before",
    "journal.before_removal",
    "abandon.reverted",
    "abandon.removed",
    # the load of a package
    "load.before_begin",
    "load.after_undo",
    "load.after_ddl",
    "load.after_files",
    "load.after_publish",
    "load.after_checks",
    "load.before_commit",
    "load.after_commit",
    # the steps as tasks; the star is the stage
    "task.*.before_record",
    "task.*.sent",
    "task.*.recorded",
    "handoff.archive_written",
    "handoff.archive_renamed",
    # destinations that are not one database
    "destination.batch_delivered",
    "filesystem.before_file",
    "filesystem.file_written",
    "filesystem.before_manifest",
    "filesystem.after_manifest",
    "filesystem.before_rollback",
    "filesystem.before_put",
    "filesystem.after_put",
    "delta.before_commit",
    "delta.after_commit",
    "iceberg.before_commit",
    "iceberg.after_commit",
    "iceberg.before_hint",
    "iceberg.in_hint",
)


def is_known(name: str) -> bool:
    """Tell whether there is a failpoint of this name.

    Args:
        name: Its name, without an occurrence.
    """
    return any(fnmatchcase(name, known) for known in NAMES)


def _checked(name: str | None) -> str | None:
    # a name that is misspelt would let a test pass that kills nobody
    if name is not None and not is_known(name.partition("#")[0]):
        raise ConfigurationValueError(
            f"DLT_CRASH_POINT: there is no failpoint {name!r}. There are {', '.join(NAMES)}. Unset it, or name one."
        )
    return name


def _signal_of(name: str | None) -> signal.Signals:
    # at the failpoint itself an error would look like one of the load
    if not name:
        return signal.SIGKILL
    if name not in signal.Signals.__members__:
        known = ", ".join(signal.Signals.__members__)
        raise ConfigurationValueError(
            f"DLT_CRASH_SIGNAL: there is no signal {name!r}. There are {known}. Unset it for SIGKILL, or name one."
        )
    return signal.Signals[name]


_armed = _checked(os.environ.get("DLT_CRASH_POINT") or None)
_log = os.environ.get("DLT_CRASH_LOG")
_signal = _signal_of(os.environ.get("DLT_CRASH_SIGNAL"))
_passed: dict[str, int] = {}
_once: str | None = None


def arm(name: str | None, once: str | None = None, log: str | None = None, signal_name: str | None = None) -> None:
    """Choose the failpoint at which this process is killed, for tests of tasks that others start.

    Args:
        name: Name of the failpoint, or "name#occurrence"; None for none.
        once: File that is made before the kill; where it is there already, nobody is killed.
        log: File that gets the name of every failpoint passed.
        signal_name: What the process gets there; as before when None.

    Raises:
        ConfigurationValueError: there is no such failpoint, or no such signal.
    """
    global _armed, _log, _signal, _once
    number = _signal_of(signal_name) if signal_name else _signal
    _armed, _once, _log, _signal = _checked(name), once, log, number
    _passed.clear()


def _may_kill() -> bool:
    if _once is None:
        return True
    try:
        # of several processes that come here at once only one is killed
        os.close(os.open(_once, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return False
    return True


def point(name: str) -> None:
    """Mark a moment at which a crash must lose nothing.

    Args:
        name: One of `NAMES`.
    """
    # in every load of every program: nothing else may happen here
    if _armed is None and _log is None:
        return
    _passed[name] = _passed.get(name, 0) + 1
    label = f"{name}#{_passed[name]}"
    if _log is not None:
        # opened each time: what waits in a buffer would be lost by the kill
        with open(_log, "a", encoding="utf-8") as log:
            log.write(label + "\n")
    if (label == _armed or (name == _armed and _passed[name] == 1)) and _may_kill():
        # a signal and no exit: neither `finally` nor a flush may tidy up, as after a loss of power
        os.kill(os.getpid(), _signal)

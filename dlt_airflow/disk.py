"""What old runs left on the disk of a worker. Used in tasks only.

The teardown of a run empties the hand-off and the disk of the worker that it runs on; the other workers of the run keep
what they had, and so does a run that was never loaded.
"""

from __future__ import annotations

import os
import shutil
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dlt.tasks import Token

KEEP_DAYS = 7.0
"""Days for which a worker keeps the packages of a run unless `[dlt] keep_days` says otherwise."""


def prune(token: Token) -> list[str]:
    """Delete the folders of old runs of a pipeline; return them.

    Args:
        token: What a step left; it says where its pipeline works.
    """
    from dlt.tasks.folder import work_dir
    from dlt_airflow.connections import setting

    days = float(setting("keep_days") or KEEP_DAYS)
    parent = os.path.join(work_dir(token.spec), token.pipeline_name)
    deleted = []
    for name in os.listdir(parent) if os.path.isdir(parent) else ():
        path = os.path.join(parent, name)
        if time.time() - _last_change(path) > days * 86400 and not _at_work(path):
            # a task beside this one may delete it at the same time
            shutil.rmtree(path, ignore_errors=True)
            deleted.append(path)
    return deleted


def _last_change(path: str) -> float:
    """Return when something was added to a run, or to one of its parts."""
    times = [0.0]
    for folder in (path, *(os.path.join(path, part) for part in _names(path))):
        try:
            times.append(os.stat(folder).st_mtime)
        except FileNotFoundError:
            # the run is being deleted by another task
            return time.time()
    return max(times)


def _at_work(path: str) -> bool:
    from dlt.io.lock import is_free

    return any(
        # the lock dies with its process, whatever the age of the folder
        name.startswith("scratch-") and not is_free(os.path.join(path, part, name, "lock"))
        for part in _names(path)
        for name in _names(os.path.join(path, part))
    )


def _names(path: str) -> list[str]:
    try:
        return os.listdir(path)
    except (FileNotFoundError, NotADirectoryError):
        return []

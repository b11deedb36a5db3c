"""The timestamp in the name of a dataset that begins anew: two runs never get the same one."""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import datetime, timedelta

from dlt.clock import utc_now
from dlt.io.paths import segment

_FOLDER = ".datasets"
_FORMAT = "_%Y%m%d%H%M%S"
_KEPT = timedelta(days=1)


def take_suffix(pipelines_dir: str, dataset_name: str) -> str:
    """Return a suffix like `_20221107164856` that no other run of the same folder has for this dataset.

    It is the present second, or the next one that is free.

    Args:
        pipelines_dir: Parent of the folders of pipelines; what is taken is kept there for a day.
        dataset_name: Name without the suffix.
    """
    folder = os.path.join(pipelines_dir, _FOLDER)
    moment = utc_now()
    # where nothing can be written nothing can run; the first step says so, with the path
    with suppress(OSError):
        os.makedirs(folder, exist_ok=True)
        _forget_old(folder, moment)
        while not _take(os.path.join(folder, segment(dataset_name) + moment.strftime(_FORMAT))):
            moment += timedelta(seconds=1)
    return moment.strftime(_FORMAT)


def _take(path: str) -> bool:
    try:
        # of two processes in the same second only one makes the file
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    except FileExistsError:
        return False
    return True


def _forget_old(folder: str, now: datetime) -> None:
    for entry in os.scandir(folder):
        try:
            if now.timestamp() - entry.stat().st_mtime > _KEPT.total_seconds():
                os.unlink(entry.path)
        except FileNotFoundError:
            # another run was quicker
            continue

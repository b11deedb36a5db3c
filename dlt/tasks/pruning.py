"""What old runs left: on the disk of a worker, at the hand-off, and in virtual environments.

The last step of a run deletes what the run has at the hand-off and on its own worker. The other workers keep what they
had, and so does a run that was never loaded.
"""

from __future__ import annotations

import datetime
import os
import shutil
import time
from collections.abc import Iterator

from dlt.configuration import get_value
from dlt.io.lock import is_free
from dlt.io.store import Store
from dlt.tasks import handoff as handoffs
from dlt.tasks.environments import READY, environments_dir
from dlt.tasks.folder import handoff_url, work_dir
from dlt.tasks.spec import Spec

KEEP_DAYS = 7.0
"""Days for which a run is kept unless somebody says otherwise."""
_DAY = 86400.0
_MODIFIED = ("mtime", "LastModified", "last_modified", "updated", "created")
"""Under which name each file system of fsspec tells when a file was written."""


def prune(
    work_dir: str | None = None, handoff: str | None = None, keep_days: float | None = None, dry_run: bool = False
) -> list[str]:
    """Delete what old runs left, and environments that no step used since; return the folders.

    Args:
        work_dir: Folder for packages under way; as for a spec when None.
        handoff: URL of the hand-off; as for a spec when None.
        keep_days: Days since a run, or an environment, was last touched; `handoff.keep_days` or 7 when None.
        dry_run: Delete nothing.
    """
    days = keep_days if keep_days is not None else kept_days()
    spec = Spec(work_dir=work_dir, handoff=handoff)
    found = [*_runs(spec, days), *_environments(days)]
    if not dry_run:
        _deleted(found)
    url = handoff_url(spec)
    if url is not None:
        store = handoffs.open_store(url)
        for run in _sent(store, days):
            found.append(store.url(run))
            if not dry_run:
                store.delete_folder(run)
    # what was there, whether or not somebody else deleted it first
    return found


def kept_days() -> float:
    """Return for how many days runs are kept: what the configuration says, or 7."""
    said = get_value("keep_days", float, sections=("handoff",), default=None)
    return KEEP_DAYS if said is None else float(said)


def prune_runs_of(folder: str, days: float) -> list[str]:
    """Delete the old runs of one pipeline; return their folders.

    Args:
        folder: Folder of the pipeline, below the folder for packages under way.
        days: Days for which they are kept.
    """
    return _deleted(_old_runs(folder, days))


def _runs(spec: Spec, days: float) -> Iterator[str]:
    for pipeline in _folders(work_dir(spec)):
        yield from _old_runs(pipeline, days)


def _old_runs(pipeline: str, days: float) -> list[str]:
    return [path for path in _folders(pipeline) if _is_old(path, days)]


def _deleted(paths: list[str]) -> list[str]:
    for path in paths:
        # a task beside this one may delete it at the same time
        shutil.rmtree(path, ignore_errors=True)
    return paths


def _is_old(run: str, days: float) -> bool:
    return time.time() - _last_change(run) > days * _DAY and not _at_work(run)


def _last_change(run: str) -> float:
    """Return when something was added to a run, or to one of its parts."""
    times = [0.0]
    for folder in (run, *_folders(run)):
        try:
            times.append(os.stat(folder).st_mtime)
        except FileNotFoundError:
            # the run is being deleted by another task
            return time.time()
    return max(times)


def _at_work(run: str) -> bool:
    return any(
        # the lock dies with its process, whatever the age of the folder
        os.path.basename(path).startswith("scratch-") and not is_free(os.path.join(path, "lock"))
        for part in _folders(run)
        for path in _folders(part)
    )


def _environments(days: float) -> Iterator[str]:
    for path in _folders(environments_dir()):
        try:
            used = os.stat(os.path.join(path, READY)).st_mtime
        except FileNotFoundError:
            # a lock, or one that is being made
            continue
        if time.time() - used > days * _DAY:
            yield path


def _sent(store: Store, days: float) -> Iterator[str]:
    """Yield the runs at the hand-off in which no file is younger, as <pipeline>/<run>."""
    with store.guarded(store.root):
        files = store.filesystem.find(store.root, detail=True)
    newest: dict[str, float] = {}
    root = store.root.rstrip("/") + "/"
    for path, facts in files.items():
        parts = str(path).removeprefix(root).split("/")
        # a file that lies directly in the folder is none of ours
        if len(parts) > 2:
            run = "/".join(parts[:2])
            newest[run] = max(newest.get(run, 0.0), _written(store, path, facts))
    yield from (run for run, written in newest.items() if time.time() - written > days * _DAY)


def _written(store: Store, path: str, facts: dict[str, object]) -> float:
    said = next((facts[name] for name in _MODIFIED if facts.get(name) is not None), None)
    if isinstance(said, (int, float)):
        return float(said)
    if isinstance(said, str):
        said = datetime.datetime.fromisoformat(said.replace("Z", "+00:00"))
    moment = said if isinstance(said, datetime.datetime) else store.filesystem.modified(path)
    # those without a zone are of UTC
    return float((moment if moment.tzinfo is not None else moment.replace(tzinfo=datetime.timezone.utc)).timestamp())


def _folders(path: str) -> list[str]:
    try:
        with os.scandir(path) as entries:
            return sorted(entry.path for entry in entries if entry.is_dir(follow_symlinks=False))
    except (FileNotFoundError, NotADirectoryError):
        return []

"""What OpenLineage is told of a run: when it begins and ends, what it read, and what it wrote."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from dlt import user_log
from dlt.clock import utc_now
from dlt.configuration import get_value
from dlt.errors.base import ended
from dlt.info import LoadInfo
from dlt.metrics import LoadJobMetrics
from dlt.observe.run_events import Output, RunEvent
from dlt.places import Place, table_place
from dlt.redact import redact
from dlt.schema.origins import origins

if TYPE_CHECKING:
    from dlt.package_info import LoadPackageInfo
    from dlt.schema.origins import Origin

_TASKS = uuid.UUID("6f3c1c0e-6a0b-5d0c-9d0e-0d7f5c1b7a11")
"""Ids of runs whose steps are tasks follow from their names below this one, so that each process knows them."""
_SETTINGS = ("OPENLINEAGE_URL", "OPENLINEAGE_CONFIG")
_FILES = ("openlineage.yml", os.path.join("~", ".openlineage", "openlineage.yml"))


class Teller:
    """Tells OpenLineage of the runs of one pipeline, where it is configured; nobody waits for it.

    Args:
        pipeline_name: Name of the pipeline.
    """

    def __init__(self, pipeline_name: str) -> None:
        self._job = pipeline_name
        self._run_id: str | None = None
        self._is_task = False
        self._told_elsewhere = False

    def in_task(self, key: str, told_elsewhere: bool) -> None:
        """Say that the steps of a run come from several processes.

        Args:
            key: Names the run.
            told_elsewhere: The orchestrator tells of it.
        """
        self._run_id, self._is_task, self._told_elsewhere = str(uuid.uuid5(_TASKS, key)), True, told_elsewhere

    def begin(self, step: str) -> None:
        """Tell that a run begins, if it does.

        Args:
            step: "run", or the step that is called by itself.
        """
        with self._guarded():
            self._begin(step)

    def _begin(self, step: str) -> None:
        # a load that follows an extract of the same program goes on with its run
        begins = step in ("run", "extract") or (step == "load" and self._run_id is None)
        if not begins or not self._is_wanted():
            return
        if not self._is_task:
            self._run_id = str(uuid.uuid4())
        self._tell("START")

    def end(self, step: str, loads: Sequence[LoadInfo], error: BaseException | None) -> None:
        """Tell how a run went on.

        Args:
            step: "run", or the step that is called by itself.
            loads: What was loaded.
            error: What ended it.
        """
        with self._guarded():
            self._end(step, loads, error)

    def _end(self, step: str, loads: Sequence[LoadInfo], error: BaseException | None) -> None:
        if self._run_id is None or not self._is_wanted():
            return
        # of a load that was tried again the last one counts
        failed = [str(job.failed_message) for jobs in (loads[-1].failed_jobs if loads else {}).values() for job in jobs]
        if error is not None and not isinstance(error, Exception):
            self._tell("ABORT")
        elif error is not None or failed:
            self._tell("FAIL", error=redact(str(error) if error is not None else "; ".join(failed)))
        elif step in ("run", "load"):
            self._tell("COMPLETE", list(outputs_of(loads)))
        elif step == "normalize":
            self._tell("RUNNING")
            return
        else:
            return
        # a task that is tried again goes on with the run of the one before
        if not self._is_task:
            self._run_id = None

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # noqa: BLE001 - what is told of a load must not decide what becomes of it
            user_log.error(f"{self._job}: OpenLineage cannot be told: {ended(f'{type(error).__name__}: {error}')}")

    def _is_wanted(self) -> bool:
        return not self._told_elsewhere and is_configured(self._job)

    def _tell(self, kind: str, outputs: Sequence[Output] = (), error: str | None = None) -> None:
        from dlt.observe.openlineage import send

        def option(key: str, secret: bool = False) -> str | None:
            return get_value(key, str, sections=("runtime",), default=None, secret=secret, pipeline_name=self._job)

        url, namespace = option("openlineage_url"), os.environ.get("OPENLINEAGE_NAMESPACE")
        key = option("openlineage_api_key", secret=True) if url else None
        event = RunEvent(kind, utc_now().isoformat(), str(self._run_id), namespace, self._job, outputs, error)
        send(event, url, key)


def is_configured(pipeline_name: str) -> bool:
    """Tell whether the client of OpenLineage is configured, by its own settings or by ours.

    Args:
        pipeline_name: Name of the pipeline.
    """
    if os.environ.get("OPENLINEAGE_DISABLED", "").strip().lower() == "true":
        return False
    if any(name in os.environ for name in _SETTINGS) or any(name.startswith("OPENLINEAGE__") for name in os.environ):
        return True
    if get_value("openlineage_url", str, sections=("runtime",), default=None, pipeline_name=pipeline_name):
        return True
    return any(os.path.isfile(os.path.expanduser(path)) for path in _FILES)


def outputs_of(loads: Sequence[LoadInfo]) -> Iterator[Output]:
    """Yield what loads wrote.

    Args:
        loads: Their infos.
    """
    for info in loads:
        # nothing of a package with a failed job is visible
        for package in (found for found in info.load_packages if not found.jobs["failed_jobs"]):
            known = list(origins(package.schema))
            for table in package.schema.data_tables():
                figures = _figures(info, package.load_id, table["name"])
                own = [origin for origin in known if origin.table == table["name"]]
                if figures is not None and own:
                    yield _output(info, package, own, *figures)


def _figures(info: LoadInfo, load_id: str, table: str) -> tuple[int, int, int] | None:
    """Return rows, bytes and files of a table in a load; None where the load did nothing with it."""
    for entry in info.metrics.get(load_id, ()):
        found = entry.get("table_metrics", {}).get(table)
        if found is not None:
            jobs = entry.get("job_metrics", {}).values()
            files = sum(isinstance(job, LoadJobMetrics) and job.table_name == table for job in jobs)
            return found.items_count, found.file_size, files
    return None


def _output(
    info: LoadInfo, package: LoadPackageInfo, columns: Sequence[Origin], rows: int, size: int, files: int
) -> Output:
    of = columns[0]
    dataset = package.dataset_name or info.dataset_name
    location = redact(info.destination_displayable_credentials)
    place = table_place(location, dataset, of.table, info.destination_type.rpartition(".")[2])
    source = Place(f"dlt://{of.schema}", of.resource, f"dlt://{of.schema}/{of.resource}")
    types = {column.column: column.data_type for column in columns}
    paths = {column.column: column.path for column in columns if column.path is not None}
    checks = [(result.check, result.passed) for result in package.checks if result.table == of.table]
    masked = frozenset(column.column for column in columns if column.masked)
    return Output(place, types, paths, source, rows, size, files, checks, masked)

"""A pipeline whose step runs as a task: in a folder of its own, with load ids of the run, beside other tries."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from dlt import context
from dlt.destinations.client import WorkDone
from dlt.errors import DestinationTransientException, SpecInvalid
from dlt.extract.resource import DltResource
from dlt.extract.source import DltSource
from dlt.load.execute import LoadResult, execute
from dlt.load.order import TaskLoad
from dlt.load.work import known_work
from dlt.packages.manifest import Work
from dlt.packages.package import LoadPackage
from dlt.pipeline.factory import pipeline as make_pipeline
from dlt.pipeline.parts import Parts
from dlt.pipeline.pipeline import Pipeline
from dlt.progress import Collector, NullCollector, TableLog
from dlt.tasks.spec import Spec, StepContext, load_object

CLASH_WAIT = 600.0
"""Seconds for which a load gives way to others of the same pipeline before it fails and leaves the wait to a retry."""
_locks: dict[tuple[str, str], threading.Lock] = {}
_locks_lock = threading.Lock()


class TaskRun:
    """One step of a pipeline in one task: the pipeline of a spec, made of parts of its own.

    Args:
        made: What the spec's factory made; settings and destination are taken from it.
        folder: Parent of the pipeline's folder.
        task: The run and the try.
    """

    def __init__(self, made: Pipeline, folder: str, task: StepContext) -> None:
        # the folder of a try is empty, and an orchestrator looks at errors and not at infos
        settings = replace(made.config, pipelines_dir=folder, restore_from_destination=True, raise_on_failed_jobs=True)
        self.pipeline = Pipeline(settings)
        self.pipeline_name = self.pipeline.pipeline_name
        self.results: list[LoadResult] = []
        self._task = task
        parts = self.pipeline.parts
        parts.is_task, parts.load_one = True, self._load_one
        # a destination that a factory made as an object is in no setting
        parts.target.take_from(made.parts.target)
        parts.hooks.added = made.parts.hooks.added
        key = "/".join((self.pipeline_name, task.run_id, str(task.revision)))
        parts.tracer.lineage.in_task(key, task.tells_lineage)
        parts.tracer.collector = _collector(task.progress, made.collector)

    def begin_with(self, default_schema_name: str | None) -> None:
        """Take over what an earlier step knows of the pipeline."""
        home = self.pipeline.parts.home
        home.workdir.prepare()
        if default_schema_name and not home.state["default_schema_name"]:
            home.state["default_schema_name"] = default_schema_name

    def keep_empty(self) -> None:
        """Let the extract leave a package also where it finds nothing: the load of it deletes rows."""
        self.pipeline.parts.keeps_empty = True

    def known_works(self, schema_name: str, works: Sequence[Work]) -> list[WorkDone | None]:
        """Return what the destination knows of works.

        Args:
            schema_name: Their schema.
            works: The works; their resources do not matter.
        """
        target = self.pipeline.parts.target
        with target.connect(target.dataset_for(schema_name), None) as client:
            if not client.has_dataset():
                return [None] * len(works)
            # all of them as of one moment; nothing is changed
            client.begin()
            try:
                return [known_work(work, client) for work in works]
            finally:
                client.rollback()

    def _load_one(self, parts: Parts, package: LoadPackage, dataset: str) -> LoadResult:
        task = TaskLoad(parts.pipeline_name, self._task.attempt, self._task.revision)
        order = replace(parts.order(package, dataset), task=task)
        deadline = time.monotonic() + CLASH_WAIT
        with _alone(parts.target.there().fingerprint(), parts.pipeline_name):
            while True:
                try:
                    with parts.target.connect(dataset, package.schema) as client:
                        result = execute(order, client, parts.collector)
                    self.results.append(result)
                    return result
                except DestinationTransientException as error:
                    if not error.clash or time.monotonic() > deadline:
                        raise
                    # another load of the pipeline is at work: it ends, or its process dies and lets go
                    time.sleep(0.2)


def _collector(wanted: Collector | None, own: Collector) -> Collector:
    """Return what shows progress: lines in a log give way to what the pipeline was made with."""
    if not isinstance(wanted, Collector) or (isinstance(wanted, TableLog) and not isinstance(own, NullCollector)):
        return own
    return wanted


@contextmanager
def _alone(destination: str, pipeline_name: str) -> Iterator[None]:
    """Let threads of this process load one after the other: not every engine makes them wait by itself."""
    with _locks_lock:
        lock = _locks.setdefault((destination, pipeline_name), threading.Lock())
    with lock:
        yield


def open_pipeline(spec: Spec) -> Pipeline:
    """Return the pipeline that a spec describes.

    Raises:
        SpecInvalid: its factory makes something else, or settings that tasks cannot share.
    """
    if isinstance(spec.pipeline, str):
        # what the factory makes gives its settings only, and must not be what the program's dlt.run takes
        previous = context.active_pipeline()
        made = load_object(spec.pipeline)(**spec.pipeline_args)
        context.activate(previous)
        if not isinstance(made, Pipeline):
            raise SpecInvalid(
                f"spec: the pipeline factory {spec.pipeline} returned {type(made).__name__}. Return what "
                "dlt.pipeline() makes."
            )
    else:
        try:
            made = make_pipeline(**spec.pipeline)
        except TypeError as error:
            raise SpecInvalid(f"spec: the arguments of the pipeline: {error}") from error
    if made.destination is None:
        raise SpecInvalid(
            f"spec: pipeline {made.pipeline_name} has no destination. Pass destination=..., or configure it under "
            "[pipelines]."
        )
    if made.config.full_refresh:
        raise SpecInvalid(
            f"spec: pipeline {made.pipeline_name} has full_refresh (dev_mode), which gives every task a dataset of its "
            'own. Use refresh="drop_sources" in run_args, or another dataset_name.'
        )
    return made


def _is_data(value: object) -> bool:
    known = ("__iter__", "__aiter__", "__arrow_c_stream__", "__arrow_c_array__", "resources", "name")
    return not isinstance(value, (str, bytes)) and any(hasattr(value, attribute) for attribute in known)


def open_source(spec: Spec) -> object:
    """Return the data that a spec describes, with its resources selected.

    Raises:
        SpecInvalid: there is no source, its factory makes nothing, or it lacks a resource.
    """
    if not spec.source:
        raise SpecInvalid("spec: there is no source. Give it as package.module:name or path/to/file.py:name.")
    factory = load_object(spec.source)
    try:
        data = factory(**spec.source_args)
    except TypeError as error:
        # raised by the call itself, and not inside of the function
        if error.__traceback__ is not None and error.__traceback__.tb_next is None:
            raise SpecInvalid(f"spec: {spec.source} does not take these arguments: {error}.") from error
        raise
    if not _is_data(data):
        what = "None" if data is None else type(data).__name__
        raise SpecInvalid(f"spec: {spec.source} returned {what}. Return a source, a resource, or rows.")
    if not spec.resources:
        return data
    if isinstance(data, DltSource):
        known = set(data.resources)
        if not set(spec.resources) <= known:
            missing = ", ".join(sorted(set(spec.resources) - known))
            raise SpecInvalid(f"spec: {spec.source} has no resource {missing}. It has {', '.join(sorted(known))}.")
        return data.with_resources(*spec.resources)
    if isinstance(data, DltResource) and spec.resources == (data.name,):
        return data
    raise SpecInvalid(
        f"spec: resources={list(spec.resources)} need a source, and {spec.source} returned {type(data).__name__}."
    )

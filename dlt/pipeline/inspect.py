"""Questions to a pipeline that need no destination."""

from __future__ import annotations

import os
from copy import deepcopy
from typing import TYPE_CHECKING, Any, NoReturn, cast

from dlt import context
from dlt.clock import moment_of_load
from dlt.configuration import get_value
from dlt.destinations.function_state import read_function_state
from dlt.errors import NoSchemaYet, NotOffered
from dlt.info import LoadJobInfo, LoadPackageInfo
from dlt.pipeline.packages import package_info, path_of_job
from dlt.pipeline.parts import Parts
from dlt.pipeline.trace import PipelineTrace
from dlt.schema.naming import naming_from

if TYPE_CHECKING:
    from typing_extensions import Self

    from dlt.configuration.run_context import RunContextBase
    from dlt.configuration.runtime import PipelineRuntimeConfiguration
    from dlt.context import PipelineAtWork
    from dlt.destinations.base import Destination
    from dlt.extract.vocabulary import Refresh
    from dlt.pipeline.hooks import Hook
    from dlt.pipeline.schemas import PipelineSchemas
    from dlt.progress import Collector
    from dlt.schema.naming import NamingConvention
    from dlt.schema.schema import Schema
    from dlt.states.model import State


class Inspection:
    """What a pipeline knows of itself.

    Args:
        parts: What it is made of.
    """

    def __init__(self, parts: Parts) -> None:
        self._take(parts)

    def _take(self, parts: Parts) -> None:
        self.parts = parts
        self.config = parts.settings
        self.pipeline_name = parts.settings.pipeline_name
        self.pipelines_dir = parts.settings.pipelines_dir
        self.dev_mode = parts.settings.full_refresh
        self.working_dir = parts.home.working_dir
        self.workdir = parts.home.workdir
        self.schemas = parts.home.schemas
        self.telling = parts.tracer.telling

    # -- where the data goes

    @property
    def destination(self) -> Destination:
        """Return where data goes; None if nothing says, which its type leaves out: whatever runs has one."""
        return cast("Destination", self.parts.target.destination)

    @destination.setter
    def destination(self, destination: Destination | None) -> None:
        self.parts.target.destination = destination

    @property
    def staging(self) -> Destination | None:
        """Return where files wait, for destinations that load from there."""
        return self.parts.target.staging

    @staging.setter
    def staging(self, staging: Destination | None) -> None:
        self.parts.target.staging = staging

    @property
    def dataset_name(self) -> str:
        """Return the name of the dataset, with the timestamp of one that begins anew."""
        return self.parts.target.dataset_name

    @dataset_name.setter
    def dataset_name(self, name: str) -> None:
        self.parts.target.dataset_name = name

    @property
    def DEFAULT_DATASET_SUFFIX(self) -> str:
        """Return what follows the name of the pipeline in the name of its dataset, where nobody gave it one."""
        return self.parts.settings.defaults.dataset_suffix

    def dataset_for(self, schema_name: str | None) -> str:
        """Return the name of the dataset of a schema.

        Args:
            schema_name: Its name; None for the default one.
        """
        return self.parts.target.dataset_for(schema_name)

    # -- what is told

    @property
    def collector(self) -> Collector:
        """Return what shows progress."""
        return self.parts.tracer.collector

    @collector.setter
    def collector(self, collector: Collector) -> None:
        self.parts.tracer.collector = collector

    @property
    def last_trace(self) -> PipelineTrace | None:
        """Return the trace of the last run, also of another process."""
        return self.parts.tracer.last_trace

    def add_hook(self, hook: Hook) -> Self:
        """Call `hook(event, pipeline, payload)` when something happens; docs/signals.md says what.

        A hook that fails is told to the user, and stops nothing. The events are "step_start" and "step_end" with the
        name of the step, "schema_change" with what is new, "failed_job" with the failed jobs, "loaded" with the
        LoadInfo, "failed_check" with the checks of data that failed, "quarantined" with numbers of items by table, and
        "failed_load" with the error that ends a run.

        Args:
            hook: The function.
        """
        self.parts.hooks.added.append(hook)
        return self

    # -- the program

    @property
    def runtime_config(self) -> PipelineRuntimeConfiguration:
        """Return the settings of the section `runtime` that count for this pipeline, such as the hook for Slack."""
        return self.config.runtime

    @property
    def run_context(self) -> RunContextBase:
        """Return the program that runs: its folders, and the places from which its configuration comes."""
        # a run needs none of it
        from dlt.configuration.run_context import run_context

        return run_context()

    # -- schemas and state

    @property
    def schema(self) -> PipelineSchemas:
        """Return the schemas; another name of `schemas`."""
        return self.schemas

    @property
    def schema_names(self) -> list[str]:
        """Return the names of the schemas."""
        return list(self.schemas)

    @property
    def default_schema_name(self) -> str:
        """Return the name of the first schema that came, None before the first run, which its type leaves out."""
        return cast("str", self.parts.home.default_schema_name)

    @property
    def default_schema(self) -> Schema:
        """Return the first schema that came.

        Raises:
            NoSchemaYet: there is none yet.
        """
        name = self.parts.home.default_schema_name
        if name is None:
            raise NoSchemaYet(
                f"pipeline {self.pipeline_name} has no schema yet: nothing was extracted. Run it first.",
                pipeline_name=self.pipeline_name,
                pipelines_dir=self.pipelines_dir,
            )
        return self.schemas[name]

    @property
    def naming(self) -> NamingConvention:
        """Return the naming convention of the default schema, before there is one that of a new schema."""
        if self.default_schema_name:
            return self.default_schema.naming
        said = get_value("naming", str, sections=("schema",), default=None, pipeline_name=self.pipeline_name)
        return naming_from(said or self.parts.target.capabilities().naming_convention)

    @property
    def state(self) -> State:
        """Return a copy of the state."""
        # what a program changes in it must not travel: managed_state is there for that
        return deepcopy(self.parts.home.current_state())

    @property
    def refresh(self) -> Refresh | None:
        """Return what every run drops first, None for nothing."""
        return self.config.refresh

    @property
    def first_run(self) -> bool:
        """Tell whether nothing was loaded yet."""
        return self.parts.home.first_run

    @property
    def is_active(self) -> bool:
        """Tell whether `dlt.run` uses this pipeline."""
        active: object = context.active_pipeline()
        return active is self

    def activate(self: PipelineAtWork) -> None:
        """Make this the pipeline that `dlt.run` and `dlt.pipeline()` use."""
        context.activate(self)

    def deactivate(self) -> None:
        """Stop being the active pipeline."""
        if self.is_active:
            context.activate(None)

    @property
    def has_data(self) -> bool:
        """Tell whether there are pending packages or schemas."""
        return self.has_pending_data or bool(self.schema_names)

    @property
    def has_pending_data(self) -> bool:
        """Tell whether packages wait to be normalized or loaded."""
        return self.parts.home.has_pending_data

    @property
    def pipeline_secret(self) -> str:
        """Return the secret that salts deterministic hashes; it stays in the local folder."""
        return self.config.pipeline_secret or str(self.workdir.secret())

    pipeline_salt = pipeline_secret

    def get_local_state_val(self, key: str) -> Any:
        """Return a value that is kept on this machine only."""
        return self.parts.home.local[key]

    def set_local_state_val(self, key: str, value: object) -> None:
        """Keep a value on this machine only."""
        self.workdir.prepare()
        self.parts.home.local[key] = value
        self.parts.home.store_state()

    # -- packages

    def list_extracted_resources(self) -> list[str]:
        """Return the files that were extracted and not normalized yet."""
        return [os.path.join(p.path, f.name) for p in self.workdir.packages("extracted") for f in p.files]

    list_extracted_files = list_extracted_resources

    def list_extracted_load_packages(self) -> list[str]:
        """Return the load ids that wait for normalize."""
        return [package.load_id for package in self.workdir.packages("extracted")]

    def list_normalized_load_packages(self) -> list[str]:
        """Return the load ids that wait for load."""
        return [package.load_id for package in self.workdir.packages("normalized")]

    def list_completed_load_packages(self) -> list[str]:
        """Return the load ids that were loaded."""
        return [package.load_id for package in self.workdir.packages("loaded")]

    def get_load_package_info(self, load_id: str) -> LoadPackageInfo:
        """Return what is known of a package.

        Raises:
            LoadPackageNotFound: there is none of this load id.
        """
        return package_info(self.workdir.package(load_id))

    def get_load_package_state(self, load_id: str) -> State:
        """Return the pipeline state that a package carries, when it was made, and what a function of batches remembers.

        Args:
            load_id: Load id of the package.

        Raises:
            LoadPackageNotFound: there is none of this load id.
        """
        package = self.workdir.package(load_id)
        made = {"created_at": moment_of_load(load_id)}
        return {**(package.state or {}), **made, "destination_state": read_function_state(package.path)}

    def list_failed_jobs_in_package(self, load_id: str) -> list[LoadJobInfo]:
        """Return the jobs of a package that failed."""
        return self.get_load_package_info(load_id).jobs["failed_jobs"]

    def list_pending_retry_jobs_in_package(self, load_id: str) -> list[tuple[str, str]]:
        """Return the names of files that the next load takes once more, each with the state of its job."""
        found = self.get_load_package_info(load_id)
        # what was loaded is not taken again
        waiting = [] if found.state == "loaded" else found.jobs["failed_jobs"]
        return [(job.job_file_info.file_name(), job.state) for job in waiting]

    def retry_failed_job(self, load_id: str, job_file_name: str) -> str:
        """Return the path of a file that failed: the next load takes it once more, with the rest of its package.

        Args:
            load_id: Load id of the package.
            job_file_name: Name of the file, or the id of its job.

        Raises:
            LoadPackageNotFound: there is no package of this load id.
            ValueErrorWithKnownValues: no job of this name failed there.
        """
        return path_of_job(self.list_failed_jobs_in_package(load_id), job_file_name)

    def fail_pending_job(self, load_id: str, job_file_name: str) -> NoReturn:
        """Say that no job is given up alone.

        Args:
            load_id: Load id of the package.
            job_file_name: Name of the file.

        Raises:
            NotOffered: always.
        """
        raise NotOffered(
            f"pipeline {self.pipeline_name}: the job {job_file_name} cannot be given up alone, as package {load_id} is "
            f"loaded as a whole or not at all. Give the package up: abort_packages({load_id!r}).",
            place="dlt.Pipeline.fail_pending_job",
        )

    def __repr__(self) -> str:
        known = self.parts.target.destination
        where = known.destination_name if known is not None else None
        return f"<dlt pipeline {self.pipeline_name}: destination {where}, dataset {self.dataset_name}>"

"""Questions to a pipeline that need no destination."""

from __future__ import annotations

import os
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from dlt.errors import PipelineNeverRan
from dlt.info import LoadJobInfo, LoadPackageInfo
from dlt.pipeline.packages import package_info

if TYPE_CHECKING:
    from dlt.packages.workdir import Workdir
    from dlt.pipeline.schemas import PipelineSchemas
    from dlt.pipeline.settings import PipelineSettings
    from dlt.schema.naming import NamingConvention
    from dlt.schema.schema import Schema


class Inspection:
    """What a pipeline knows of itself."""

    pipeline_name: str
    pipelines_dir: str
    working_dir: str
    config: PipelineSettings
    workdir: Workdir
    schemas: PipelineSchemas
    _state: dict[str, Any]

    @property
    def schema(self) -> PipelineSchemas:
        """Return the schemas; another name of `schemas`."""
        return self.schemas

    @property
    def schema_names(self) -> list[str]:
        """Return the names of the schemas."""
        return list(self.schemas)

    @property
    def default_schema_name(self) -> str | None:
        """Return the name of the first schema that came."""
        name = self._state.get("default_schema_name")
        return str(name) if name else None

    @property
    def default_schema(self) -> Schema:
        """Return the first schema that came.

        Raises:
            PipelineNeverRan: there is none yet.
        """
        name = self.default_schema_name
        if name is None:
            raise PipelineNeverRan(
                f"pipeline {self.pipeline_name} has no schema yet: nothing was extracted. Run it first.",
                pipeline_name=self.pipeline_name,
                pipelines_dir=self.pipelines_dir,
            )
        return self.schemas[name]

    @property
    def naming(self) -> NamingConvention:
        """Return the naming convention of the default schema."""
        return self.default_schema.naming

    @property
    def state(self) -> dict[str, Any]:
        """Return a copy of the state."""
        return deepcopy(self._state)

    @property
    def first_run(self) -> bool:
        """Tell whether nothing was loaded yet."""
        return bool(self._state["_local"].get("first_run", True))

    @property
    def is_active(self) -> bool:
        """Tell whether `dlt.run` uses this pipeline."""
        from dlt.context import active_pipeline

        return active_pipeline() is self

    @property
    def has_data(self) -> bool:
        """Tell whether there are pending packages or schemas."""
        return self.has_pending_data or bool(self.schema_names)

    @property
    def has_pending_data(self) -> bool:
        """Tell whether packages wait to be normalized or loaded."""
        return bool(self.workdir.packages("extracted") or self.workdir.packages("normalized"))

    @property
    def pipeline_secret(self) -> str:
        """Return the secret that salts deterministic hashes; it stays in the local folder."""
        return self.config.pipeline_secret or str(self.workdir.secret())

    pipeline_salt = pipeline_secret

    def get_local_state_val(self, key: str) -> Any:
        """Return a value that is kept on this machine only."""
        return self._state["_local"][key]

    def set_local_state_val(self, key: str, value: Any) -> None:
        """Keep a value on this machine only."""
        self.workdir.prepare()
        self._state["_local"][key] = value
        self._store_state()

    def _save_state(self, state: dict[str, Any]) -> None:
        raise NotImplementedError

    def _store_state(self) -> None:
        raise NotImplementedError

    # -- packages

    def list_extracted_resources(self) -> list[str]:
        """Return the files that were extracted and not normalized yet."""
        return [os.path.join(p.path, f["name"]) for p in self.workdir.packages("extracted") for f in p.files]

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

    def get_load_package_state(self, load_id: str) -> dict[str, Any]:
        """Return the pipeline state that a package carries."""
        return self.workdir.package(load_id).state or {}

    def list_failed_jobs_in_package(self, load_id: str) -> list[LoadJobInfo]:
        """Return the jobs of a package that failed."""
        return self.get_load_package_info(load_id).jobs["failed_jobs"]

    def list_pending_retry_jobs_in_package(self, load_id: str) -> list[LoadJobInfo]:
        """Return the jobs of a package that the next load runs."""
        jobs = self.get_load_package_info(load_id).jobs
        return [*jobs["new_jobs"], *jobs["failed_jobs"]]

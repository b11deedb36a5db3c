"""Make pipelines, find the active one, and run data on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dlt import context
from dlt.errors import CannotRestorePipelineException
from dlt.info import LoadInfo
from dlt.pipeline.pipeline import Pipeline
from dlt.pipeline.settings import PipelineSettings, RetryPolicy, resolve_settings
from dlt.progress import Collector

if TYPE_CHECKING:
    from dlt.destinations.base import DestinationRef
    from dlt.extract.vocabulary import (
        ColumnNamesHint,
        ColumnsHint,
        ContractHint,
        FileFormat,
        ProgressName,
        Refresh,
        WriteDispositionHint,
    )
    from dlt.schema.schema import Schema
    from dlt.schema.typing import TableFormat

_ALIASES = {
    "working_dir": "pipelines_dir",
    "dataset": "dataset_name",
    "pipeline_salt": "pipeline_secret",
    "dev_mode": "full_refresh",
}


def pipeline(
    pipeline_name: str | None = None,
    pipelines_dir: str | None = None,
    pipeline_salt: str | None = None,
    destination: DestinationRef | None = None,
    staging: DestinationRef | None = None,
    dataset_name: str | None = None,
    import_schema_path: str | None = None,
    export_schema_path: str | None = None,
    full_refresh: bool | None = None,
    dev_mode: bool = False,
    refresh: Refresh | None = None,
    progress: ProgressName | Collector | None = None,
    restore_from_destination: bool | None = None,
    use_single_dataset: bool | None = None,
    lock_timeout: float | None = None,
    retry: int | RetryPolicy | None = None,
    schema_contract: ContractHint | None = None,
    loader_file_format: FileFormat | None = None,
    *,
    working_dir: str | None = None,
    pipeline_secret: str | None = None,
    dataset: str | None = None,
) -> Pipeline:
    """Make a pipeline and activate it; without arguments return the active one, or make the default one.

    Arguments that are left out come from the configuration, section `pipelines.<name>` or `pipelines`.

    Args:
        pipeline_name: Name of the pipeline and of its folder; `dlt_<script>` by default.
        pipelines_dir: Parent of the folders of pipelines (alias working_dir).
        pipeline_salt: Secret for deterministic hashes (alias pipeline_secret).
        destination: Where data goes.
        staging: Where files wait, for destinations that load from there.
        dataset_name: Dataset at the destination (alias dataset); the pipeline's name by default.
        import_schema_path: Folder in which users edit schemas.
        export_schema_path: Folder that gets every change of a schema.
        full_refresh: Begin anew, in a dataset with a timestamp (alias dev_mode).
        dev_mode: The same.
        refresh: "drop_sources", "drop_resources" or "drop_data" at every run.
        progress: "log", "tqdm", "rich", "enlighten", "alive_progress" or a collector.
        restore_from_destination: Take state from the destination: True always, False never, None when there is none.
        use_single_dataset: Load all schemas into one dataset.
        lock_timeout: Seconds to wait for another process that runs this pipeline.
        retry: Attempts, or a `RetryPolicy`, for errors that may pass.
        schema_contract: Contract for all data.
        loader_file_format: Format of the files that are loaded.
        working_dir: The same as pipelines_dir.
        pipeline_secret: The same as pipeline_salt.
        dataset: The same as dataset_name.

    Raises:
        InvalidPipelineName: the name cannot name a folder.
        UnknownDestinationModule: there is no such destination.
    """
    # programs pass settings through that may be None: that is the same as leaving them out
    given = {key: value for key, value in locals().items() if value is not None}
    # False is its default, and says nothing
    if not dev_mode:
        del given["dev_mode"]
    for alias, name in _ALIASES.items():
        if alias in given and alias != "dev_mode":
            if name in given:
                raise TypeError(f"{name}= and its alias {alias}= were both given. Give one of them.")
            given[name] = given.pop(alias)
    if not given:
        active = context.active_pipeline()
        if isinstance(active, Pipeline):
            return active
    if dev_mode:
        given["full_refresh"] = True
    made = Pipeline(resolve_settings(given))
    made.activate()
    return made


def attach(
    pipeline_name: str | None = None,
    pipelines_dir: str | None = None,
    pipeline_salt: str | None = None,
    destination: DestinationRef | None = None,
    staging: DestinationRef | None = None,
    progress: ProgressName | Collector | None = None,
    dataset_name: str | None = None,
    **options: Any,
) -> Pipeline:
    """Return a pipeline that ran before, from its folder, or from the destination when one is given.

    The active pipeline is known before it ran, with the destination and the dataset that it has.

    Args:
        pipeline_name: Name of the pipeline.
        pipelines_dir: Parent of the folders of pipelines.
        pipeline_salt: Secret for deterministic hashes.
        destination: Where its state is looked for when the folder is gone.
        staging: Where files wait.
        progress: How progress is shown.
        dataset_name: Dataset at the destination.
        **options: What else `dlt.pipeline` takes.

    Raises:
        CannotRestorePipelineException: neither the folder nor the destination knows it.
    """
    active = context.active_pipeline()
    own = {"pipeline_name": pipeline_name, "pipelines_dir": pipelines_dir, "pipeline_salt": pipeline_salt, **options}
    found = pipeline(**own, destination=destination, staging=staging, dataset_name=dataset_name, progress=progress)
    if found.workdir.exists:
        if destination is None and dataset_name is None:
            found.parts.target.go_on()
        return found
    if destination is not None:
        found.sync_destination()
        if not found.first_run:
            return found
    if isinstance(active, Pipeline) and active.working_dir == found.working_dir:
        return pipeline(
            active.pipeline_name,
            active.pipelines_dir,
            pipeline_salt,
            destination if destination is not None else active.destination,
            staging if staging is not None else active.staging,
            dataset_name or active.dataset_name,
            progress=progress,
            **options,
        )
    # a pipeline that is not there must not be the one that dlt.run takes
    found.deactivate()
    raise CannotRestorePipelineException(
        f"pipeline {found.pipeline_name}: {found.working_dir} holds no pipeline"
        f"{' and the destination no state of it' if destination is not None else ''}. Check pipeline_name and "
        "pipelines_dir, or pass destination= and dataset_name= to take it from there.",
        pipeline_name=found.pipeline_name,
    )


def run(
    data: object = None,
    *,
    destination: DestinationRef | None = None,
    staging: DestinationRef | None = None,
    dataset_name: str | None = None,
    credentials: object = None,
    table_name: str | None = None,
    write_disposition: WriteDispositionHint | None = None,
    columns: ColumnsHint | None = None,
    primary_key: ColumnNamesHint | None = None,
    schema: Schema | None = None,
    loader_file_format: FileFormat | None = None,
    table_format: TableFormat | None = None,
    schema_contract: ContractHint | None = None,
    refresh: Refresh | None = None,
    source: object = None,
    dataset: str | None = None,
    name: str | None = None,
) -> LoadInfo:
    """Load data with the active pipeline, or the default one; all arguments are those of `Pipeline.run`.

    Raises:
        PipelineStepFailed: a step failed; the cause is chained.
    """
    # first in the function: any other name in it would be an argument too
    return pipeline().run(**locals())


__all__ = ["PipelineSettings", "attach", "pipeline", "run"]

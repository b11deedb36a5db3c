"""A group of tasks: extract, normalize, load and clean up, mapped over resources or chunks if you like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dlt.tasks.parts import parts_of
from dlt_airflow.arguments import tells_secrets
from dlt_airflow.base import Options
from dlt_airflow.compat import TaskGroup
from dlt_airflow.known import declared
from dlt_airflow.operators import (
    DltCleanupOperator,
    DltExtractOperator,
    DltLoadOperator,
    DltNormalizeOperator,
    DltResourcesOperator,
)

if TYPE_CHECKING:
    from airflow.sdk.definitions.mappedoperator import MappedOperator
    from airflow.sdk.definitions.xcom_arg import XComArg

    from dlt_airflow.window import Wanted

# what Airflow's own group takes; all else is for the tasks
_GROUP = {"prefix_group_id", "parent_group", "dag", "tooltip", "ui_color", "ui_fgcolor", "add_suffix_on_collision"}
_OF_LOAD = ("assets", "asset_alias", "outlets")


class DltTaskGroup(TaskGroup):  # type: ignore[misc]  # Any without Airflow
    """Extract, normalize and load as tasks of one group, and clean up behind them.

    Args:
        group_id: Name of the group.
        source: Factory of the source, as "package.module:name" or "file.py:name"; a relative path starts at the folder
            of the DAG's file.
        pipeline: Factory of the pipeline, written the same way, or the arguments of `dlt.pipeline`.
        fan_out: Map extract and normalize: "resources" makes a task for each resource that the source selects when the
            DAG runs, a list one for each of its parts. A part is the name of a resource, a list of names, a dict of
            arguments of the source, or a dict with "key", and "resources" or "source_args".
        source_args: Arguments of the source's factory; JSON values.
        pipeline_args: Arguments of the pipeline's factory; JSON values.
        resource_names: Resources to load; those that the source selects when empty.
        run_args: Arguments of `Pipeline.run`, such as write_disposition, refresh and loader_file_format.
        handoff: URL of a folder through which packages travel between workers; `[dlt] handoff_url` when None.
        work_dir: Folder for packages under way; `[dlt] work_dir` when None.
        reprocess: What becomes of rows that the run appended, when it was loaded and is cleared: "auto" deletes them
            where the extract gives them again and keeps them where it goes on behind a cursor, "undo" deletes them,
            "keep" leaves them; `dlt_reprocess` in the configuration of the run says the same.
        window: Time to load: "auto" takes it from the run, (start, end) says it, None leaves it to the cursors.
        reload: Any text other than before makes the run a new one, which takes nothing back when it is cleared.
        asset_location: Where the destination is, such as "postgres://db.example:5432/shop": with it the tables of
            schemas that the pipeline imports, and those of `asset_tables`, are outlets before the first run.
        asset_tables: Names of tables that are outlets before the first run.
        cleanup: Make a teardown task that deletes the packages of a run that was loaded.
        extract_args: Arguments of the extract task alone, such as its queue.
        normalize_args: Arguments of the normalize task alone.
        load_args: Arguments of the load task alone.
        known_assets: Addresses of tables that are outlets of the load before they were loaded.
        kwargs: Arguments of all tasks, such as pool, retries, retry_policy, execution_timeout, conn_ids and variables;
            of the load task: assets, asset_alias and outlets; of the group: tooltip, dag,
            prefix_group_id and the like.

    Attributes:
        extract: The extract task.
        normalize: The normalize task.
        load: The load task.
        cleanup: The teardown task, or None.
    """

    def __init__(
        self,
        group_id: str = "dlt",
        *,
        source: str,
        pipeline: str | Mapping[str, object],
        fan_out: str | Sequence[object] | None = None,
        source_args: Mapping[str, object] | None = None,
        pipeline_args: Mapping[str, object] | None = None,
        resource_names: Sequence[str] = (),
        run_args: Mapping[str, object] | None = None,
        handoff: str | None = None,
        work_dir: str | None = None,
        reprocess: str = "auto",
        window: Wanted = None,
        reload: str = "",
        asset_location: str | None = None,
        asset_tables: Sequence[str] = (),
        cleanup: bool = True,
        extract_args: Mapping[str, object] | None = None,
        normalize_args: Mapping[str, object] | None = None,
        load_args: Mapping[str, object] | None = None,
        known_assets: Sequence[str] = (),
        **kwargs: Any,
    ) -> None:
        of_group = {key: kwargs.pop(key) for key in list(kwargs) if key in _GROUP}
        of_load: Options = {key: kwargs.pop(key) for key in _OF_LOAD if key in kwargs}
        of_load["known_assets"] = [*known_assets, *declared(asset_location, pipeline, asset_tables)]
        super().__init__(group_id=group_id, **of_group)
        spec: Options = {
            "source": source,
            "pipeline": pipeline,
            "source_args": source_args,
            "pipeline_args": pipeline_args,
            "resource_names": resource_names,
            "run_args": run_args,
            "handoff": handoff,
            "work_dir": work_dir,
            "reprocess": reprocess,
        }
        look_ups = {key: kwargs.pop(key, None) for key in ("conn_ids", "variables")}
        with self:
            common: Options = {**look_ups, **kwargs}
            later: Options = {**common, "pipeline_args": pipeline_args, "handoff": handoff}
            here: Options = {
                **common,
                **spec,
                "window": window,
                "reload": reload,
                "group": self.group_id,
                **(extract_args or {}),
            }
            normal: Options = {**later, **(normalize_args or {})}
            if fan_out is None:
                self.extract: DltExtractOperator | MappedOperator = DltExtractOperator(task_id="extract", **here)
                self.normalize: DltNormalizeOperator | MappedOperator = DltNormalizeOperator(
                    task_id="normalize", extracted=self.extract.output, **normal
                )
            else:
                parts = _parts(fan_out, {**common, **spec})
                if not isinstance(parts, list) or "resource_names" in parts[0]:
                    # each part has its own
                    del here["resource_names"]
                # rendered in the task: names of parts may come from the list that another task returned
                name = "{{ task.chunk_name }}"
                self.extract = DltExtractOperator.partial(
                    task_id="extract", map_index_template=name, **here
                ).expand_kwargs(parts)
                self.normalize = DltNormalizeOperator.partial(
                    task_id="normalize", map_index_template=name, **normal
                ).expand(extracted=self.extract.output)
            self.load = DltLoadOperator(
                task_id="load", normalized=self.normalize.output, **{**later, **of_load, **(load_args or {})}
            )
            self.cleanup: DltCleanupOperator | None = None
            if cleanup:
                self.cleanup = DltCleanupOperator(
                    task_id="cleanup",
                    normalized=self.normalize.output,
                    loaded=self.load.output,
                    **later,
                    # it runs whatever became of the load, and its failure is not that of the run
                ).as_teardown()


def dlt_task_group(group_id: str = "dlt", **kwargs: Any) -> DltTaskGroup:
    """Return a group of tasks that extract, normalize and load.

    Args:
        group_id: Name of the group.
        kwargs: Arguments of `DltTaskGroup`.
    """
    return DltTaskGroup(group_id, **kwargs)


def _parts(fan_out: str | Sequence[object], here: Options) -> list[Options] | XComArg:
    """Return the arguments of each mapped task, or what will return them when the DAG runs."""
    if fan_out == "resources":
        return DltResourcesOperator(task_id="resources", **here).output
    parts = parts_of(fan_out, tells_secrets)
    by_name = [part.resources is not None for part in parts]
    if any(by_name) and not all(by_name):
        # those without names would load all resources, also the ones that others name
        raise ValueError(
            "fan_out: some parts name resources, others take what the source selects. Name the resources of all parts, "
            "or of none."
        )
    # all mapped tasks take the same arguments
    with_arguments = any(part.source_args is not None for part in parts)
    return [
        {
            "chunk": part.key,
            **({"resource_names": list(part.resources)} if part.resources is not None else {}),
            **({"chunk_args": dict(part.source_args or {})} if with_arguments else {}),
        }
        for part in parts
    ]

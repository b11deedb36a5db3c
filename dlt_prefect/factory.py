"""A deployment of `run_pipeline` for each pipeline of a file of YAML; its source needs no code at the server."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import GlobalConcurrencyLimitCreate, GlobalConcurrencyLimitUpdate
from prefect.deployments.runner import EntrypointType
from prefect.exceptions import ObjectNotFound
from prefect.schedules import Cron

from dlt.tasks import Spec
from dlt.tasks.definitions import Definition, Definitions, read_definitions
from dlt_prefect.flows import limit_of, run_pipeline

if TYPE_CHECKING:
    from prefect.deployments.runner import RunnerDeployment

    from dlt.types import JsonObject

_PRESETS = {"@hourly": "0 * * * *", "@daily": "0 0 * * *", "@weekly": "0 0 * * 0", "@monthly": "0 0 1 * *"}
_PRESETS["@yearly"] = _PRESETS["@annually"] = "0 0 1 1 *"
"""Names of schedules that Airflow has, so that one file serves both."""
_KEYS = ("blocks", "work_pool", "job_variables", "limit", "cleanup")


def deployments_from_yaml(path: str | os.PathLike[str], work_pool: str | None = None) -> dict[str, RunnerDeployment]:
    """Make a deployment of each pipeline that a file of YAML says; return them by the names of the pipelines.

    Nothing is sent to the server: that is what their method `apply`, or `python -m dlt_prefect deploy`, does.

    Args:
        path: The file.
        work_pool: Work pool of those that name none.

    Raises:
        ValueError: something in the file cannot be used; all of it is told, by line and key.
    """
    return _made(read_definitions(path), work_pool)


def deploy(path: str | os.PathLike[str], work_pool: str | None = None) -> dict[str, UUID]:
    """Send the deployments of a file, and its limits, to the server; return their ids by the names of the pipelines.

    Args:
        path: The file.
        work_pool: Work pool of those that name none.

    Raises:
        ValueError: something in the file cannot be used, or a pipeline has no work pool.
    """
    found = read_definitions(path)
    made = _made(found, work_pool)
    # a deployment without one waits for a process that serves it, and nobody would see why
    without = [name for name, deployment in made.items() if deployment.work_pool_name is None]
    if without:
        raise ValueError(f"{found.path}: {', '.join(without)} has no work pool. Write prefect.work_pool, or pass one.")
    for destination, slots in found.limits.items():
        _set_limit(str(limit_of(Spec(pipeline={"destination": destination}))), slots)
    return {name: deployment.apply() for name, deployment in made.items()}


def _made(found: Definitions, work_pool: str | None) -> dict[str, RunnerDeployment]:
    problems = [
        f"{found.path}:{one.line}: pipelines.{one.name}.prefect.{key} is no key of it. Its keys: {', '.join(_KEYS)}"
        for one in found.pipelines
        for key in one.prefect
        if key not in _KEYS
    ]
    if problems:
        raise ValueError("\n".join(problems))
    return {one.name: _deployment(one, work_pool) for one in found.pipelines}


def _deployment(definition: Definition, work_pool: str | None) -> RunnerDeployment:
    own = definition.prefect
    schedule = _PRESETS.get(definition.schedule or "", definition.schedule)
    spec = {"source": definition.source, "pipeline": definition.pipeline, **definition.spec}
    options: JsonObject = {"retries": definition.retries, "retry_delay_seconds": definition.retry_delay}
    if definition.timeout is not None:
        options["timeout_seconds"] = definition.timeout
    parameters: JsonObject = {
        # what is no spec is told now, and not by the first run
        "spec": Spec.from_dict(spec).to_dict(),
        "fan_out": definition.fan_out,
        "window": definition.window,
        "blocks": own.get("blocks", []),
        "runs_in": definition.runs_in,
        "task_options": options,
        **{key: own[key] for key in ("limit", "cleanup") if key in own},
    }
    made: RunnerDeployment = run_pipeline.to_deployment(
        definition.name,
        parameters=parameters,
        schedules=[Cron(schedule, timezone=definition.timezone)] if schedule else [],
        work_pool_name=own.get("work_pool", work_pool),
        job_variables=own.get("job_variables"),
        tags=list(definition.tags),
        description=definition.description,
        entrypoint_type=EntrypointType.MODULE_PATH,
        # a run that comes while one is at work waits for it, as they would move one cursor
        concurrency_limit=1 if definition.window is None else None,
    )
    return made


def _set_limit(name: str, slots: int) -> None:
    with get_client(sync_client=True) as client:
        try:
            client.read_global_concurrency_limit_by_name(name)
        except ObjectNotFound:
            client.create_global_concurrency_limit(GlobalConcurrencyLimitCreate(name=name, limit=slots))
        else:
            client.update_global_concurrency_limit(name, GlobalConcurrencyLimitUpdate(limit=slots))

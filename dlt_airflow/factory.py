"""A DAG for each pipeline of a file of YAML."""

from __future__ import annotations

import datetime
import os
from collections.abc import MutableMapping
from typing import Any, cast

import pendulum
from airflow.providers.common.compat.sdk import DAG

from dlt.tasks.definitions import Definition, read_definitions
from dlt_airflow.groups import DltTaskGroup

_START = datetime.datetime(2026, 1, 1)
"""Where a schedule begins that says no start: Airflow wants one, and without catchup only its zone matters."""


def dags_from_yaml(
    path: str | os.PathLike[str], into: MutableMapping[str, Any] | None = None, **dag_args: Any
) -> dict[str, DAG]:
    """Make a DAG of each pipeline that a file of YAML says; return them by their ids.

    Args:
        path: The file; a relative one starts at the folder of the DAG's file, if `into` tells it.
        into: Names of the module, where Airflow looks for DAGs: pass `globals()`.
        dag_args: Arguments of every DAG, such as default_args and max_active_runs.

    Raises:
        ValueError: something in the file cannot be used; all of it is told, by line and key.
    """
    here = str((into or {}).get("__file__") or "")
    read = read_definitions(os.path.join(os.path.dirname(here), os.fspath(path)))
    # what nobody limits needs no pool, and a task whose pool is missing would wait for ever
    made = {found.name: _dag(found, found.destination in read.limits, dag_args) for found in read.pipelines}
    if into is not None:
        for dag_id, dag in made.items():
            into[f"dag_{dag_id}"] = dag
    return made


def pool_of(destination: str) -> str:
    """Return the name of the pool that bounds the loads into a destination.

    Args:
        destination: Name of the destination.
    """
    return f"dlt-{destination}"


def _dag(definition: Definition, limited: bool, dag_args: dict[str, Any]) -> DAG:
    start = definition.start or _START
    own = dict(definition.airflow)
    of_dag = {
        # two runs that move one cursor would be in each other's way, and windows are not
        "max_active_runs": 1 if definition.window is None else 16,
        "catchup": definition.catchup,
        "tags": list(definition.tags),
        "description": definition.description,
        **dag_args,
        **own.pop("dag", {}),
    }
    # Airflow takes the zone of the start for that of the schedule
    begin = pendulum.instance(start, tz=definition.timezone)
    with DAG(definition.name, schedule=definition.schedule, start_date=begin, **of_dag) as dag:
        spec = dict(definition.spec)
        load_args = own.pop("load_args", {})
        if limited and definition.destination is not None:
            load_args = {"pool": pool_of(definition.destination), **load_args}
        DltTaskGroup(
            "dlt",
            source=definition.source,
            pipeline=definition.pipeline,
            resource_names=spec.pop("resources", ()),
            fan_out=cast("Any", definition.fan_out),
            window=cast("Any", definition.window),
            load_args=load_args,
            **{
                "runs_in": definition.runs_in,
                "retries": definition.retries,
                "retry_delay": datetime.timedelta(seconds=definition.retry_delay),
                "execution_timeout": datetime.timedelta(seconds=definition.timeout) if definition.timeout else None,
                **spec,
                **own,
            },
        )
    return dag

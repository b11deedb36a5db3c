"""A program that runs the flow with one of the task runners: `python runner_flow.py <runner> <arguments as JSON>`."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from prefect import flow

from dlt_prefect import extract, load, normalize, run_pipeline


def on_three_machines(spec: dict[str, Any], folder: str) -> dict[str, Any]:
    """Run each step on a Dask worker of its own, none of which sees the folders of the others."""
    import dask
    from distributed import Nanny, Scheduler, SpecCluster
    from prefect_dask import DaskTaskRunner

    def worker(stage: str) -> dict[str, Any]:
        home = os.path.join(folder, stage)
        env = {"DLT_DATA_DIR": f"{home}/data", "PREFECT_HOME": f"{home}/prefect", "HOME": home}
        return {"cls": Nanny, "options": {"env": env, "nthreads": 1, "resources": {stage: 1}, "local_directory": home}}

    workers = {stage: worker(stage) for stage in ("extract", "normalize", "load")}
    for stage in workers:
        Path(folder, stage).mkdir()
    scheduler = {"cls": Scheduler, "options": {"dashboard": False, "port": 0}}
    with SpecCluster(workers=workers, scheduler=scheduler) as cluster:

        @flow(task_runner=DaskTaskRunner(address=cluster.scheduler_address))
        def apart() -> Any:
            before: Any = spec
            for step in (extract, normalize, load):
                with dask.annotate(resources={step.name: 1}):
                    before = step.submit(before)
            return before.result()

        return apart()  # type: ignore[no-any-return]  # the report


def runner(kind: str) -> Any:
    """Return a task runner."""
    if kind == "dask":
        from prefect_dask import DaskTaskRunner

        workers = {"n_workers": 2, "threads_per_worker": 1, "processes": True, "dashboard_address": None}
        return DaskTaskRunner(cluster_kwargs=workers)
    if kind == "ray":
        from prefect_ray import RayTaskRunner

        return RayTaskRunner(
            init_kwargs={"num_cpus": 2, "include_dashboard": False, "object_store_memory": 100 * 1024 * 1024}
        )
    if kind == "processes":
        from prefect.task_runners import ProcessPoolTaskRunner

        return ProcessPoolTaskRunner(max_workers=2)
    from prefect.task_runners import ThreadPoolTaskRunner

    return ThreadPoolTaskRunner(max_workers=3)


if __name__ == "__main__":
    arguments = json.loads(sys.argv[2])
    if sys.argv[1] == "three machines":
        report = on_three_machines(**arguments)
    else:
        report = run_pipeline.with_options(task_runner=runner(sys.argv[1]))(**arguments)
    print(json.dumps(report["rows"]))

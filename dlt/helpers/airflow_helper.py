"""Pipelines as tasks of Airflow, under the names of PyPI `dlt` 1.x.

What is behind them works with Airflow, and stands beside all else that does, in `dlt_airflow`. This is the one module
of the library that knows an orchestrator: programs import these names from here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlt.errors import MissingDependencyException

if TYPE_CHECKING:
    from dlt_airflow.pipeline_groups import (
        DEFAULT_RETRY_BACKOFF,
        DEFAULT_RETRY_NO_RETRY,
        PipelineTasksGroup,
        airflow_get_execution_dates,
    )

__all__ = [
    "DEFAULT_RETRY_BACKOFF",
    "DEFAULT_RETRY_NO_RETRY",
    "PipelineTasksGroup",
    "airflow_get_execution_dates",
]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        from dlt_airflow import pipeline_groups
    except ImportError as error:
        # of a package of Airflow, or of tenacity, which comes with it
        raise MissingDependencyException(
            f'{__name__}.{name} needs what is not installed ({error}): pip install "dlt-tasks[airflow]", or '
            "apache-airflow and apache-airflow-providers-common-compat."
        ) from error
    found: object = getattr(pipeline_groups, name)
    return found

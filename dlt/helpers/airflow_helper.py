"""Pipelines as tasks of Airflow: names of PyPI `dlt` 1.x."""

from dlt.absent import absent_names

__getattr__ = absent_names(
    __name__,
    "dlt_airflow makes tasks of a pipeline: see docs/airflow.md.",
    "PipelineTasksGroup DEFAULT_RETRY_BACKOFF DEFAULT_RETRY_NO_RETRY airflow_get_execution_dates",
)

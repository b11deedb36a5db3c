"""Helpers of load: names of PyPI `dlt` 1.x."""

from dlt.absent import absent_names

__getattr__ = absent_names(
    __name__,
    "pipeline.extract(data), pipeline.normalize() and pipeline.load() run the steps; dlt.tasks runs them apart.",
    "filter_new_jobs get_available_worker_slots get_completed_table_chain init_client get_load_job",
)

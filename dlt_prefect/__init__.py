"""Run extract, normalize and load as separate Prefect tasks."""

from dlt.errors import MissingDependencyException

try:
    import prefect as _prefect
except ImportError as error:
    raise MissingDependencyException(
        "dlt_prefect needs Prefect, which is not installed: pip install 'dlt-tasks[prefect]'"
    ) from error
del _prefect

from dlt_prefect.blocks import DltDestination, DltPipeline
from dlt_prefect.elsewhere import step_job
from dlt_prefect.factory import deploy, deployments_from_yaml
from dlt_prefect.flows import dlt_flow, run_pipeline, run_steps
from dlt_prefect.reschedule import automation, reschedule
from dlt_prefect.tasks import clean_up, extract, list_resources, load, normalize, undo

__all__ = [
    "DltDestination",
    "DltPipeline",
    "automation",
    "clean_up",
    "deploy",
    "deployments_from_yaml",
    "dlt_flow",
    "extract",
    "list_resources",
    "load",
    "normalize",
    "reschedule",
    "run_pipeline",
    "run_steps",
    "step_job",
    "undo",
]

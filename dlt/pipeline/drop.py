"""What drops the tables of resources: names of PyPI `dlt` 1.x."""

from dlt.absent import absent_names
from dlt.pipeline.dropping import drop

__all__ = ["drop"]
__getattr__ = absent_names(
    __name__, "dlt.pipeline.helpers.drop(pipeline, resources) plans and drops.", "prepare_drop_resources DropCommand"
)

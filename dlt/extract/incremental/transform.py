"""What drops rows outside of a range: names of PyPI `dlt` 1.x."""

from dlt.absent import absent_names

__getattr__ = absent_names(
    __name__,
    "Pass dlt.sources.incremental(...) to a resource, or add it with resource.add_step.",
    "IncrementalTransform JsonIncremental ArrowIncremental ModelIncremental",
)

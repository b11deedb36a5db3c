"""The second step: extracted packages into typed, flat, named tables."""

from dlt.absent import absent_names

__getattr__ = absent_names(
    __name__,
    "pipeline.extract(data), pipeline.normalize() and pipeline.load() run the steps; dlt.tasks runs them apart.",
    "Normalize",
)

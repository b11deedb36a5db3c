"""How items become rows: names of PyPI `dlt` 1.x."""

from dlt.absent import absent_names

__getattr__ = absent_names(
    __name__,
    "pipeline.extract(data), pipeline.normalize() and pipeline.load() run the steps; dlt.tasks runs them apart.",
    "JsonLItemsNormalizer",
)

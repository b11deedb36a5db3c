"""How documents become tables: names of PyPI `dlt` 1.x."""

from dlt.absent import absent_names
from dlt.normalize.items import DataItemNormalizer

__all__ = ["DataItemNormalizer"]

__getattr__ = absent_names(
    __name__,
    "pipeline.extract(data), pipeline.normalize() and pipeline.load() run the steps; dlt.tasks runs them apart.",
    "RelationalNormalizerConfig RelationalNormalizerConfigPropagation",
)

"""The steps of a pipeline under the name of PyPI `dlt` 1.x."""

from typing import Literal

TPipelineStep = Literal["run", "sync", "extract", "normalize", "load"]

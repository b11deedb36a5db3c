"""Settings of pipelines: names of PyPI `dlt` 1.x."""

from __future__ import annotations

import os
import re

from dlt.absent import absent_names
from dlt.configuration.runtime import PipelineRuntimeConfiguration
from dlt.pipeline.settings import PipelineSettings as PipelineConfiguration

__all__ = ["PipelineConfiguration", "PipelineRuntimeConfiguration", "get_default_pipeline_name"]
__getattr__ = absent_names(__name__, "The section `runtime` has these settings.", "ensure_correct_pipeline_kwargs")


def get_default_pipeline_name(entry_point_file: str) -> str:
    """Return the name that a pipeline gets in a script."""
    stem = os.path.splitext(os.path.basename(entry_point_file or ""))[0]
    return "dlt_" + re.sub(r"\W", "_", stem or "pipeline")

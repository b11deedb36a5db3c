"""Exceptions under the names of PyPI `dlt` 1.x."""

from dlt.errors import (
    CannotRestorePipelineException,
    InvalidPipelineName,
    PipelineConfigMissing,
    PipelineHasPendingDataException,
    PipelineNeverRan,
    PipelineNotActive,
    PipelineStateEngineNoUpgradePathException,
    PipelineStepFailed,
)

__all__ = [
    "CannotRestorePipelineException",
    "InvalidPipelineName",
    "PipelineConfigMissing",
    "PipelineHasPendingDataException",
    "PipelineNeverRan",
    "PipelineNotActive",
    "PipelineStateEngineNoUpgradePathException",
    "PipelineStepFailed",
]

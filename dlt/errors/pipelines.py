"""Errors of pipelines and their steps."""

from __future__ import annotations

from dlt.errors.base import DltException
from dlt.errors.sources import SourceExhausted
from dlt.errors.storage import SchemaNotFoundError


class PipelineException(DltException):
    """A pipeline cannot do what is asked for."""

    in_1x = ("pipeline_name", "msg")


class PipelineStateNotAvailable(PipelineException):
    """State is asked for where no pipeline is at work."""


class SourceSectionNotAvailable(PipelineException):
    """The state of the source at work is asked for where none is."""


class ResourceNameNotAvailable(PipelineException):
    """The state of a resource is asked for where none is at work."""


class InvalidPipelineName(PipelineException, ValueError):
    """A pipeline's name cannot be the name of its folder."""


class PipelineConfigMissing(PipelineException):
    """A step needs a setting that the pipeline does not have, such as its destination."""


class CannotRestorePipelineException(PipelineException):
    """Neither the folder nor the destination knows the pipeline."""


class PipelineStepFailed(PipelineException):
    """A step failed; attributes pipeline, step, load_id, exception, step_info, has_pending_data."""


class NormalizeException(PipelineException):
    """Normalize failed."""


class NormalizeJobFailed(NormalizeException):
    """The context of a step normalize that failed: programs find what happened in its own context."""


class SourceExhaustedInStep(PipelineStepFailed, SourceExhausted):
    """A step of a pipeline got a source or resource that was consumed before."""


class PipelineStateEngineNoUpgradePathException(PipelineException):
    """A stored state is of a version that this library does not read."""


class PipelineHasPendingDataException(PipelineException):
    """Packages wait to be loaded that must go first."""


class PipelineNeverRan(PipelineException):
    """Something is asked for that a pipeline has only once it ran."""


class NoSchemaYet(PipelineNeverRan, SchemaNotFoundError):
    """The default schema is asked for before anything was extracted."""


class PipelineNotActive(PipelineException):
    """The pipeline at work is asked for where none is active."""


class PipelineLocked(PipelineException):
    """Another process runs the pipeline."""

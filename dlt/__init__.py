"""Load data with Python: extract, normalize and load, all or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dlt import current, destinations, progress, sources
from dlt.configuration import TCredentials, TSecretStrValue, TSecretValue, config, secrets, with_config
from dlt.extract import mark
from dlt.extract.decorators import defer, resource, source, transformer
from dlt.extract.resource import Resource as DltResource
from dlt.extract.source import Source as DltSource
from dlt.extract.state import state
from dlt.pipeline import pipeline as _pipeline_package  # the package first: its name is a function's, too
from dlt.pipeline.anonymize import anonymize
from dlt.pipeline.factory import attach, pipeline, run
from dlt.pipeline.pipeline import Pipeline
from dlt.schema.schema import Schema
from dlt.version import __version__

if TYPE_CHECKING:
    from dlt.destinations.decorator import destination
    from dlt.pipeline.dataset import Dataset, Relation
    from dlt.pipeline.dataset import open_dataset as dataset
else:

    def __getattr__(name: str) -> Any:
        # rarely used, and not needed to import the rest
        if name in ("dataset", "Dataset", "Relation"):
            from dlt.pipeline import dataset as module

            return {"dataset": module.open_dataset, "Dataset": module.Dataset, "Relation": module.Relation}[name]
        if name == "destination":
            from dlt.destinations.decorator import destination

            return destination
        raise AttributeError(f"module 'dlt' has no attribute {name!r}")


del _pipeline_package
__all__ = [
    "Dataset",
    "DltResource",
    "DltSource",
    "Pipeline",
    "Relation",
    "Schema",
    "TCredentials",
    "TSecretStrValue",
    "TSecretValue",
    "__version__",
    "anonymize",
    "attach",
    "config",
    "current",
    "dataset",
    "defer",
    "destination",
    "destinations",
    "mark",
    "pipeline",
    "progress",
    "resource",
    "run",
    "secrets",
    "source",
    "sources",
    "state",
    "transformer",
    "with_config",
]

"""Load data with Python: extract, normalize and load, all or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlt.context import set_default_pipeline, set_item_normalizer
from dlt.lazy_names import lazy_names
from dlt.version import __version__

if TYPE_CHECKING:
    from dlt import check, current, dbt, destinations, hub, progress, sources
    from dlt.configuration import TCredentials, TSecretStrValue, TSecretValue, config, secrets, with_config
    from dlt.dataset.dataset import Dataset
    from dlt.dataset.dataset import open_dataset as dataset
    from dlt.dataset.relation import Relation
    from dlt.destinations.decorator import destination
    from dlt.extract import mark
    from dlt.extract.decorators import defer, resource, source, transformer
    from dlt.extract.resource import DltResource
    from dlt.extract.source import DltSource
    from dlt.extract.state import state
    from dlt.pipeline.anonymize import anonymize
    from dlt.pipeline.factory import attach, pipeline, run
    from dlt.pipeline.pipeline import Pipeline
    from dlt.schema.schema import Schema
else:
    # Python puts a package into its parent when it first imports it, and never again. So these come first, and away
    # with them: the names are those of functions, whatever is imported later
    from dlt import dataset, pipeline

    del dataset, pipeline
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "Dataset": "dlt.dataset.dataset:Dataset",
            "DltResource": "dlt.extract.resource:DltResource",
            "DltSource": "dlt.extract.source:DltSource",
            "Pipeline": "dlt.pipeline.pipeline:Pipeline",
            "Relation": "dlt.dataset.relation:Relation",
            "Schema": "dlt.schema.schema:Schema",
            "TCredentials": "dlt.configuration.values:TCredentials",
            "TSecretStrValue": "dlt.configuration.values:TSecretStrValue",
            "TSecretValue": "dlt.configuration.values:TSecretValue",
            "anonymize": "dlt.pipeline.anonymize:anonymize",
            "attach": "dlt.pipeline.factory:attach",
            "check": "dlt.check",
            "config": "dlt.configuration.accessors:config",
            "current": "dlt.current",
            "dataset": "dlt.dataset.dataset:open_dataset",
            "dbt": "dlt.dbt",
            "defer": "dlt.extract.decorators:defer",
            "destination": "dlt.destinations.decorator:destination",
            "destinations": "dlt.destinations",
            "hub": "dlt.hub",
            "mark": "dlt.extract.mark",
            "pipeline": "dlt.pipeline.factory:pipeline",
            "progress": "dlt.progress",
            "resource": "dlt.extract.decorators:resource",
            "run": "dlt.pipeline.factory:run",
            "secrets": "dlt.configuration.accessors:secrets",
            "source": "dlt.extract.decorators:source",
            "sources": "dlt.sources",
            "state": "dlt.extract.state:state",
            "transformer": "dlt.extract.decorators:transformer",
            "with_config": "dlt.configuration.inject:with_config",
        },
    )


def _default_pipeline() -> Pipeline:
    from dlt.pipeline.factory import pipeline

    return pipeline()


def _item_normalizer(schema: object) -> object:
    from dlt.normalize.items import DataItemNormalizer
    from dlt.schema.schema import Schema

    assert isinstance(schema, Schema), "only schemas ask for it"
    return DataItemNormalizer(schema)


set_default_pipeline(_default_pipeline)
set_item_normalizer(_item_normalizer)

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
    "check",
    "config",
    "current",
    "dataset",
    "dbt",
    "defer",
    "destination",
    "destinations",
    "hub",
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

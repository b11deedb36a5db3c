"""What sources are made of, and sources that come with the library."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlt.lazy_names import lazy_names

if TYPE_CHECKING:
    from dlt.extract.exceptions import UnknownSourceReference
    from dlt.extract.incremental import Incremental
    from dlt.extract.incremental import Incremental as incremental
    from dlt.extract.reference import SourceReference
    from dlt.extract.resource import DltResource
    from dlt.extract.source import DltSource
    from dlt.extract.source_factory import SourceFactory as AnySourceFactory
    from dlt.sources import config, credentials
    from dlt.types import TDataItem, TDataItems
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "AnySourceFactory": "dlt.extract.source_factory:SourceFactory",
            "DltResource": "dlt.extract.resource:DltResource",
            "DltSource": "dlt.extract.source:DltSource",
            "Incremental": "dlt.extract.incremental:Incremental",
            "SourceReference": "dlt.extract.reference:SourceReference",
            "TDataItem": "dlt.types:TDataItem",
            "TDataItems": "dlt.types:TDataItems",
            "UnknownSourceReference": "dlt.extract.exceptions:UnknownSourceReference",
            "config": "dlt.sources.config",
            "credentials": "dlt.sources.credentials",
            "incremental": "dlt.extract.incremental:Incremental",
        },
    )

__all__ = [
    "AnySourceFactory",
    "DltResource",
    "DltSource",
    "Incremental",
    "SourceReference",
    "TDataItem",
    "TDataItems",
    "UnknownSourceReference",
    "config",
    "credentials",
    "incremental",
]

"""What sources are made of, and sources that come with the library."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlt.lazy_names import lazy_names

if TYPE_CHECKING:
    from dlt.extract.incremental import Incremental
    from dlt.extract.incremental import Incremental as incremental
    from dlt.extract.resource import Resource as DltResource
    from dlt.extract.source import Source as DltSource
    from dlt.types import TDataItem, TDataItems
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "DltResource": "dlt.extract.resource:Resource",
            "DltSource": "dlt.extract.source:Source",
            "Incremental": "dlt.extract.incremental:Incremental",
            "TDataItem": "dlt.types:TDataItem",
            "TDataItems": "dlt.types:TDataItems",
            "incremental": "dlt.extract.incremental:Incremental",
        },
    )

__all__ = ["DltResource", "DltSource", "Incremental", "TDataItem", "TDataItems", "incremental"]

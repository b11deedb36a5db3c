"""What sources are made of, and sources that come with the library."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dlt.extract.resource import Resource as DltResource
from dlt.extract.source import Source as DltSource
from dlt.types import TDataItem, TDataItems

if TYPE_CHECKING:
    from dlt.extract.incremental import Incremental as Incremental
    from dlt.extract.incremental import Incremental as incremental

__all__ = ["DltResource", "DltSource", "Incremental", "TDataItem", "TDataItems", "incremental"]


def __getattr__(name: str) -> Any:
    if name in ("incremental", "Incremental"):
        # loaded when first used, as many pipelines never do
        from dlt.extract.incremental import Incremental

        return Incremental
    raise AttributeError(f"module 'dlt.sources' has no attribute {name!r}")

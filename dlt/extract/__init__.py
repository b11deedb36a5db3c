"""Extract: from sources and resources to pages of items."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlt.lazy_names import lazy_names

if TYPE_CHECKING:
    from dlt.extract.resource import Resource as DltResource
    from dlt.extract.source import Source as DltSource
else:
    # not at once: the modules import each other through this package
    __getattr__, __dir__ = lazy_names(
        __name__, {"DltResource": "dlt.extract.resource:Resource", "DltSource": "dlt.extract.source:Source"}
    )

__all__ = ["DltResource", "DltSource"]

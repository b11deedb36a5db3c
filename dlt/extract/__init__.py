"""Extract: from sources and resources to pages of items."""

from __future__ import annotations

from typing import Any


def __getattr__(name: str) -> Any:
    # names that users import from here; the modules import each other through this package, so not at once
    if name == "DltResource":
        from dlt.extract.resource import Resource

        return Resource
    if name == "DltSource":
        from dlt.extract.source import Source

        return Source
    raise AttributeError(f"module 'dlt.extract' has no attribute {name!r}")

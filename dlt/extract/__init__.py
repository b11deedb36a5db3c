"""Extract: from sources and resources to pages of items."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlt.lazy_names import lazy_names

if TYPE_CHECKING:
    from dlt.extract.decorators import defer, transformer
    from dlt.extract.hints import make_hints, make_nested_hints
    from dlt.extract.incremental import Incremental
    from dlt.extract.mark import materialize_table_schema as materialize_schema_item
    from dlt.extract.mark import with_file_import, with_hints, with_table_name
    from dlt.extract.reference import SourceReference
    from dlt.extract.resource import DltResource
    from dlt.extract.source import DltSource
    from dlt.extract.source_factory import SourceFactory
else:
    # not at once: the modules import each other through this package
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "DltResource": "dlt.extract.resource:DltResource",
            "DltSource": "dlt.extract.source:DltSource",
            "Incremental": "dlt.extract.incremental:Incremental",
            "SourceFactory": "dlt.extract.source_factory:SourceFactory",
            "SourceReference": "dlt.extract.reference:SourceReference",
            "defer": "dlt.extract.decorators:defer",
            "make_hints": "dlt.extract.hints:make_hints",
            "make_nested_hints": "dlt.extract.hints:make_nested_hints",
            "materialize_schema_item": "dlt.extract.mark:materialize_table_schema",
            "transformer": "dlt.extract.decorators:transformer",
            "with_file_import": "dlt.extract.mark:with_file_import",
            "with_hints": "dlt.extract.mark:with_hints",
            "with_table_name": "dlt.extract.mark:with_table_name",
        },
    )

__all__ = [
    "DltResource",
    "DltSource",
    "Incremental",
    "SourceFactory",
    "SourceReference",
    "defer",
    "make_hints",
    "make_nested_hints",
    "materialize_schema_item",
    "transformer",
    "with_file_import",
    "with_hints",
    "with_table_name",
]

"""Helpers of extract under the names of PyPI `dlt` 1.x."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from dlt.absent import absent_names
from dlt.extract.items import is_frame
from dlt.extract.models import columns_dict as ensure_table_schema_columns
from dlt.schema.naming import naming_from
from dlt.types import Unread

if TYPE_CHECKING:
    from dlt.types import TDataItems

__all__ = ["ensure_table_schema_columns", "get_data_item_format", "make_schema_with_default_name"]


def make_schema_with_default_name(pipeline_name: str) -> str:
    """Return the name that the schema of a pipeline has by default: that of the pipeline, without "_pipeline"."""
    name = pipeline_name.removesuffix("_pipeline")
    return naming_from("snake_case", 64).normalize_identifier(name)


def get_data_item_format(items: TDataItems) -> Literal["arrow", "model", "object"]:
    """Return "arrow" for Arrow tables and frames, "model" for relations, alone or in a list, else "object"."""
    first = items[0] if isinstance(items, list) and items else items
    if isinstance(first, Unread):
        return "model"
    return "arrow" if is_frame(first) else "object"


__getattr__ = absent_names(
    __name__,
    "resource.compute_table_schema(item) resolves the hints of a resource.",
    "dynstr ensure_table_schema_columns_hint resolve_column_value wrap_iterator wrap_async_iterator "
    "wrap_parallel_iterator simulate_func_call",
)

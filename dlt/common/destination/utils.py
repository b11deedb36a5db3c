"""How tables are merged and replaced, under the names of PyPI `dlt` 1.x."""

from __future__ import annotations

from collections.abc import Mapping

from dlt.absent import absent_names
from dlt.common.schema.typing import TLoaderMergeStrategy, TLoaderReplaceStrategy, TTableSchema
from dlt.common.schema.utils import get_merge_strategy, get_write_disposition
from dlt.schema.capabilities import Capabilities

__all__ = ["resolve_merge_strategy", "resolve_replace_strategy"]


def resolve_merge_strategy(
    tables: Mapping[str, TTableSchema], table: TTableSchema, destination_capabilities: Capabilities | None = None
) -> TLoaderMergeStrategy | None:
    """Return how rows are merged into a table; None where they are not, or where a destination cannot.

    Args:
        tables: Tables by name.
        table: The table.
        destination_capabilities: What the destination can do; anything when None.
    """
    if get_write_disposition(tables, table["name"]) != "merge":
        return None
    wanted = get_merge_strategy(tables, table["name"])
    possible = destination_capabilities.supported_merge_strategies if destination_capabilities is not None else None
    if wanted is None:
        return "delete-insert" if possible is None or "delete-insert" in possible else next(iter(possible), None)
    return wanted if possible is None or wanted in possible else None


def resolve_replace_strategy(
    table: TTableSchema,
    required_strategy: TLoaderReplaceStrategy | None,
    destination_capabilities: Capabilities | None = None,
) -> TLoaderReplaceStrategy | None:
    """Return the strategy by which a table is replaced; None where a destination cannot.

    Args:
        table: The table.
        required_strategy: The one that is asked for.
        destination_capabilities: What the destination can do; anything when None.
    """
    del table
    if destination_capabilities is None:
        return required_strategy
    possible = destination_capabilities.supported_replace_strategies
    if required_strategy is None:
        return next(iter(possible), None)
    return required_strategy if required_strategy in possible else None


__getattr__ = absent_names(
    __name__,
    "The load checks schemas: it raises before anything is written.",
    "verify_schema_capabilities verify_supported_data_types prepare_load_table validate_merge_condition",
)

"""Which columns a run would mask from now on, while the destination has clear values in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from dlt.pipeline.plan import LateMask
from dlt.schema.table import has_seen_data
from dlt.schema.x_keys import X_FORMER

if TYPE_CHECKING:
    from dlt.schema.schema import Schema

Clear = frozenset[tuple[str, str, str]]
"""Columns by schema, table and name."""


def clear_columns(schemas: Mapping[str, Schema]) -> Clear:
    """Return the columns that may hold clear values: tables with rows say nothing of a mask for them.

    Args:
        schemas: The schemas, before a run.
    """
    return frozenset(
        (schema_name, table_name, name)
        for schema_name in schemas
        for table_name, table in schemas[schema_name].tables.items()
        if has_seen_data(table)
        for name, column in table["columns"].items()
        if "data_type" in column and not column.get("mask")
    )


def late_masks(clear: Clear, schemas: Mapping[str, Schema]) -> Iterator[LateMask]:
    """Yield the columns that are masked now and held clear values before.

    Args:
        clear: What `clear_columns` said before the run.
        schemas: The schemas as the run would leave them.
    """
    for schema_name in schemas:
        for table_name, table in schemas[schema_name].tables.items():
            for name, column in table["columns"].items():
                # clear values stand under the name that the column had before
                names = (name, *column.get(X_FORMER, ()))
                if column.get("mask") and any((schema_name, table_name, one) in clear for one in names):
                    yield LateMask(table_name, name)

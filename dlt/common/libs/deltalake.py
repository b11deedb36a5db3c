"""Tables of a pipeline as the package deltalake has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlt.common.libs.lake import native_tables

if TYPE_CHECKING:
    from deltalake import DeltaTable

    from dlt.pipeline.pipeline import Pipeline


def get_delta_tables(pipeline: Pipeline, *tables: str, schema_name: str | None = None) -> dict[str, DeltaTable]:
    """Return Delta tables by name, for what deltalake does with them: OPTIMIZE, VACUUM, history, time travel.

    Args:
        pipeline: A pipeline into the filesystem destination.
        tables: Names of tables; all Delta tables when there are none.
        schema_name: Schema of the tables; the default one when None.

    Raises:
        ValueError: a table is not a Delta table.
    """
    found: dict[str, DeltaTable] = native_tables(pipeline, "delta", tables, schema_name)
    return found


__all__ = ["get_delta_tables"]

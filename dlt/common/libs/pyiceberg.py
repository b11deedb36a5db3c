"""Tables of a pipeline as the package pyiceberg has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlt.common.libs.lake import native_tables

if TYPE_CHECKING:
    from pyiceberg.table import Table

    from dlt.pipeline.pipeline import Pipeline


def get_iceberg_tables(pipeline: Pipeline, *tables: str, schema_name: str | None = None) -> dict[str, Table]:
    """Return Iceberg tables by name, for what pyiceberg does with them: scans, maintenance, history.

    Args:
        pipeline: A pipeline into the filesystem destination.
        tables: Names of tables; all Iceberg tables when there are none.
        schema_name: Schema of the tables; the default one when None.

    Raises:
        ValueError: a table is not an Iceberg table.
    """
    found: dict[str, Table] = native_tables(pipeline, "iceberg", tables, schema_name)
    return found


__all__ = ["get_iceberg_tables"]

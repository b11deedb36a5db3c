"""Tables of a pipeline as the package pyiceberg has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlt.absent import absent_names
from dlt.common.libs.lake import native_tables
from dlt.lazy_names import lazy_names

if TYPE_CHECKING:
    from pyiceberg.catalog import Catalog as IcebergCatalog
    from pyiceberg.table import Table
    from pyiceberg.table import Table as IcebergTable

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


__all__ = ["IcebergCatalog", "IcebergTable", "get_iceberg_tables"]

_find, __dir__ = lazy_names(
    __name__, {"IcebergCatalog": "pyiceberg.catalog:Catalog", "IcebergTable": "pyiceberg.table:Table"}
)
_absent = absent_names(
    __name__,
    "A load into the filesystem destination writes its Iceberg tables itself; get_iceberg_tables() gives them.",
    "ensure_iceberg_compatible_arrow_data get_catalog",
)


def __getattr__(name: str) -> object:
    try:
        return _absent(name)
    except AttributeError:
        return _find(name)

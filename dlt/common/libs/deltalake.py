"""Tables of a pipeline as the package deltalake has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlt.absent import absent_names
from dlt.common.libs.lake import native_tables
from dlt.lazy_names import lazy_names

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


__all__ = ["DeltaTable", "get_delta_tables"]

_find, __dir__ = lazy_names(__name__, {"DeltaTable": "deltalake:DeltaTable"})
_absent = absent_names(
    __name__,
    "A load into the filesystem destination writes its Delta tables itself; get_delta_tables() gives them.",
    "deltalake_storage_options ensure_delta_compatible_arrow_data write_delta_table",
)


def __getattr__(name: str) -> object:
    try:
        return _absent(name)
    except AttributeError:
        return _find(name)

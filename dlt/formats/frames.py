"""Tables and frames of Arrow, pandas and polars as Arrow tables."""

from __future__ import annotations

from dlt.errors import InvalidDataItem, UnsupportedDataType
from dlt.formats.arrow_values import column_of
from dlt.formats.pages import ARROW_LEVELS, levels_of
from dlt.late import pa
from dlt.types import TDataItems


def tabular(items: TDataItems, table: str) -> pa.Table | None:
    """Return an Arrow table whose types all have a place, None for rows."""
    try:
        found = as_arrow(items)
    except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
        raise InvalidDataItem(
            f"table {table}: the frame cannot become Arrow data: {error}. Give the column that is named values of one "
            "type, or yield the rows as dicts.",
            table=table,
        ) from error
    for field in found.schema if found is not None else ():
        if levels_of(field.type) > ARROW_LEVELS:
            raise InvalidDataItem(
                f"table {table}: column {field.name} of the Arrow data has more than {ARROW_LEVELS} levels of structs "
                "and lists. Turn it into JSON text before it is yielded.",
                table=table,
            )
        if pa.types.is_null(field.type):
            continue
        try:
            column_of(field.name, field.type)
        except UnsupportedDataType as error:
            raise UnsupportedDataType(f"table {table}, {error}", table=table, column=field.name) from None
    return found


def as_arrow(items: TDataItems) -> pa.Table | None:
    """Return an Arrow table for tables, record batches, pandas and polars frames; None for anything else."""
    # by the name of the module: nobody imports pandas or polars to find out that an item is none of theirs
    module = type(items).__module__.partition(".")[0]
    if module not in ("pyarrow", "pandas", "polars"):
        return None
    if isinstance(items, pa.Table):
        return items
    if isinstance(items, pa.RecordBatch):
        return pa.Table.from_batches([items])
    if module == "pandas" and hasattr(items, "columns"):
        # no index, as in PyPI dlt 1.x; without pandas' metadata, which counts where schemas are compared
        return pa.Table.from_pandas(items, preserve_index=False).replace_schema_metadata(None)
    if module == "polars" and hasattr(items, "to_arrow"):
        table = items.to_arrow()
        return table if isinstance(table, pa.Table) else None
    return None

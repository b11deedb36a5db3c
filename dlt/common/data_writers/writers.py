"""What wrote files in PyPI `dlt` 1.x: the names import, and say at use what to do instead."""

from __future__ import annotations

from dlt.absent import absent, absent_names
from dlt.common.metrics import EMPTY_DATA_WRITER_METRICS
from dlt.common.typing import TLoaderFileFormat

_INSTEAD = (
    "A load writes its files itself: ask for a format with `loader_file_format`, or write one with pyarrow or json."
)

__all__ = ["EMPTY_DATA_WRITER_METRICS", "DataWriter", "TLoaderFileFormat", "count_rows_in_items"]

DataWriter = absent("dlt.common.data_writers.DataWriter", _INSTEAD)


def count_rows_in_items(item: object) -> int:
    """Return how many rows there are in an item: those of a table, or of all items of a list; else one.

    Args:
        item: A table, a frame, a row, or a list of these.
    """
    if isinstance(item, list):
        return sum(count_rows_in_items(part) for part in item)
    # a foreign object: tables of Arrow and batches have it
    rows = getattr(item, "num_rows", 1)
    return rows if isinstance(rows, int) else 1


__getattr__ = absent_names(
    __name__,
    _INSTEAD,
    "ALL_WRITERS WRITER_SPECS ArrowToCsvWriter ArrowToInsertValuesWriter ArrowToJsonlWriter ArrowToObjectAdapter "
    "ArrowToParquetWriter ArrowToTypedJsonlListWriter CsvWriter FileWriterSpec ImportFileWriter InsertValuesWriter "
    "JsonlWriter ParquetDataWriter TWriter TypedJsonlListWriter create_import_spec get_best_writer_spec "
    "is_native_writer resolve_best_writer_spec",
)

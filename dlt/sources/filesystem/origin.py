"""Columns that tell where a row comes from: the URL of its file, and the partitions in its path."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import unquote

from dlt.formats.column_rows import PLAIN_TEXT, ColumnRows
from dlt.late import pa

if TYPE_CHECKING:
    from dlt.sources.files import FileItemDict
    from dlt.types import TDataItem

FILE_URL = "file_url"
_NO_VALUE = "__HIVE_DEFAULT_PARTITION__"


def partitions_of(path: str) -> dict[str, str | None]:
    """Return what the folders of a path say in the way of Hive, `year=2026/month=01`, as text.

    Args:
        path: Path or URL of a file.
    """
    found: dict[str, str | None] = {}
    for part in path.replace("\\", "/").split("/")[:-1]:
        key, sign, value = part.partition("=")
        if sign and key:
            found[unquote(key)] = None if value == _NO_VALUE else unquote(value)
    return found


def told_columns(file: FileItemDict, include_file_url: bool, hive_partitions: bool) -> dict[str, str | None]:
    """Return the columns that all rows of a file get.

    Args:
        file: The file.
        include_file_url: With its URL.
        hive_partitions: With its partitions.
    """
    columns: dict[str, str | None] = {}
    if hive_partitions:
        # below the folder first: what stands above it is the same for all files
        columns.update(partitions_of(str(file.get("relative_path") or file["file_url"])))
        if not columns:
            url = str(file["file_url"])
            # of a file on a disk the signs of its path are written as those of a URL
            columns.update(partitions_of(unquote(url) if url.startswith("file:") else url))
    if include_file_url:
        columns[FILE_URL] = str(file["file_url"])
    return columns


def with_columns(pages: Iterator[TDataItem], columns: dict[str, str | None]) -> Iterator[TDataItem]:
    """Yield pages whose rows have more columns; those of the file itself stay where names are equal.

    Args:
        pages: Lists of dicts, rows in columns, or record batches.
        columns: The values, as text.
    """
    if not columns:
        yield from pages
        return
    # in the form in which the page comes, so that what is fast stays so
    for page in pages:
        if isinstance(page, list):
            yield [{**row, **{key: value for key, value in columns.items() if key not in row}} for row in page]
        elif isinstance(page, ColumnRows):
            yield ColumnRows(_widened(page.batch, columns))
        else:
            yield _widened(page, columns)


def _widened(batch: pa.RecordBatch, columns: dict[str, str | None]) -> pa.RecordBatch:
    names, arrays = list(batch.schema), list(batch.columns)
    for key, value in columns.items():
        if key not in batch.schema.names:
            names.append(pa.field(key, pa.string(), metadata=PLAIN_TEXT))
            arrays.append(pa.repeat(pa.scalar(value, pa.string()), batch.num_rows))
    return pa.RecordBatch.from_arrays(arrays, schema=pa.schema(names))

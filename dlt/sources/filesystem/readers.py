"""Transformers that read files: each takes a page of files and yields pages of their rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from dlt.configuration.spec import BaseConfiguration, configspec
from dlt.extract.source import DltSource as ReadersSource
from dlt.formats.column_rows import ColumnRows
from dlt.sources.files import FileItemDict
from dlt.sources.filesystem.origin import told_columns, with_columns

if TYPE_CHECKING:
    from dlt.types import TDataItem, TDataItems

__all__ = [
    "ReadArrowConfiguration",
    "ReadAvroConfiguration",
    "ReadCsvConfiguration",
    "ReadCsvDuckdbConfiguration",
    "ReadExcelConfiguration",
    "ReadJsonConfiguration",
    "ReadJsonlConfiguration",
    "ReadParquetConfiguration",
    "ReadersSource",
]


@configspec
class ReadCsvConfiguration(BaseConfiguration):
    """Arguments of `read_csv` that may be configured."""

    chunksize: int = 10_000
    include_file_url: bool = False
    hive_partitions: bool = False


@configspec
class ReadCsvDuckdbConfiguration(BaseConfiguration):
    """Arguments of `read_csv_duckdb` that may be configured."""

    chunk_size: int | None = 5_000
    use_pyarrow: bool = False
    include_file_url: bool = False
    hive_partitions: bool = False


@configspec
class ReadJsonlConfiguration(BaseConfiguration):
    """Arguments of `read_jsonl` that may be configured."""

    chunksize: int = 1_000
    include_file_url: bool = False
    hive_partitions: bool = False


@configspec
class ReadJsonConfiguration(ReadJsonlConfiguration):
    """Arguments of `read_json` that may be configured."""


@configspec
class ReadAvroConfiguration(ReadJsonlConfiguration):
    """Arguments of `read_avro` that may be configured."""


@configspec
class ReadExcelConfiguration(ReadJsonlConfiguration):
    """Arguments of `read_excel` that may be configured."""

    sheet_name: str | None = None


@configspec
class ReadParquetConfiguration(BaseConfiguration):
    """Arguments of `read_parquet` that may be configured."""

    chunksize: int = 1_000
    use_pyarrow: bool = False
    include_file_url: bool = False
    hive_partitions: bool = False


@configspec
class ReadArrowConfiguration(ReadParquetConfiguration):
    """Arguments of `read_arrow` that may be configured."""


Pages = Callable[[FileItemDict], "Iterator[TDataItem]"]


def read_files(
    items: Iterable[FileItemDict], pages: Pages, include_file_url: bool, hive_partitions: bool
) -> Iterator[TDataItems]:
    """Yield the pages of files, one file after the other.

    Args:
        items: The files.
        pages: Gives the pages of one.
        include_file_url: Add the URL of the file to each row.
        hive_partitions: Add what the folders of its path say, such as `year=2026`.
    """
    for file in items:
        yield from with_columns(pages(file), told_columns(file, include_file_url, hive_partitions))


def csv_pages(
    items: Iterable[FileItemDict],
    chunksize: int = 10_000,
    include_file_url: bool = False,
    hive_partitions: bool = False,
    # arguments of another package, which alone knows their types
    **pandas_kwargs: Any,
) -> Iterator[TDataItems]:
    """Read CSV files; each column has one type for the whole of a file, and codes keep their zeros.

    Args:
        items: The files.
        chunksize: Rows of a page.
        include_file_url: Add the URL of the file to each row.
        hive_partitions: Add what the folders of its path say, such as `year=2026`, as text.
        **pandas_kwargs: Those of `pandas.read_csv`. Pandas reads the file where only it knows what they mean.

    Raises:
        BrokenFile: a file is no CSV.
    """
    from dlt.sources.filesystem.csv_files import rows_of

    yield from read_files(
        items, lambda file: rows_of(file, _rows(chunksize), pandas_kwargs), include_file_url, hive_partitions
    )


def duckdb_pages(
    items: Iterable[FileItemDict],
    chunk_size: int | None = 5_000,
    use_pyarrow: bool = False,
    include_file_url: bool = False,
    hive_partitions: bool = False,
    **duckdb_kwargs: Any,
) -> Iterator[TDataItems]:
    """Read CSV files as DuckDB does, which finds out how they are written.

    Args:
        items: The files.
        chunk_size: Rows of a page.
        use_pyarrow: Yield record batches.
        include_file_url: Add the URL of the file to each row.
        hive_partitions: Add what the folders of its path say, such as `year=2026`, as text.
        **duckdb_kwargs: Those of DuckDB's `read_csv`.

    Raises:
        BrokenFile: a file is no CSV.
    """
    from dlt.sources.filesystem.csv_duckdb import rows_by_duckdb

    rows = _rows(5_000 if chunk_size is None else chunk_size)
    yield from read_files(
        items, lambda file: rows_by_duckdb(file, rows, use_pyarrow, duckdb_kwargs), include_file_url, hive_partitions
    )


def jsonl_pages(
    items: Iterable[FileItemDict],
    chunksize: int = 1_000,
    include_file_url: bool = False,
    hive_partitions: bool = False,
) -> Iterator[TDataItems]:
    """Read files with a JSON document in each line; empty lines are skipped.

    Args:
        items: The files.
        chunksize: Rows of a page.
        include_file_url: Add the URL of the file to each row.
        hive_partitions: Add what the folders of its path say, such as `year=2026`, as text.

    Raises:
        BrokenFile: a line is no JSON; with its number.
    """
    from dlt.sources.filesystem.json_files import lines_of

    rows = _rows(chunksize)
    yield from read_files(items, lambda file: lines_of(file, rows), include_file_url, hive_partitions)


def json_pages(
    items: Iterable[FileItemDict],
    chunksize: int = 1_000,
    include_file_url: bool = False,
    hive_partitions: bool = False,
) -> Iterator[TDataItems]:
    """Read files with one JSON document: the items of a list, or the document as one row.

    Args:
        items: The files; each is held in memory as a whole.
        chunksize: Rows of a page.
        include_file_url: Add the URL of the file to each row.
        hive_partitions: Add what the folders of its path say, such as `year=2026`, as text.

    Raises:
        BrokenFile: a file is no JSON.
    """
    from dlt.sources.filesystem.json_files import documents_of

    rows = _rows(chunksize)
    yield from read_files(items, lambda file: documents_of(file, rows), include_file_url, hive_partitions)


def parquet_pages(
    items: Iterable[FileItemDict],
    chunksize: int = 1_000,
    use_pyarrow: bool = False,
    include_file_url: bool = False,
    hive_partitions: bool = False,
) -> Iterator[TDataItems]:
    """Read Parquet files, a part of a row group at a time.

    Args:
        items: The files.
        chunksize: Rows of a page.
        use_pyarrow: Yield record batches.
        include_file_url: Add the URL of the file to each row.
        hive_partitions: Add what the folders of its path say, such as `year=2026`, as text.

    Raises:
        BrokenFile: a file is no Parquet file.
    """
    from dlt.sources.filesystem.arrow_files import parquet_of

    rows = _rows(chunksize)
    yield from read_files(items, lambda file: parquet_of(file, rows, use_pyarrow), include_file_url, hive_partitions)


def arrow_pages(
    items: Iterable[FileItemDict],
    chunksize: int = 1_000,
    use_pyarrow: bool = False,
    include_file_url: bool = False,
    hive_partitions: bool = False,
) -> Iterator[TDataItems]:
    """Read Arrow files: Feather, and streams.

    Args:
        items: The files.
        chunksize: Rows of a page.
        use_pyarrow: Yield record batches.
        include_file_url: Add the URL of the file to each row.
        hive_partitions: Add what the folders of its path say, such as `year=2026`, as text.

    Raises:
        BrokenFile: a file is no Arrow file.
    """
    from dlt.sources.filesystem.arrow_files import arrow_of

    rows = _rows(chunksize)
    yield from read_files(items, lambda file: arrow_of(file, rows, use_pyarrow), include_file_url, hive_partitions)


def excel_pages(
    items: Iterable[FileItemDict],
    sheet_name: str | int | None = None,
    chunksize: int = 1_000,
    include_file_url: bool = False,
    hive_partitions: bool = False,
) -> Iterator[TDataItems]:
    """Read a sheet of workbooks of Excel; the first row with values names the columns.

    Args:
        items: The files.
        sheet_name: Name or position of the sheet; the first one by default.
        chunksize: Rows of a page.
        include_file_url: Add the URL of the file to each row.
        hive_partitions: Add what the folders of its path say, such as `year=2026`, as text.

    Raises:
        BrokenFile: a file is no workbook, or has no such sheet.
        MissingDependencyException: openpyxl is not installed.
    """
    from dlt.sources.filesystem.tables import sheet_of

    sheet, rows = 0 if sheet_name is None else sheet_name, _rows(chunksize)
    yield from read_files(items, lambda file: sheet_of(file, sheet, rows), include_file_url, hive_partitions)


def avro_pages(
    items: Iterable[FileItemDict],
    chunksize: int = 1_000,
    include_file_url: bool = False,
    hive_partitions: bool = False,
) -> Iterator[TDataItems]:
    """Read Avro files.

    Args:
        items: The files.
        chunksize: Rows of a page.
        include_file_url: Add the URL of the file to each row.
        hive_partitions: Add what the folders of its path say, such as `year=2026`, as text.

    Raises:
        BrokenFile: a file is no Avro file.
        MissingDependencyException: fastavro is not installed.
    """
    from dlt.sources.filesystem.tables import avro_of

    rows = _rows(chunksize)
    yield from read_files(items, lambda file: avro_of(file, rows), include_file_url, hive_partitions)


def _rows(size: int) -> int:
    if size < 1:
        raise ValueError(f"A page of {size} rows holds nothing: chunksize is 1 or more.")
    return size


def _as_lists(pages: Callable[..., Iterator[TDataItems]], name: str) -> Callable[..., Iterator[TDataItems]]:
    """Return a reader whose pages are lists of dicts, for programs that call it themselves."""

    def read(*args: Any, **kwargs: Any) -> Iterator[TDataItems]:
        for page in pages(*args, **kwargs):
            yield page.rows() if isinstance(page, ColumnRows) else page

    read.__name__ = read.__qualname__ = name
    read.__doc__ = pages.__doc__
    return read


_read_csv = _as_lists(csv_pages, "_read_csv")
_read_csv_duckdb = _as_lists(duckdb_pages, "_read_csv_duckdb")
_read_jsonl = _as_lists(jsonl_pages, "_read_jsonl")
_read_parquet = _as_lists(parquet_pages, "_read_parquet")

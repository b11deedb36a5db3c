"""Workbooks of Excel and Avro files, by packages that are installed for them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, cast

from dlt.errors import MissingDependencyException
from dlt.sources.filesystem.contents import broken, on_disk
from dlt.sources.filesystem.csv_dialect import apart

if TYPE_CHECKING:
    from dlt.sources.files import FileItemDict
    from dlt.types import Row


def sheet_of(file: FileItemDict, sheet_name: str | int, chunksize: int) -> Iterator[list[Row]]:
    """Yield the rows of a sheet; its first row names the columns.

    Args:
        file: The workbook.
        sheet_name: Name of the sheet, or its position.
        chunksize: Rows of a page.

    Raises:
        BrokenFile: it is no workbook, or has no such sheet.
        MissingDependencyException: openpyxl is not installed.
    """
    try:
        import openpyxl
        from openpyxl.utils.exceptions import InvalidFileException
    except ImportError as error:
        raise MissingDependencyException(
            'read_excel needs openpyxl, which is not installed. Run: pip install "dlt-tasks[excel]"'
        ) from error
    import zipfile

    with on_disk(file) as path, open(path, "rb") as content:
        try:
            book = openpyxl.load_workbook(content, read_only=True, data_only=True)
        except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError) as error:
            raise broken(file, error, "a workbook of Excel") from error
        try:
            known = book.sheetnames
            if sheet_name not in (known if isinstance(sheet_name, str) else range(len(known))):
                raise broken(file, f"it has no sheet {sheet_name!r}, but {', '.join(known)}", "a workbook of Excel")
            sheet = book[sheet_name if isinstance(sheet_name, str) else known[sheet_name]]
            yield from _rows(sheet.iter_rows(values_only=True), chunksize)
        finally:
            book.close()


def _rows(lines: Iterator[tuple[object, ...]], chunksize: int) -> Iterator[list[Row]]:
    # people leave lines free above and between
    filled = (line for line in lines if any(value is not None for value in line))
    head = next(filled, None)
    if head is None:
        return
    names = _names(head)
    while page := list(islice(filled, chunksize)):
        # some programs write each line as long as it is, and no longer
        widest = max(map(len, page))
        names = names if widest <= len(names) else _names([*head, *[None] * (widest - len(head))])
        yield [dict(zip(names, line, strict=False)) for line in page]


def _names(head: Sequence[object]) -> list[str]:
    return apart([f"Unnamed: {number}" if name is None else str(name) for number, name in enumerate(head)])


def avro_of(file: FileItemDict, chunksize: int) -> Iterator[list[Row]]:
    """Yield the rows of an Avro file.

    Args:
        file: The file.
        chunksize: Rows of a page.

    Raises:
        BrokenFile: it is no Avro file, or damaged.
        MissingDependencyException: fastavro is not installed.
    """
    try:
        import fastavro
    except ImportError as error:
        raise MissingDependencyException(
            'read_avro needs fastavro, which is not installed. Run: pip install "dlt-tasks[avro]"'
        ) from error
    with on_disk(file) as path, open(path, "rb") as content, _told(file):
        # whatever a file of Avro holds, those that are loaded hold records
        rows = cast("Iterator[Row]", iter(fastavro.reader(content)))
        while page := list(islice(rows, chunksize)):
            yield page


@contextmanager
def _told(file: FileItemDict) -> Iterator[None]:
    try:
        yield
    # whatever its decoder meets in damaged bytes
    except (ValueError, EOFError, IndexError, KeyError, StopIteration, TypeError, OverflowError) as error:
        raise broken(file, error, "an Avro file") from error

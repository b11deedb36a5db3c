"""Rows with more fields than a CSV file has names, of which pandas would make an index: all others would be shifted."""

from __future__ import annotations

import csv
from itertools import islice
from typing import TYPE_CHECKING

from dlt.sources.filesystem.contents import broken
from dlt.sources.filesystem.csv_dialect import header_of

if TYPE_CHECKING:
    from dlt.errors import BrokenFile
    from dlt.sources.files import FileItemDict
    from dlt.sources.filesystem.csv_dialect import Dialect


def has_longer_rows(file: FileItemDict, path: str, dialect: Dialect) -> bool:
    """Return whether rows have more fields than there are names, none of which holds anything.

    Args:
        file: The file.
        path: Its text in UTF-8.
        dialect: How it is written.

    Raises:
        BrokenFile: such a field holds something.
    """
    found = False
    try:
        first, empty = header_of(path, dialect)
        width = len(dialect.names or first or ())
        with open(path, encoding="utf-8-sig", newline="") as text:
            rows = csv.reader(text, delimiter=dialect.delimiter, quotechar=dialect.quote)
            for row in islice(rows, empty + dialect.has_header, None):
                if len(row) > width:
                    if any(row[width:]):
                        raise longer(file, f"line {rows.line_num}", len(row), width)
                    found = True
    except (UnicodeError, csv.Error):
        # pandas says what is wrong with it, or reads it
        return False
    return found


def longer(file: FileItemDict, where: str, fields: int, names: int) -> BrokenFile:
    """Return the error of a row that has more fields than there are names.

    Args:
        file: The file.
        where: Which row.
        fields: Its fields.
        names: Names of columns.
    """
    return broken(
        file,
        f"{where} has {fields} fields, and there are {names} names of columns. Name all columns with names=[...], say "
        "with index_col which ones are none, or leave out what is too much with index_col=False",
        "CSV",
    )

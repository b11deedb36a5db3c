"""What stands between the values of a file of CSV, as its header tells: files differ."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Collection
from contextlib import closing

from dlt.destinations.looks import Looks

_COMMA = ","
# a header of ten thousand names of sixty characters, and a file of one endless line stays out of memory
_LONGEST_HEADER = 1 << 20


def delimiter_in(path: str, is_packed: bool, columns: Collection[str], looks: Looks) -> str:
    """Return what stands between the values of a file; a comma where its first line is no header.

    Args:
        path: Path or URL of the file.
        is_packed: It is compressed with gzip.
        columns: Names that may stand in the header.
        looks: How to look into the file.
    """
    with closing(looks.open(path)) as file:
        line = (gzip.GzipFile(fileobj=file) if is_packed else file).readline(_LONGEST_HEADER)
    return delimiter_of(line.decode(errors="replace").rstrip("\r\n"), columns)


def delimiter_of(header: str, columns: Collection[str]) -> str:
    """Return what stands between the names of a header, a comma where nothing gives known names only.

    Args:
        header: The line.
        columns: The names that are known.
    """
    # the comma first: a header of one name has no other
    for delimiter in dict.fromkeys(_COMMA + header.replace('"', "")):
        if all(name in columns for name in next(csv.reader([header], delimiter=delimiter), ())):
            return delimiter
    return _COMMA

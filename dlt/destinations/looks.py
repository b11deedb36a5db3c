"""What has to be known of files before DuckDB is told how to read them."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import closing
from typing import BinaryIO

from dlt.late_dataclass import dataclass


@dataclass(frozen=True)
class Looks:
    """Ways to look at files, by path or URL.

    Attributes:
        open: Opens one for reading.
        size: Returns its size in bytes.
    """

    open: Callable[[str], BinaryIO]
    size: Callable[[str], int]

    def unpacked_size(self, path: str) -> int:
        """Return how many bytes a file has that is compressed with gzip, up to 4 GiB."""
        with closing(self.open(path)) as file:
            # the last four bytes of what gzip writes
            file.seek(-4, os.SEEK_END)
            return int.from_bytes(file.read(4), "little")


def _open(path: str) -> BinaryIO:
    return open(path, "rb")


LOCAL = Looks(_open, os.path.getsize)
"""Files of this machine."""

"""Files of Arrow, read batch by batch out of memory that they are mapped into."""

from __future__ import annotations

import mmap
from collections.abc import Iterator

from dlt.late import pa

_AT_ONCE = 4 << 20
"""Bytes that are given back together; few calls of the system for many small batches."""
_GIVES_BACK = hasattr(mmap, "MADV_DONTNEED")
"""Windows has no such call."""


def schema_of(path: str) -> pa.Schema:
    """Return the columns of a file.

    Args:
        path: The file.
    """
    with pa.memory_map(path) as source, pa.ipc.open_stream(source) as rows:
        return rows.schema


def mapped_batches(path: str) -> Iterator[pa.RecordBatch]:
    """Yield the batches of a file, all of which stay valid.

    What is read counts as memory of the process, so that of batches that were taken is given back: else a large file
    would be in it as a whole by its last row.

    Args:
        path: The file.
    """
    with open(path, "rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    source = pa.BufferReader(pa.py_buffer(mapped))
    given = 0
    with pa.ipc.open_stream(source) as rows:
        begin = source.tell()
        for batch in rows:
            yield batch
            # not yet the last one, which a thread may still read; whoever asks again has it read from the file again
            end = begin - begin % mmap.PAGESIZE
            if _GIVES_BACK and end - given >= _AT_ONCE:
                mapped.madvise(mmap.MADV_DONTNEED, given, end - given)
                given = end
            begin = source.tell()

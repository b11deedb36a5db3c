"""CRC-32 of files; what this process wrote, and nobody touched since, is not read a second time."""

from __future__ import annotations

import os
import zlib

_BLOCK = 1 << 20
_MOST_NOTES = 10_000
_written: dict[tuple[int, int], tuple[int, int, int]] = {}


def note(path: str, crc: int) -> None:
    """Remember the checksum of a file that was just written; a later change of the file forgets it."""
    found = os.stat(path)
    if len(_written) >= _MOST_NOTES:
        # a worker that runs for weeks must not grow by its notes
        _written.clear()
    _written[found.st_dev, found.st_ino] = (found.st_mtime_ns, found.st_size, crc)


def crc_of(path: str) -> int:
    """Return the checksum of a file, read unless it is known."""
    found = os.stat(path)
    known = _written.get((found.st_dev, found.st_ino))
    if known is not None and known[:2] == (found.st_mtime_ns, found.st_size):
        return known[2]
    crc, buffer = 0, bytearray(_BLOCK)
    with open(path, "rb", buffering=0) as file:
        while count := file.readinto(buffer):
            crc = zlib.crc32(memoryview(buffer)[:count], crc)
    note(path, crc)
    return crc

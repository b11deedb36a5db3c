"""Files of text, which may be compressed: how they are named and opened."""

from __future__ import annotations

from dlt.late import pa

OF_TEXT = ("jsonl", "csv")
"""Formats whose files may be compressed."""
GZIP = ".gz"
"""How such a format, and the name of a file, then ends."""


def without_gzip(kind: str) -> str:
    """Return a format without the ending that says that its files are compressed."""
    return kind.removesuffix(GZIP)


def file_of_text(path: str) -> pa.NativeFile:
    """Open a new file for bytes, which are compressed if its name says so."""
    return pa.output_stream(path, compression="gzip" if path.endswith(GZIP) else None)

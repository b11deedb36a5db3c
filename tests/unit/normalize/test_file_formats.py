"""The format of files: what a call says, else the resource, else what is best for the table."""

from __future__ import annotations

from typing import Any

import pytest

from dlt.normalize.file_formats import FileFormats

SUPPORTED = ("arrow", "parquet", "jsonl", "csv")


@pytest.mark.parametrize(
    ("asked", "own", "only_frames", "chosen"),
    [
        ("csv", "jsonl", True, "csv"),
        (None, "csv", True, "csv"),
        (None, "csv", False, "csv"),
        (None, None, True, "parquet"),
        (None, None, False, "jsonl"),
        # words of PyPI dlt 1.x, and formats that another destination takes
        (None, "insert_values", False, "jsonl"),
        (None, "preferred", True, "parquet"),
    ],
)
def test_the_strongest_word_counts(asked: str | None, own: Any, only_frames: bool, chosen: str) -> None:
    """What the destination does not load is no word."""
    formats = FileFormats(asked, "jsonl", "parquet", SUPPORTED)
    assert formats.of({"name": "t", "file_format": own} if own else {"name": "t"}, only_frames) == chosen


@pytest.mark.parametrize(("asked", "chosen"), [("csv", "csv.gz"), ("jsonl", "jsonl.gz"), ("parquet", "parquet")])
def test_files_of_text_are_compressed(asked: str, chosen: str) -> None:
    """Others are compressed in their own way."""
    formats = FileFormats(asked, "arrow", "arrow", SUPPORTED, compressed=True)
    assert formats.of({"name": "t"}, only_frames=False) == chosen

"""Checksums of files are those of what is in them now."""

from __future__ import annotations

import os
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt.io import checksums


@given(st.lists(st.binary(max_size=200), min_size=1, max_size=4))
def test_the_checksum_follows_the_content(tmp_path_factory: pytest.TempPathFactory, versions: list[bytes]) -> None:
    """A file that was written anew has the checksum of what it holds, whatever is remembered of it."""
    path = tmp_path_factory.mktemp("crc") / "file"
    for number, data in enumerate(versions):
        path.write_bytes(data)
        os.utime(path, ns=(number, number))
        assert checksums.crc_of(str(path)) == zlib.crc32(data)


def test_what_was_just_written_is_not_read_again(tmp_path: Path) -> None:
    """The noted checksum counts until the file changes."""
    path = tmp_path / "file"
    path.write_bytes(b"abc")
    checksums.note(str(path), 7)
    assert checksums.crc_of(str(path)) == 7
    path.write_bytes(b"abcd")
    assert checksums.crc_of(str(path)) == zlib.crc32(b"abcd")


def test_a_large_file_is_read_in_pieces(tmp_path: Path) -> None:
    """The pieces make one checksum."""
    data = bytes(range(256)) * 10_000
    (tmp_path / "file").write_bytes(data)
    assert checksums.crc_of(str(tmp_path / "file")) == zlib.crc32(data)

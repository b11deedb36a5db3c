"""Loader files: what goes in comes out, in every format, however it is cut into files."""

from __future__ import annotations

import gzip
import json
import zlib
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as csv
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlt.formats.loader import LoaderFiles

SCHEMA = pa.schema([("id", pa.int64()), ("name", pa.string()), ("share", pa.float64())])
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\x00"), min_size=1, max_size=8)
ROWS = st.fixed_dictionaries(
    {
        "id": st.integers(-(2**63), 2**63 - 1),
        "name": TEXTS,
        "share": st.floats(allow_nan=False, allow_infinity=False, width=32),
    }
)
KINDS = ["arrow", "parquet", "jsonl", "csv", "jsonl.gz", "csv.gz"]
PAGES = st.lists(st.lists(ROWS, min_size=1, max_size=5), min_size=1, max_size=4)


def read(path: Path, kind: str) -> list[dict[str, Any]]:
    """Return the rows of a file, as another program reads it."""
    if kind == "arrow":
        with pa.ipc.open_stream(path) as reader:
            return reader.read_all().to_pylist()
    if kind == "parquet":
        return pq.read_table(path).to_pylist()
    if kind.startswith("csv"):
        options = csv.ConvertOptions(column_types=SCHEMA, strings_can_be_null=False)
        return csv.read_csv(path, convert_options=options).to_pylist()
    content = path.read_bytes()
    return [json.loads(line) for line in (gzip.decompress(content) if kind.endswith(".gz") else content).splitlines()]


@settings(max_examples=40)
@given(
    kind=st.sampled_from(KINDS),
    pages=PAGES,
    most=st.sampled_from([1, 10**9]),
)
def test_rows_come_back_from_their_files(
    tmp_path_factory: pytest.TempPathFactory, kind: str, pages: list[Any], most: int
) -> None:
    """The records say name, rows, bytes and checksum of each file, and no file has rows of two tables."""
    folder = tmp_path_factory.mktemp("files")
    files = LoaderFiles(str(folder), kind, max_file_bytes=most)
    for number, page in enumerate(pages):
        table = f"t{number % 2}"
        files.write(table, pa.RecordBatch.from_pylist(page, SCHEMA))
    found: dict[str, list[Any]] = {}
    for file in files.close():
        path = folder / file.name
        rows = read(path, kind)
        assert (len(rows), path.stat().st_size, zlib.crc32(path.read_bytes())) == (file.rows, file.bytes, file.crc32)
        found.setdefault(file.table, []).extend(rows)
    expected = {f"t{n}": [row for page in pages[n::2] for row in page] for n in range(min(2, len(pages)))}
    assert found == expected

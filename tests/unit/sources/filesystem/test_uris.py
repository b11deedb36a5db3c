"""Paths and URLs of files as data."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import dlt
from dlt.errors import InvalidResourceDataTypeBasic
from dlt.pipeline.exceptions import PipelineStepFailed


@pytest.fixture
def tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Load data from a folder with files, and give the rows of all tables."""
    (tmp_path / "work" / "parts").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "work")
    Path("orders.csv").write_text("id,code\n1,007\n")
    Path("tabs.tsv").write_text("id\tcode\n1\t007\n")
    Path("events.jsonl.gz").write_bytes(gzip.compress(b'{"id": 1}\n{"id": 2}\n'))
    Path("odd [1].json").write_text('[{"id": 1}]')
    for number in range(3):
        pq.write_table(pa.table({"id": [number]}), f"parts/{number}.parquet")

    def load(data: Any, **hints: Any) -> dict[str, int]:
        pipeline = dlt.pipeline("uris", pipelines_dir=str(tmp_path / "p"), destination="dummy")
        pipeline.extract(data, **hints)
        counts = pipeline.normalize().row_counts
        return {name: count for name, count in counts.items() if not name.startswith("_dlt")}

    return load


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("orders.csv", {"orders": 1}),
        ("./orders.csv", {"orders": 1}),
        ("tabs.tsv", {"tabs": 1}),
        ("events.jsonl.gz", {"events": 2}),
        ("odd [1].json", {"odd_1x": 1}),
        ("parts/*.parquet", {"parts": 3}),
        ("**/*.parquet", {"work": 3}),
        (Path("orders.csv"), {"orders": 1}),
        (["orders.csv", "tabs.tsv"], {"orders": 1, "tabs": 1}),
        ([Path("orders.csv"), "parts/[01].parquet"], {"orders": 1, "parts": 2}),
    ],
)
def test_files_are_loaded(tables: Any, data: Any, expected: dict[str, int]) -> None:
    """Into a table with the name of the file, or of the folder."""
    assert tables(data) == expected


def test_one_table_for_all(tables: Any) -> None:
    """Where the call names it."""
    assert tables(["orders.csv", "parts/*.parquet"], table_name="all") == {"all": 4}


def test_urls(tables: Any) -> None:
    """Of whatever fsspec knows."""
    fsspec.filesystem("memory").pipe("/uris/some.csv", b"a,b\n1,2\n")
    assert tables("memory://uris/some.csv") == {"some": 1}
    assert tables(["memory://uris/*.csv"]) == {"uris": 1}
    with pytest.raises(PipelineStepFailed, match=r"memory://uris/no\.csv: there is no such file"):
        tables("memory://uris/no.csv")


def test_what_is_no_file_stays_what_it_was(tables: Any) -> None:
    """A text alone is a mistake, and a list of texts is one of rows."""
    with pytest.raises(PipelineStepFailed) as caught:
        tables("orders", table_name="t")
    assert isinstance(caught.value.__cause__, InvalidResourceDataTypeBasic)
    assert tables(["a", "b"], table_name="t") == {"t": 2}
    # a list of names of which no file is there
    assert tables(["no.csv", "more.csv"], table_name="t") == {"t": 2}


def test_a_file_that_is_not_there(tables: Any) -> None:
    """Is told with the folder in which it was looked for."""
    with pytest.raises(PipelineStepFailed, match=r"no\.csv: there is no such file in .*work"):
        tables("no.csv")


def test_an_ending_that_nobody_reads(tables: Any) -> None:
    """Is told with those that are read."""
    with pytest.raises(PipelineStepFailed, match=r"a\.docx: no reader .* csv, tsv"):
        tables(Path("a.docx"))

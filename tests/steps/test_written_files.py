"""Section `data_writer`: how many rows a file has, and how files of CSV and Parquet are written into a bucket."""

from __future__ import annotations

import gzip
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import duckdb
import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import dlt
from dlt.errors import DestinationException, PipelineStepFailed

MOMENT = datetime(2024, 1, 1, 1, 2, 3, 456789, timezone.utc)
ROWS = [{"id": number, "text": f"a,{number}", "note": None if number else "x", "at": MOMENT} for number in range(10)]


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Load rows, or a table, into a bucket with some settings; return the files of their table."""

    def write(settings: dict[str, str], file_format: str, data: Any = ROWS) -> list[Path]:
        for key, value in settings.items():
            monkeypatch.setenv(key, value)
        bucket = dlt.destinations.filesystem(str(tmp_path / "bucket"))
        pipeline = dlt.pipeline("p", destination=bucket, dataset_name="d", pipelines_dir=str(tmp_path / "pipelines"))
        pipeline.run(data, table_name="items", loader_file_format=file_format)
        return sorted((tmp_path / "bucket" / "d" / "items").iterdir())

    return write


@pytest.mark.parametrize("section", ["DATA_WRITER", "NORMALIZE__DATA_WRITER", "P__NORMALIZE__DATA_WRITER"])
@pytest.mark.parametrize("file_format", ["jsonl", "parquet"])
def test_rows_of_a_file(written: Any, section: str, file_format: str) -> None:
    """`file_max_items` is how many a file has at most."""
    files = written({f"{section}__FILE_MAX_ITEMS": "4"}, file_format)
    counts = [pq.read_metadata(f).num_rows if file_format == "parquet" else len(f.open().readlines()) for f in files]
    assert sorted(counts) == [2, 4, 4]


def test_bytes_of_a_file(written: Any) -> None:
    """A page that makes a file larger than `file_max_bytes` is its last one."""
    pages = [pa.table({"id": [1]}), pa.table({"id": [2]})]
    assert len(written({"NORMALIZE__DATA_WRITER__FILE_MAX_BYTES": "1"}, "parquet", pages)) == 2


@pytest.mark.parametrize("options", [{}, {"DATA_WRITER__DELIMITER": "|"}], ids=["as ever", "with options"])
@pytest.mark.parametrize("file_format", ["jsonl", "csv", "parquet"])
def test_files_of_text_are_compressed_where_the_settings_say_so(
    written: Any, file_format: str, options: dict[str, str]
) -> None:
    """`disable_compression` counts for files of text; Parquet is compressed in its own way."""
    (plain,) = written(options, file_format)
    (packed,) = {*written({**options, "DATA_WRITER__DISABLE_COMPRESSION": "false"}, file_format)} - {plain}
    if file_format == "parquet":
        assert packed.suffix == ".parquet"
    else:
        assert packed.name.endswith(f".{file_format}.gz")
        text, unpacked = plain.read_bytes(), gzip.decompress(packed.read_bytes())
        assert unpacked[:20] == text[:20] and unpacked.count(b"\n") == text.count(b"\n") >= len(ROWS)


def test_files_without_a_header_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are for others: here each row would be one without values, and the first none at all."""
    pipeline = dlt.pipeline("p", destination=dlt.destinations.filesystem("bucket"), dataset_name="d")
    rows = [{"id": 1, "t": None}, {"id": 2, "t": "b"}]
    pipeline.run(rows, table_name="items", loader_file_format="csv")
    assert sorted(pipeline.dataset().items["id"].fetchall()) == [(1,), (2,)]
    monkeypatch.setenv("DATA_WRITER__INCLUDE_HEADER", "false")
    pipeline.run(rows, table_name="items", loader_file_format="csv")
    for relation in (pipeline.dataset().items["id"], pipeline.dataset().items.select("t")):
        # rows are read while they are fetched, or a little before
        with pytest.raises((duckdb.Error, DestinationException), match="has no header"):
            relation.fetchall()


@pytest.mark.parametrize("options", [{"DELIMITER": ";"}, {"INCLUDE_HEADER": "false"}, {"QUOTING": "quote_all"}])
def test_files_that_a_merge_reads_are_as_ever(options: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Options count for files that stay; without a header a merge would take the first row for one."""
    for key, value in options.items():
        monkeypatch.setenv(f"DATA_WRITER__{key}", value)
    pipeline = dlt.pipeline("p", destination=dlt.destinations.filesystem("bucket"), dataset_name="d")
    for rows in ([{"id": 1, "t": "a"}, {"id": 2, "t": "b"}], [{"id": 2, "t": "c;d"}, {"id": 3, "t": ""}]):
        pipeline.run(
            rows, table_name="items", primary_key="id", write_disposition="merge", loader_file_format="csv"
        ).raise_on_failed_jobs()
    assert sorted(pipeline.dataset().items.select("id", "t").fetchall()) == [(1, "a"), (2, "c;d"), (3, "")]


@pytest.mark.parametrize("url", ["bucket", "memory://written-files"])
@pytest.mark.parametrize("packed", ["true", "false"], ids=["plain", "gzip"])
def test_each_file_is_read_as_its_header_says(url: str, packed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of a table may have been written with several delimiters and quotes; an empty text is none of NULL."""
    pipeline = dlt.pipeline("p", destination=dlt.destinations.filesystem(url), dataset_name=f"d{packed}")
    monkeypatch.setenv("DATA_WRITER__DISABLE_COMPRESSION", packed)
    for number, delimiter in enumerate([",", "|", ";", "\t", " ", "x"]):
        monkeypatch.setenv("DATA_WRITER__DELIMITER", delimiter)
        monkeypatch.setenv("DATA_WRITER__QUOTING", "quote_minimal" if number % 2 else "quote_all")
        monkeypatch.setenv("DATA_WRITER__LINETERMINATOR", "\r\n" if number % 3 else "\n")
        rows = [{"id": number, "text": f"a{delimiter}b"}, {"id": number, "text": "", "more": [None, "c"][number % 2]}]
        pipeline.run(rows, table_name="items", loader_file_format="csv")
    found = sorted(pipeline.dataset().items.select("id", "text", "more").fetchall(), key=str)
    expected = [
        row
        for number, delimiter in enumerate([",", "|", ";", "\t", " ", "x"])
        for row in ((number, f"a{delimiter}b", None), (number, "", [None, "c"][number % 2]))
    ]
    assert found == sorted(expected, key=str)


@pytest.mark.parametrize("packed", ["true", "false"], ids=["plain", "gzip"])
@pytest.mark.parametrize("file_format", ["jsonl", "csv"])
def test_small_files_elsewhere_need_little_memory(file_format: str, packed: str, monkeypatch: Any) -> None:
    """DuckDB allots the longest line that it may meet, which is no longer than its file."""
    monkeypatch.setenv("DATA_WRITER__DISABLE_COMPRESSION", packed)
    bucket = dlt.destinations.filesystem("memory://small-files")
    pipeline = dlt.pipeline("p", destination=bucket, dataset_name=f"{file_format}_{packed}")
    pipeline.run(ROWS, table_name="items", loader_file_format=file_format)
    with pipeline.sql_client() as client:
        client.execute_sql("SET memory_limit = '200MB'")
        assert client.execute_sql("SELECT count(*) FROM items") == [(len(ROWS),)]


def test_a_merge_reads_files_of_another_delimiter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that an earlier load appended stay as they are until a merge writes the table anew."""
    pipeline = dlt.pipeline("p", destination=dlt.destinations.filesystem("bucket"), dataset_name="d")
    monkeypatch.setenv("DATA_WRITER__DELIMITER", "|")
    pipeline.run([{"id": 1, "t": "a"}, {"id": 2, "t": "b"}], table_name="items", loader_file_format="csv")
    merged = dlt.resource([{"id": 2, "t": "|,"}], name="items", primary_key="id", write_disposition="merge")
    pipeline.run(merged, loader_file_format="csv")
    assert sorted(pipeline.dataset().items.select("id", "t").fetchall()) == [(1, "a"), (2, "|,")]


def test_a_limit_that_is_none(written: Any) -> None:
    """The error names the setting."""
    with pytest.raises(PipelineStepFailed, match=r"data_writer\.file_max_items is 0\. Give 1 or more"):
        written({"DATA_WRITER__FILE_MAX_ITEMS": "0"}, "jsonl")


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({}, '"id","t"\n1,"a|b"\n2,\n'),
        ({"DELIMITER": "|"}, '"id"|"t"\n1|"a|b"\n2|\n'),
        ({"INCLUDE_HEADER": "false"}, '1,"a|b"\n2,\n'),
        ({"QUOTING": "quote_all"}, '"id","t"\n"1","a|b"\n"2",\n'),
        ({"QUOTING": "quote_minimal"}, "id,t\n1,a|b\n2,\n"),
        ({"QUOTING": "quote_minimal", "DELIMITER": "|"}, 'id|t\n1|"a|b"\n2|\n'),
        ({"QUOTING": "quote_none"}, "id,t\n1,a|b\n2,\n"),
        ({"LINETERMINATOR": "\r\n"}, '"id","t"\r\n1,"a|b"\r\n2,\r\n'),
    ],
)
def test_csv(written: Any, settings: dict[str, str], text: str) -> None:
    """Delimiter, header, quotes and ends of lines are as one likes; NULL is nothing."""
    table = pa.table({"id": [1, 2], "t": ["a|b", None]})
    (file,) = written({f"NORMALIZE__DATA_WRITER__{key}": value for key, value in settings.items()}, "csv", table)
    assert file.read_bytes().decode() == text


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"QUOTING": "quote_none", "DELIMITER": "|"}, "'quote_none', and 'a|b' has a delimiter"),
        ({"QUOTING": "nonsense"}, "quoting"),
        ({"DELIMITER": "||"}, r"data_writer\.delimiter is"),
    ],
)
def test_csv_that_cannot_be_written(written: Any, settings: dict[str, str], message: str) -> None:
    """The error says what to choose instead."""
    table = pa.table({"t": ["a|b"]})
    with pytest.raises(PipelineStepFailed, match=message):
        written({f"DATA_WRITER__{key}": value for key, value in settings.items()}, "csv", table)


@pytest.mark.parametrize(
    ("settings", "kind", "groups"),
    [
        ({}, "timestamp[us, tz=UTC]", 1),
        ({"TIMESTAMP_TIMEZONE": "Europe/Berlin"}, "timestamp[us, tz=Europe/Berlin]", 1),
        ({"TIMESTAMP_TIMEZONE": ""}, "timestamp[us]", 1),
        ({"FLAVOR": "spark"}, "timestamp[ns]", 1),
        ({"COERCE_TIMESTAMPS": "ms", "ALLOW_TRUNCATED_TIMESTAMPS": "true"}, "timestamp[ms, tz=UTC]", 1),
        ({"ROW_GROUP_SIZE": "3"}, "timestamp[us, tz=UTC]", 4),
        ({"VERSION": "1.0", "DATA_PAGE_SIZE": "1000", "WRITE_PAGE_INDEX": "true"}, "timestamp[us, tz=UTC]", 1),
    ],
)
def test_parquet(written: Any, settings: dict[str, str], kind: str, groups: int) -> None:
    """The options of pyarrow, and the zone of moments; the moments stay what they are."""
    (file,) = written({f"DATA_WRITER__{key}": value for key, value in settings.items()}, "parquet")
    assert str(pq.read_schema(file).field("at").type) == kind
    metadata = pq.read_metadata(file)
    assert (metadata.num_row_groups, metadata.format_version) == (groups, settings.get("VERSION", "2.6"))
    read = pq.read_table(file)["at"][0].cast(pa.timestamp("us", "UTC")).as_py()
    assert read == (MOMENT.replace(microsecond=456000) if "COERCE_TIMESTAMPS" in settings else MOMENT)


def test_tables_of_a_database_say_their_types_themselves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Options of files that are read into tables change nothing."""
    monkeypatch.setenv("DATA_WRITER__TIMESTAMP_TIMEZONE", "")
    monkeypatch.setenv("DATA_WRITER__INCLUDE_HEADER", "false")
    base = dlt.destinations.duckdb(str(tmp_path / "d.duckdb"))
    pipeline = dlt.pipeline("p", destination=base, dataset_name="d", pipelines_dir=str(tmp_path / "pipelines"))
    for file_format in ("csv", "parquet"):
        pipeline.run(ROWS, table_name="items", loader_file_format=file_format, write_disposition="replace")
        with pipeline.sql_client() as client:
            assert client.execute_sql('SELECT count(*), min(epoch_us("at")) FROM items') == [
                (10, int(MOMENT.timestamp() * 1_000_000))
            ]


@pytest.mark.parametrize("url", ["bucket", "memory://replaced-files"])
@pytest.mark.parametrize("file_format", ["jsonl", "csv", "parquet"])
def test_a_query_whose_files_were_replaced_reads_the_newest(url: str, file_format: str) -> None:
    """Loads that came after the client was opened have deleted what it knew of."""
    pipeline = dlt.pipeline("p", destination=dlt.destinations.filesystem(url), dataset_name=f"d_{file_format}")

    def replace(number: int) -> None:
        rows = [{"id": number}]
        pipeline.run(rows, table_name="items", write_disposition="replace", loader_file_format=file_format)

    replace(0)
    with pipeline.sql_client() as client:
        for number in range(1, 14):
            replace(number)
        assert client.execute_sql("SELECT id FROM items") == [(13,)]


@pytest.mark.parametrize("url", ["bucket", "memory://files-that-went"])
@pytest.mark.parametrize("file_format", ["jsonl", "csv", "parquet"])
def test_a_file_that_somebody_deleted_is_told(url: str, file_format: str) -> None:
    """With its name, and by an error whose causes come to an end."""
    pipeline = dlt.pipeline("p", destination=dlt.destinations.filesystem(url), dataset_name=f"d_{file_format}")
    pipeline.run([{"id": 1}], table_name="items", loader_file_format=file_format)
    files = fsspec.filesystem("memory" if "memory" in url else "file")
    (path,) = files.glob(f"{url.removeprefix('memory:/')}/d_{file_format}/items/*")
    files.rm(path)
    with pytest.raises(DestinationException, match=Path(path).name) as told:
        pipeline.dataset().items.fetchall()
    causes: list[BaseException | None] = [told.value]
    while causes[-1] is not None:
        causes.append(causes[-1].__cause__)
        assert causes[-1] not in causes[:-1]

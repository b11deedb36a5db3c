"""Files in folders and buckets as items."""

from __future__ import annotations

import datetime
import gzip
import os
from pathlib import Path
from typing import Any

import fsspec
import pytest

from dlt.common import storages
from dlt.common.storages import load_package
from dlt.common.storages.configuration import FilesystemConfiguration
from dlt.common.storages.fsspec_filesystem import (
    MTIME_DISPATCH,
    FileItem,
    FileItemDict,
    fsspec_filesystem,
    fsspec_from_config,
    glob_files,
    guess_mime_type,
    prepare_fsspec_args,
)
from dlt.errors import ConfigurationException, NotOffered

UTC = datetime.timezone.utc


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Files at several depths, one of them compressed."""
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "x.csv").write_text("1,ä")
    (tmp_path / "a" / "b" / "y.jsonl").write_text("{}")
    (tmp_path / "g.csv.gz").write_bytes(gzip.compress(b"hello"))
    (tmp_path / "ä [1].txt").write_text("u")
    return tmp_path


@pytest.mark.parametrize("form", ["file://{}", "{}", "file:{}"])
@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("**", ["a/b/y.jsonl", "a/x.csv", "g.csv.gz", "ä [1].txt"]),
        ("*", ["g.csv.gz", "ä [1].txt"]),
        ("**/*.csv", ["a/x.csv"]),
        ("a/*.csv", ["a/x.csv"]),
        ("no*", []),
    ],
)
def test_files_of_a_folder(folder: Path, form: str, pattern: str, expected: list[str]) -> None:
    """Of a URL or a path, each with its path from there on."""
    filesystem, path = fsspec_from_config(_configuration(f"file://{folder}"))
    assert path == str(folder)
    found = list(glob_files(filesystem, form.format(folder), pattern, fetch_file_info=True))
    assert sorted(item["relative_path"] for item in found) == expected


def test_an_item_opens_its_file(folder: Path) -> None:
    """As text or bytes, and what is compressed as if it were not."""
    filesystem, _ = fsspec_filesystem("file")
    (item,) = glob_files(filesystem, str(folder), "a/*.csv")
    path = folder / "a" / "x.csv"
    changed = datetime.datetime.fromtimestamp(os.path.getmtime(path), UTC)
    assert item == {
        "file_name": "x.csv",
        "relative_path": "a/x.csv",
        "file_url": f"file://{path}",
        "mime_type": "text/csv",
        "modification_date": changed,
        "size_in_bytes": 4,
    }
    for opener in (FileItemDict(item, filesystem), FileItemDict(item)):
        assert opener.local_file_path == str(path) and opener.read_bytes() == "1,ä".encode()
        with opener.open(mode="r") as file:
            assert file.read() == "1,ä"
    assert FileItemDict(item, filesystem).fsspec is filesystem
    (packed,) = glob_files(filesystem, str(folder), "g*")
    opener = FileItemDict(packed, filesystem)
    with opener.open() as one, opener.open("r") as text, opener.open(compression="disable") as raw:
        assert (one.read(), text.read(), raw.read()[:2]) == (b"hello", "hello", b"\x1f\x8b")
    assert gzip.decompress(opener.read_bytes()) == b"hello"
    with pytest.raises(ValueError, match="compression"):
        opener.open(compression="zip")  # type: ignore[arg-type]  # what it is about


def test_content_that_came_with_the_item() -> None:
    """It is not read again."""
    item = FileItem(file_url="s3://bucket/x.gz", file_name="x.gz", encoding="gzip", file_content=gzip.compress(b"in"))
    opener = FileItemDict(item)
    assert opener.open().read() == b"in" and opener.open("r").read() == "in"
    with pytest.raises(ValueError, match="no file of this machine"):
        _ = opener.local_file_path


def test_files_in_memory() -> None:
    """Another file system has other paths."""
    memory = fsspec.filesystem("memory")
    memory.pipe("/files/sub/a.parquet", b"p")
    filesystem, path = fsspec_from_config(_configuration("memory://files"))
    assert path == "/files"
    (item,) = glob_files(filesystem, "memory://files")
    assert item["file_url"] == "memory://files/sub/a.parquet" and item["relative_path"] == "sub/a.parquet"
    assert item["mime_type"] == "application/parquet" and FileItemDict(item, filesystem).read_bytes() == b"p"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.csv", ("text/csv", None)),
        ("a.jsonl", ("application/jsonl", None)),
        ("a.json", ("application/json", None)),
        ("a.csv.gz", ("text/csv", "gzip")),
        ("a", ("application/octet-stream", None)),
        ("a.avro", ("application/avro", None)),
    ],
)
def test_types_by_name(name: str, expected: tuple[str, str | None]) -> None:
    """An ending that nobody knows is its type."""
    assert guess_mime_type(name) == expected


@pytest.mark.parametrize(
    ("scheme", "info"),
    [
        ("file", {"mtime": 1704164645.0}),
        ("s3", {"LastModified": datetime.datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)}),
        ("gs", {"updated": "2024-01-02T03:04:05Z"}),
        ("az", {"last_modified": datetime.datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)}),
        ("memory", {"created": datetime.datetime(2024, 1, 2, 3, 4, 5)}),
        ("https", {"Last-Modified": "Tue, 02 Jan 2024 03:04:05 GMT"}),
    ],
)
def test_when_a_file_was_changed(scheme: str, info: dict[str, Any]) -> None:
    """In UTC, of what each file system tells."""
    assert MTIME_DISPATCH[scheme](info) == datetime.datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_credentials_become_arguments() -> None:
    """Those of the file system, with what is given besides."""
    configuration = _configuration("s3://bucket")
    configuration.credentials = {"aws_access_key_id": "id", "aws_secret_access_key": "key", "region_name": "here"}
    configuration.kwargs, configuration.config_kwargs = {"anon": False}, {"retries": 1}
    found = prepare_fsspec_args(configuration)
    assert (found["key"], found["secret"], found["anon"], found["config_kwargs"]) == (
        "id",
        "key",
        False,
        {"retries": 1},
    )
    with pytest.raises(ConfigurationException):
        fsspec_filesystem("s3")


def test_a_source_takes_no_credentials_of_the_destination(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are for another account, and perhaps another store; the source's places are told where some are missing."""
    for section, key in (("DESTINATION", "theirs"), ("SOURCES", "ours")):
        monkeypatch.setenv(f"{section}__FILESYSTEM__CREDENTIALS__AWS_ACCESS_KEY_ID", key)
        monkeypatch.setenv(f"{section}__FILESYSTEM__CREDENTIALS__AWS_SECRET_ACCESS_KEY", key)
    assert prepare_fsspec_args(_configuration("s3://bucket"))["key"] == "ours"
    monkeypatch.setenv("DESTINATION__FILESYSTEM__CREDENTIALS__AZURE_STORAGE_ACCOUNT_NAME", "theirs")
    with pytest.raises(ConfigurationException, match="SOURCES__FILESYSTEM__CREDENTIALS__AZURE_STORAGE_ACCOUNT_NAME"):
        prepare_fsspec_args(_configuration("az://container"))


def test_names_of_jobs() -> None:
    """As their files have them; ids of packages grow."""
    found = storages.ParsedLoadJobFileName.parse("x/items.abc.2.jsonl.gz")
    assert tuple(found) == ("items", "abc", 2, "jsonl", True)
    for wrong in ("items", "items.abc.jsonl", "items.a.b.c"):
        with pytest.raises(ValueError, match="the name of a job's file"):
            storages.ParsedLoadJobFileName.parse(wrong)
    first, second = load_package.create_load_id(), load_package.create_load_id()
    assert float(first) < float(second)


@pytest.mark.parametrize("name", ["LoadStorage", "NormalizeStorage", "SchemaStorage", "PackageStorage"])
def test_storages_of_the_engine(name: str) -> None:
    """They say what to ask instead."""
    with pytest.raises(NotOffered, match="list_completed_load_packages"):
        getattr(storages, name)()


def _configuration(url: str) -> FilesystemConfiguration:
    made = FilesystemConfiguration()
    made.bucket_url = url
    return made

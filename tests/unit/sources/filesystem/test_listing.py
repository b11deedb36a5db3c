"""Which files a pattern finds, and in which order."""

from __future__ import annotations

import glob
import os
from pathlib import Path

import fsspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dlt.sources.filesystem import filesystem, read_csv
from dlt.sources.listing import files_of

FILES = ["a/x.csv", "a/b/y.jsonl", "a/b/c/z.csv", "top.csv", "[1].txt", ".hidden/h.csv", "a/.h.csv", "year=1/m.parquet"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files at several depths, hidden ones too."""
    root = tmp_path_factory.mktemp("files")
    for name in FILES:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("a,b\n1,2\n")
    return root


PARTS = ["**", "*", "a", "b", "*.csv", "?", "[ab]", "*.*", "x.csv", "[[]1].txt", "year=*", "[!a]*", ".*"]
part = st.sampled_from(PARTS)


@given(parts=st.lists(part, min_size=1, max_size=4))
@example(parts=["**", "*", "**"])
@settings(max_examples=60, deadline=None)
def test_files_on_a_disk_are_those_that_python_finds(folder: Path, parts: list[str]) -> None:
    """The patterns are those of Python's `glob`."""
    pattern = "/".join(parts)
    found = glob.glob(str(folder / pattern), recursive=True)
    expected = sorted({os.path.normpath(path) for path in found if os.path.isfile(path)})
    listed = [path for path, _ in files_of(fsspec.filesystem("file"), "file", str(folder), pattern)]
    # as of Python 3.13 a pattern that ends in `**` finds files too; it did before
    assert sorted(listed) == expected
    assert len(set(listed)) == len(listed)


@given(parts=st.lists(part, min_size=1, max_size=4))
@settings(max_examples=60, deadline=None)
def test_files_in_a_store_are_those_that_fsspec_finds(parts: list[str]) -> None:
    """Also names that begin with a dot, which hide nowhere but on a disk."""
    store = fsspec.filesystem("memory")
    for name in FILES:
        store.pipe(f"/listing/{name}", b"1")
    pattern = "/".join(parts)
    # fsspec's `**` is any number of folders only where it is a part by itself, and there it is the same
    expected = {path for path, info in store.glob(f"/listing/{pattern}", detail=True).items() if info["type"] == "file"}
    listed = [path for path, _ in files_of(store, "memory", "/listing", pattern)]
    assert set(listed) == expected and len(set(listed)) == len(listed)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("a/x.csv", ["a/x.csv"]),
        ("./a/*.csv", ["a/x.csv"]),
        ("a", []),
        ("a/", []),
        ("no/*.csv", []),
        ("*/b/**/*.csv", ["a/b/c/z.csv"]),
    ],
)
def test_what_the_resource_lists(folder: Path, pattern: str, expected: list[str]) -> None:
    """Paths are relative to the folder."""
    assert [file["relative_path"] for file in filesystem(str(folder), file_glob=pattern)] == expected


def test_one_file_is_listed_without_a_pattern(folder: Path) -> None:
    """With an empty one, the URL is the file itself."""
    (found,) = filesystem(f"{folder}/a/x.csv", file_glob="")
    assert found["file_name"] == "x.csv" and found["file_url"] == f"file://{folder}/a/x.csv"


def test_nothing_is_listed_before_it_is_wanted(folder: Path) -> None:
    """A folder is asked when its turn comes."""
    asked: list[str] = []
    files = fsspec.filesystem("file", skip_instance_cache=True)
    listing = files.ls

    def ls(path: str, **options: object) -> object:
        asked.append(os.path.relpath(path, folder))
        return listing(path, **options)

    files.ls = ls
    found = files_of(files, "file", str(folder), "**/*.csv")
    assert asked == []
    assert next(found)[0].endswith("a/x.csv") or "c" not in asked
    assert "year=1" not in asked


@pytest.mark.parametrize("name", ["ä b.csv", "50%41.csv", "a#b.csv", "what?.csv", "[x].csv", "a+b&c=d.csv"])
def test_any_name_is_read(tmp_path: Path, name: str) -> None:
    """The URL of a file says signs that mean something in URLs as PyPI `dlt` 1.x does, and opens the file."""
    (tmp_path / name).write_text("a,b\n1,2\n")
    (file,) = filesystem(str(tmp_path), file_glob="*")
    assert file["file_url"] == (tmp_path / name).as_uri() and file["relative_path"] == name
    assert file.local_file_path == str(tmp_path / name) and file.read_bytes() == b"a,b\n1,2\n"
    assert list(filesystem(file["file_url"], file_glob="") | read_csv()) == [{"a": 1, "b": 2}]

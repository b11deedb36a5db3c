"""Files in a folder, as programs for PyPI `dlt` 1.x keep them."""

from __future__ import annotations

import gzip
import os
from pathlib import Path
from typing import Any

import pytest

from dlt.common.storages.file_storage import FileStorage


@pytest.fixture
def storage(tmp_path: Path) -> FileStorage:
    """An empty one."""
    return FileStorage(str(tmp_path / "storage"), makedirs=True)


def test_files(storage: FileStorage) -> None:
    """Are saved as a whole, loaded, listed and deleted."""
    assert storage.save("a.txt", "ä") == storage.make_full_path("a.txt") and storage.load("a.txt") == "ä"
    storage.create_folder("f/g")
    storage.save("f/b.txt", "b")
    assert storage.list_folder_files("f") == ["f/b.txt"] and storage.list_folder_files("f", to_root=False) == ["b.txt"]
    assert storage.list_folder_dirs(".") == ["./f"] and storage.list_folder_dirs("f", to_root=False) == ["g"]
    storage.touch_file("t")
    assert (
        storage.has_file("t") and not storage.has_file("..") and storage.has_folder("f") and not storage.has_folder("t")
    )
    storage.delete("t")
    with pytest.raises(OSError, match="not empty"):
        storage.delete_folder("f")
    os.chmod(storage.make_full_path("f/b.txt"), 0o400)
    storage.delete_folder("f", recursively=True, delete_ro=True)
    assert sorted(os.listdir(storage.storage_path)) == ["a.txt"]


def test_files_of_bytes(storage: FileStorage, tmp_path: Path) -> None:
    """A storage has text or bytes, unless the mode of a file says what it has."""
    binary = FileStorage(storage.storage_path, file_type="b")
    binary.save("b", b"\x00\xff")
    assert binary.load("b") == b"\x00\xff"
    with pytest.raises(TypeError):
        storage.save("b", b"1")
    assert sorted(os.listdir(storage.storage_path)) == ["b"]
    Path(storage.make_full_path("z")).write_bytes(gzip.compress("ä".encode()))
    assert (
        storage.load("z") == "ä" and binary.load("z") == "ä".encode() and storage.is_gzipped(binary.make_full_path("z"))
    )
    with storage.open_file("w", "w") as file:
        file.write("x")
    with storage.open_file("w", "a") as file:
        file.write("y")
    assert storage.load("w") == "xy"


@pytest.mark.parametrize("rename", ["atomic_rename", "rename_tree", "rename_tree_files"])
def test_trees_are_renamed(storage: FileStorage, rename: str) -> None:
    """With their empty folders."""
    storage.create_folder("a/b/c")
    storage.save("a/b/x", "x")
    getattr(storage, rename)("a", "d")
    assert storage.load("d/b/x") == "x" and storage.has_folder("d/b/c") and not storage.has_folder("a")


def test_files_come_from_elsewhere(storage: FileStorage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also from another file system, where they are copied."""
    storage.create_folder("i")
    outside = tmp_path / "e.txt"
    outside.write_text("e")
    assert storage.atomic_import(str(outside), "i") == "i/e.txt" and not outside.exists()
    storage.link_hard("i/e.txt", "link")
    real = os.replace

    def replace(source: Any, target: Any) -> None:
        if os.path.basename(source) == "e.txt":
            raise OSError(18, "another file system")
        real(source, target)

    monkeypatch.setattr(os, "replace", replace)
    moved = storage.move_atomic_to_folder(storage.make_full_path("i/e.txt"), str(tmp_path))
    assert Path(moved).read_text() == "e" and not storage.has_file("i/e.txt") and storage.load("link") == "e"
    with pytest.raises(FileNotFoundError):
        storage.copy_atomic_to_file(str(tmp_path / "no"), str(tmp_path / "copy"))
    storage.link_hard_with_fallback(moved, storage.make_full_path("again"))
    assert storage.load("again") == "e"


@pytest.mark.parametrize(
    ("path", "relative"), [("", ""), (".", "."), ("a", "a"), ("a/b/c", "a/b/c"), ("a/b/../..", "."), ("a/../b", "b")]
)
def test_paths_in_the_storage(storage: FileStorage, path: str, relative: str) -> None:
    """Relative and absolute ones."""
    assert storage.is_path_in_storage(path) and storage.to_relative_path(path) == relative
    full = storage.make_full_path_safe(path)
    assert full == os.path.normpath(os.path.join(storage.storage_path, relative))
    assert storage.make_full_path_safe(full) == full and os.path.isabs(full)


@pytest.mark.parametrize("path", ["..", "/a", "../storage_more/x", "a/../../b"])
def test_paths_out_of_the_storage(storage: FileStorage, path: str) -> None:
    """Are refused; a folder whose name begins alike is another one."""
    assert not storage.is_path_in_storage(path)
    for use in (storage.to_relative_path, storage.make_full_path_safe, storage.load, storage.create_folder):
        with pytest.raises(ValueError, match="leads out of the storage"):
            use(path)


def test_paths_from_the_working_folder(storage: FileStorage, monkeypatch: pytest.MonkeyPatch) -> None:
    """There and back."""
    with pytest.raises(ValueError, match="leads out"):
        storage.from_wd_to_relative_path("x")
    storage.create_folder("a")
    monkeypatch.chdir(storage.make_full_path("a"))
    assert storage.from_wd_to_relative_path("b") == "a/b" and storage.from_relative_path_to_wd("c") == "../c"


@pytest.mark.parametrize("name", ["a", "BAN__ANA is allowed", "ä", "_"])
def test_parts_of_names(name: str) -> None:
    """And what is none."""
    FileStorage.validate_file_name_component(name)
    for wrong in ("", " ", "con", f"{name}.b", f"{name}/b", f"{name}\\b", f"{name}:", f"{name}\n"):
        with pytest.raises(ValueError, match="no part of a file's name"):
            FileStorage.validate_file_name_component(wrong)

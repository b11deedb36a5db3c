"""Packages on their way between workers: what arrives is what was sent, or an error."""

from __future__ import annotations

import io
import os
import tarfile
from itertools import count
from pathlib import Path

import fsspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlt.errors import HandoffCorrupt, PackageTooLarge
from dlt.io.store import Store
from dlt.tasks.handoff import fetch, send

_numbers = count(1)
FILES = st.dictionaries(
    st.text("abc._", min_size=1, max_size=6).filter(lambda n: n.strip(".")), st.binary(max_size=600)
)
PLACES = st.sampled_from(["file", "memory"])


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder for all examples."""
    return tmp_path_factory.mktemp("handoff")


def place(root: Path, protocol: str) -> Store:
    """Return an empty hand-off on a disk or in memory."""
    name = f"handoff-{next(_numbers)}"
    return Store(fsspec.filesystem(protocol), f"/{name}" if protocol == "memory" else str(root / name))


def package(root: Path, files: dict[str, bytes]) -> str:
    """Make the folder of a package; return its path."""
    folder = root / f"package-{next(_numbers)}"
    folder.mkdir()
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return str(folder)


def content(folder: str) -> dict[str, bytes]:
    """Return the files of a folder."""
    return {path.name: path.read_bytes() for path in Path(folder).iterdir()}


@settings(max_examples=30)
@given(files=FILES, protocol=PLACES)
def test_a_package_arrives_as_it_was_sent(root: Path, files: dict[str, bytes], protocol: str) -> None:
    """Equal packages are one archive, wherever they were made; another try sends nothing new."""
    store = place(root, protocol)
    digest, size = send(store, package(root, files), "run")
    assert send(store, package(root, files), "run") == (digest, size)
    assert store.find() == [f"run/{digest}.tar"] and store.size(f"run/{digest}.tar") == size
    target = str(root / f"target-{next(_numbers)}")
    fetch(store, digest, "run", target)
    assert content(target) == files
    fetch(store, digest, "run", target)
    assert not [name for name in os.listdir(root) if name.endswith(".tmp")]


@settings(max_examples=60)
@given(protocol=PLACES, data=st.data())
def test_half_an_archive_or_a_changed_one_is_refused(root: Path, protocol: str, data: st.DataObject) -> None:
    """Whatever bit it is: nothing of it is left where the package would be."""
    store = place(root, protocol)
    digest, size = send(store, package(root, {"manifest.json": b"{}", "rows": bytes(range(256))}), "run")
    archive = bytearray(store.read(f"run/{digest}.tar") or b"")
    if data.draw(st.booleans()):
        del archive[data.draw(st.integers(0, size - 1)) :]
    else:
        archive[data.draw(st.integers(0, size - 1))] ^= 1 << data.draw(st.integers(0, 7))
    store.write(f"run/{digest}.tar", bytes(archive))
    target = str(root / f"target-{next(_numbers)}")
    with pytest.raises(HandoffCorrupt, match="Run the task that made it again"):
        fetch(store, digest, "run", target)
    assert not os.path.exists(target) and not [name for name in os.listdir(root) if name.endswith(".tmp")]


@pytest.mark.parametrize("protocol", ["file", "memory"])
@pytest.mark.parametrize("name", ["../outside", "/etc/outside", "a/b", ".."])
def test_an_archive_writes_nothing_elsewhere(root: Path, protocol: str, name: str) -> None:
    """Names in it are those of files in one folder."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        entry = tarfile.TarInfo(name)
        entry.size = 1
        archive.addfile(entry, io.BytesIO(b"1"))
    store = place(root, protocol)
    store.write("run/abc.tar", made.getvalue())
    with pytest.raises(HandoffCorrupt, match="which no package has"):
        fetch(store, "abc", "run", str(root / "elsewhere" / "target"))
    assert not (root / "elsewhere" / "outside").exists() and not (root / "outside").exists()


def test_what_is_not_there_is_a_missing_file(root: Path) -> None:
    """The caller knows what to do."""
    for protocol in ("file", "memory"):
        with pytest.raises(FileNotFoundError):
            fetch(place(root, protocol), "abc", "run", str(root / "target-of-nothing"))


def test_a_package_that_is_too_large_is_not_sent(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says the limit and the ways around it."""
    monkeypatch.setenv("HANDOFF__MAX_BYTES", "9")
    store = place(root, "file")
    with pytest.raises(PackageTooLarge, match=r"10 bytes are more than .*\(9\)"):
        send(store, package(root, {"rows": b"0123456789"}), "run")
    assert store.find() == []

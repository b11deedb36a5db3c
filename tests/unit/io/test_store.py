"""The operations on one folder do the same on a disk and in an object store."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from itertools import count
from pathlib import Path

import fsspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from dlt.errors import DestinationTerminalException, DestinationTransientException
from dlt.io.store import Store

_folders = count(1)
NAMES = st.sampled_from(["a", "b", "deep/a", "deep/er/b"])


@pytest.fixture(params=["file", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """Return an empty folder on a disk, and one in memory."""
    return make(request.param, tmp_path)


def make(protocol: str, folder: Path) -> Store:
    """Return an empty folder."""
    root = f"/unit-{next(_folders)}" if protocol == "memory" else str(folder / "root")
    return Store(fsspec.filesystem(protocol), root)


def test_a_file_comes_back(store: Store, tmp_path: Path) -> None:
    """It is read whole, in pieces and as a copy; what is not there is None, or an error where a copy is asked for."""
    store.write("deep/a", b"12345")
    assert store.read("deep/a") == b"12345" and store.size("deep/a") == 5
    with store.reader("deep/a") as file:
        assert file.read(2) + file.read() == b"12345"
    store.fetch("deep/a", str(tmp_path / "copy"))
    store.upload(str(tmp_path / "copy"), "b")
    assert store.read("b") == b"12345" and sorted(store.find()) == ["b", "deep/a"]
    assert store.read("gone") is None and store.size("gone") is None and store.names("gone") == []
    for ask in (lambda: store.fetch("gone", str(tmp_path / "x")), lambda: store.reader("gone").__enter__()):
        with pytest.raises(FileNotFoundError):
            ask()


def test_the_first_of_two_writers_counts(store: Store) -> None:
    """A file that is there is not replaced, and the second writer is told."""
    assert store.put_if_absent("deep/n", b"one")
    assert not store.put_if_absent("deep/n", b"two")
    assert store.read("deep/n") == b"one" and store.names("deep") == ["n"]


def test_a_file_that_is_written_in_pieces(store: Store) -> None:
    """It is there as a whole once the block has ended."""
    store.make()
    with store.writer("whole") as file:
        for piece in (b"12", b"", b"345"):
            file.write(piece)
    assert store.read("whole") == b"12345"


def test_a_folder_beside_is_another_one(store: Store) -> None:
    """Deleting one leaves the other."""
    other = store.beside("other")
    store.write("a", b"1")
    other.write("a", b"2")
    store.delete_folder()
    assert store.find() == [] and other.read("a") == b"2"
    other.delete_folder()


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (PermissionError("no"), DestinationTerminalException),
        (ValueError("wrong"), DestinationTerminalException),
        (ConnectionResetError("gone"), DestinationTransientException),
        (TimeoutError("late"), DestinationTransientException),
    ],
)
def test_errors_say_whether_another_try_may_help(store: Store, error: Exception, kind: type[Exception]) -> None:
    """The message names what was read, and the cause stays behind it."""
    with pytest.raises(kind, match="some file") as caught, store.guarded("some file"):
        raise error
    assert caught.value.__cause__ is error


class Folders(RuleBasedStateMachine):
    """A disk, a memory and a dict go through the same changes."""

    def __init__(self) -> None:
        super().__init__()
        self.known: dict[str, bytes] = {}
        self.folder = tempfile.TemporaryDirectory()
        self.stores = [make(protocol, Path(self.folder.name)) for protocol in ("file", "memory")]

    def teardown(self) -> None:
        """Delete the folder on the disk."""
        self.folder.cleanup()

    def each(self, change: Callable[[Store], object]) -> list[object]:
        """Do the same to all."""
        return [change(store) for store in self.stores]

    @rule(name=NAMES, data=st.binary(max_size=5))
    def write(self, name: str, data: bytes) -> None:
        """Write a file."""
        self.each(lambda store: store.write(name, data))
        self.known[name] = data

    @rule(name=NAMES, data=st.binary(max_size=5))
    def put(self, name: str, data: bytes) -> None:
        """Write a file unless it is there."""
        new = name not in self.known
        assert self.each(lambda store: store.put_if_absent(name, data)) == [new] * len(self.stores)
        self.known.setdefault(name, data)

    @rule(names=st.lists(NAMES, max_size=3))
    def delete(self, names: list[str]) -> None:
        """Delete files, there or not."""
        self.each(lambda store: store.delete(names))
        self.known = {name: data for name, data in self.known.items() if name not in names}

    @rule()
    def drop(self) -> None:
        """Delete the folder."""
        self.each(lambda store: store.delete_folder())
        self.known = {}

    @invariant()
    def same(self) -> None:
        """All hold what the dict holds."""
        for store in self.stores:
            assert {name: store.read(name) for name in store.find()} == self.known


TestFolders = Folders.TestCase
TestFolders.settings = settings(max_examples=30, stateful_step_count=15, deadline=None)

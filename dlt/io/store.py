"""The operations on one dataset's folder, with errors that say whether another try may help."""

from __future__ import annotations

import os
import shutil
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING, BinaryIO, TypeVar
from weakref import WeakKeyDictionary

from dlt.io import atomic
from dlt.io.faults import secrets_of, translated

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

One = TypeVar("One")
Result = TypeVar("Result")

_FLAT = {"s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "memory"}
"""Stores without folders of their own: nothing is to be made before a file is written."""
_AZURE = {"az", "abfs", "abfss"}
_ONE_BY_ONE = {"sftp", "ssh"}
"""File systems with one connection, on which the answers to requests of several threads get lost."""
_turns: WeakKeyDictionary[AbstractFileSystem, threading.RLock] = WeakKeyDictionary()
_AT_ONCE = 8
"""Requests to an object store that may wait for their answers at the same time."""


class Store:
    """One folder of a file system.

    Args:
        filesystem: An fsspec file system.
        root: Path of the folder.
    """

    def __init__(self, filesystem: AbstractFileSystem, root: str) -> None:
        self.filesystem, self.root = filesystem, root
        found = filesystem.protocol
        self.protocols: tuple[str, ...] = (found,) if isinstance(found, str) else tuple(found)
        self.is_local = "file" in self.protocols
        # fsspec keeps the arguments of those file systems that it hands out again for the same arguments
        self.options: Mapping[str, object] = getattr(filesystem, "storage_options", {})
        self._secrets = secrets_of(self.options)
        # folders of one file system share its connection
        self._turn = _turns.setdefault(filesystem, threading.RLock()) if _ONE_BY_ONE & set(self.protocols) else None

    @contextmanager
    def _translated(self, path: str, missing: bool = False, writing: bool = False) -> Iterator[None]:
        with (
            nullcontext() if self._turn is None else self._turn,
            translated(path, missing, writing and bool(_FLAT & set(self.protocols)), self._secrets),
        ):
            yield

    def guarded(self, what: str, passing: tuple[type[Exception], ...] = ()) -> AbstractContextManager[None]:
        """Turn errors of a library that works in the folder into ours.

        Args:
            what: What it works on.
            passing: Errors that are left as they are.
        """
        return translated(what, secrets=self._secrets, passing=passing)

    def url(self, relative: str) -> str:
        """Return the URL of a file or folder, for other programs."""
        return str(self.filesystem.unstrip_protocol(self.full(relative)))

    def each(self, function: Callable[[One], Result], items: Sequence[One]) -> list[Result]:
        """Return the results for all items, of several at the same time where each waits for a network."""
        # a disk gains nothing by it, and order and errors are simpler without
        if self.is_local or self._turn is not None or len(items) < 2:
            return [function(item) for item in items]
        with ThreadPoolExecutor(min(_AT_ONCE, len(items)), "dlt-store") as pool:
            return list(pool.map(function, items))

    def beside(self, name: str) -> Store:
        """Return another folder with the same parent."""
        return Store(self.filesystem, f"{self.root.rpartition('/')[0]}/{name}")

    def full(self, relative: str) -> str:
        """Return the path of a file in the file system."""
        return f"{self.root}/{relative}"

    def make(self, relative: str = "") -> None:
        """Make a folder where the file system has folders."""
        if not _FLAT & set(self.protocols):
            path = self.full(relative) if relative else self.root
            with self._translated(path):
                self.filesystem.makedirs(path, exist_ok=True)

    def upload(self, local: str, relative: str) -> None:
        """Put a local file in its place; one of this name is overwritten."""
        path = self.full(relative)
        self.make(relative.rpartition("/")[0])
        with self._translated(path, writing=True):
            if self.is_local:
                _copy_and_sync(local, path)
            # adlfs refuses to overwrite unless it is told to
            elif _AZURE & set(self.protocols):
                self.filesystem.put_file(local, path, overwrite=True)
            else:
                # without a temporary name: an object is there when all of it has come
                self.filesystem.put_file(local, path)

    def write(self, relative: str, data: bytes) -> None:
        """Write a small file; one of this name is replaced at once."""
        path = self.full(relative)
        self.make(relative.rpartition("/")[0])
        with self._translated(path, writing=True):
            if self.is_local:
                atomic.write_bytes(path, data)
            else:
                self.filesystem.pipe_file(path, data)

    def fetch(self, relative: str, local: str) -> None:
        """Copy a file to a local path.

        Raises:
            FileNotFoundError: it is not there.
        """
        with self._translated(self.full(relative), missing=True):
            self.filesystem.get_file(self.full(relative), local)

    def read(self, relative: str) -> bytes | None:
        """Return the content of a file, None if it is not there."""
        # s3fs would ask for the size first, in order to read pieces of large files side by side
        option = {"max_concurrency": 1} if "s3" in self.protocols else {}
        with self._translated(self.full(relative)):
            try:
                return bytes(self.filesystem.cat_file(self.full(relative), **option))
            except FileNotFoundError:
                return None

    def size(self, relative: str) -> int | None:
        """Return the size of a file in bytes, None if it is not there."""
        with self._translated(self.full(relative)):
            try:
                # fsspec keeps what it listed, and another process may have written the file since
                self.filesystem.invalidate_cache(self.full(relative))
                return int(self.filesystem.info(self.full(relative))["size"])
            except FileNotFoundError:
                return None

    @contextmanager
    def writer(self, relative: str) -> Iterator[BinaryIO]:
        """Write a file piece by piece; it is there when the block ends well, and not at all if it fails."""
        path = self.full(relative)
        with self._translated(path, writing=True):
            file = self.filesystem.open(path, "wb")
            try:
                yield file
            except BaseException:
                if hasattr(file, "discard"):
                    file.discard()
                # closing it would complete what is there so far
                file.closed = True
                raise
            file.close()

    @contextmanager
    def reader(self, relative: str) -> Iterator[BinaryIO]:
        """Read a file piece by piece.

        Raises:
            FileNotFoundError: it is not there.
        """
        path = self.full(relative)
        with self._translated(path, missing=True), open(path, "rb") if self.is_local else self._open(path) as file:
            yield file

    def _open(self, path: str) -> BinaryIO:
        file: BinaryIO = self.filesystem.open(path, "rb", cache_type="readahead")
        return file

    def names(self, folder: str) -> list[str]:
        """Return the names of the files of a folder, none if it is not there."""
        path = self.full(folder)
        with self._translated(path):
            try:
                # what was listed before says nothing: other processes write there, too
                self.filesystem.invalidate_cache(path)
                found = self.filesystem.ls(path, detail=False)
            except FileNotFoundError:
                return []
        return [str(name).rpartition("/")[2] for name in found]

    def put_if_absent(self, relative: str, data: bytes) -> bool:
        """Write a file unless one of this name is there; tell whether the file is now the one given."""
        path = self.full(relative)
        self.make(relative.rpartition("/")[0])
        with self._translated(path, writing=True):
            if self.is_local:
                return _link_if_absent(path, data)
            if "memory" in self.protocols and self.filesystem.exists(path):
                return False
            option = {"overwrite": False} if _AZURE & set(self.protocols) else {"mode": "create"}
            try:
                self.filesystem.pipe_file(path, data, **option)
            except Exception:
                # stores say "it exists" in many ways, and an answer may be lost after the write: what is there decides
                found = self.read(relative)
                if found is None:
                    raise
                return found == data
            return True

    def delete(self, relatives: Iterable[str]) -> None:
        """Delete files; those that are gone already do not matter."""
        self.each(self._delete_one, list(relatives))

    def _delete_one(self, relative: str) -> None:
        path = self.full(relative)
        with self._translated(path):
            try:
                self.filesystem.rm_file(path)
            except FileNotFoundError:
                return

    def delete_folder(self, relative: str = "") -> None:
        """Delete a folder with all in it."""
        path = self.full(relative) if relative else self.root
        with self._translated(path):
            # files of other processes must go, too
            self.filesystem.invalidate_cache()
            if self.filesystem.exists(path):
                self.filesystem.rm(path, recursive=True)

    def find(self) -> list[str]:
        """Return the paths of all files in the folder, relative to it."""
        with self._translated(self.root):
            self.filesystem.invalidate_cache()
            try:
                found = self.filesystem.find(self.root)
            except FileNotFoundError:
                return []
        # file systems write the root in several ways: with a slash or a scheme in front of it, or without
        root = str(self.filesystem._strip_protocol(self.root)).strip("/")  # noqa: SLF001 - fsspec gives it no public name
        return [str(path).strip("/").removeprefix(f"{root}/") for path in found]

    def delete_empty_folders(self) -> None:
        """Delete folders without files on a local disk; elsewhere they cost nothing."""
        if self.is_local:
            for folder, _, _ in os.walk(self.root, topdown=False):
                with suppress(OSError):
                    # one that has something in it stays
                    os.rmdir(folder)


def _copy_and_sync(source: str, target: str) -> None:
    # beside the target: a rename does not cross file systems
    temporary = f"{target}.{uuid.uuid4().hex}.tmp"
    try:
        with open(source, "rb") as reader, open(temporary, "wb") as writer:
            shutil.copyfileobj(reader, writer, 1 << 20)
            # whole and on the disk before its name is there: the snapshot that names it comes next
            writer.flush()
            os.fsync(writer.fileno())
        os.replace(temporary, target)
    except BaseException:
        if os.path.exists(temporary):
            os.unlink(temporary)
        raise
    atomic.sync_folder(os.path.dirname(target))


def _link_if_absent(path: str, data: bytes) -> bool:
    temporary = f"{path}.{uuid.uuid4().hex}.tmp"
    with open(temporary, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    try:
        # a link fails where the name is taken; a rename would replace what is there
        os.link(temporary, path)
    except FileExistsError:
        return False
    finally:
        os.unlink(temporary)
    atomic.sync_folder(os.path.dirname(path))
    return True

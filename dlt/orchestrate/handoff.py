"""Packages on their way between workers: one archive each, named by its SHA-256, under any fsspec URL."""

from __future__ import annotations

import hashlib
import os
import shutil
import tarfile
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from dlt.configuration import get_value
from dlt.errors import HandoffCorrupt, MissingDependencyException, PackageTooLarge, SpecInvalid
from dlt.workdir import atomic

if TYPE_CHECKING:
    from dlt.destinations.files.store import Store

BLOCK = 4 << 20
MAX_BYTES = 50 << 30
"""Largest package, in bytes, unless `handoff.max_bytes` says otherwise."""


def open_store(url: str) -> Store:
    """Return the folder behind a URL; options of its file system come from the configuration, section `handoff`.

    Raises:
        SpecInvalid: the URL names no file system.
        MissingDependencyException: the package for this kind of URL is not installed.
    """
    import fsspec

    from dlt.destinations.files.store import Store

    options = get_value("options", dict, sections=("handoff",), default=None, secret=True) or {}
    try:
        filesystem, path = fsspec.core.url_to_fs(url, **options)
    except ImportError as error:
        raise MissingDependencyException(
            f'hand-off {url}: its package is not installed ({error}). Run: pip install "dlt-tasks[filesystem]"'
        ) from error
    except ValueError as error:
        raise SpecInvalid(
            f"hand-off {url}: {error}. Use a URL such as s3://bucket/folder or file:///folder."
        ) from error
    return Store(filesystem, str(path).rstrip("/"))


def send(store: Store, folder: str, where: str) -> tuple[str, int]:
    """Put a package into a store; return the SHA-256 of its archive, and its size in bytes.

    The archive is complete when it gets its name, so half of one is never seen.

    Args:
        store: The store.
        folder: Folder of the package.
        where: Folder in the store.

    Raises:
        PackageTooLarge: it is larger than the hand-off takes.
    """
    names = sorted(os.listdir(folder))
    limit = int(get_value("max_bytes", int, sections=("handoff",), default=MAX_BYTES))
    size = sum(os.path.getsize(os.path.join(folder, name)) for name in names)
    if size > limit:
        raise PackageTooLarge(
            f"package {os.path.basename(folder)}: {size} bytes are more than the hand-off takes ({limit}). Extract in "
            "smaller parts (resources, chunks or a shorter window), let workers share work_dir, or raise "
            "handoff.max_bytes (HANDOFF__MAX_BYTES)."
        )
    store.make(where)
    if store.is_local:
        return _send_local(store, folder, names, where)
    # its name must be known before the first byte goes out
    reader = _Hashed()
    with reader:
        _archive(folder, names, reader)
    relative = f"{where}/{reader.digest}.tar"
    if store.size(relative) != reader.count:
        with store.writer(relative) as file:
            _archive(folder, names, _Cut(file.write))
    return reader.digest, reader.count


def _send_local(store: Store, folder: str, names: list[str], where: str) -> tuple[str, int]:
    temporary = store.full(f"{where}/{uuid.uuid4().hex}.tmp")
    try:
        with open(temporary, "wb", buffering=0) as file, _Hashed(file.write) as writer:
            _archive(folder, names, writer)
            atomic.point("handoff.archive_written")
            os.fsync(file.fileno())
        os.replace(temporary, store.full(f"{where}/{writer.digest}.tar"))
    except BaseException:
        if os.path.exists(temporary):
            os.unlink(temporary)
        raise
    atomic.point("handoff.archive_renamed")
    return writer.digest, writer.count


def fetch(store: Store, digest: str, where: str, target: str) -> None:
    """Take a package out of a store.

    Args:
        store: The store.
        digest: SHA-256 of its archive.
        where: Folder in the store.
        target: Folder to make.

    Raises:
        HandoffCorrupt: the archive is not the one of this name.
        FileNotFoundError: there is none.
    """
    relative = f"{where}/{digest}.tar"
    temporary = f"{target}.{uuid.uuid4().hex}.tmp"
    os.makedirs(temporary)
    try:
        with store.reader(relative) as file, _Hashed() as hashed:
            _unpack(file, hashed, temporary, store.full(relative))
        if hashed.digest != digest:
            raise HandoffCorrupt(
                f"{store.full(relative)}: its content has SHA-256 {hashed.digest}, its name says {digest}. Run the "
                "task that made it again.",
                digest=digest,
            )
        atomic.sync_files(temporary)
        try:
            os.rename(temporary, target)
        except OSError:
            # another task on this worker fetched the same package
            if not os.path.isdir(target):
                raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _archive(folder: str, names: list[str], writer: Any) -> None:
    with tarfile.open(fileobj=writer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        archive.copybufsize = BLOCK  # type: ignore[attr-defined]  # documented as an argument; typeshed lacks it
        for name in names:
            path = os.path.join(folder, name)
            # nothing but name and content: equal packages make equal archives
            entry = tarfile.TarInfo(name)
            entry.size = os.path.getsize(path)
            with open(path, "rb", buffering=0) as file:
                archive.addfile(entry, file)


def _unpack(file: Any, hashed: _Hashed, folder: str, what: str) -> None:
    source: Any = _Read(file, hashed)
    try:
        with tarfile.open(fileobj=source, mode="r|", bufsize=BLOCK) as archive:
            for entry in archive:
                if not entry.isreg() or os.path.basename(entry.name) != entry.name or entry.name in ("", ".", ".."):
                    raise HandoffCorrupt(f"{what}: it holds {entry.name!r}, which no package has.")
                content = archive.extractfile(entry)
                assert content is not None
                with open(os.path.join(folder, entry.name), "wb", buffering=0) as target:
                    shutil.copyfileobj(content, target, BLOCK)
        while block := file.read(BLOCK):
            hashed.write(block)
    except (tarfile.TarError, EOFError) as error:
        raise HandoffCorrupt(f"{what}: it is no whole archive ({error}). Run the task that made it again.") from error


class _Cut:
    """A file that only writes, and knows where it is."""

    def __init__(self, write: Callable[[bytes], Any]) -> None:
        self._write = write
        self.count = 0

    def write(self, data: bytes) -> int:
        self._write(data)
        self.count += len(data)
        return len(data)

    def tell(self) -> int:
        return self.count


class _Hashed(_Cut):
    """A file that also hashes what is written, in a thread of its own, which takes a second core instead of time."""

    def __init__(self, write: Callable[[bytes], Any] | None = None) -> None:
        super().__init__(write or (lambda data: None))
        self._hash = hashlib.sha256()
        self._pool = ThreadPoolExecutor(1)
        self._last: Future[None] | None = None
        self.digest = ""

    def write(self, data: bytes) -> int:
        last, self._last = self._last, self._pool.submit(self._hash.update, data)
        count = super().write(data)
        if last is not None:
            # at most two blocks wait
            last.result()
        return count

    def __enter__(self) -> _Hashed:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(wait=True)
        self.digest = self._hash.hexdigest()


class _Read:
    """A file that hashes what is read from it."""

    def __init__(self, file: Any, hashed: _Hashed) -> None:
        self._file, self._hashed = file, hashed

    def read(self, size: int) -> bytes:
        data: bytes = self._file.read(size)
        if data:
            self._hashed.write(data)
        return data


@contextmanager
def as_missing(what: str) -> Iterator[None]:
    """Turn the answer that a file is not there into one that names the remedies.

    Raises:
        HandoffMissing: it is not there.
    """
    from dlt.errors import HandoffMissing

    try:
        yield
    except FileNotFoundError as error:
        raise HandoffMissing(
            f"{what} is neither on this worker nor at the hand-off. Give the run a hand-off URL (handoff=...) or a "
            "work_dir that all workers share, and run the extract task again."
        ) from error

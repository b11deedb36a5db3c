"""Packages on their way between workers: one archive each, named by its SHA-256, under any fsspec URL."""

from __future__ import annotations

import hashlib
import os
import shutil
import tarfile
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from io import FileIO, RawIOBase
from typing import BinaryIO

from dlt.configuration import get_value
from dlt.errors import HandoffCorrupt, HandoffMissing, MissingDependencyException, PackageTooLarge, SpecInvalid
from dlt.io import failpoints
from dlt.io.store import Store
from dlt.redact import remember

BLOCK = 256 << 10
MAX_BYTES = 50 << 30
"""Largest package, in bytes, unless `handoff.max_bytes` says otherwise."""


def open_store(url: str) -> Store:
    """Return the folder behind a URL; options of its file system come from the configuration, section `handoff`.

    Raises:
        SpecInvalid: the URL names no file system.
        MissingDependencyException: the package for this kind of URL is not installed.
    """
    import fsspec

    options = get_value("options", dict, sections=("handoff",), default=None) or {}
    # arguments of a file system may be tokens, by their names
    remember(options)
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
    # found before gigabytes are on their way
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
    digest, count = _digest(folder, names)
    relative = f"{where}/{digest}.tar"
    # an archive of this name holds these bytes, unless it ends too early
    if store.size(relative) != count:
        with store.writer(relative) as file:
            for block in _blocks(folder, names):
                file.write(block)
    return digest, count


def _send_local(store: Store, folder: str, names: list[str], where: str) -> tuple[str, int]:
    # the name is its digest, and that is known when it is written
    temporary = store.full(f"{where}/{uuid.uuid4().hex}.tmp")
    try:
        # hashing takes a second core instead of time
        with ThreadPoolExecutor(1) as pool, open(temporary, "wb", buffering=0) as file:
            hashed = pool.submit(_digest, folder, names)
            for part in _parts(folder, names):
                if isinstance(part, bytes):
                    file.write(part)
                else:
                    _copy(part, 0, os.path.getsize(part), file)
            failpoints.point("handoff.archive_written")
            os.fsync(file.fileno())
            digest, count = hashed.result()
        os.replace(temporary, store.full(f"{where}/{digest}.tar"))
    except BaseException:
        if os.path.exists(temporary):
            os.unlink(temporary)
        raise
    failpoints.point("handoff.archive_renamed")
    return digest, count


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
    # the folder gets its name when all of it is there and has the right digest
    temporary = f"{target}.{uuid.uuid4().hex}.tmp"
    os.makedirs(temporary)
    try:
        what = store.full(relative)
        if store.is_local:
            with ThreadPoolExecutor(1) as pool:
                hashed = pool.submit(_file_digest, what)
                _unpack_local(what, temporary)
                found = hashed.result()
        else:
            with store.reader(relative) as file:
                found = _unpack(file, temporary, what)
        if found != digest:
            raise HandoffCorrupt(
                f"{what}: its content has SHA-256 {found}, its name says {digest}. Run the task that made it again.",
                digest=digest,
            )
        # it need not outlive a crash of the machine: what is damaged then is fetched again
        try:
            os.rename(temporary, target)
        except OSError:
            # another task on this worker fetched the same package
            if not os.path.isdir(target):
                raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _parts(folder: str, names: list[str]) -> Iterator[bytes | str]:
    """Yield what a tar archive consists of: bytes, and paths of files to be copied."""
    for name in names:
        path = os.path.join(folder, name)
        # nothing but name and content: equal packages make equal archives
        entry = tarfile.TarInfo(name)
        entry.size = os.path.getsize(path)
        yield entry.tobuf(tarfile.PAX_FORMAT)
        yield path
        yield bytes(-entry.size % tarfile.BLOCKSIZE)
    yield bytes(2 * tarfile.BLOCKSIZE)


def _blocks(folder: str, names: list[str]) -> Iterator[bytes | memoryview]:
    buffer = bytearray(BLOCK)
    for part in _parts(folder, names):
        if isinstance(part, bytes):
            yield part
        else:
            with open(part, "rb", buffering=0) as file:
                while count := file.readinto(buffer):
                    yield memoryview(buffer)[:count]


def _digest(folder: str, names: list[str]) -> tuple[str, int]:
    hashed, count = hashlib.sha256(), 0
    for block in _blocks(folder, names):
        hashed.update(block)
        count += len(block)
    return hashed.hexdigest(), count


def _file_digest(path: str) -> str:
    hashed, buffer = hashlib.sha256(), bytearray(BLOCK)
    with open(path, "rb", buffering=0) as file:
        while count := file.readinto(buffer):
            hashed.update(memoryview(buffer)[:count])
    return hashed.hexdigest()


def _copy(path: str, start: int, count: int, target: FileIO) -> None:
    """Append a part of a file to another one, without taking it into memory where the system can."""
    with open(path, "rb", buffering=0) as source:
        while count:
            try:
                # the system copies from file to file; at most 2 GB at a time on Linux
                done = os.sendfile(target.fileno(), source.fileno(), start, min(count, 1 << 30))
            except (AttributeError, OSError):
                source.seek(start)
                done = target.write(source.read(min(count, BLOCK)))
            if not done:
                raise EOFError(f"{path} ends too early")
            start, count = start + done, count - done


def _unpack_local(path: str, folder: str) -> None:
    with _whole(path), tarfile.open(path, mode="r:") as archive:
        for entry in archive:
            with open(_place(entry, folder, path), "wb", buffering=0) as target:
                _copy(path, entry.offset_data, entry.size, target)


def _unpack(file: BinaryIO, folder: str, what: str) -> str:
    source = _HashedReader(file)
    with _whole(what):
        with tarfile.open(fileobj=source, mode="r|", bufsize=BLOCK) as archive:
            for entry in archive:
                content = archive.extractfile(entry)
                with open(_place(entry, folder, what), "wb", buffering=0) as target:
                    shutil.copyfileobj(content, target, BLOCK)  # type: ignore[arg-type]  # a regular file has content
        # tarfile stops at the end mark; the digest is that of the whole file
        while source.read(BLOCK):
            pass
    return source.hashed.hexdigest()


def _place(entry: tarfile.TarInfo, folder: str, what: str) -> str:
    # an archive that someone else put there must not write outside of its folder
    if not entry.isreg() or os.path.basename(entry.name) != entry.name or entry.name in ("", ".", ".."):
        raise HandoffCorrupt(f"{what}: it holds {entry.name!r}, which no package has. Run the task that made it again.")
    return os.path.join(folder, entry.name)


@contextmanager
def _whole(what: str) -> Iterator[None]:
    try:
        yield
    except (tarfile.TarError, EOFError) as error:
        raise HandoffCorrupt(f"{what}: it is no whole archive ({error}). Run the task that made it again.") from error


class _HashedReader(RawIOBase):
    """A file that hashes what is read from it."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__()
        self._file = file
        self.hashed = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self.hashed.update(data)
        return data


@contextmanager
def as_missing(what: str) -> Iterator[None]:
    """Turn the answer that a file is not there into one that names the remedies.

    Raises:
        HandoffMissing: it is not there.
    """
    try:
        yield
    except FileNotFoundError as error:
        raise HandoffMissing(
            f"{what} is neither on this worker nor at the hand-off. Give the run a hand-off URL (handoff=...) or a "
            "work_dir that all workers share, and run the extract task again."
        ) from error

"""The content of a file for its reader: unpacked, as UTF-8 where it is text, on a disk where it is read twice."""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import lzma
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, BinaryIO, cast

from dlt.errors import BrokenFile, MissingDependencyException
from dlt.errors.base import ended

if TYPE_CHECKING:
    from dlt.sources.files import FileItemDict

_PIECE = 1 << 20
_ENDINGS = {".gz": "gzip", ".bz2": "bzip2", ".xz": "xz", ".zst": "zstd", ".lz4": "lz4", ".br": "brotli"}
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_UTF8 = frozenset({"utf-8", "ascii"})


def packing_of(file: FileItemDict) -> str | None:
    """Return how a file is compressed, by what its listing or its name says; None if it is not."""
    told = file.get("encoding")
    return str(told) if told else _ENDINGS.get(os.path.splitext(name_of(file))[1].lower())


def name_of(file: FileItemDict) -> str:
    """Return the name of a file."""
    return str(file.get("file_name") or file.get("file_url") or "")


def url_of(file: FileItemDict) -> str:
    """Return what names a file in messages."""
    return str(file.get("file_url") or file.get("file_name"))


def broken(file: FileItemDict, why: object, what: str) -> BrokenFile:
    """Return the error of a file that cannot be read.

    Args:
        file: The file.
        why: What was found.
        what: What it should be, such as "a Parquet file".
    """
    return BrokenFile(
        f"{url_of(file)} cannot be read as {what}: {ended(str(why))} Mend the file, or leave it out with file_glob or "
        "add_filter.",
        file_url=url_of(file),
    )


@contextmanager
def unpacked(file: FileItemDict) -> Iterator[BinaryIO]:
    """Open a file and read what is in it, whatever it is compressed with.

    Args:
        file: The file.

    Raises:
        BrokenFile: it is not compressed as its name says, or ends too early.
        MissingDependencyException: nothing that is installed unpacks it.
    """
    # always as it is: what opens files knows gzip only, and these know more
    packing = packing_of(file)
    with file.open(compression="disable") as raw:
        try:
            yield _reader(cast(BinaryIO, raw), packing, file)
        except (EOFError, lzma.LZMAError, gzip.BadGzipFile) as error:
            raise broken(file, error, f"{packing} data") from error
        except OSError as error:
            # what bz2 and Arrow raise has no number, as the errors of a disk have
            if packing is None or error.errno is not None:
                raise
            raise broken(file, error, f"{packing} data") from error


def _reader(raw: BinaryIO, packing: str | None, file: FileItemDict) -> BinaryIO:
    if packing is None:
        return raw
    if packing == "gzip":
        return cast(BinaryIO, gzip.GzipFile(fileobj=raw))
    if packing == "bzip2":
        return cast(BinaryIO, bz2.BZ2File(raw))
    if packing == "xz":
        return cast(BinaryIO, lzma.LZMAFile(raw))
    import pyarrow as pa

    try:
        return cast(BinaryIO, pa.CompressedInputStream(pa.PythonFile(raw, "r"), packing))
    except (ValueError, NotImplementedError) as error:
        raise MissingDependencyException(
            f"{url_of(file)} is compressed with {packing}, which nothing here unpacks. Unpack it before, or read it in "
            "a transformer of your own."
        ) from error


@contextmanager
def on_disk(file: FileItemDict, packed: bool = False) -> Iterator[str]:
    """Give the path of a file with the content; a copy that goes afterwards, unless it is one of this machine already.

    Args:
        file: The file.
        packed: Leave it compressed.
    """
    if _is_here(file) and (packed or packing_of(file) is None):
        yield file.local_file_path
        return
    # a folder of its own, so that a kill leaves what the system clears away
    with tempfile.TemporaryDirectory(prefix="dlt-file-") as folder:
        path = os.path.join(folder, "content")
        with open(path, "wb") as copy:
            if packed:
                with file.open(compression="disable") as raw:
                    shutil.copyfileobj(raw, copy, _PIECE)
            else:
                with unpacked(file) as content:
                    shutil.copyfileobj(content, copy, _PIECE)
        yield path


def _is_here(file: FileItemDict) -> bool:
    scheme = str(file["file_url"]).partition(":")[0]
    # a path on Windows begins with a letter, and others have no scheme at all
    local = scheme == "file" or "://" not in str(file["file_url"])
    return local and file.get("file_content") is None


@contextmanager
def text_on_disk(file: FileItemDict, encoding: str | None = None, errors: str = "strict") -> Iterator[str]:
    """Give the path of a text in UTF-8; a copy where the file is compressed, elsewhere, or in another encoding.

    Args:
        file: The file.
        encoding: Its encoding; by default the mark at its beginning tells it, else it is UTF-8.
        errors: What to do with bytes that are no text, as Python's `open` has it.
    """
    # DuckDB reads UTF-8, and that without a copy
    with on_disk(file) as path:
        found = encoding or _marked(path)
        name = codecs.lookup(found or "utf-8").name
        if name in _UTF8 and errors == "strict" and found is not None and _marked(path) == "utf-8-sig":
            name = "utf-8-sig"
        if name in _UTF8 and errors == "strict":
            yield path
            return
        with tempfile.TemporaryDirectory(prefix="dlt-text-") as folder:
            copy = os.path.join(folder, "content")
            with (
                open(path, encoding=name, errors=errors, newline="") as text,
                open(copy, "w", encoding="utf-8", newline="") as out,
            ):
                try:
                    shutil.copyfileobj(text, out, _PIECE)
                except UnicodeError as error:
                    raise broken(file, error, f"text in {name}") from error
            yield copy


def _marked(path: str) -> str | None:
    """Return the encoding that the mark at the beginning of a file tells, None where there is none."""
    with open(path, "rb") as file:
        head = file.read(4)
    return next((name for mark, name in _MARKS if head.startswith(mark)), None)


def buffered(content: BinaryIO) -> IO[bytes]:
    """Return a reader that reads large pieces, as lines of remote files are many."""
    if isinstance(content, io.BufferedReader):
        return content
    return cast(IO[bytes], io.BufferedReader(cast(io.RawIOBase, content), _PIECE)) if content.readable() else content

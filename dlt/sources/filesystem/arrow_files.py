"""Parquet and Arrow files, a part at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from dlt.late import pa, pq
from dlt.sources.filesystem.columns import pages_of
from dlt.sources.filesystem.contents import broken, on_disk, packing_of

if TYPE_CHECKING:
    from typing import IO

    from dlt.sources.files import FileItemDict
    from dlt.types import TDataItem

_ROWS = 20_000
"""Rows that are read at once; a page has as many as were asked for, or fewer."""
_BYTES = 64 << 20
"""Bytes of rows that are read at once, by what the file says of its row groups."""


def parquet_of(file: FileItemDict, chunksize: int, as_arrow: bool) -> Iterator[TDataItem]:
    """Yield the rows of a Parquet file, one row group after the other.

    Args:
        file: The file.
        chunksize: Rows of a page at most.
        as_arrow: Yield record batches.

    Raises:
        BrokenFile: it is no Parquet file, or damaged.
    """
    with _random_access(file) as content:
        try:
            with pq.ParquetFile(content) as found:
                yield from pages_of(found.iter_batches(_rows_at_once(found.metadata, chunksize)), chunksize, as_arrow)
        except (pa.ArrowException, OSError) as error:
            # a disk or a network that fails, and not the file
            if isinstance(error, OSError) and error.errno is not None:
                raise
            raise broken(file, error, "a Parquet file") from error


def _rows_at_once(metadata: pq.FileMetaData, chunksize: int) -> int:
    size: int = sum(metadata.row_group(number).total_byte_size for number in range(metadata.num_row_groups))
    # rows with large values are few at once
    fit: int = _BYTES * max(metadata.num_rows, 1) // max(size, 1)
    return max(1, min(max(chunksize, _ROWS), fit))


def arrow_of(file: FileItemDict, chunksize: int, as_arrow: bool) -> Iterator[TDataItem]:
    """Yield the rows of an Arrow file, Feather or stream.

    Args:
        file: The file.
        chunksize: Rows of a page at most.
        as_arrow: Yield record batches.

    Raises:
        BrokenFile: it is no Arrow file, or damaged.
    """
    with on_disk(file) as path, pa.OSFile(path) as content:
        try:
            yield from pages_of(_batches(content), chunksize, as_arrow)
        except pa.ArrowException as error:
            raise broken(file, error, "an Arrow file") from error


def _batches(content: pa.NativeFile) -> Iterator[pa.RecordBatch]:
    head = content.read(6)
    content.seek(0)
    if head.startswith(b"FEA1"):
        # the first version of Feather, which only its own reader reads
        from pyarrow import feather

        yield from feather.read_table(content).to_batches()
    elif head == b"ARROW1":
        with pa.ipc.open_file(content) as found:
            yield from (found.get_batch(number) for number in range(found.num_record_batches))
    else:
        with pa.ipc.open_stream(content) as found:
            yield from found


@contextmanager
def _random_access(file: FileItemDict) -> Iterator[IO[bytes] | str]:
    """Give what Parquet is read from: parts of a remote file, in place of all of it."""
    with ExitStack() as stack:
        # the footer and the columns of a row group are asked for, and nothing else
        if packing_of(file) is None and str(file["file_url"]).startswith(_IN_PARTS) and not file.get("file_content"):
            yield stack.enter_context(file.open(compression="disable"))
        else:
            yield stack.enter_context(on_disk(file))


_IN_PARTS = ("s3://", "s3a://", "gs://", "gcs://", "az://", "abfs://", "abfss://", "adl://", "memory://")
"""Schemes whose files can be read from any place on."""

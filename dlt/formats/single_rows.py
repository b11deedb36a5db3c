"""Single rows of Arrow data as text: JSON for people and queries, and the bytes that keep every type of Arrow."""

from __future__ import annotations

import io
from base64 import b64decode, b64encode
from collections.abc import Iterator

from dlt.formats.batches import batch_rows
from dlt.io.typed_json import dump_row
from dlt.late import pa


def single_rows(batch: pa.RecordBatch) -> Iterator[tuple[str, str]]:
    """Yield each row of a batch as JSON, and as what `batch_of` reads.

    Args:
        batch: The batch.
    """
    # what marks fields of pages means nothing in a table
    plain = pa.RecordBatch.from_arrays(batch.columns, names=batch.schema.names)
    for number, item in enumerate(batch_rows(plain)):
        # a stream has its schema with it, so that each row can be read alone
        sink = io.BytesIO()
        with pa.ipc.new_stream(sink, batch.schema) as writer:
            writer.write_batch(batch.slice(number, 1))
        yield dump_row(item).decode("ascii"), b64encode(sink.getvalue()).decode("ascii")


def batch_of(text: str) -> pa.RecordBatch:
    """Return the batch of one row.

    Args:
        text: What `single_rows` gave.
    """
    with pa.ipc.open_stream(b64decode(text)) as stream:
        (batch,) = stream
    return batch

"""Record batches as rows of COPY ... (FORMAT binary).

Each row is the number of its fields, and each field its length in bytes and its value, all numbers big-endian; a NULL
has the length -1: https://www.postgresql.org/docs/current/sql-copy.html
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from dlt.destinations.impl.postgres.fields import Field
from dlt.errors import DatabaseTerminalException
from dlt.late import pa
from dlt.version import is_compiled

Rows: TypeAlias = "Callable[[int, Sequence[Field], Sequence[pa.Array]], memoryview | bytes]"
"""Gives the rows of some columns: their number, what the columns are, and their values."""
# the signature, then no flags and no extension of the header
HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
# a row of -1 fields says that no other one follows
TRAILER = b"\xff\xff"


def encode(batch: pa.RecordBatch, fields: Sequence[Field], table: str, rows: Rows) -> memoryview | bytes:
    """Return the rows of a batch.

    Args:
        batch: The rows.
        fields: What the columns are.
        table: Name of the table, for messages.
        rows: The form that makes them.

    Raises:
        DatabaseTerminalException: a value does not fit the type of its column.
    """
    # Arrow has no buffers for nothing
    if not batch.num_rows:
        return b""
    arrays = []
    for name, values, field in zip(batch.schema.names, batch.columns, fields, strict=True):
        try:
            arrays.append(field.converted(values))
        except pa.ArrowInvalid as error:
            raise DatabaseTerminalException(
                f"table {table}, column {name}: a value does not fit the type of the column at the destination: "
                f"{error}. Change the value with add_map, or load into another table."
            ) from error
    return rows(batch.num_rows, fields, arrays)


def rows_of_form() -> Rows:
    """Return what makes rows: the extension where it was built, numpy elsewhere."""
    if is_compiled("dlt.destinations.impl.postgres._copy"):
        from dlt.destinations.impl.postgres import _copy

        return _copy.rows
    from dlt.destinations.impl.postgres import blocks

    return blocks.rows

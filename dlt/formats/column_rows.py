"""Rows that a reader holds in columns: a program's steps get them as dicts, what is stored goes on as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dlt.late import pa
    from dlt.types import Row

PLAIN_TEXT = {b"dlt.type": b"text"}
"""Field metadata of a text column that is text, also where its first values look like something else."""


class ColumnRows:
    """Rows in the columns of a record batch, which count as the dicts that they are.

    Args:
        batch: The rows; types are those that rows of Python values have.
    """

    __slots__ = ("batch",)

    def __init__(self, batch: pa.RecordBatch) -> None:
        self.batch = batch

    def __len__(self) -> int:
        return int(self.batch.num_rows)

    def rows(self) -> list[Row]:
        """Return new dicts with the values of the rows."""
        rows: list[Row] = self.batch.to_pylist()
        return rows

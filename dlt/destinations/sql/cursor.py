"""The result of a query, as rows, frames and Arrow tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from dlt.late import pa


class Cursor:
    """A result of a query; wraps a DB-API cursor.

    Args:
        native: The driver's cursor.
        to_arrow: Reads the rest of the result as an Arrow table, where the driver can.
    """

    def __init__(self, native: Any, to_arrow: Callable[[], Any] | None = None) -> None:
        self.native_cursor = native
        self._to_arrow = to_arrow

    @property
    def description(self) -> Any:
        """Return the columns as DB-API describes them."""
        return self.native_cursor.description

    def fetchall(self) -> list[tuple[Any, ...]]:
        """Return all rows."""
        return list(self.native_cursor.fetchall())

    def fetchmany(self, size: int = 1) -> list[tuple[Any, ...]]:
        """Return some rows."""
        return list(self.native_cursor.fetchmany(size))

    def fetchone(self) -> tuple[Any, ...] | None:
        """Return the next row, or None."""
        row = self.native_cursor.fetchone()
        return None if row is None else tuple(row)

    def iter_fetch(self, chunk_size: int = 10_000) -> Iterator[list[tuple[Any, ...]]]:
        """Yield lists of rows."""
        while rows := self.fetchmany(chunk_size):
            yield rows

    def arrow(self, chunk_size: int | None = None) -> Any:
        """Return the rest of the result as an Arrow table."""
        if self._to_arrow is not None and chunk_size is None:
            return self._to_arrow()
        rows = self.fetchall() if chunk_size is None else self.fetchmany(chunk_size)
        names = [column[0] for column in self.description]
        columns = list(zip(*rows, strict=True)) if rows else [()] * len(names)
        return pa.table({name: pa.array(list(values)) for name, values in zip(names, columns, strict=True)})

    def df(self, chunk_size: int | None = None) -> Any:
        """Return the rest of the result as a pandas frame."""
        if hasattr(self.native_cursor, "df") and chunk_size is None:
            return self.native_cursor.df()
        import pandas as pd

        rows = self.fetchall() if chunk_size is None else self.fetchmany(chunk_size)
        return pd.DataFrame(rows, columns=[column[0] for column in self.description])

    def iter_arrow(self, chunk_size: int = 10_000) -> Iterator[Any]:
        """Yield Arrow tables."""
        whole = self.arrow()
        for batch in whole.to_batches(max_chunksize=chunk_size):
            yield pa.Table.from_batches([batch])

    def iter_df(self, chunk_size: int = 10_000) -> Iterator[Any]:
        """Yield pandas frames."""
        while len(frame := self.df(chunk_size)):
            yield frame

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        for rows in self.iter_fetch():
            yield from rows

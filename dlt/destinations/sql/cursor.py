"""The result of a query, as rows, frames and Arrow tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from dlt.destinations.sql.dbapi import Description, NativeCursor, ResultRow
from dlt.errors import MissingDependencyException
from dlt.late import pa

if TYPE_CHECKING:
    import pandas as pd


class Cursor:
    """A result of a query; wraps a DB-API cursor.

    Args:
        native: The driver's cursor.
        to_arrow: Reads the rest of the result as an Arrow table, where the driver can.
        to_frame: Reads the rest of the result as a pandas frame, where the driver can.
    """

    def __init__(
        self,
        native: NativeCursor,
        to_arrow: Callable[[], pa.Table] | None = None,
        to_frame: Callable[[], pd.DataFrame] | None = None,
    ) -> None:
        self.native_cursor = native
        self._to_arrow, self._to_frame = to_arrow, to_frame

    @property
    def description(self) -> Description | None:
        """Return the columns as DB-API describes them, None for a statement without a result."""
        return self.native_cursor.description

    @property
    def names(self) -> list[str]:
        """Return the names of the columns."""
        return [column[0] for column in self.description or ()]

    def fetchall(self) -> list[ResultRow]:
        """Return all rows."""
        return list(self.native_cursor.fetchall())

    def fetchmany(self, size: int = 1) -> list[ResultRow]:
        """Return some rows."""
        return list(self.native_cursor.fetchmany(size))

    def fetchone(self) -> ResultRow | None:
        """Return the next row, or None."""
        row = self.native_cursor.fetchone()
        return None if row is None else tuple(row)

    def iter_fetch(self, chunk_size: int = 10_000) -> Iterator[list[ResultRow]]:
        """Yield lists of rows."""
        while rows := self.fetchmany(chunk_size):
            yield rows

    def arrow(self, chunk_size: int | None = None) -> pa.Table:
        """Return the rest of the result as an Arrow table."""
        if self._to_arrow is not None and chunk_size is None:
            return self._to_arrow()
        import pyarrow as pa

        rows = self.fetchall() if chunk_size is None else self.fetchmany(chunk_size)
        names = self.names
        # without rows there are columns all the same
        columns = list(zip(*rows, strict=True)) if rows else [()] * len(names)
        return pa.table({name: pa.array(list(values)) for name, values in zip(names, columns, strict=True)})

    def df(self, chunk_size: int | None = None) -> pd.DataFrame:
        """Return the rest of the result as a pandas frame.

        Raises:
            MissingDependencyException: pandas is not installed.
        """
        try:
            import pandas as pd
        except ImportError as error:
            raise MissingDependencyException(
                "A frame is one of pandas, which is not installed. Run: pip install pandas"
            ) from error
        if self._to_frame is not None and chunk_size is None:
            return self._to_frame()
        rows = self.fetchall() if chunk_size is None else self.fetchmany(chunk_size)
        return pd.DataFrame(rows, columns=self.names)

    def iter_arrow(self, chunk_size: int = 10_000) -> Iterator[pa.Table]:
        """Yield Arrow tables."""
        # the whole result first: the next statement on the connection ends a result that was read in part
        whole = self.arrow()
        for batch in whole.to_batches(max_chunksize=chunk_size):
            yield whole.from_batches([batch])

    def iter_df(self, chunk_size: int = 10_000) -> Iterator[pd.DataFrame]:
        """Yield pandas frames."""
        while len(frame := self.df(chunk_size)):
            yield frame

    def __iter__(self) -> Iterator[ResultRow]:
        for rows in self.iter_fetch():
            yield from rows

"""pandas, and what makes tables of Arrow of its frames, under the names of PyPI `dlt` 1.x."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas
import pyarrow

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["pandas", "pandas_to_arrow"]


def pandas_to_arrow(df: DataFrame, preserve_index: bool = False) -> pyarrow.Table:
    """Return a frame as a table of Arrow.

    Args:
        df: The frame.
        preserve_index: With its index as a column.
    """
    return pyarrow.Table.from_pandas(df, preserve_index=preserve_index)

"""Rows into Arrow buffers in one walk: the compiled form of `dlt.formats.pages`."""

from collections.abc import Callable

import pyarrow as pa

from dlt.types import TDataItem

class Rows:
    @property
    def has_refused(self) -> bool: ...
    @property
    def is_full(self) -> bool: ...
    def __init__(
        self,
        kept_whole: Callable[[str], bool] | None = None,
        nested: bool = True,
        most_rows: int = 10000,
        most_cells: int = 2000000,
    ) -> None: ...
    def __len__(self) -> int: ...
    def add(self, rows: list[TDataItem], first: int = 0) -> int: ...
    def take(self) -> pa.RecordBatch | None: ...

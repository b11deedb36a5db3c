"""Documents as rows, for programs that ask a schema for them."""

from __future__ import annotations

from collections.abc import Generator
from typing import Protocol, TypeAlias

ItemRow: TypeAlias = tuple[tuple[str, tuple[str, ...], tuple[str, ...]], dict[str, object]]
"""A row, with its table, the path of its parent's table, and where in the parent it stood."""
ItemRows: TypeAlias = Generator[ItemRow, "bool | None", None]
"""Rows, parents first; `send(False)` leaves out what is nested in the last one."""


class NormalizesItems(Protocol):
    """What turns documents into rows."""

    def normalize_data_item(self, item: object, load_id: str, table_name: str) -> ItemRows:
        """Yield the rows of an item."""

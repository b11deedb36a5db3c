"""How much memory DuckDB may use."""

from __future__ import annotations

from dlt.destinations.memory import available

_MEMORY = 400 * 10**6
"""Bytes that a load of narrow tables may use; its peak must not grow with the data, nor with the machine."""


_MEMORY_PER_COLUMN = 1_500_000
"""DuckDB keeps blocks of 256 KiB for each column: of the new rows and of the table, in each thread."""


def memory_for(columns: int = 0) -> str:
    """Return what a load may use of memory when the user does not say it.

    Args:
        columns: Columns of the widest table.
    """
    # the rest is for Python, for Arrow, and for what DuckDB takes beyond its limit
    most = available() * 6 // 10
    return f"{min(most, _MEMORY + columns * _MEMORY_PER_COLUMN) // 10**6}MB"

"""How much memory DuckDB may use."""

from __future__ import annotations

from dlt.destinations.memory import available
from dlt.late_dataclass import dataclass

_MEMORY = 128 * 10**6
"""Bytes that a load of narrow tables may use; its peak must not grow with the data, nor with the machine."""

_MEMORY_OF_MERGES = 400 * 10**6
"""The same where rows are joined and sorted: with less they go to the disk too early."""

_MEMORY_PER_COLUMN = 1_500_000
"""DuckDB keeps blocks of 256 KiB for each column: of the new rows and of the table, in each thread."""


def memory_for(columns: int = 0, merges: bool = False) -> str:
    """Return what a load may use of memory when the user does not say it.

    Args:
        columns: Columns of the widest table.
        merges: Rows are compared with those that are there.
    """
    # the rest is for Python, for Arrow, and for what DuckDB takes beyond its limit
    most = available() * 6 // 10
    base = _MEMORY_OF_MERGES if merges else _MEMORY
    return f"{min(most, base + columns * _MEMORY_PER_COLUMN) // 10**6}MB"


def as_told(limit: str) -> str:
    """Return the limit to set so that DuckDB tells this one: it cuts what it tells, and would lose a bit each time.

    Args:
        limit: A limit as DuckDB tells it, such as "18.8 GiB".
    """
    number, _, unit = limit.partition(" ")
    return f"{number}5 {unit}" if "." in number else limit


@dataclass(frozen=True)
class Memory:
    """How the memory of loads is bounded; DuckDB spills to disk beyond it.

    Attributes:
        is_bounded: Without it the limit stays as it is.
        given: What the user says; by the machine when None.
        setting: Where the user can say it, for messages.
    """

    is_bounded: bool = False
    given: str | None = None
    setting: str = "memory_limit under [destination.duckdb]"

    @classmethod
    def of(cls, destination_name: str, given: str | None) -> Memory:
        """Return a bound: as the user says, else by the machine.

        Args:
            destination_name: Under which name the setting is configured.
            given: What the user says.
        """
        return cls(True, given, f"memory_limit under [destination.{destination_name}]")

    def limit(self, columns: int = 0, merges: bool = False) -> str | None:
        """Return what a load may use, None for as much as there is.

        Args:
            columns: Columns of the widest table.
            merges: Rows are compared with those that are there.
        """
        return (self.given or memory_for(columns, merges)) if self.is_bounded else None

    def advice(self, limit: str | None) -> str:
        """Return what to do where a load has reached its limit."""
        return (
            f"The load has reached its limit{f' of {limit}' if limit else ''}, and what DuckDB can put on the disk is "
            f"there. Set a higher {self.setting}, or load tables with fewer columns."
        )

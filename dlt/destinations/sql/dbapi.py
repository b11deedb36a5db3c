"""What is used of a driver: the results of DB-API 2.0 (PEP 249), whichever database it speaks to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

if TYPE_CHECKING:
    from typing_extensions import Unpack

NativeConnection = Any
"""The open connection of some driver: each session names the class of its own, and a program that asks for the
connection of a destination knows which driver it has."""
ResultRow = tuple[Any, ...]
"""One row of a result: what its values are, the query decides, which may be a person's."""
Description: TypeAlias = "Sequence[tuple[str, Unpack[tuple[object, ...]]]]"
"""The columns of a result, each with its name first; what follows differs between drivers."""


class NativeCursor(Protocol):
    """The result of a statement, as a driver gives it."""

    @property
    def description(self) -> Description | None:
        """Return the columns, None for a statement without a result."""

    def fetchall(self) -> Sequence[ResultRow]:
        """Return all rows that are left."""

    def fetchmany(self, size: int, /) -> Sequence[ResultRow]:
        """Return some rows."""

    def fetchone(self) -> ResultRow | None:
        """Return the next row, None behind the last one."""

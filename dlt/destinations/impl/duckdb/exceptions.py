"""Errors of DuckDB: those of databases in memory, and names of PyPI `dlt` 1.x."""

from dlt.errors import DestinationTerminalException

__all__ = ["IcebergViewException", "InvalidInMemoryDuckdbCredentials"]


class InvalidInMemoryDuckdbCredentials(DestinationTerminalException):
    """A database in memory would be gone with the connection that a step closes, and its rows with it."""


class IcebergViewException(DestinationTerminalException):
    """Named by programs, raised by nothing here."""

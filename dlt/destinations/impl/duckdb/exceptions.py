"""Errors of DuckDB under the names of PyPI `dlt` 1.x."""

from dlt.errors import DestinationTerminalException

__all__ = ["IcebergViewException", "InvalidInMemoryDuckdbCredentials"]


class InvalidInMemoryDuckdbCredentials(DestinationTerminalException):
    """Named by programs, raised by nothing here."""


class IcebergViewException(DestinationTerminalException):
    """Named by programs, raised by nothing here."""

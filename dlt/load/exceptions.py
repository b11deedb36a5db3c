"""Exceptions under the names of PyPI `dlt` 1.x."""

from dlt.errors import (
    LoadClientJobException,
    LoadClientJobFailed,
    LoadClientJobRetry,
    LoadClientJobTerminalRetry,
    LoadClientUnsupportedFileFormats,
    LoadClientUnsupportedWriteDisposition,
    LoadPackageAborted,
)

__all__ = [
    "LoadClientJobException",
    "LoadClientJobFailed",
    "LoadClientJobRetry",
    "LoadClientJobTerminalRetry",
    "LoadClientUnsupportedFileFormats",
    "LoadClientUnsupportedWriteDisposition",
    "LoadPackageAborted",
]

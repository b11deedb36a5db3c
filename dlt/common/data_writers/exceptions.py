"""Exceptions under the names of PyPI `dlt` 1.x."""

from dlt.errors import DataWriterException, InvalidDataItem

__all__ = [
    "BufferedDataWriterClosed",
    "DataWriterException",
    "DataWriterNotFound",
    "DestinationCapabilitiesRequired",
    "FileFormatForItemFormatNotFound",
    "FileImportNotFound",
    "FileSpecNotFound",
    "InvalidDataItem",
    "InvalidFileNameTemplateException",
    "SpecLookupFailed",
]


class DataWriterNotFound(DataWriterException):
    """Named by programs, raised by nothing here."""


class BufferedDataWriterClosed(DataWriterException):
    """Named by programs, raised by nothing here."""


class DestinationCapabilitiesRequired(DataWriterException, ValueError):
    """Named by programs, raised by nothing here."""


class FileFormatForItemFormatNotFound(DataWriterNotFound):
    """Named by programs, raised by nothing here."""


class FileImportNotFound(DataWriterException, FileNotFoundError):
    """Named by programs, raised by nothing here."""


class FileSpecNotFound(DataWriterNotFound, KeyError):
    """Named by programs, raised by nothing here."""


class InvalidFileNameTemplateException(DataWriterException, ValueError):
    """Named by programs, raised by nothing here."""


class SpecLookupFailed(DataWriterNotFound):
    """Named by programs, raised by nothing here."""

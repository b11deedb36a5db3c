"""Exceptions under the names of PyPI `dlt` 1.x."""

from dlt.common.exceptions import TerminalValueError
from dlt.errors import (
    LoadPackageNotFound,
    LoadStorageException,
    SchemaNotFoundError,
    SchemaStorageException,
    StorageException,
)

__all__ = [
    "CurrentLoadPackageStateNotAvailable",
    "InStorageSchemaModified",
    "JobFileFormatUnsupported",
    "LoadPackageAlreadyCompleted",
    "LoadPackageCancelled",
    "LoadPackageInconsistent",
    "LoadPackageNotCompleted",
    "LoadPackageNotFound",
    "LoadStorageException",
    "NoMigrationPathException",
    "SchemaNotFoundError",
    "SchemaStorageException",
    "StorageException",
    "StorageMigrationError",
    "UnexpectedSchemaName",
    "UnsupportedStorageVersionException",
    "WrongStorageVersionException",
]


class NoMigrationPathException(StorageException):
    """Named by programs, raised by nothing here."""


class WrongStorageVersionException(StorageException):
    """Named by programs, raised by nothing here."""


class UnsupportedStorageVersionException(StorageException):
    """Named by programs, raised by nothing here."""


class StorageMigrationError(StorageException):
    """Named by programs, raised by nothing here."""


class JobFileFormatUnsupported(LoadStorageException, TerminalValueError):
    """Named by programs, raised by nothing here."""


class LoadPackageCancelled(LoadStorageException):
    """Named by programs, raised by nothing here."""


class LoadPackageAlreadyCompleted(LoadStorageException):
    """Named by programs, raised by nothing here."""


class LoadPackageNotCompleted(LoadStorageException):
    """Named by programs, raised by nothing here."""


class LoadPackageInconsistent(LoadStorageException):
    """Named by programs, raised by nothing here."""


class InStorageSchemaModified(SchemaStorageException):
    """Named by programs, raised by nothing here."""


class UnexpectedSchemaName(SchemaStorageException, ValueError):
    """Named by programs, raised by nothing here."""


class CurrentLoadPackageStateNotAvailable(StorageException):
    """Named by programs, raised by nothing here."""

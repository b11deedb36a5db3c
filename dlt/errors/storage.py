"""Errors of the working folder, its packages and schemas."""

from __future__ import annotations

from dlt.errors.base import DltException


class StorageException(DltException):
    """A file of the working folder is not there, or not as it was written."""


class LoadStorageException(StorageException):
    """A package is not there, or not as it was written."""


class LoadPackageNotFound(LoadStorageException, FileNotFoundError):
    """No package has this load id."""


class PackageCorrupt(LoadStorageException):
    """A package on disk is not what was committed."""


class WorkingFolderDamaged(StorageException):
    """A file of a pipeline's working folder is not what was written, or belongs to something else."""


class DocumentTooNew(StorageException):
    """A document was written by a later release, in a version that this one does not read."""


class SchemaStorageException(StorageException):
    """A stored schema is not there, or not as it was written."""


class SchemaNotFoundError(SchemaStorageException, FileNotFoundError, KeyError):
    """No schema of this name is stored."""


class DataWriterException(DltException):
    """Items cannot be written to files."""


class InvalidDataItem(DataWriterException):
    """An item cannot be a row."""

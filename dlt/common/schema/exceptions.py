"""Exceptions under the names of PyPI `dlt` 1.x."""

from dlt.errors import (
    CannotCoerceColumnException,
    CannotCoerceNullException,
    DataValidationError,
    IncompatibleSchemaException,
    InvalidSchemaName,
    SchemaCorruptedException,
    SchemaEngineNoUpgradePathException,
    SchemaException,
    SchemaIdentifierNormalizationCollision,
    TableIdentifiersFrozen,
    TableNotFound,
    TablePropertiesConflictException,
    UnboundColumnException,
)

__all__ = [
    "CannotCoerceColumnException",
    "CannotCoerceNullException",
    "ColumnNameConflictException",
    "DataValidationError",
    "IncompatibleSchemaException",
    "InvalidSchemaName",
    "ParentTableNotFoundException",
    "SchemaCorruptedException",
    "SchemaEngineNoUpgradePathException",
    "SchemaException",
    "SchemaIdentifierNormalizationCollision",
    "TableIdentifiersFrozen",
    "TableNotFound",
    "TablePropertiesConflictException",
    "UnboundColumnException",
    "UnboundColumnWithoutTypeException",
]


class ParentTableNotFoundException(SchemaException):
    """A stored schema has a nested table without its parent."""


class ColumnNameConflictException(SchemaException):
    """Named by programs, raised by nothing here."""


class UnboundColumnWithoutTypeException(SchemaException):
    """Named by programs, raised by nothing here."""

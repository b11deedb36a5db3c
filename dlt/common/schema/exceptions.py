"""Exceptions under the names of PyPI `dlt` 1.x."""

from dlt.errors import (
    CannotCoerceColumnException,
    CannotCoerceNullException,
    ColumnNameConflictException,
    DataValidationError,
    IncompatibleSchemaException,
    InvalidSchemaName,
    ParentTableNotFoundException,
    SchemaCorruptedException,
    SchemaEngineNoUpgradePathException,
    SchemaException,
    SchemaIdentifierNormalizationCollision,
    TableIdentifiersFrozen,
    TableNotFound,
    TablePropertiesConflictException,
    UnboundColumnException,
    UnboundColumnWithoutTypeException,
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

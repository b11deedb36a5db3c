"""Errors of schemas, contracts and names."""

from __future__ import annotations

from dlt.errors.base import DictValidationException, DltException, TerminalException


class InvalidHint(DictValidationException, ValueError):
    """A hint of a table or column is not known, or has a value that cannot be; attributes hint, column_name, found."""


class InvalidCheck(InvalidHint, TerminalException):
    """A check of data cannot be done as it is declared; attributes hint, column_name, found."""


class SchemaException(DltException):
    """A schema, or data against it, is not as it must be."""

    in_1x = ("schema_name", "msg")


class InvalidSchemaName(SchemaException, ValueError):
    """A schema's name cannot be one."""


class CannotCoerceColumnException(SchemaException):
    """A value fits neither its column nor one of another type."""


class IncompatibleSchemaException(SchemaException):
    """Schemas cannot be joined."""


class TablePropertiesConflictException(SchemaException):
    """Two parts of a program say different things of one table."""


class CannotCoerceNullException(SchemaException):
    """A column that must have a value has none in a row."""


class SchemaCorruptedException(SchemaException):
    """A schema says what cannot be, such as a nested table without its parent."""


class SchemaIdentifierNormalizationCollision(SchemaCorruptedException):
    """Two names become one identifier."""


class SchemaEngineNoUpgradePathException(SchemaException):
    """A stored schema is of a version that this library does not read."""


class TableIdentifiersFrozen(SchemaException):
    """Another naming convention would give names to tables with rows that they do not have."""


class DataValidationError(SchemaException):
    """The contract forbids what the data brings; attributes tell table, column and contract."""


class TableNotFound(SchemaException, KeyError):
    """The schema has no such table."""


class UnboundColumnException(SchemaException):
    """A column that must be there never came with the data."""


class TooManyColumns(SchemaException):
    """A table has more columns than the destination can hold."""


class NormalizersException(DltException):
    """A naming convention cannot be used."""


class UnknownNamingModule(NormalizersException, ImportError):
    """The module of a naming convention cannot be imported."""


class NamingTypeNotFound(NormalizersException, ImportError):
    """The module of a naming convention has no class of this name."""


class InvalidNamingType(NormalizersException):
    """What is given as naming convention is no class of one."""

"""Schemas under the names of PyPI `dlt` 1.x."""

from dlt.common.schema import utils
from dlt.common.schema.schema import Schema
from dlt.common.schema.typing import (
    COLUMN_HINTS,
    TColumnHint,
    TColumnSchema,
    TColumnSchemaBase,
    TSchemaContract,
    TSchemaContractDict,
    TSchemaTables,
    TSchemaUpdate,
    TStoredSchema,
    TTableSchema,
    TTableSchemaColumns,
)
from dlt.errors import DataValidationError

DEFAULT_SCHEMA_CONTRACT_MODE: TSchemaContractDict = {"tables": "evolve", "columns": "evolve", "data_type": "evolve"}

__all__ = [
    "COLUMN_HINTS",
    "DEFAULT_SCHEMA_CONTRACT_MODE",
    "DataValidationError",
    "Schema",
    "TColumnHint",
    "TColumnSchema",
    "TColumnSchemaBase",
    "TSchemaContract",
    "TSchemaContractDict",
    "TSchemaTables",
    "TSchemaUpdate",
    "TStoredSchema",
    "TTableSchema",
    "TTableSchemaColumns",
    "utils",
]

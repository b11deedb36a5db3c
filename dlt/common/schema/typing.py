"""The vocabulary of schemas under the names of PyPI `dlt` 1.x."""

from dlt.schema.typing import ColumnSchema as TColumnSchema
from dlt.schema.typing import ContractDict as TSchemaContractDict
from dlt.schema.typing import ContractEntity as TSchemaContractEntities
from dlt.schema.typing import ContractMode as TSchemaEvolutionMode
from dlt.schema.typing import DataType as TDataType
from dlt.schema.typing import MergeStrategy as TLoaderMergeStrategy
from dlt.schema.typing import ReplaceStrategy as TLoaderReplaceStrategy
from dlt.schema.typing import TableFormat as TTableFormat
from dlt.schema.typing import TableSchema as TTableSchema
from dlt.schema.typing import WriteDisposition as TWriteDisposition

TTableSchemaColumns = dict[str, TColumnSchema]
TSchemaTables = dict[str, TTableSchema]
TAnySchemaColumns = TTableSchemaColumns | list[TColumnSchema]
TColumnNames = str | list[str]

__all__ = [
    "TAnySchemaColumns",
    "TColumnNames",
    "TColumnSchema",
    "TDataType",
    "TLoaderMergeStrategy",
    "TLoaderReplaceStrategy",
    "TSchemaContractDict",
    "TSchemaContractEntities",
    "TSchemaEvolutionMode",
    "TSchemaTables",
    "TTableFormat",
    "TTableSchema",
    "TTableSchemaColumns",
    "TWriteDisposition",
]

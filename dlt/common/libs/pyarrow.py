"""pyarrow, and functions on its tables, under the names of PyPI `dlt` 1.x."""

from __future__ import annotations

import pyarrow
import pyarrow.compute
import pyarrow.parquet
from pyarrow import Table

from dlt.common.libs.arrow_items import (
    ArrowSchemaNormalizationResult,
    TArrowItem,
    add_constant_column,
    add_dlt_load_id_column,
    append_column,
    cast_arrow_as_columns_schema,
    cast_date64_columns_to_timestamp,
    fill_empty_source_column_values_with_placeholder,
    is_arrow_item,
    normalize_py_arrow_item,
    normalize_py_arrow_item_column,
    remove_columns,
    remove_null_columns,
    remove_null_columns_from_schema,
    rename_columns,
    should_normalize_arrow_schema,
)
from dlt.common.libs.arrow_rows import (
    PyToArrowConversionException,
    convert_array_to_arrow,
    convert_numpy_to_arrow,
    from_arrow_scalar,
    row_tuples_to_arrow,
    to_arrow_scalar,
    transpose_rows_to_columns,
    uuid_to_string,
)
from dlt.common.libs.arrow_types import (
    UnsupportedArrowTypeException,
    cast_arrow_schema_types,
    columns_to_arrow,
    deserialize_type,
    get_column_type_from_py_arrow,
    get_py_arrow_datatype,
    get_py_arrow_timestamp,
    py_arrow_to_table_schema_columns,
    serialize_type,
)
from dlt.errors import SchemaIdentifierNormalizationCollision as NameNormalizationCollision

__all__ = [
    "ARROW_DECIMAL_MAX_PRECISION",
    "ArrowSchemaNormalizationResult",
    "NameNormalizationCollision",
    "PyToArrowConversionException",
    "TAnyArrowItem",
    "Table",
    "UnsupportedArrowTypeException",
    "add_constant_column",
    "add_dlt_load_id_column",
    "append_column",
    "cast_arrow_as_columns_schema",
    "cast_arrow_schema_types",
    "cast_date64_columns_to_timestamp",
    "columns_to_arrow",
    "convert_array_to_arrow",
    "convert_numpy_to_arrow",
    "deserialize_type",
    "fill_empty_source_column_values_with_placeholder",
    "from_arrow_scalar",
    "get_column_type_from_py_arrow",
    "get_py_arrow_datatype",
    "get_py_arrow_timestamp",
    "is_arrow_item",
    "normalize_py_arrow_item",
    "normalize_py_arrow_item_column",
    "py_arrow_to_table_schema_columns",
    "pyarrow",
    "remove_columns",
    "remove_null_columns",
    "remove_null_columns_from_schema",
    "rename_columns",
    "row_tuples_to_arrow",
    "serialize_type",
    "should_normalize_arrow_schema",
    "to_arrow_scalar",
    "transpose_rows_to_columns",
    "uuid_to_string",
]

# that of decimal256
ARROW_DECIMAL_MAX_PRECISION = 76

TAnyArrowItem = TArrowItem

"""Tables of Arrow brought into the shape of a schema, under the names of PyPI `dlt` 1.x."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeAlias, TypeGuard

import orjson
import pyarrow
import pyarrow.compute

from dlt.common.libs.arrow_rows import PyToArrowConversionException, convert_numpy_to_arrow
from dlt.common.libs.arrow_types import get_py_arrow_datatype
from dlt.errors import SchemaIdentifierNormalizationCollision
from dlt.formats.arrow_values import values_of
from dlt.normalize.casts import whole
from dlt.schema.capabilities import GENERIC, Capabilities
from dlt.schema.naming import NamingConvention
from dlt.schema.system_columns import LOAD_ID, ROW_ID
from dlt.schema.typing import ColumnSchema

TArrowItem: TypeAlias = pyarrow.Table | pyarrow.RecordBatch
_NULL_COLUMNS = b"dlt.null_columns"


def is_arrow_item(item: object) -> TypeGuard[TArrowItem]:
    """Tell whether an item is a table or a batch of rows."""
    return isinstance(item, (pyarrow.Table, pyarrow.RecordBatch))


def remove_columns(item: TArrowItem, columns: Sequence[str]) -> TArrowItem:
    """Return a table without some columns.

    Args:
        item: The table.
        columns: Their names.

    Raises:
        KeyError: There is none of a name.
    """
    return item.drop_columns(list(columns))


def remove_null_columns(item: TArrowItem) -> TArrowItem:
    """Return a table without the columns that have no type, as all of their values are null; metadata names them.

    Args:
        item: The table.
    """
    names = [field.name for field in item.schema if pyarrow.types.is_null(field.type)]
    if not names:
        return item
    metadata = {**(item.schema.metadata or {}), _NULL_COLUMNS: orjson.dumps(names)}
    return remove_columns(item, names).replace_schema_metadata(metadata)


def remove_null_columns_from_schema(schema: pyarrow.Schema) -> tuple[pyarrow.Schema, bool]:
    """Return fields without those that have no type, and whether there were any.

    Args:
        schema: The fields.
    """
    kept = [field for field in schema if not pyarrow.types.is_null(field.type)]
    return pyarrow.schema(kept, schema.metadata), len(kept) < len(schema)


def rename_columns(item: TArrowItem, new_column_names: Sequence[str]) -> TArrowItem:
    """Return a table whose columns have other names.

    Args:
        item: The table.
        new_column_names: The names, one for each column.
    """
    if list(item.schema.names) == list(new_column_names):
        return item
    # batches have no such method in pyarrow 17
    schema = pyarrow.schema([field.with_name(name) for field, name in zip(item.schema, new_column_names, strict=True)])
    return type(item).from_arrays(item.columns, schema=schema)


def append_column(item: TArrowItem, name: str, data: object) -> TArrowItem:
    """Return a table with a further column.

    Args:
        item: The table.
        name: The column.
        data: Its values, as an array.
    """
    if isinstance(item, pyarrow.Table):
        return item.append_column(name, data)
    schema = item.schema.append(pyarrow.field(name, data.type if isinstance(data, pyarrow.Array) else None))
    return pyarrow.RecordBatch.from_arrays([*item.columns, data], schema=schema)


def add_constant_column(
    item: TArrowItem,
    name: str,
    data_type: pyarrow.DataType,
    value: object = None,
    nullable: bool = True,
    index: int = -1,
    use_dictionary: bool = True,
) -> TArrowItem:
    """Return a table with a column in which all values are the same.

    Args:
        item: The table.
        name: The column.
        data_type: Its type.
        value: The value.
        nullable: The column may have nulls.
        index: Where it stands; behind the others when -1.
        use_dictionary: Keep the value once.
    """
    values = pyarrow.repeat(pyarrow.scalar(value, data_type), item.num_rows)
    if use_dictionary:
        once = pyarrow.array([value], data_type)
        # the smallest index will do: there is one value
        values = pyarrow.DictionaryArray.from_arrays(pyarrow.array([0] * item.num_rows, pyarrow.int8()), once)
    field = pyarrow.field(name, values.type, nullable)
    place = item.num_columns if index == -1 else index
    columns = list(item.columns)
    return type(item).from_arrays([*columns[:place], values, *columns[place:]], schema=item.schema.insert(place, field))


def add_dlt_load_id_column(
    item: TArrowItem, columns: Mapping[str, ColumnSchema], caps: Capabilities, naming: NamingConvention, load_id: str
) -> TArrowItem:
    """Return a table whose rows have the id of a load.

    Args:
        item: The table; a column of that name is replaced.
        columns: Columns of its schema.
        caps: What the destination takes.
        naming: Its naming convention.
        load_id: The id.
    """
    name = naming.normalize_identifier(LOAD_ID)
    column = columns.get(name) or ColumnSchema(name=name, data_type="text", nullable=False)
    place = item.schema.names.index(name) if name in item.schema.names else -1
    rest = item if place == -1 else remove_columns(item, [name])
    # of capabilities that a program fills itself
    says = getattr(caps, "parquet_format", None)
    encodes = says is None or says.supports_dictionary_encoding
    kind, may_miss = get_py_arrow_datatype(column, caps, "UTC"), column.get("nullable", True)
    return add_constant_column(rest, name, kind, load_id, may_miss, place, encodes)


class ArrowSchemaNormalizationResult(NamedTuple):
    """What brings fields into the shape of a schema.

    Attributes:
        should_normalize: Something is to be done.
        rename_mapping: New names of the fields, by their own.
        rev_mapping: The other way round.
        nullable_updates: Whether a column may have nulls, where the fields say otherwise.
        columns: The columns, without those of the library's own that no data has.
    """

    should_normalize: bool
    rename_mapping: Mapping[str, str]
    rev_mapping: dict[str, str]
    nullable_updates: dict[str, bool]
    columns: dict[str, ColumnSchema]


def should_normalize_arrow_schema(
    schema: pyarrow.Schema,
    columns: Mapping[str, ColumnSchema],
    naming: NamingConvention,
    caps: Capabilities | None = None,  # noqa: ARG001 # named by programs: all destinations here have time zones
    tz: str | None = None,
) -> ArrowSchemaNormalizationResult:
    """Return what brings fields into the shape of columns whose names are normalized.

    Args:
        schema: The fields.
        columns: The columns.
        naming: How fields are named.
        caps: Without effect: all destinations have time zones.
        tz: Time zone of moments that have one; UTC when None.

    Raises:
        NameNormalizationCollision: Two fields get one name.
    """
    renamed = {name: naming.normalize_path(name) for name in schema.names}
    back: dict[str, str] = {}
    for name, new in renamed.items():
        if new in back:
            raise SchemaIdentifierNormalizationCollision(
                f"The fields {back[new]!r} and {name!r} of a table become one column {new!r}. Rename one of them.",
                column=new,
            )
        back[new] = name
    # the library's own ids are not made up for data that has none
    own = {naming.normalize_identifier(LOAD_ID), naming.normalize_identifier(ROW_ID)}
    wanted = {name: column for name, column in columns.items() if name not in own or name in back}
    nullable: dict[str, bool] = {}
    zones = False
    for field in schema:
        column = wanted.get(renamed[field.name])
        if column is not None:
            if column.get("nullable", True) != field.nullable:
                nullable[renamed[field.name]] = column.get("nullable", True)
            zones = zones or _zone(column, field.type, tz) != getattr(field.type, "tz", None)
    names = list(renamed.values())
    ordered = [*wanted, *(name for name in names if name not in wanted)]
    nulls = any(pyarrow.types.is_null(field.type) for field in schema)
    changes = nulls or zones or bool(nullable) or list(renamed) != names or names != ordered
    return ArrowSchemaNormalizationResult(changes, renamed, back, nullable, wanted)


def _zone(column: ColumnSchema, kind: pyarrow.DataType, tz: str | None) -> str | None:
    """Return the time zone that a column has; that of the type where it is no column of moments."""
    if not pyarrow.types.is_timestamp(kind) or column.get("data_type", "timestamp") != "timestamp":
        found: str | None = getattr(kind, "tz", None)
        return found
    return (tz or "UTC") if column.get("timezone", True) else None


def normalize_py_arrow_item_column(
    column: ColumnSchema,
    arrow_type: pyarrow.DataType,
    arrow_column: pyarrow.Array,
    tz: str | None = None,
    caps: Capabilities | None = None,  # noqa: ARG001 # named by programs: all destinations here have time zones
) -> tuple[pyarrow.DataType, pyarrow.Array]:
    """Return type and values of moments in the time zone of their column; others as they are.

    Args:
        column: The column.
        arrow_type: Type of the values.
        arrow_column: The values.
        tz: Time zone of moments that have one; UTC when None.
        caps: What the destination takes.
    """
    zone = _zone(column, arrow_type, tz)
    if zone == getattr(arrow_type, "tz", None):
        return arrow_type, arrow_column
    # a moment without a zone is one of UTC, and the number behind it stays the same
    kind = pyarrow.timestamp(arrow_type.unit, zone)
    return kind, arrow_column.cast(kind)


def normalize_py_arrow_item(
    item: TArrowItem,
    columns: Mapping[str, ColumnSchema],
    naming: NamingConvention,
    caps: Capabilities,
    tz: str | None = None,
) -> TArrowItem:
    """Return a table in the shape of columns: their names, their order, and nulls where it has no such column.

    Types stay as they are, but for the time zone of moments. A table that has the shape is returned itself.

    Args:
        item: The table.
        columns: Columns of its schema, with normalized names.
        naming: How its fields are named.
        caps: Without effect: all destinations have time zones.
        tz: Time zone of moments that have one; UTC when None.

    Raises:
        NameNormalizationCollision: Two fields get one name.
    """
    item = remove_null_columns(item)
    asked = should_normalize_arrow_schema(item.schema, columns, naming, caps, tz)
    if not asked.should_normalize:
        return item
    fields, arrays = [], []
    for name in (*asked.columns, *(new for new in asked.rename_mapping.values() if new not in asked.columns)):
        column = asked.columns.get(name)
        if name not in asked.rev_mapping:
            if column is None or column.get("data_type") is None:
                continue
            # what was not there before has no values, whatever the column wants
            field = pyarrow.field(name, get_py_arrow_datatype(column, caps, tz or "UTC"), column.get("nullable", True))
            values = pyarrow.nulls(item.num_rows, field.type)
        else:
            field, values = item.schema.field(asked.rev_mapping[name]), item.column(asked.rev_mapping[name])
            kind = field.type
            if column is not None:
                kind, values = normalize_py_arrow_item_column(column, kind, values, tz, caps)
            field = field.with_name(name).with_type(kind)
            field = field.with_nullable(asked.nullable_updates.get(name, field.nullable))
        fields.append(field)
        arrays.append(values)
    return type(item).from_arrays(arrays, schema=pyarrow.schema(fields, item.schema.metadata))


def cast_arrow_as_columns_schema(
    item: TArrowItem,
    columns: Mapping[str, ColumnSchema],
    caps: Capabilities,
    tz: str = "UTC",
    safe_arrow_conversion: bool = True,
) -> TArrowItem:
    """Return a table whose values have the data types of columns.

    Args:
        item: The table.
        columns: The columns; what they do not name stays as it is.
        caps: What counts where a column names no precision.
        tz: Time zone of moments that have one.
        safe_arrow_conversion: Refuse what a type of Arrow would cut.

    Raises:
        PyToArrowConversionException: A value is none of its data type.
    """
    fields, arrays = [], []
    for field, values in zip(item.schema, item.columns, strict=True):
        column = columns.get(field.name)
        if column is not None and column.get("data_type") is not None:
            wanted = get_py_arrow_datatype(column, caps, tz)
            if field.type != wanted:
                values, field = _cast(values, column, wanted, caps, tz, safe_arrow_conversion), field.with_type(wanted)
        fields.append(field)
        arrays.append(values)
    return type(item).from_arrays(arrays, schema=pyarrow.schema(fields, item.schema.metadata))


def _cast(
    values: pyarrow.Array, column: ColumnSchema, wanted: pyarrow.DataType, caps: Capabilities, tz: str, safe: bool
) -> pyarrow.Array:
    array = values.combine_chunks() if isinstance(values, pyarrow.ChunkedArray) else values
    found = whole(array, column, GENERIC)
    try:
        # as whole columns where that loses nothing, value by value otherwise
        return found.cast(wanted) if found is not None else _by_value(array, column, wanted, caps, tz, safe)
    except pyarrow.ArrowException as error:
        name = column.get("name")
        raise PyToArrowConversionException(column["data_type"], array.type, name, None, str(error)) from error


def _by_value(
    array: pyarrow.Array, column: ColumnSchema, wanted: pyarrow.DataType, caps: Capabilities, tz: str, safe: bool
) -> pyarrow.Array:
    if not safe:
        return array.cast(wanted, safe=False)
    return convert_numpy_to_arrow(values_of(array), caps, column, tz, safe, wanted)


def cast_date64_columns_to_timestamp(table: pyarrow.Table) -> pyarrow.Table:
    """Return a table whose days in milliseconds are moments, for they may hold a time; the table itself without any.

    Args:
        table: The table.
    """
    for index, field in enumerate(table.schema):
        if pyarrow.types.is_date64(field.type):
            kind = pyarrow.timestamp("us")
            # by the number: a cast of days would forget the time
            moments = table.column(index).cast(pyarrow.int64()).cast(pyarrow.timestamp("ms")).cast(kind)
            table = table.set_column(index, field.with_type(kind), moments)
    return table


def fill_empty_source_column_values_with_placeholder(
    table: pyarrow.Table, source_columns: Sequence[str], placeholder: str
) -> pyarrow.Table:
    """Return a table with a text where columns have none or an empty one.

    Args:
        table: The table.
        source_columns: The columns.
        placeholder: The text.
    """
    for name in source_columns:
        values = table.column(name)
        empty = pyarrow.compute.fill_null(pyarrow.compute.equal(values, ""), True)
        filled = pyarrow.compute.if_else(empty, placeholder, values)
        table = table.set_column(table.schema.names.index(name), name, filled)
    return table

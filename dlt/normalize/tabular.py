"""Arrow tables and frames: renamed and cast by column, never row by row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlt.errors import CannotCoerceColumnException, SchemaIdentifierNormalizationCollision, UnsupportedDataType
from dlt.normalize.arrays import arrow_type
from dlt.normalize.placement import DiscardRow, Placement
from dlt.schema.capabilities import Capabilities
from dlt.schema.typing import ColumnSchema

if TYPE_CHECKING:
    import pyarrow as pa


ROW_COLUMNS = ("_dlt_id", "_dlt_load_id")
"""System columns of rows; Arrow data gets those that its table has."""


def column_of(name: str, kind: pa.DataType) -> ColumnSchema:
    """Return the column for an Arrow type.

    Raises:
        UnsupportedDataType: no data type stands for it.
    """
    import pyarrow as pa

    column: ColumnSchema = {"name": name, "nullable": True}
    types = pa.types
    if types.is_dictionary(kind):
        return column_of(name, kind.value_type)
    if types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind):
        column["data_type"] = "text"
    elif types.is_integer(kind):
        column["data_type"] = "bigint"
    elif types.is_floating(kind):
        column["data_type"] = "double"
    elif types.is_boolean(kind):
        column["data_type"] = "bool"
    elif types.is_timestamp(kind):
        column["data_type"] = "timestamp"
        column["timezone"] = kind.tz is not None
    elif types.is_date(kind):
        column["data_type"] = "date"
    elif types.is_time(kind):
        column["data_type"] = "time"
    elif types.is_decimal(kind):
        column["data_type"] = "decimal"
        column["precision"], column["scale"] = kind.precision, kind.scale
    elif types.is_binary(kind) or types.is_large_binary(kind) or types.is_fixed_size_binary(kind):
        column["data_type"] = "binary"
    elif types.is_nested(kind):
        column["data_type"] = "json"
    else:
        raise UnsupportedDataType(
            f"column {name}: the Arrow type {kind} has no data type here; cast it first", column=name
        )
    return column


def loads_unchanged(placement: Placement, table: str, schema: pa.Schema) -> bool:
    """Tell whether columns keep their names, and have types that every destination of Arrow data takes as they are."""
    import pyarrow as pa

    columns = placement.columns(table)
    if not placement.evolves(table) or any("data_type" in columns.get(name, {}) for name in ROW_COLUMNS):
        return False
    for field in schema:
        name, kind = field.name, field.type
        if placement.schema.naming.normalize_identifier(name) != name or len(schema.get_all_field_indices(name)) > 1:
            return False
        plain = pa.types.is_string(kind) or pa.types.is_boolean(kind) or pa.types.is_date32(kind)
        number = pa.types.is_signed_integer(kind) or pa.types.is_float64(kind) or pa.types.is_float32(kind)
        exact = kind in (pa.timestamp("us", "UTC"), pa.timestamp("us"), pa.time64("us"), pa.binary())
        if not (plain or number or exact or pa.types.is_decimal128(kind)):
            return False
        if placement.filtered(table, name):
            return False
        known = columns.get(name, {})
        added = column_of(name, kind)
        if known.get("data_type", added["data_type"]) != added["data_type"]:
            return False
        if any(known.get(key, added.get(key)) != added.get(key) for key in ("precision", "scale", "timezone")):
            return False
    return True


def conform(placement: Placement, table: str, batch: pa.RecordBatch, capabilities: Capabilities) -> dict[str, pa.Array]:
    """Return the columns of a batch under their final names and types, without what the contract discards.

    Raises:
        CannotCoerceColumnException: a column does not fit the type that the schema has for it.
        SchemaIdentifierNormalizationCollision: two columns get one name.
        DataValidationError: the contract is frozen.
    """
    import pyarrow as pa

    arrays: dict[str, pa.Array] = {}
    refused: list[pa.Array] = []
    for field, array in zip(batch.schema, batch.columns, strict=True):
        if pa.types.is_null(field.type):
            continue
        name = placement.schema.naming.normalize_identifier(field.name)
        if name in arrays:
            raise SchemaIdentifierNormalizationCollision(
                f"table {table}: two columns of the Arrow data become {name!r}, one of them is {field.name!r}. "
                "Rename one of them.",
                table=table,
                column=name,
            )
        known = placement.columns(table).get(name)
        if known is None or "data_type" not in known:
            added = column_of(name, field.type)
            try:
                if not placement.accepts(table, added):
                    continue
            except DiscardRow:
                refused.append(array)
                continue
            known = {**added, **(known or {}), "data_type": added["data_type"]}
            placement.add_column(table, known)
        elif placement.filtered(table, name):
            continue
        try:
            arrays[name] = _cast(array, arrow_type(known, capabilities), known["data_type"])
        except pa.ArrowException as error:
            raise CannotCoerceColumnException(
                f"{table}.{name}: Arrow values of type {field.type} do not fit {known['data_type']}: {error}. "
                "Cast the column, or declare another data_type for it.",
                table=table,
                column=name,
            ) from error
    return _kept(arrays, refused)


def _kept(arrays: dict[str, pa.Array], refused: list[pa.Array]) -> dict[str, pa.Array]:
    """Return the columns without the rows that have a value in a refused column."""
    if not refused:
        return arrays
    import functools

    import pyarrow.compute as pc

    kept = functools.reduce(pc.and_, (array.is_null() for array in refused))
    return {name: array.filter(kept) for name, array in arrays.items()}


def _cast(array: pa.Array, wanted: pa.DataType, data_type: str) -> pa.Array:
    import pyarrow as pa

    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if data_type == "json" and pa.types.is_nested(array.type):
        import orjson

        texts = [None if v is None else orjson.dumps(v, default=str).decode() for v in array.to_pylist()]
        return pa.array(texts, wanted)
    if pa.types.is_timestamp(array.type) and array.type.unit == "ns":
        return array.cast(wanted, safe=False)
    return array if array.type.equals(wanted) else array.cast(wanted)

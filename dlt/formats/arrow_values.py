"""Arrow types and values in the terms of schemas: what column a type needs, and what values an array holds.

The values are those that the table of conversions knows. What Python has no exact value for comes in another form that
loses nothing: moments, dates and times as ISO text, durations as decimals of microseconds.
"""

from __future__ import annotations

import datetime
import decimal
from collections.abc import Callable
from types import ModuleType

from dlt.errors import UnsupportedDataType
from dlt.late import np, pa, pc
from dlt.schema.typing import ColumnSchema
from dlt.types import TDataItem

_PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
_EPOCH = datetime.datetime(1970, 1, 1)
_EPOCH_DAY = _EPOCH.toordinal()
_FIRST = (datetime.datetime(1, 1, 1) - _EPOCH) // datetime.timedelta(microseconds=1)
_LAST = (datetime.datetime(9999, 12, 31, 23, 59, 59, 999_999) - _EPOCH) // datetime.timedelta(microseconds=1)
MOMENTS = (_FIRST, _LAST)
"""Microseconds since 1970 of the first and the last moment that dates and timestamps hold."""
DAYS = (_FIRST // 86_400_000_000, _LAST // 86_400_000_000)


def storage_type(kind: pa.DataType) -> pa.DataType:
    """Return the type of the values behind dictionaries, runs of equal values and extensions."""
    while True:
        if pa.types.is_dictionary(kind) or pa.types.is_run_end_encoded(kind):
            kind = kind.value_type
        elif isinstance(kind, pa.BaseExtensionType):
            # it is stored as int8, and would be taken for whole numbers
            if kind.extension_name == "arrow.bool8":
                return pa.bool_()
            # stored as 16 bytes; text, as a UUID of Python becomes
            if kind.extension_name == "arrow.uuid":
                return pa.string()
            kind = kind.storage_type
        else:
            return kind


def column_of(name: str, kind: pa.DataType) -> ColumnSchema:
    """Return the column for an Arrow type.

    Raises:
        UnsupportedDataType: no data type stands for it.
    """
    column: ColumnSchema = {"name": name, "nullable": True}
    types, found = pa.types, storage_type(kind)
    if _is_json(kind):
        column["data_type"] = "json"
    elif types.is_string(found) or types.is_large_string(found) or types.is_string_view(found):
        column["data_type"] = "text"
    elif types.is_integer(found) or types.is_duration(found):
        column["data_type"] = "bigint"
    elif types.is_floating(found):
        column["data_type"] = "double"
    elif types.is_boolean(found):
        column["data_type"] = "bool"
    elif types.is_timestamp(found):
        column["data_type"] = "timestamp"
        column["timezone"] = found.tz is not None
    elif types.is_date(found):
        column["data_type"] = "date"
    elif types.is_time(found):
        column["data_type"] = "time"
    elif types.is_decimal(found):
        column["data_type"] = "decimal"
        column["precision"], column["scale"] = found.precision, found.scale
    elif _is_binary(found):
        column["data_type"] = "binary"
    elif types.is_nested(found):
        _check_nested(name, found)
        column["data_type"] = "json"
    else:
        raise UnsupportedDataType(
            f"column {name}: the Arrow type {kind} has no data type here; cast it first", column=name
        )
    return column


def _is_json(kind: pa.DataType) -> bool:
    return isinstance(kind, pa.BaseExtensionType) and kind.extension_name == "arrow.json"


def _is_binary(kind: pa.DataType) -> bool:
    types = pa.types
    return bool(
        types.is_binary(kind)
        or types.is_large_binary(kind)
        or types.is_fixed_size_binary(kind)
        or types.is_binary_view(kind)
    )


def _check_nested(name: str, kind: pa.DataType) -> None:
    if pa.types.is_map(kind):
        inner = [kind.key_type, kind.item_type]
    elif pa.types.is_struct(kind) or pa.types.is_union(kind):
        inner = [kind.field(position).type for position in range(kind.num_fields)]
    else:
        inner = [kind.value_type]
    for each in inner:
        if not pa.types.is_null(each):
            column_of(name, each)


def plain(array: pa.Array) -> pa.Array:
    """Return an array without dictionaries, runs of equal values and extensions."""
    kind = array.type
    if pa.types.is_dictionary(kind):
        return plain(array.dictionary_decode())
    if pa.types.is_run_end_encoded(kind):
        return plain(pc.run_end_decode(array))
    if isinstance(kind, pa.BaseExtensionType):
        if kind.extension_name == "arrow.bool8":
            return pc.not_equal(array.storage, pa.scalar(0, pa.int8()))
        # as for rows, so that both go into one column
        if kind.extension_name == "arrow.uuid":
            return pa.array([_uuid_text(value) for value in array.storage.to_pylist()], pa.string())
        return plain(array.storage)
    return array


def _uuid_text(value: bytes | None) -> str | None:
    import uuid

    return None if value is None else str(uuid.UUID(bytes=value))


def values_of(array: pa.Array) -> list[object]:
    """Return the values of an array; documents as dicts and lists, a map whose keys are no names as pairs."""
    if pa.types.is_null(array.type):
        return [None] * len(array)
    array = plain(array)
    kind, types = array.type, pa.types
    for applies, read in _READERS:
        if applies(types, kind):
            return read(array)
    found: list[object] = array.to_pylist()
    return found


def _moments(array: pa.Array) -> list[object]:
    unit, zone = array.type.unit, array.type.tz
    exact = _micros(array, unit)
    text = "+00:00" if zone is not None else ""
    # Python has no moments beyond the year 9999: Arrow has, and they become text
    known = [v if v is not None and _FIRST <= v <= _LAST else None for v in exact]
    epoch = _EPOCH if zone is None else _EPOCH.replace(tzinfo=datetime.timezone.utc)
    found: list[object] = [None if v is None else epoch + datetime.timedelta(microseconds=v) for v in known]
    return _filled(array, found, lambda number: _moment_text(number, unit) + text)


def _micros(array: pa.Array, unit: str) -> list[int | None]:
    """Return whole microseconds, None where there are none."""
    numbers: list[int | None] = array.cast(pa.int64()).to_pylist()
    # a moment of Python would lose the nanoseconds: None sends the value to the form that keeps them
    if unit == "ns":
        return [None if v is None or v % 1000 else v // 1000 for v in numbers]
    factor = 1_000_000 // _PER_SECOND[unit]
    return [None if v is None else v * factor for v in numbers]


def _filled(array: pa.Array, found: list[object], other: Callable[[int], object]) -> list[object]:
    # nearly always: nothing was lost on the way through Python
    if array.null_count == sum(value is None for value in found):
        return found
    width = pa.int32() if array.type.bit_width == 32 else pa.int64()
    numbers = array.cast(width).to_pylist()
    return [
        other(number) if value is None and number is not None else value
        for value, number in zip(found, numbers, strict=True)
    ]


def _moment_text(number: int, unit: str) -> str:
    return str(np.datetime_as_string(np.array(number, np.int64).view(f"datetime64[{unit}]")))


def _days(array: pa.Array) -> list[object]:
    numbers = array.cast(pa.int32()).to_pylist()
    known = [v if v is not None and DAYS[0] <= v <= DAYS[1] else None for v in numbers]
    found: list[object] = [None if v is None else datetime.date.fromordinal(_EPOCH_DAY + v) for v in known]
    return _filled(array, found, lambda n: _moment_text(n, "D"))


def _milliseconds(array: pa.Array) -> list[object]:
    moments = array.cast(pa.int64()).cast(pa.timestamp("ms"))
    # date64 should hold whole days, and pyarrow lets it hold a time of day
    if all(value is None or not value % 86_400_000 for value in array.cast(pa.int64()).to_pylist()):
        return [
            # the last 13 letters of such a text are T00:00:00.000
            v.date() if isinstance(v, datetime.datetime) else v[:-13] if isinstance(v, str) else v
            for v in _moments(moments)
        ]
    return _moments(moments)


def _times(array: pa.Array) -> list[object]:
    numbers = array.cast(pa.int64()).to_pylist()
    known = [None if v is None or v % 1000 else v // 1000 for v in numbers]
    found: list[object] = [None if v is None else (_EPOCH + datetime.timedelta(microseconds=v)).time() for v in known]
    return _filled(array, found, _time_text)


def _time_text(number: int) -> str:
    seconds, nanos = divmod(number, 1_000_000_000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{nanos:09}"


def _durations(array: pa.Array) -> list[object]:
    unit = array.type.unit
    micros = _micros(array, unit)
    limit = datetime.timedelta.max // datetime.timedelta(microseconds=1)
    found: list[object] = []
    for whole, number in zip(micros, array.cast(pa.int64()).to_pylist(), strict=True):
        if whole is None and number is not None:
            found.append(decimal.Decimal(number).scaleb(-3, decimal.Context(prec=30)))
        elif whole is None or abs(whole) > limit:
            found.append(whole)
        else:
            found.append(datetime.timedelta(microseconds=whole))
    return found


def _floats(array: pa.Array) -> list[object]:
    # of half floats Arrow gives numpy scalars
    return [None if value is None else float(value) for value in array.to_pylist()]


def _structs(array: pa.Array) -> list[object]:
    names = [field.name for field in array.type]
    columns = [values_of(values) for values in array.flatten()]
    rows = zip(*columns, strict=True) if columns else iter([()] * len(array))
    valid = array.is_valid().to_pylist()
    return [dict(zip(names, row, strict=True)) if there else None for row, there in zip(rows, valid, strict=True)]


def _lists(array: pa.Array) -> list[object]:
    found: list[object] = []
    # flatten leaves out what may lie behind lists that are NULL
    items, start = values_of(array.flatten()), 0
    for length in pc.list_value_length(array).to_pylist():
        found.append(None if length is None else items[start : start + length])
        start += length or 0
    return found


def _maps(array: pa.Array) -> list[object]:
    pairs: list[TDataItem] = _lists(
        array.cast(pa.list_(pa.struct([("key", array.type.key_type), ("value", array.type.item_type)])))
    )
    # as JSON and Avro have them; pairs where a key is no name
    names = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view, pa.types.is_integer)
    is_named = any(applies(array.type.key_type) for applies in names)
    return [None if row is None else _named(row) if is_named else row for row in pairs]


def _named(pairs: list[dict[str, object]]) -> object:
    found = {str(pair["key"]): pair["value"] for pair in pairs}
    # writers should let no key repeat, and nothing stops them
    return found if len(found) == len(pairs) else pairs


_READERS: list[tuple[Callable[[ModuleType, pa.DataType], bool], Callable[[pa.Array], list[object]]]] = [
    (lambda types, kind: types.is_timestamp(kind), _moments),
    (lambda types, kind: types.is_date32(kind), _days),
    (lambda types, kind: types.is_date64(kind), _milliseconds),
    (lambda types, kind: types.is_time64(kind) and kind.unit == "ns", _times),
    (lambda types, kind: types.is_duration(kind), _durations),
    (lambda types, kind: types.is_float16(kind), _floats),
    (lambda types, kind: types.is_struct(kind), _structs),
    (lambda types, kind: types.is_map(kind), _maps),
    (
        lambda types, kind: (
            types.is_list(kind)
            or types.is_large_list(kind)
            or types.is_fixed_size_list(kind)
            or types.is_list_view(kind)
            or types.is_large_list_view(kind)
        ),
        _lists,
    ),
]

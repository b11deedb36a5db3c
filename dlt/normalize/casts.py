"""Whole arrays as columns of a schema, only where every value becomes what the table of conversions makes of it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from dlt.errors import UnsupportedDataType
from dlt.formats.arrow_values import DAYS, MOMENTS, plain, values_of
from dlt.late import pa, pc
from dlt.normalize.arrays import arrow_type, build
from dlt.normalize.placement import DiscardRow, Placement, QuarantineRow, taken
from dlt.schema.capabilities import Capabilities
from dlt.schema.limits import int_range
from dlt.schema.quarantine import Refusal
from dlt.schema.typing import ColumnSchema, DataType

KeptOut = dict[int, Refusal]
"""Rows that go to quarantine, each with the first reason that was found."""
# 18 digits always fit 64 bits; longer numbers are looked at one by one
_WHOLE_NUMBER = r"^(?:0|-?[1-9][0-9]{0,17})$"
_SECONDS = (MOMENTS[0] // 1_000_000, MOMENTS[1] // 1_000_000)


def whole(array: pa.Array, column: ColumnSchema, capabilities: Capabilities) -> pa.Array | None:
    """Return an array as the column stores it; None where some value needs a look of its own.

    Args:
        array: The values.
        column: Column with a data type.
        capabilities: What the destination can store.
    """
    wanted = arrow_type(column, capabilities)
    # NULL is of every type
    if array.null_count == len(array) or pa.types.is_null(array.type):
        return pa.nulls(len(array), wanted)
    cast = _CASTS.get(column["data_type"])
    if cast is None:
        return None
    try:
        return cast(plain(array), wanted, column, capabilities)
    except pa.ArrowException:
        return None


def by_value(
    placement: Placement, table: str, name: str, values: list[object], kept_out: KeptOut | None = None
) -> tuple[dict[str, pa.Array], pa.Array | None]:
    """Return the columns into which values go one by one, and a mask of the rows that the contract discards, or None.

    Args:
        placement: Decides the columns.
        table: Name of the table.
        name: The column that the values are meant for; it is among those returned unless its values are discarded.
        values: Values as the table of conversions knows them.
        kept_out: Gets the rows that go to quarantine, which are among those of the mask then; None where no row may
            be refused.

    Raises:
        DiscardRow, QuarantineRow: a row is refused where none may be.
    """
    gathered: dict[str, list[object]] = {}
    refused: list[int] = []
    for row, value in enumerate(values):
        if value is None:
            continue
        try:
            placed = placement.place(table, name, value)
        except (DiscardRow, QuarantineRow) as why:
            # of pages only rows come here of which nothing is refused: a fault must not pass as a gap
            if kept_out is None:
                raise
            if isinstance(why, QuarantineRow):
                kept_out.setdefault(row, why.refusal)
            refused.append(row)
            continue
        if placed is not None:
            column, stored = placed
            if column not in gathered:
                gathered[column] = [None] * len(values)
            gathered[column][row] = stored
    columns = placement.columns(table)
    if "data_type" in columns.get(name, {}):
        # a column that is known is in the file even where all its values went elsewhere
        gathered.setdefault(name, [None] * len(values))
    arrays = {column: build(found, columns[column], placement.capabilities) for column, found in gathered.items()}
    if not refused:
        return arrays, None
    mask = [False] * len(values)
    for row in refused:
        mask[row] = True
    return arrays, pa.array(mask)


def place(
    placement: Placement, table: str, name: str, array: pa.Array, kept_out: KeptOut | None = None
) -> tuple[dict[str, pa.Array], pa.Array | None]:
    """Return the columns into which an array goes, whose own has a type, and a mask of discarded rows, or None."""
    found = whole(array, placement.columns(table)[name], placement.capabilities)
    if found is not None:
        return {name: found}, None
    return by_value(placement, table, name, values_of(array), kept_out)


def coalesced(known: pa.Array | None, values: pa.Array, table: str, column: str) -> pa.Array:
    """Return the values of two arrays of one column.

    Args:
        known: Values that came to the column before, or None.
        values: Those of other rows.
        table: Name of the table, for messages.
        column: Name of the column.

    Raises:
        SchemaIdentifierNormalizationCollision: a row has two values for the column.
    """
    if known is None:
        return values
    # both were made for one column, so this is a fault of this library
    if not known.type.equals(values.type):
        raise UnsupportedDataType(f"two arrays of types {known.type} and {values.type} meet in one column")
    # the same value twice, under two keys, is one value
    if pc.any(pc.not_equal(known, values)).as_py():
        raise taken(table, column)
    return pc.coalesce(known, values)


def holds_nul(array: pa.Array) -> bool:
    """Tell whether a text has the character NUL."""
    return bool(pc.any(pc.match_substring(array, "\0")).as_py())


def holds_escaped_nul(array: pa.Array) -> bool:
    """Tell whether a JSON text may have the character NUL in it."""
    return bool(pc.any(pc.match_substring(array, "\\u0000")).as_py())


def in_bounds(array: pa.Array, low: object, high: object) -> bool:
    """Tell whether all numbers lie between two."""
    found = pc.min_max(array)
    least, most = found["min"].as_py(), found["max"].as_py()
    return least is None or (bool(low <= least) and bool(most <= high))


def moments_in_bounds(array: pa.Array) -> bool:
    """Tell whether timestamps in microseconds are of the years 1 to 9999."""
    return in_bounds(array.cast(pa.int64()), *MOMENTS)


def days_in_bounds(array: pa.Array) -> bool:
    """Tell whether dates in days are of the years 1 to 9999."""
    return in_bounds(array.cast(pa.int32()), *DAYS)


def all_finite(array: pa.Array) -> bool:
    """Tell whether floats are neither NaN nor infinite."""
    return pc.all(pc.is_finite(array)).as_py() is not False


def _as(array: pa.Array, wanted: pa.DataType) -> pa.Array:
    # also a cast to the same type imports pyarrow.compute, a tenth of the time of a one-row load
    return array if array.type.equals(wanted) else array.cast(wanted)


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _text(array: pa.Array, wanted: pa.DataType, column: ColumnSchema, capabilities: Capabilities) -> pa.Array | None:
    if pa.types.is_integer(array.type):
        # ints have one way to be written, other numbers have several
        texts = array.cast(wanted)
    elif _is_text(array.type):
        texts = _as(array, wanted)
        if not capabilities.supports_nul and holds_nul(texts):
            return None
    else:
        return None
    precision, longest = column.get("precision"), capabilities.max_text_data_type_length
    if precision and capabilities.enforces_length:
        lengths = pc.utf8_length(texts) if longest is None else pc.binary_length(texts)
        if not in_bounds(lengths, 0, precision):
            return None
    if longest is not None and not in_bounds(pc.binary_length(texts), 0, longest):
        return None
    return texts


def _double(array: pa.Array, wanted: pa.DataType, _column: ColumnSchema, capabilities: Capabilities) -> pa.Array | None:
    if pa.types.is_floating(array.type):
        if pa.types.is_float16(array.type):
            array = array.cast(pa.float32())
        numbers = _as(array, wanted)
        return numbers if capabilities.supports_nan or all_finite(numbers) else None
    return array.cast(wanted) if pa.types.is_integer(array.type) else None


def _bool(array: pa.Array, wanted: pa.DataType, _column: ColumnSchema, _capabilities: Capabilities) -> pa.Array | None:
    # 0 and 1 are read one by one, as other numbers are no bool
    return array if array.type.equals(wanted) else None


def _bigint(array: pa.Array, wanted: pa.DataType, column: ColumnSchema, _capabilities: Capabilities) -> pa.Array | None:
    if pa.types.is_duration(array.type):
        # the cast refuses nanoseconds that would be lost
        array = array.cast(pa.duration("us")).cast(pa.int64())
    elif _is_text(array.type):
        array = array.cast(pa.string())
        if pc.all(pc.match_substring_regex(array, _WHOLE_NUMBER)).as_py() is False:
            return None
    elif not pa.types.is_integer(array.type):
        return None
    numbers = _as(array, wanted)
    return numbers if "precision" not in column or in_bounds(numbers, *int_range(column)) else None


def _decimal(
    array: pa.Array, wanted: pa.DataType, _column: ColumnSchema, _capabilities: Capabilities
) -> pa.Array | None:
    if not pa.types.is_decimal(wanted) or not (pa.types.is_decimal(array.type) or pa.types.is_integer(array.type)):
        return None
    # pyarrow's cast to more digits behind the point multiplies without a look: what does not fit becomes garbage
    limit = Decimal(10) ** (wanted.precision - wanted.scale)
    if not in_bounds(array, -limit + Decimal(1).scaleb(-wanted.scale), limit - Decimal(1).scaleb(-wanted.scale)):
        return None
    return _as(array, wanted)


def _timestamp(
    array: pa.Array, wanted: pa.DataType, column: ColumnSchema, _capabilities: Capabilities
) -> pa.Array | None:
    utc = pa.timestamp("us", "UTC")
    precision = column.get("precision", 6)
    # nanoseconds are refused or kept by value, as a cast to microseconds would cut them
    if precision > 6:
        return None
    if pa.types.is_timestamp(array.type):
        moments = array.cast(pa.timestamp("us", array.type.tz)).cast(utc)
    elif _is_text(array.type):
        moments = _moments_of_text(array.cast(pa.string()))
    elif pa.types.is_date32(array.type) and days_in_bounds(array):
        moments = array.cast(pa.timestamp("us")).cast(utc)
    elif pa.types.is_integer(array.type) and in_bounds(array, *_SECONDS):
        # in range already, so that the product does not overflow
        moments = pc.multiply(array.cast(pa.int64()), 1_000_000).cast(utc)
    else:
        return None
    if not moments_in_bounds(moments) or not _has_digits(moments, precision):
        return None
    return _as(moments, wanted)


def _moments_of_text(array: pa.Array) -> pa.Array:
    try:
        return array.cast(pa.timestamp("us", "UTC"))
    except pa.ArrowException:
        return array.cast(pa.timestamp("us")).cast(pa.timestamp("us", "UTC"))


def _date(array: pa.Array, _wanted: pa.DataType, _column: ColumnSchema, _capabilities: Capabilities) -> pa.Array | None:
    return array if pa.types.is_date32(array.type) and days_in_bounds(array) else None


def _time(array: pa.Array, wanted: pa.DataType, column: ColumnSchema, _capabilities: Capabilities) -> pa.Array | None:
    if not pa.types.is_time(array.type):
        return None
    times = _as(array, wanted)
    return times if _has_digits(times, column.get("precision", 6)) else None


def _has_digits(array: pa.Array, precision: int) -> bool:
    """Tell whether microseconds have no digits of a second beyond a number of them."""
    if precision >= 6:
        return True
    micros = array.cast(pa.int64()).drop_null().to_numpy()
    return not (micros % 10 ** (6 - precision)).any()


def _binary(array: pa.Array, wanted: pa.DataType, column: ColumnSchema, capabilities: Capabilities) -> pa.Array | None:
    kind, types = array.type, pa.types
    if not (types.is_binary(kind) or types.is_large_binary(kind) or types.is_fixed_size_binary(kind)) and not (
        types.is_binary_view(kind)
    ):
        return None
    found = array if kind.equals(wanted) else array.cast(wanted)
    precision = column.get("precision")
    if precision and capabilities.enforces_length and not in_bounds(pc.binary_length(found), 0, precision):
        return None
    return found


Cast = Callable[["pa.Array", "pa.DataType", ColumnSchema, Capabilities], "pa.Array | None"]
_CASTS: dict[DataType, Cast] = {
    "text": _text,
    "double": _double,
    "bool": _bool,
    "bigint": _bigint,
    "decimal": _decimal,
    "wei": _decimal,
    "timestamp": _timestamp,
    "date": _date,
    "time": _time,
    "binary": _binary,
}

"""Which fields of COPY ... (FORMAT binary) the columns of record batches become.

Arrow has several types for what a column of PostgreSQL holds. Values are brought to one of them first; what is written
after that has ten types: null, bool, three integers, double, binary, and decimals of 128 and of 256 bits.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeAlias

from dlt.destinations.impl.postgres.oids import (
    BIGINT,
    BOOL,
    BYTEA,
    CHARACTER,
    DATE,
    DOUBLE,
    INTEGER,
    JSON,
    JSONB,
    NUMERIC,
    SMALLINT,
    TEXT,
    TIME,
    TIMESTAMP,
    TIMESTAMP_TZ,
    VARCHAR,
)
from dlt.late import pa, pc
from dlt.late_dataclass import dataclass

Conversion: TypeAlias = "Callable[[pa.Array], pa.Array]"
# PostgreSQL counts days and microseconds from 2000 on, Arrow from 1970
_DAYS_TO_2000, _MICROSECONDS_TO_2000 = 10_957, 946_684_800_000_000
# from 4713 BC on, without what stands for infinity: https://www.postgresql.org/docs/current/datatype-datetime.html
_DAYS = (-2_440_588, 2_145_042_905)
_MICROSECONDS = (-210_866_803_200_000_000, 2**63 - 1)


@dataclass(frozen=True)
class Field:
    """A column as it is written.

    Attributes:
        conversion: Gives values in a type that is written, as they are if there is none.
        bounds: The smallest and the largest number that the engine takes.
        less: What is subtracted from numbers: zero is another day there.
        before: A byte before each value that is not NULL, or none.
    """

    conversion: Conversion | None = None
    bounds: tuple[int, int] | None = None
    less: int = 0
    before: bytes = b""

    def converted(self, values: pa.Array) -> pa.Array:
        """Return values as they are written.

        Raises:
            pa.ArrowInvalid: one of them does not fit.
        """
        if self.conversion is not None:
            values = self.conversion(values)
        if self.bounds is not None:
            _refuse_outside(values, *self.bounds)
        return values


def fields_of(schema: pa.Schema, oids: Sequence[int]) -> list[Field] | None:
    """Return how the columns become fields of the types at the destination; None if one of them cannot."""
    found = [_field(column.type, oid) for column, oid in zip(schema, oids, strict=True)]
    known = [field for field in found if field is not None]
    return known if len(known) == len(found) else None


def _refuse_outside(values: pa.Array, lowest: int, highest: int) -> None:
    found = pc.min_max(values)
    for number in (found["min"].as_py(), found["max"].as_py()):
        if number is not None and not lowest <= number <= highest:
            unit = "days" if values.type == pa.int32() else "microseconds"
            raise pa.ArrowInvalid(f"{number} {unit} after 1970 is outside of the range of the type")


def _field(kind: pa.DataType, oid: int) -> Field | None:
    is_ = pa.types
    if is_.is_dictionary(kind):
        inner = _field(kind.value_type, oid)
        if inner is None:
            return None
        converted = inner.converted
        # the bounds are those of the values, and are looked at with them
        return Field(lambda values: converted(values.dictionary_decode()), None, inner.less, inner.before)
    if is_.is_null(kind):
        return Field()
    is_text = is_.is_string(kind) or is_.is_large_string(kind)
    is_bytes = is_.is_binary(kind) or is_.is_large_binary(kind) or is_.is_fixed_size_binary(kind)
    if is_text and oid in (TEXT, VARCHAR, CHARACTER, JSON, JSONB):
        # jsonb begins with the version of its format, which is 1
        return Field(_to(pa.binary()), before=b"\x01" if oid == JSONB else b"")
    if is_bytes and oid == BYTEA:
        return Field(_to(pa.binary()))
    return _number(kind, oid) or _numeric(kind, oid)


def _number(kind: pa.DataType, oid: int) -> Field | None:
    """Return the field of values that all have one width."""
    is_ = pa.types
    if is_.is_boolean(kind) and oid == BOOL:
        return Field()
    if is_.is_integer(kind) and oid in (SMALLINT, INTEGER, BIGINT):
        return Field(_to({SMALLINT: pa.int16(), INTEGER: pa.int32(), BIGINT: pa.int64()}[oid]))
    if is_.is_floating(kind) and oid == DOUBLE:
        return Field(_to(pa.float64()))
    if is_.is_date(kind) and oid == DATE:
        return Field(partial(_counted, kind=pa.date32()), _DAYS, _DAYS_TO_2000)
    if is_.is_time(kind) and oid == TIME:
        return Field(partial(_counted, kind=pa.time64("us")))
    if (is_.is_timestamp(kind) or is_.is_date(kind)) and oid in (TIMESTAMP, TIMESTAMP_TZ):
        return Field(partial(_counted, kind=pa.timestamp("us")), _MICROSECONDS, _MICROSECONDS_TO_2000)
    return None


def _numeric(kind: pa.DataType, oid: int) -> Field | None:
    is_ = pa.types
    if is_.is_integer(kind) and oid == NUMERIC:
        return Field(_to(pa.decimal128(20, 0)))
    # Arrow knows scales below zero, for which the format has no sign
    if is_.is_decimal(kind) and oid == NUMERIC and kind.scale >= 0:
        return Field(_to(pa.decimal128(kind.precision, kind.scale)) if kind.bit_width < 128 else None)
    return None


def _to(kind: pa.DataType) -> Conversion:
    return lambda values: values if values.type == kind else values.cast(kind)


def _counted(values: pa.Array, kind: pa.DataType) -> pa.Array:
    """Return days, times or moments as numbers.

    Args:
        values: The values.
        kind: Arrow type that has the unit of the column.
    """
    if pa.types.is_timestamp(values.type):
        # a zone says how a moment is shown; it is a number of units since 1970 in UTC with any
        values = values.view(pa.int64()).view(pa.timestamp(values.type.unit))
    # of what is finer than a microsecond the engine keeps nothing
    finer = not pa.types.is_date(values.type) and values.type.unit == "ns"
    if values.type != kind:
        values = values.cast(kind, safe=not finer)
    return values.view(pa.int32() if kind.bit_width == 32 else pa.int64())

"""Values of drivers as columns of Arrow: one place that says what a value of each type becomes."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from decimal import Context, Decimal, InvalidOperation
from typing import Any

from dlt.clock import moment_of
from dlt.errors import ConfigurationValueError
from dlt.formats.pages import aware_moments
from dlt.late import np, pa, pc
from dlt.schema.arrow import arrow_type
from dlt.schema.documents import json_text
from dlt.schema.typing import ColumnSchema
from dlt.sources.documents import document_in_column, document_of, documents_of, structure_of

Values = Sequence[Any]
"""Values of one column, as a driver gives them."""
Converter = Callable[[Any], object]
_MIDNIGHT = datetime.datetime(1970, 1, 1)
_DAY = datetime.timedelta(days=1)
_EXACT = 2.0**53
"""From here on a float has no fraction, and its shortest text has zeros in place of digits."""
_WIDE = Context(prec=400)
"""Room for the digits of each float."""


def row_tuples_to_arrow(
    rows: Sequence[Any], columns: Mapping[str, ColumnSchema] | None = None, tz: str | None = None
) -> pa.Table:
    """Return rows as an Arrow table.

    Args:
        rows: Tuples, or rows of SQLAlchemy.
        columns: Their columns in order, with or without types; what has no type is told by its values.
        tz: Zone of moments that have one, UTC by default.
    """
    known = dict(columns or {})
    width = len(rows[0]) if rows else len(known)
    names = list(known) or [str(number) for number in range(width)]
    values: list[Values] = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in names]
    return table_of(names, values, known, tz)


def table_of(
    names: Sequence[str], values: Sequence[Values], columns: Mapping[str, ColumnSchema], tz: str | None = None
) -> pa.Table:
    """Return columns as an Arrow table.

    Args:
        names: Names of the columns.
        values: Their values.
        columns: What is known of them, by name.
        tz: Zone of moments that have one, UTC by default.
    """
    arrays = [in_zone(column_of(found, columns.get(name)), tz) for name, found in zip(names, values, strict=True)]
    return pa.Table.from_arrays(arrays, names=list(names))


def column_of(values: Values, column: ColumnSchema | None) -> pa.Array:
    """Return values as a column of Arrow.

    A value that its type does not have makes a column of texts of all of them, so that none is lost: what is no
    date goes where normalize finds a place for it.

    Args:
        values: The values.
        column: What is known of the column; without a type the values tell it.
    """
    if column is None or "data_type" not in column:
        return _inferred(values)
    kind = column["data_type"]
    wanted = wanted_type(column)
    classes = set(map(type, values))
    classes.discard(type(None))
    if not classes:
        return pa.nulls(len(values), wanted)
    quick = _at_once(values, classes, column, wanted)
    if quick is not None:
        return quick
    try:
        if kind == "json":
            return documents_of(
                pa.array([None if value is None else document_of(value) for value in values], pa.string())
            )
        if not classes <= _OWN[kind]:
            converter = _converter(column)
            values = [None if value is None else converter(value) for value in values]
        if kind == "timestamp" and column.get("timezone", True):
            return aware_moments(values)
        if wanted is None:
            return pa.array(values)
        return pa.array(values, wanted)
    except (pa.ArrowException, ArithmeticError, TypeError, ValueError):
        return _beside(values, column) if kind in ("bool", "decimal", "wei") else as_texts(values)


def _beside(values: Values, column: ColumnSchema) -> pa.Array:
    """Return values as texts of which the type of the column takes all but those that are none of it.

    A text of a date is one that the column takes by itself; a whole number is no text of what is true.
    """
    converter = _converter(column)

    def text_of(value: object) -> str:
        try:
            found = converter(value)
        except (ArithmeticError, TypeError, ValueError):
            return _text(value)
        return str(found).lower() if isinstance(found, bool) else str(found)

    return pa.array([None if value is None else text_of(value) for value in values], pa.string())


def _at_once(values: Values, classes: set[type], column: ColumnSchema, wanted: pa.DataType | None) -> pa.Array | None:
    """Return what Arrow makes of all values in one call; None where it makes nothing, or another thing, of one."""
    kind = column["data_type"]
    try:
        if kind in ("date", "time") and classes == {str}:
            return pa.array(values, pa.string()).cast(wanted)
        if kind == "timestamp" and classes == {str}:
            # without a zone it is UTC
            return pa.array(values, pa.string()).cast(pa.timestamp("us")).cast(wanted)
        if kind == "bool" and classes == {int}:
            numbers = pa.array(values, pa.int8())
            ends = pc.min_max(numbers)
            return numbers.cast(pa.bool_()) if ends["min"].as_py() >= 0 and ends["max"].as_py() <= 1 else None
        if kind == "decimal" and wanted is not None and classes <= {int, float}:
            numbers = pa.array(values, pa.float64())
            largest = pc.max(pc.abs(numbers)).as_py()
            if not largest < _EXACT:
                return None
            # by the shortest text of a float: it has digits that nobody wrote
            return numbers.cast(pa.string()).cast(wanted)
    except (pa.ArrowException, OverflowError, TypeError, ValueError):
        # value by value then, so that those which are odd are found
        return None
    return None


def as_texts(values: Values) -> pa.Array:
    """Return values as a column of texts."""
    return pa.array([None if value is None else _text(value) for value in values], pa.string())


def in_zone(array: pa.Array, tz: str | None) -> pa.Array:
    """Return a column with its moments shown in a zone; one without moments that have a zone stays as it is.

    Raises:
        ConfigurationValueError: there is no such zone.
    """
    if tz is None or not pa.types.is_timestamp(array.type) or array.type.tz in (None, tz):
        return array
    try:
        return array.cast(pa.timestamp(array.type.unit, tz))
    except pa.ArrowException as error:
        raise ConfigurationValueError(f"backend_kwargs: tz={tz!r} is no zone. Name one as in 'UTC'.") from error


def rows_of(table: pa.Table, columns: Mapping[str, ColumnSchema], nested: Collection[str] = ()) -> list[dict[str, Any]]:
    """Return an Arrow table as dicts.

    Args:
        table: The table.
        columns: What is known of its columns: those of JSON are parsed.
        nested: Names of those that stay no documents, and become tables.
    """
    if not table.num_columns:
        return [{} for _ in range(table.num_rows)]
    values = [
        _python_values(array, columns.get(name), name in nested)
        for name, array in zip(table.column_names, table.columns, strict=True)
    ]
    names = table.column_names
    return [dict(zip(names, row, strict=True)) for row in zip(*values, strict=True)]


def _python_values(array: pa.ChunkedArray, column: ColumnSchema | None, is_nested: bool) -> list[Any]:
    kind = array.type
    if pa.types.is_timestamp(kind) and kind.unit == "us" and kind.tz in (None, "UTC"):
        # one call for all of them, where to_pylist makes each by itself
        found: list[Any] = array.combine_chunks().cast(pa.timestamp("us")).to_numpy(zero_copy_only=False).tolist()
        if kind.tz is None:
            return found
        utc = datetime.timezone.utc
        return [None if moment is None else moment.replace(tzinfo=utc) for moment in found]
    values: list[Any] = array.to_pylist()
    if column is not None and column.get("data_type") == "json" and pa.types.is_string(kind):
        if is_nested:
            return [None if text is None else structure_of(text) for text in values]
        # one whose numbers Python would round stays the text that it is in the database, as one does that is a text
        return [None if text is None else document_in_column(text) for text in values]
    return values


def wanted_type(column: ColumnSchema) -> pa.DataType | None:
    """Return the Arrow type of a column; None where each page has that of its values."""
    kind = column["data_type"]
    if kind in ("decimal", "wei") and column.get("precision") is None:
        return None
    if kind == "bigint":
        bits = column.get("precision") or 64
        return pa.int64() if bits > 32 else pa.int32() if bits > 16 else pa.int16()
    return arrow_type(column)


def _converter(column: ColumnSchema) -> Converter:
    kind = column["data_type"]
    if kind == "timestamp":
        return _aware if column.get("timezone", True) else _naive
    if kind in ("decimal", "wei"):
        scale = column.get("scale")
        return lambda value: _decimal(value, scale)
    return _CONVERTERS[kind]


def _inferred(values: Values) -> pa.Array:
    """Return a column whose type the values tell."""
    classes = set(map(type, values)) - {type(None)}
    try:
        if classes <= {dict, list, tuple} and classes:
            return pa.array([None if value is None else json_text(value) for value in values], pa.string())
        if classes == {datetime.datetime} and any(value.tzinfo is not None for value in values if value is not None):
            return aware_moments([None if value is None else _aware(value) for value in values])
        if len(classes) <= 1 and not classes & {uuid.UUID, datetime.timedelta}:
            return pa.array(values)
        if classes <= {int, float, Decimal}:
            return pa.array([None if value is None else _decimal(value, None) for value in values])
    except (pa.ArrowException, ArithmeticError, TypeError, ValueError):
        pass  # what Arrow has no type for has a text
    return as_texts(values)


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return "\\x" + value.hex()
    if isinstance(value, (memoryview, bytearray)):
        return _text(bytes(value))
    if isinstance(value, (dict, list, tuple)):
        return json_text(list(value) if isinstance(value, tuple) else value)
    if isinstance(value, (set, frozenset)):
        return ",".join(sorted(map(str, value)))
    if isinstance(value, datetime.timedelta):
        return _duration(value)
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
        return value.isoformat()
    return str(value)


def _duration(value: datetime.timedelta) -> str:
    # as MySQL writes it, and not in days that are negative with hours that are not
    seconds, micros = divmod(abs(value) // datetime.timedelta(microseconds=1), 1_000_000)
    whole = (
        f"{'-' if value < datetime.timedelta(0) else ''}{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    )
    return f"{whole}.{micros:06}" if micros else whole


def _aware(value: object) -> datetime.datetime:
    moment = _moment(value)
    if moment.tzinfo is None:
        return moment.replace(tzinfo=datetime.timezone.utc)
    return moment.astimezone(datetime.timezone.utc)


def _naive(value: object) -> datetime.datetime:
    moment = _moment(value)
    return moment if moment.tzinfo is None else moment.astimezone(datetime.timezone.utc).replace(tzinfo=None)


def _moment(value: object) -> datetime.datetime:
    if isinstance(value, datetime.datetime):
        return value
    if isinstance(value, datetime.date):
        return datetime.datetime(value.year, value.month, value.day)
    if isinstance(value, str):
        return moment_of(value)
    # SQLite may hold seconds or days of another calendar: nobody knows which
    raise ValueError(f"{value!r} is no moment")


def _date(value: object) -> datetime.date:
    if isinstance(value, datetime.datetime):
        if value.time() != datetime.time.min:
            raise ValueError("a date with a time of day")
        return value.date()
    if isinstance(value, datetime.date):
        return value
    if isinstance(value, str):
        return datetime.date.fromisoformat(value)
    raise ValueError(f"{value!r} is no date")


def _time(value: object) -> datetime.time:
    if isinstance(value, datetime.timedelta):
        # drivers of MySQL give what has passed since midnight, which may be more than a day, or less than nothing
        if not datetime.timedelta(0) <= value < _DAY:
            raise ValueError("no time of day")
        return (_MIDNIGHT + value).time()
    found = datetime.time.fromisoformat(value) if isinstance(value, str) else value
    if not isinstance(found, datetime.time) or found.tzinfo is not None:
        raise ValueError(f"{value!r} is no time")
    return found


def _decimal(value: object, scale: int | None) -> Decimal:
    if isinstance(value, Decimal):
        return value
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise ValueError(f"{value!r} is no number")
    try:
        # by its text: a float has digits that nobody wrote; one too large for a fraction is a whole number, exactly
        found = Decimal(value) if isinstance(value, float) and abs(value) >= _EXACT else Decimal(str(value))
    except InvalidOperation as error:
        raise ValueError(f"{value!r} is no number") from error
    if isinstance(value, float) and scale is not None and found.is_finite():
        return found.quantize(Decimal(1).scaleb(-scale), context=_WIDE)
    return found


def _bool(value: object) -> bool:
    if value in (0, 1):
        return bool(value)
    if value in ("0", "1"):
        # a driver without a type for it gives its text
        return value == "1"
    if isinstance(value, bytes) and len(value) == 1 and value[0] in (0, 1):
        return bool(value[0])
    raise ValueError(f"{value!r} is neither true nor false")


def _int(value: object) -> int:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int):
        return value
    if isinstance(value, (float, Decimal)) and value == int(value):
        return int(value)
    raise ValueError(f"{value!r} is no whole number")


def _float(value: object) -> float:
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        return float(value)
    raise ValueError(f"{value!r} is no number")


def _binary(value: object) -> bytes:
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value)
    if isinstance(value, str):
        return value.encode()
    raise ValueError(f"{value!r} is not binary")


_OWN: Mapping[str, set[type]] = {
    "text": {str},
    "json": set(),
    "complex": set(),
    "double": {float},
    "bigint": {int},
    "bool": {bool},
    "decimal": {Decimal},
    "wei": {Decimal},
    "binary": {bytes},
    "date": {datetime.date},
    "time": set(),
    "timestamp": set(),
}
"""Classes that need no conversion."""
_CONVERTERS: Mapping[str, Converter] = {
    "text": _text,
    "json": document_of,
    "complex": document_of,
    "double": _float,
    "bigint": _int,
    "bool": _bool,
    "binary": _binary,
    "date": _date,
    "time": _time,
}


def without_types(table: pa.Table) -> pa.Table:
    """Return a table whose columns without any value have no type: where types are not taken, values tell them."""
    for at, (field, array) in enumerate(zip(table.schema, table.columns, strict=True)):
        if array.null_count == len(array):
            table = table.set_column(at, pa.field(field.name, pa.null()), pa.nulls(len(array)))
    return table


def shortest_floats(array: pa.Array) -> pa.Array:
    """Return numbers of 32 bits, which a driver gave with 64, as those that have their shortest text."""
    texts = np.char.mod("%s", array.fill_null(0).to_numpy(zero_copy_only=False).astype(np.float32))
    return pc.if_else(array.is_valid(), pa.array(texts.astype(np.float64)), None)

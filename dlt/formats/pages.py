"""Pages of rows into Arrow record batches, whenever nothing is lost on the way.

A field of the batch holds values of one Python type. A key whose values are of several scalar types becomes several
fields of the same name, in order of first appearance. A page that holds anything else is refused and goes through the
exact row format.
"""

from __future__ import annotations

import datetime
import decimal
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import chain
from operator import is_not, itemgetter
from typing import Any

from dlt.formats.arrow_values import MOMENTS
from dlt.io.typed_json import TooDeep, simplify
from dlt.late import np, orjson, pa, pc
from dlt.schema.documents import is_strict, json_text
from dlt.types import TDataItem

NoneType = type(None)
Cells = Sequence[Any]
"""The values of one key in the rows of a page: of any type, which is told by `type` for all of them at once before a
function that wants a certain one is called."""
_WIDE = 32
"""Number of keys above which a page is read row by row."""
ARROW_LEVELS = 60
"""Levels of structs and lists in one column: Arrow's stream format takes 64, the column and the batch among them."""
_DECIMALS = decimal.Context(prec=38, Emin=-9, traps=[decimal.Rounded])
"""Takes numbers of 38 digits that end before the 47th place behind the point: pyarrow reads some that go on as 0."""
_EMPTY: dict[str, object] = {}
_is_there = partial(is_not, None)
JSON_FIELD = {b"dlt.type": b"json"}
"""Field metadata of a text column that holds JSON documents."""


class PageEncoder:
    """Turn pages of one table into record batches.

    Args:
        kept_whole: Tells whether the dicts and lists of a key stay whole, as JSON text.
        nested: False sends pages with other dicts and lists row by row.
    """

    def __init__(self, kept_whole: Callable[[str], bool] | None = None, nested: bool = True) -> None:
        self._kept_whole = kept_whole or (lambda _key: False)
        self._nested = nested
        self._shredded: set[tuple[str, ...]] = set()
        self._plain = False
        self._types: dict[type, pa.DataType] = {
            int: pa.int64(),
            float: pa.float64(),
            str: pa.string(),
            bool: pa.bool_(),
            bytes: pa.binary(),
            datetime.date: pa.date32(),
            datetime.time: pa.time64("us"),
            # what a decimal column is where nobody says otherwise, as in PyPI dlt 1.x; pyarrow refuses what has more
            # places
            decimal.Decimal: pa.decimal128(38, 9),
        }
        # ints beyond 64 bits, lone surrogates and mixed values are each refused by another class
        self._refusals = (pa.ArrowException, ArithmeticError, UnicodeEncodeError, TypeError, ValueError)

    def encode(self, page: Sequence[TDataItem]) -> pa.RecordBatch | None:
        """Return the page as a record batch, or None when it must go row by row."""
        # subclasses of dict may say other things than they hold
        if set(map(type, page)) != {dict}:
            return None
        try:
            keys, columns = _columns_of(page)
        except _Sparse:
            return None
        fields: list[pa.Field] = []
        arrays: list[pa.Array] = []
        for key, column in zip(keys, columns, strict=True):
            if type(key) is not str:
                return None
            try:
                for metadata, array in self._encode_column(key, column):
                    fields.append(pa.field(key, array.type, metadata=metadata))
                    arrays.append(array)
            except self._refusals:
                return None
        if not arrays:
            # rows without any value still count: one null field keeps their number
            fields, arrays = [pa.field("", pa.null())], [pa.nulls(len(page))]
        return pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields))

    def _encode_column(self, key: str, column: Cells) -> list[tuple[dict[bytes, bytes] | None, pa.Array]]:
        kinds = set(map(type, column))
        kinds.discard(NoneType)
        if not kinds:
            return []
        if dict in kinds or list in kinds:
            if self._kept_whole(key):
                if len(kinds - {dict, list}):
                    raise ValueError("documents and scalars meet")
                texts = [None if value is None else json_text(simplify(value)) for value in column]
                if not all(is_strict(text) for text in texts if text is not None):
                    raise ValueError("a document with lone surrogates")
                return [(JSON_FIELD, pa.array(texts, pa.string()))]
            if not self._nested:
                raise ValueError("documents with a limit of nesting go row by row")
            self._plain = _is_plain(column)
            return [(None, array) for array in self._documents((key,), column, kinds)]
        if len(kinds) == 1:
            return [(None, self._scalars(next(iter(kinds)), column))]
        order = dict.fromkeys(kind for kind in map(type, column) if kind is not NoneType)
        return [(None, self._scalars(k, [v if type(v) is k else None for v in column])) for k in order]

    def _documents(self, path: tuple[str, ...], column: Cells, kinds: set[type]) -> list[pa.Array]:
        """Return dicts, lists and scalars of one key, one array for each kind, in order of first appearance."""
        if len(kinds) == 1:
            return [self._document(path, next(iter(kinds)), column)]
        order = dict.fromkeys(kind for kind in map(type, column) if kind is not NoneType)
        return [self._document(path, k, [v if type(v) is k else None for v in column]) for k in order]

    def _document(self, path: tuple[str, ...], kind: type, column: Cells) -> pa.Array:
        if kind is not dict and kind is not list:
            return self._scalars(kind, column)
        if len(path) > ARROW_LEVELS:
            raise TooDeep
        if path not in self._shredded:
            # one call for a whole subtree is the fastest, unless it would change values; then this path is taken apart
            try:
                return nested_array(column, ARROW_LEVELS - len(path), self._plain)
            except TooDeep:
                raise
            except (*self._refusals, pa.ArrowException):
                self._shredded.add(path)
        return self._structs(path, column) if kind is dict else self._lists(path, column)

    def _structs(self, path: tuple[str, ...], column: Cells) -> pa.Array:
        fields, arrays = self._fields(path, column)
        # a struct without fields would not keep the number of rows
        if not arrays:
            fields, arrays = [pa.field("", pa.null())], [pa.nulls(len(column))]
        mask = _null_mask(column)
        return pa.StructArray.from_arrays(arrays, fields=fields, mask=mask)

    def _fields(self, path: tuple[str, ...], column: Cells) -> tuple[list[pa.Field], list[pa.Array]]:
        rows = column if all(map(_is_there, column)) else [_EMPTY if value is None else value for value in column]
        keys, columns = _columns_of(rows)
        fields: list[pa.Field] = []
        arrays: list[pa.Array] = []
        for key, values in zip(keys, columns, strict=True):
            if type(key) is not str:
                raise ValueError("a key that is no text")
            kinds = set(map(type, values))
            kinds.discard(NoneType)
            for array in self._documents((*path, key), values, kinds) if kinds else ():
                fields.append(pa.field(key, array.type))
                arrays.append(array)
        return fields, arrays

    def _lists(self, path: tuple[str, ...], column: Cells) -> pa.Array:
        offsets = np.zeros(len(column) + 1, dtype=np.int32)
        np.cumsum([0 if value is None else len(value) for value in column], out=offsets[1:])
        values = list(chain.from_iterable(filter(None, column)))
        kinds = set(map(type, values))
        kinds.discard(NoneType)
        inner = (*path, "[]")
        if not kinds:
            items: pa.Array = pa.nulls(len(values))
        elif len(kinds) == 1:
            items = self._document(inner, next(iter(kinds)), values)
        else:
            items = self._mixed(inner, values)
        mask = _null_mask(column)
        return pa.ListArray.from_arrays(pa.array(offsets), items, mask=mask)

    def _mixed(self, path: tuple[str, ...], values: Cells) -> pa.Array:
        """Return items of several kinds as structs, the way that row by row they become documents."""
        fields: list[pa.Field] = []
        arrays: list[pa.Array] = []
        order: dict[type, None] = dict.fromkeys(kind for kind in map(type, values) if kind is not NoneType)
        for kind in order:
            own: Cells = [value if type(value) is kind else None for value in values]
            if kind is dict:
                if any(key in value for value in own if value is not None for key in ("list", "value")):
                    raise ValueError("keys of documents and items of other kinds meet")
                found = self._fields(path, own)
                fields += found[0]
                arrays += found[1]
                continue
            array = self._document(path, kind, own)
            fields.append(pa.field("list" if kind is list else "value", array.type))
            arrays.append(array)
        return pa.StructArray.from_arrays(arrays, fields=fields)

    def _scalars(self, kind: type, column: Cells) -> pa.Array:
        if kind is datetime.datetime:
            aware = {value.tzinfo is not None for value in column if value is not None}
            # Arrow has one zone for a whole column
            if len(aware) != 1:
                raise ValueError("naive and aware moments in one column")
            return aware_moments(column) if aware.pop() else pa.array(column, pa.timestamp("us"))
        if kind is uuid.UUID:
            return pa.array([None if value is None else str(value) for value in column], pa.string())
        if kind not in self._types:
            raise ValueError(f"no Arrow type for {kind}")
        if kind is decimal.Decimal:
            deque(map(_DECIMALS.plus, filter(None, column)), maxlen=0)
        if kind is datetime.time and any(value.tzinfo is not None for value in column if value is not None):
            raise ValueError("Arrow's times have no zone")
        return pa.array(column, self._types[kind])


class _Sparse(ValueError):
    """Thousands of sparse keys: a dense page would not fit in memory."""


def _columns_of(rows: Sequence[TDataItem]) -> tuple[Sequence[object], Iterable[Cells]]:
    """Return the keys of rows, and the values of each key."""
    first = rows[0]
    width = len(first)
    if width > _WIDE and set(map(tuple, rows)) == {tuple(first)}:
        # row by row through memory: looking up one key in all rows would miss the cache at every row
        values = list(chain.from_iterable(map(dict.values, rows)))
        return list(first), [values[position::width] for position in range(width)]
    if set(map(len, rows)) == {width} and first:
        try:
            # rows of one length that have the keys of the first one have no others
            return list(first), [list(map(itemgetter(key), rows)) for key in first]
        except KeyError:
            shapes = _shapes_of(rows)
    else:
        shapes = _shapes_of(rows)
    keys = list(dict.fromkeys(chain.from_iterable(shapes)))
    if len(keys) * len(rows) > 40 * sum(map(len, rows)):
        raise _Sparse
    return keys, ([row.get(key) for row in rows] for key in keys)


def _shapes_of(rows: Sequence[TDataItem]) -> Iterable[tuple[object, ...]]:
    """Return the different sets of keys of rows as they come: the columns of a table stand in the order of its data."""
    return dict.fromkeys(map(tuple, rows))


def aware_moments(column: Cells) -> pa.Array:
    """Return aware datetimes as timestamps in microseconds, UTC.

    pyarrow asks every value for its offset in Python; msgpack's timestamp extension writes lists ten times faster.
    """
    import msgpack

    wanted = pa.timestamp("us", "UTC")
    valid = list(filter(_is_there, column))
    try:
        packed = msgpack.packb(valid, datetime=True)
    except (OverflowError, ValueError):
        return _moments_of_usual_years(column)
    # what msgpack writes before a list of this length
    head = 1 if len(valid) < 16 else 3 if len(valid) < 65536 else 5
    # timestamp 64 of msgpack: two bytes before it, then 30 bits of nanoseconds and 34 of seconds
    if len(packed) - head == 10 * len(valid):
        words = np.frombuffer(packed, np.uint8, offset=head).reshape(-1, 10)[:, 2:]
        words = np.ascontiguousarray(words).view(">u8").ravel()
        seconds, nanos = words & np.uint64((1 << 34) - 1), words >> np.uint64(34)
        micros = (seconds * np.uint64(1_000_000) + nanos // np.uint64(1000)).astype(np.int64)
    # timestamp 32 of msgpack: whole seconds from 1970 on, up to 2106
    elif len(packed) - head == 6 * len(valid):
        words = np.frombuffer(packed, np.uint8, offset=head).reshape(-1, 6)[:, 2:]
        micros = np.ascontiguousarray(words).view(">u4").ravel().astype(np.int64) * 1_000_000
    else:
        return _moments_of_usual_years(column)  # moments with and without fractions, or long ago
    if len(valid) == len(column):
        return pa.array(micros).cast(wanted)
    absent = np.fromiter((value is None for value in column), np.bool_, len(column))
    filled = np.zeros(len(column), np.int64)
    filled[~absent] = micros
    return pa.array(filled, mask=absent).cast(wanted)


def _moments_of_usual_years(column: Cells) -> pa.Array:
    # in UTC a moment may be of a year that Python has not, and could not be read again
    array = pa.array(column, pa.timestamp("us", "UTC"))
    bounds = pc.min_max(array.cast(pa.int64()))
    if bounds["min"].as_py() < MOMENTS[0] or bounds["max"].as_py() > MOMENTS[1]:
        raise ValueError("a moment outside of the years 1 to 9999")
    return array


def _null_mask(column: Cells) -> pa.Array | None:
    absent = [value is None for value in column]
    return pa.array(absent, pa.bool_()) if any(absent) else None


def _is_plain(column: Cells) -> bool:
    """Tell whether documents hold only what JSON has; refuse those that are too deep before anything goes into them.

    Raises:
        TooDeep: one of them is, or contains itself.
    """
    try:
        orjson.dumps(column)
    except TypeError:
        try:
            orjson.dumps(column, default=str, option=orjson.OPT_NON_STR_KEYS)
        except TypeError:
            # too deep, or what orjson cannot write at all, such as an int beyond 64 bits
            for value in column:
                simplify(value)
        return False
    return True


def nested_array(column: Cells, levels: int, plain: bool) -> pa.Array:
    """Return dicts or lists as a struct or list array.

    Args:
        column: Dicts or lists, which were found not to be too deep.
        levels: Levels of structs and lists that the array may have.
        plain: orjson wrote them.

    Raises:
        ValueError: the array would hide that values of several types met in one place.
        TooDeep: the array would have more levels.
    """
    array = pa.array(column)
    if not plain:
        # bytes that follow text are taken for text, and nothing in the array tells: orjson refuses them
        orjson.dumps(column)
    if levels_of(array.type) > levels:
        raise TooDeep
    if not _faithful(array.type):
        raise ValueError("values of several types may meet in one place")
    return array


def levels_of(kind: pa.DataType) -> int:
    """Return the number of levels of an Arrow type; 0 for one that holds no others."""
    deepest, level = 0, [kind]
    while level := [field.type for outer in level for field in _fields_of(outer)]:
        deepest += 1
    return deepest


def _fields_of(kind: pa.DataType) -> list[pa.Field]:
    return [kind.field(position) for position in range(kind.num_fields)]


def _faithful(kind: pa.DataType) -> bool:
    # inference mixes int, bool and float into double, date and datetime into date, str and bytes into binary
    if pa.types.is_struct(kind):
        return all(_faithful(field.type) for field in kind)
    if pa.types.is_list(kind):
        return _faithful(kind.value_type)
    return bool(
        pa.types.is_null(kind) or pa.types.is_boolean(kind) or pa.types.is_int64(kind) or pa.types.is_string(kind)
    )

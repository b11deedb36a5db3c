"""The extension writes for COPY what the form in Python writes, byte by byte, and refuses what it refuses."""

from __future__ import annotations

import gc
import os
import sys
from decimal import Context, Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlt.destinations.impl.postgres import binary, blocks
from dlt.destinations.impl.postgres import oids as oid
from dlt.destinations.impl.postgres.copy import stream
from dlt.destinations.impl.postgres.fields import Field, fields_of
from dlt.errors import DatabaseTerminalException

_copy = pytest.importorskip("dlt.destinations.impl.postgres._copy")

Values = st.SearchStrategy[Any]


def whole(bits: int, signed: bool = True) -> Values:
    """Return whole numbers of a width, the small ones often."""
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    return st.integers(low, high) | st.integers(max(low, -100), 100) | st.sampled_from([low, high])


TEXTS = st.text(st.characters(codec="utf-8"), max_size=12) | st.just("ü" * 70_000)
DAYS = st.integers(-(2**31), 2**31 - 1) | st.sampled_from([-2_440_589, -2_440_588, 2_145_042_905, 2_145_042_906])
MOMENTS = whole(64) | st.integers(-(2**53), 2**53) | st.sampled_from([-210_866_803_200_000_001, 0])
INTEGERS = [(pa.int8(), whole(8)), (pa.int16(), whole(16)), (pa.int32(), whole(32)), (pa.int64(), whole(64))]
INTEGERS += [(pa.uint8(), whole(8, False)), (pa.uint16(), whole(16, False)), (pa.uint32(), whole(32, False))]
INTEGERS += [(pa.uint64(), whole(64, False))]
FLOATS = st.floats() | st.sampled_from([float("nan"), float("inf"), float("-inf"), -0.0])
BYTES = st.binary(max_size=20)
TIMESTAMPS = [pa.timestamp(unit, zone) for unit in ("s", "ms", "us", "ns") for zone in (None, "UTC", "Asia/Tokyo")]
TIMES = [(pa.time32("s"), 1), (pa.time32("ms"), 10**3), (pa.time64("us"), 10**6), (pa.time64("ns"), 10**9)]
KINDS: list[tuple[pa.DataType, int, Values]] = [
    (pa.null(), oid.DATE, st.none()),
    (pa.bool_(), oid.BOOL, st.booleans()),
    *((kind, to, values) for kind, values in INTEGERS for to in (oid.SMALLINT, oid.INTEGER, oid.BIGINT, oid.NUMERIC)),
    (pa.float64(), oid.DOUBLE, FLOATS),
    (pa.float32(), oid.DOUBLE, st.floats(width=32)),
    (pa.float16(), oid.DOUBLE, st.floats(width=16)),
    *((kind, to, TEXTS) for kind in (pa.string(), pa.large_string()) for to in (oid.TEXT, oid.VARCHAR, oid.JSON)),
    (pa.string(), oid.CHARACTER, TEXTS),
    (pa.string(), oid.JSONB, TEXTS),
    (pa.large_string(), oid.JSONB, TEXTS),
    (pa.dictionary(pa.int8(), pa.string()), oid.JSONB, st.sampled_from(["1", '"a"', "[]"])),
    (pa.dictionary(pa.int32(), pa.int64()), oid.BIGINT, st.integers(0, 3)),
    (pa.binary(), oid.BYTEA, BYTES),
    (pa.large_binary(), oid.BYTEA, BYTES),
    (pa.binary(3), oid.BYTEA, st.binary(min_size=3, max_size=3)),
    (pa.date32(), oid.DATE, DAYS),
    (pa.date64(), oid.DATE, st.integers(-(10**6), 10**6).map(lambda day: day * 86_400_000)),
    (pa.date32(), oid.TIMESTAMP, DAYS),
    (pa.date64(), oid.TIMESTAMP_TZ, st.integers(-(10**6), 10**6).map(lambda day: day * 86_400_000)),
    *((kind, oid.TIME, st.integers(0, 86_400 * second - 1)) for kind, second in TIMES),
    *((kind, to, MOMENTS) for kind in TIMESTAMPS for to in (oid.TIMESTAMP, oid.TIMESTAMP_TZ)),
]
# numbers of days, of units of time, and of moments are put under their type as they are
COUNTED = (pa.types.is_date, pa.types.is_time, pa.types.is_timestamp)


def array_of(values: list[Any], kind: pa.DataType) -> pa.Array:
    """Return values as an array."""
    if pa.types.is_dictionary(kind):
        return pa.array(values, kind.value_type).dictionary_encode().cast(kind)
    if any(is_(kind) for is_ in COUNTED):
        return pa.array(values, pa.int32() if kind.bit_width == 32 else pa.int64()).view(kind)
    if kind == pa.float16():
        return pa.array([None if value is None else np.float16(value) for value in values], kind)
    return pa.array(values, kind)


@st.composite
def decimals(draw: st.DrawFn) -> tuple[pa.DataType, int, Values]:
    """Draw a type of decimals and its values: of each scale, small and large ones."""
    widths = [(38, pa.decimal128), (76, pa.decimal256)]
    if hasattr(pa, "decimal32"):
        widths += [(9, pa.decimal32), (18, pa.decimal64)]
    most, made = draw(st.sampled_from(widths))
    precision = draw(st.integers(1, most))
    kind = made(precision, draw(st.integers(0, precision)))
    limit = 10 ** draw(st.integers(0, precision)) - 1
    numbers = st.integers(-limit, limit) | st.sampled_from([0, limit, -limit])
    return kind, oid.NUMERIC, numbers.map(lambda number: Decimal(number).scaleb(-kind.scale, EXACT))


EXACT = Context(prec=80)


@st.composite
def columns(draw: st.DrawFn) -> tuple[list[pa.Array], list[int]]:
    """Draw the columns of a batch: slices, so that values begin anywhere in bytes and bits; some without NULL."""
    count, skipped, left_out = draw(st.integers(0, 20)), draw(st.integers(0, 17)), draw(st.integers(0, 3))
    arrays, targets = [], []
    for kind, target, values in draw(st.lists(st.sampled_from(KINDS) | decimals(), min_size=0, max_size=5)):
        some = values | st.none() if draw(st.booleans()) else values
        size = count + skipped + left_out
        array = array_of(draw(st.lists(some, min_size=size, max_size=size)), kind)
        arrays.append(array.slice(skipped, count))
        targets.append(target)
    return arrays, targets


def written(form: binary.Rows, batch: pa.RecordBatch, targets: list[int]) -> bytes | str:
    """Return what a form writes, or what it says."""
    fields = fields_of(batch.schema, targets)
    assert fields is not None
    try:
        return bytes(binary.encode(batch, fields, "t", form))
    except DatabaseTerminalException as error:
        return str(error)


def both(arrays: list[pa.Array], targets: list[int]) -> bytes | str:
    """Return what both forms give."""
    batch = pa.RecordBatch.from_arrays(arrays, [f"c{number}" for number in range(len(arrays))])
    found = written(_copy.rows, batch, targets)
    assert found == written(blocks.rows, batch, targets)
    return found


@settings(max_examples=400, deadline=None)
@given(columns())
def test_both_forms_write_the_same(drawn: tuple[list[pa.Array], list[int]]) -> None:
    """Batches: columns of every type, beside each other."""
    both(*drawn)


@pytest.mark.parametrize(("kind", "target", "values"), KINDS, ids=lambda part: str(part)[:20])
def test_each_type_is_written_with_nulls_and_without(kind: pa.DataType, target: int, values: Values) -> None:
    """Types: each one for itself, in slices that begin at each bit of a byte."""

    @settings(max_examples=20, deadline=None)
    @given(st.lists(values, max_size=12), st.lists(values | st.none(), max_size=12), st.integers(0, 9))
    def check(full: list[Any], with_nulls: list[Any], skipped: int) -> None:
        for some in (full, with_nulls):
            both([array_of(some, kind).slice(skipped)], [target])

    check()


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_decimals_of_all_scales(data: st.DataObject) -> None:
    """Decimals: negative ones, zero, and those of 32 to 256 bits; the integers of numeric are among the types above."""
    kind, target, values = data.draw(decimals())
    array = pa.array(data.draw(st.lists(values | st.none(), min_size=1, max_size=12)), kind)
    assert isinstance(both([array], [target]), bytes)


@pytest.mark.parametrize(
    "number", [0, 1, -1, 9999, 10_000, 2**63 - 1, 2**63, -(2**63), 2**64 - 1, 2**64, -(2**127) // 10]
)
@pytest.mark.parametrize("scale", range(9))
def test_decimals_at_the_ends_of_machine_words(number: int, scale: int) -> None:
    """Decimals: those of one word and of two, beside small ones."""
    values = [Decimal(digits).scaleb(-scale, EXACT) for digits in (number, 1, 0)]
    assert isinstance(both([pa.array([*values, None], pa.decimal128(38, scale))], [oid.NUMERIC]), bytes)


OUTSIDE = {
    "date": (pa.date32(), oid.DATE, [-2_440_589, 2_145_042_906, 2**31 - 1, -(2**31), -(2**31) + 10_957]),
    "moment": (pa.timestamp("us"), oid.TIMESTAMP, [-210_866_803_200_000_001, -(2**63)]),
    "moment with a zone": (pa.timestamp("us", "UTC"), oid.TIMESTAMP_TZ, [-(2**63), -(2**63) + 946_684_800_000_000]),
    "second": (pa.timestamp("s"), oid.TIMESTAMP, [2**62]),
    "date as a moment": (pa.date32(), oid.TIMESTAMP, [-2_440_589, 2**31 - 1]),
    "integer": (pa.int64(), oid.INTEGER, [2**31]),
}


@pytest.mark.parametrize("case", OUTSIDE)
def test_what_the_type_cannot_hold_is_refused_with_its_column(case: str) -> None:
    """Errors: beyond the range of the engine, where a number would be another one, or mean infinity."""
    kind, target, values = OUTSIDE[case]
    for value in values:
        said = both([pa.array(["a", "b"]), array_of([None, value], kind)], [oid.TEXT, target])
        assert isinstance(said, str) and said.startswith("table t, column c1: a value does not fit the type")


def test_what_is_stored_under_a_null_is_not_looked_at() -> None:
    """NULL: memory there may hold anything, also what would be refused."""
    stored = pa.py_buffer(bytes(8) + b"\xff" * 3 + b"\x80" * 5)
    days = pa.Array.from_buffers(pa.date32(), 4, [pa.py_buffer(b"\x03"), stored])
    assert both([days], [oid.DATE]) == (b"\0\1\0\0\0\4\xff\xff\xd5\x33" * 2) + b"\0\1\xff\xff\xff\xff" * 2


@pytest.mark.parametrize("pure", ["", "1"])
def test_the_character_nul_is_refused_in_both_forms(pure: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Errors: the table and the column are named before the server sees a row."""
    monkeypatch.setenv("DLT_PURE_PYTHON", pure)
    batch = pa.RecordBatch.from_pydict({"v": ["a", "b\0"]})
    reader = stream("orders", batch.schema, [oid.TEXT], iter([batch]))
    with pytest.raises(DatabaseTerminalException, match="table orders: Column v holds the character NUL"):
        list(iter(lambda: reader.read(100), b""))


def test_a_program_chooses_the_form(monkeypatch: pytest.MonkeyPatch) -> None:
    """DLT_PURE_PYTHON=1 takes the one in Python, although the extension is there."""
    monkeypatch.setenv("DLT_PURE_PYTHON", "")
    assert binary.rows_of_form() is _copy.rows
    monkeypatch.setenv("DLT_PURE_PYTHON", "1")
    assert binary.rows_of_form() is blocks.rows


BROKEN = {
    "too few values": pa.array([1]),
    "another type": pa.array([[1], [2]]),
    "ends that go back": pa.Array.from_buffers(
        pa.binary(), 2, [None, pa.py_buffer(b"\0\0\0\0\4\0\0\0\2\0\0\0"), pa.py_buffer(b"abcd")]
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_arrays_that_are_not_what_they_say_are_refused(case: str) -> None:
    """Safety: nothing is read beyond the memory of an array."""
    with pytest.raises(ValueError, match=r"values for|not written|follow each other"):
        _copy.rows(2, [Field()], [BROKEN[case]])


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="the system does not tell memory in this way")
def test_thousands_of_batches_leave_nothing_behind() -> None:
    """Memory and references: also where a column is refused after others were looked at."""
    texts, amounts = pa.array([b"x" * 100] * 1000), pa.array([Decimal("1.5"), None] * 500)
    arrays, short, fields = [texts, amounts, pa.array(range(1000))], pa.array([1, 2]), [Field()] * 3

    def work(count: int) -> None:
        for _ in range(count):
            _copy.rows(1000, fields, arrays)
            with pytest.raises(ValueError, match="2 values for 1000 rows"):
                _copy.rows(1000, fields, [texts, amounts, short])

    work(200)
    gc.collect()
    pages, counts = resident(), [sys.getrefcount(held) for held in (*arrays, *fields)]
    work(2000)
    gc.collect()
    # a leak of one batch each time would be 240 MB
    assert resident() - pages < 8 << 20
    assert [sys.getrefcount(held) for held in (*arrays, *fields)] == counts


def resident() -> int:
    """Return the bytes of memory that the process has."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

"""Rows that are copied into columns are the rows of the exact form; what has no column is refused, and nothing else."""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import gc
import uuid
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlt.formats.batches import batch_rows
from dlt.formats.pages import PageEncoder
from dlt.io.typed_json import dump_row, read_rows, simplify

columns = pytest.importorskip("dlt.formats._columns")
UTC = dt.timezone.utc


class Color(enum.Enum):
    """Values of several kinds."""

    RED = "red"
    DEEP = [1, {"a": 2}]


class Level(enum.IntEnum):
    """An int with a name."""

    LOW = 1


class Word(str):
    """A text of a class of its own."""


class Count(int):
    """An int of a class of its own."""


class Point(NamedTuple):
    """A tuple that is a document."""

    x: int
    y: float | None


@dataclass
class Place:
    """A class whose objects are documents."""

    name: str
    at: dt.date


class NoOffset(dt.tzinfo):
    """A zone that knows no offset."""

    def utcoffset(self, _moment: dt.datetime | None) -> dt.timedelta | None:
        """Return None."""
        return None


PLAIN = (
    st.none()
    | st.booleans()
    | st.integers(-(2**64), 2**64)
    | st.integers(-3, 3)
    | st.floats()
    | st.text(st.characters(), max_size=3)
    | st.binary(max_size=3)
    | st.decimals()
    | st.decimals(-1000, 1000, places=3)
    | st.datetimes()
    | st.datetimes(timezones=st.just(UTC) | st.timezones() | st.just(dt.timezone(dt.timedelta(hours=-12, seconds=1))))
    | st.dates()
    | st.times()
    | st.uuids()
    | st.timedeltas()
)
ODD = st.sampled_from(
    [
        *(Color.RED, Color.DEEP, Level.LOW, Word("w"), Count(7), Count(2**70), Point(1, None), Place("a", dt.date.min)),
        *(
            np.int64(5),
            np.float32(0.5),
            np.datetime64("2024-01-02"),
            np.datetime64("NaT"),
            np.array([1, 2]),
            np.bool_(1),
        ),
        *({1, 2}, frozenset({"a"}), bytearray(b"x"), OrderedDict(a=1), "\ud800", 10**400, -(2**63), 2**63 - 1, 2**63),
        *(dt.time(1, tzinfo=UTC), dt.datetime(2024, 1, 1, tzinfo=NoOffset()), dt.datetime.max.replace(tzinfo=UTC)),
        *(
            decimal.Decimal("-0"),
            decimal.Decimal("1E+28"),
            decimal.Decimal("9" * 29),
            decimal.Decimal("1.0000000000000"),
        ),
        *(
            decimal.Decimal("1E-9"),
            decimal.Decimal("1E-10"),
            decimal.Decimal("sNaN"),
            decimal.Decimal("9" * 38 + "E-9"),
        ),
    ]
)
KEYS = st.sampled_from(["a", "b", "list", "value", "", "Ä"]) | st.sampled_from(
    [Word("a"), 1, None, Color.RED, "\udfff"]
)
USUAL_KEYS = st.sampled_from(["a", "b", "c", "list", "value"])


def values(scalars: st.SearchStrategy[Any], keys: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Return values with dicts and lists of themselves."""
    return st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3) | st.tuples(inner, inner),
        max_leaves=8,
    )


def pages(scalars: st.SearchStrategy[Any], keys: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    """Return pages of rows."""
    return st.lists(st.dictionaries(keys, values(scalars, keys), max_size=4), min_size=1, max_size=6)


HOSTILE = pages(PLAIN | ODD, USUAL_KEYS | KEYS)
FRIENDLY = pages(st.none() | st.integers(-9, 9) | st.text("ab", max_size=2) | st.booleans(), USUAL_KEYS)


def canonical(value: Any) -> Any:
    """Return a value in a form in which what is the same in a table is equal, and nothing else."""
    if isinstance(value, dict):
        return {key: canonical(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, list):
        # in lists of several kinds all items are documents
        return [
            {} if item is None else canonical(item) if isinstance(item, dict) else {_word(item): canonical(item)}
            for item in value
        ]
    if isinstance(value, decimal.Decimal):
        return "decimal", value if value.is_finite() else str(value)
    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        return "aware", value.astimezone(UTC) if value.utcoffset() is not None else value
    return type(value), repr(value)


def _word(item: Any) -> str:
    return "list" if isinstance(item, list) else "value"


def exact(row: Any) -> Any:
    """Return a row as it comes out of the exact form."""
    [found] = read_rows([dump_row(row)])
    return canonical(found)


def copied(page: list[Any], **options: Any) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """Yield each batch as rows, with the position of its first one; refused rows are left out."""
    rows, position = columns.Rows(**options), 0
    while position < len(page):
        end = rows.add(page, position)
        batch = rows.take()
        if batch is not None:
            batch.validate(full=True)
            yield position, list(batch_rows(batch))
        # a refused row is left out; a batch that is full goes on with the next one
        assert end > position or batch is None
        position = end if batch is not None and not _refuses(page, end, options) else end + 1


def _refuses(page: list[Any], position: int, options: dict[str, Any]) -> bool:
    alone = columns.Rows(**options)
    return position < len(page) and alone.add(page[position : position + 1]) == 0


@settings(max_examples=400, deadline=None)
@given(HOSTILE)
def test_what_is_copied_is_what_the_exact_form_reads(page: list[Any]) -> None:
    """Whatever rows hold, a batch has exactly their values, in their order."""
    for first, rows in copied(page):
        assert [canonical(row) for row in rows] == [exact(row) for row in page[first : first + len(rows)]]


@settings(max_examples=400, deadline=None)
@given(HOSTILE | FRIENDLY)
def test_what_the_python_form_takes_is_taken(page: list[Any]) -> None:
    """A page that Python makes a batch of is one batch of the extension too, with the same fields and values."""
    batch = PageEncoder().encode(page)
    # a key that no column can have is refused before it has a value, in documents too
    if batch is None or "'\\udfff':" in repr(page):
        return
    rows = columns.Rows()
    assert rows.add(page) == len(page) and not rows.has_refused
    found = rows.take()
    assert list(map(canonical, batch_rows(found))) == list(map(canonical, batch_rows(batch)))
    assert fields_of(found) == fields_of(batch)


def fields_of(batch: Any) -> set[tuple[str, str]]:
    """Return names and types of the columns; those of documents are told by the values, and have no order in common."""
    return {
        (field.name, field.type.id if pa.types.is_nested(field.type) else str(field.type)) for field in batch.schema
    }


@settings(max_examples=200, deadline=None)
@given(pages(PLAIN, USUAL_KEYS))
def test_documents_that_stay_whole_are_the_same_text(page: list[Any]) -> None:
    """A key that is kept whole becomes JSON text as in the Python form."""
    options: dict[str, Any] = {"kept_whole": lambda key: key in ("a", "list"), "nested": False}
    batch = PageEncoder(**options).encode(page)
    if batch is None:
        return
    rows = columns.Rows(**options)
    assert rows.add(page) == len(page)
    found = rows.take()
    names = [field.name for field in found.schema]
    assert {(field.name, field.type, str(field.metadata)) for field in found.schema} == {
        (field.name, field.type, str(field.metadata)) for field in batch.schema
    }
    if len(set(names)) == len(names):
        assert found.select(sorted(names)).equals(batch.select(sorted(names))) or "nan" in str(found.to_pylist())


@pytest.mark.parametrize(
    "value",
    [
        *(0, -(2**63), 2**63 - 1, True, 0.1, float("inf"), "", "ä€😀", "a\0b", b"", b"\0", uuid.UUID(int=1)),
        *(dt.date.min, dt.date.max, dt.time.max, dt.datetime.min, dt.datetime.max, dt.datetime.max.replace(tzinfo=UTC)),
        *(
            dt.datetime(1969, 12, 31, 23, 59, 59, 999999),
            dt.datetime(2024, 2, 29, tzinfo=dt.timezone(dt.timedelta(hours=14))),
        ),
        *map(decimal.Decimal, ["0", "-0.5", "1E+28", "9" * 29, "-1E-9", "1.000000000000", "0E-40", "00012.50"]),
        *(
            Color.RED,
            Level.LOW,
            Word("w"),
            Count(7),
            Point(1, None),
            (1, 2),
            {1, 2},
            bytearray(b"x"),
            Place("a", dt.date.min),
        ),
        *(np.int64(5), np.float32(0.5), np.array([1, 2]), OrderedDict(a=1), np.datetime64("2024-01-02")),
        *([], {}, [None], [[1], [2, None]], [{"a": 1}, 2, [3]], [{"list": 1}], {"a": {"b": [{"c": 1}]}}),
    ],
)
def test_values_that_have_a_column(value: Any) -> None:
    """Each is copied, and read as in the exact form."""
    [(_, rows)] = list(copied([{"k": value}]))
    assert [canonical(row) for row in rows] == [exact({"k": value})]


@pytest.mark.parametrize(
    "value",
    [
        *(2**63, -(2**63) - 1, Count(2**70), "\ud800", decimal.Decimal("NaN"), decimal.Decimal("1E-10")),
        *(decimal.Decimal("9" * 30), decimal.Decimal("1" * 39), dt.timedelta(1), dt.time(1, tzinfo=UTC)),
        *(dt.datetime(1, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=1))), dt.datetime(2024, 1, 1, tzinfo=NoOffset())),
        *([{"list": 1}, 2], [2, {"value": 1}], {1: 2}, {Word("a"): 1}, {"\ud800": 1}, object(), SimpleNamespace(a=1)),
        [dt.datetime(2024, 1, 1), dt.datetime(2024, 1, 1, tzinfo=UTC)],
    ],
)
def test_a_value_without_a_column_refuses_its_row_and_leaves_nothing(value: Any) -> None:
    """The rows before it are a batch as if it had not been there, also where it began columns and documents."""
    before = [{"a": 1, "d": {"x": [1]}}, {"a": "t"}]
    rows = columns.Rows()
    odd = {"new": 1, "a": 0.5, "d": {"x": [2, "t"], "y": 1, "odd": value}, "k": value}
    assert rows.add([*before, odd, {"a": 2}]) == 2
    assert rows.has_refused and rows.is_full and len(rows) == 2
    assert rows.add([{"a": 3}]) == 0
    alone = columns.Rows()
    alone.add(before)
    found = rows.take()
    assert found.equals(alone.take()) and found.validate(full=True) is None
    assert not rows.has_refused and rows.add([{"a": 3}]) == 1 and rows.take().to_pylist() == [{"a": 3}]


def test_rows_are_copied_when_they_are_added() -> None:
    """A program may go on to change what it gave, on all levels."""
    rows, row = columns.Rows(), {"id": 0, "tags": [""], "in": {"at": 0}}
    for number in range(3):
        row["id"], row["tags"][0], row["in"]["at"] = number, f"t{number}", number * 2  # type: ignore[index]
        rows.add([row])
    row.clear()
    assert list(batch_rows(rows.take())) == [{"id": n, "tags": [f"t{n}"], "in": {"at": n * 2}} for n in range(3)]


def test_columns_stand_in_the_order_in_which_their_keys_came() -> None:
    """Also those of documents, and several of one key by the kind of their values."""
    rows = columns.Rows()
    rows.add([{"z": None, "b": 1, "a": {"y": 1, "x": 1}}, {"c": 1, "b": "t", "z": 1}])
    batch = rows.take()
    assert [(f.name, str(f.type)) for f in batch.schema] == [
        *(("z", "int64"), ("b", "int64"), ("b", "string"), ("a", "struct<y: int64, x: int64>"), ("c", "int64")),
    ]


def test_a_batch_has_as_many_rows_and_cells_as_it_may() -> None:
    """What is added then has to wait until the rows are taken."""
    rows, page = columns.Rows(most_rows=3), [{"a": number} for number in range(7)]
    sizes, position = [], 0
    while position < len(page):
        position = rows.add(page, position)
        sizes.append(rows.take().num_rows)
    assert sizes == [3, 3, 1]
    wide = columns.Rows(most_cells=100)
    assert wide.add([dict.fromkeys(map(str, range(40)), 1)] * 9) == 3 and wide.is_full and not wide.has_refused


def test_thousands_of_columns_are_no_reason_to_refuse_and_millions_of_empty_cells_are() -> None:
    """Memory stays in proportion to the values that there are."""
    rows = columns.Rows()
    assert rows.add([dict.fromkeys(map(str, range(5000)), 1)] * 3) == 3
    assert rows.take().num_columns == 5000
    rows = columns.Rows(most_cells=10**9)
    sparse = [{"d": [dict.fromkeys(map(str, range(999)), 1), *({str(number): 1} for number in range(100_000))]}]
    assert rows.add(sparse) == 0 and rows.has_refused


def test_an_error_of_the_program_inside_of_a_value_goes_through() -> None:
    """What has been copied before stays whole."""

    class Broken(dt.tzinfo):
        def utcoffset(self, _moment: dt.datetime | None) -> dt.timedelta | None:
            raise LookupError("the zone is gone")

    rows = columns.Rows()
    with pytest.raises(LookupError, match="the zone is gone"):
        rows.add([{"a": 1}, {"b": 1, "at": dt.datetime(2024, 1, 1, tzinfo=Broken())}])
    assert rows.take().to_pylist() == [{"a": 1}]


def test_a_program_that_changes_its_row_while_it_is_copied_does_no_harm() -> None:
    """A zone is code of the program, and may do anything."""
    row: dict[str, Any] = {}

    class Hostile(dt.tzinfo):
        def utcoffset(self, _moment: dt.datetime | None) -> dt.timedelta | None:
            row.clear()
            row.update({str(number): "x" * 100 for number in range(100)})
            return dt.timedelta(0)

    row.update({"at": dt.datetime(2024, 1, 1, tzinfo=Hostile()), "b": 1})
    rows = columns.Rows()
    assert rows.add([row]) == 1
    rows.take().validate(full=True)


def test_simplified_rows_are_rows() -> None:
    """Items that are documents by their meaning are taken as what they mean; scalars go to the exact form."""
    for item in (Point(1, 2.0), Place("a", dt.date.min), OrderedDict(a=1)):
        [(_, found)] = list(copied([item]))
        assert found == [simplify(item)]
    assert columns.Rows().add([5]) == 0 and columns.Rows().add([[1]]) == 0


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="the system does not tell memory in this way")
def test_thousands_of_pages_leave_nothing_behind() -> None:
    """Neither values nor keys nor columns, without the collector of cycles, and also where rows are refused."""
    text, key = "x" * 1000, "k" * 30

    def work(count: int) -> None:
        for number in range(count):
            rows = columns.Rows(kept_whole="w".__eq__)
            page = [
                {key: text, f"k{number}": number, "d": [{"a": text, "b": [number, text]}, 1], "w": {"a": text}}
                for _ in range(20)
            ]
            assert rows.add(page) == 20
            rows.add([{"new": {"x": [text]}, "d": [{"list": 1}], "odd": 2**70}])
            # some are dropped before they are taken
            if number % 3:
                rows.take()

    gc.collect()
    gc.disable()
    try:
        work(300)
        before = resident()
        work(3000)
        # 3,000 pages have 200 MB of text
        assert resident() - before < 20 << 20
    finally:
        gc.enable()


def resident() -> int:
    """Return the bytes of memory that the process has."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

"""The table of conversions, cell by cell: what fits a column, in which form, and what does not."""

from __future__ import annotations

import datetime as dt
import math
import uuid
from decimal import Decimal as D
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt.schema.capabilities import GENERIC
from dlt.schema.conversions import KINDS, TABLE, Kind, convert, kind_of, table_markdown
from dlt.schema.limits import Misfit
from dlt.schema.typing import DATA_TYPES, ColumnSchema, DataType

UTC = dt.timezone.utc
EAST = dt.timezone(dt.timedelta(hours=5))
DAY, MIDNIGHT = dt.date(2024, 1, 2), dt.datetime(2024, 1, 2, tzinfo=UTC)
MOMENT = dt.datetime(2024, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)
SECONDS = 1_704_164_645
"""The moment 2024-01-02T03:04:05Z."""


class Count(int):
    """An int of a program's own class."""


# per kind: value, data type, what is stored
FITS: dict[Kind, list[tuple[Any, DataType, Any]]] = {
    "bool": [
        (True, "text", "True"),
        (False, "text", "False"),
        (True, "bool", True),
        (False, "bool", False),
        (True, "json", "true"),
        (False, "json", "false"),
    ],
    "int": [
        (-7, "text", "-7"),
        (10**40, "text", "1" + "0" * 40),
        (2**53, "double", 2.0**53),
        (2**60, "double", 2.0**60),
        (0, "bool", False),
        (1, "bool", True),
        (SECONDS, "timestamp", MOMENT.replace(microsecond=0)),
        (0, "timestamp", dt.datetime(1970, 1, 1, tzinfo=UTC)),
        (-1, "timestamp", dt.datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)),
        (2**63 - 1, "bigint", 2**63 - 1),
        (-(2**63), "bigint", -(2**63)),
        (10**30, "json", "1" + "0" * 30),
        (7, "decimal", D("7.000000000")),
        (10**29 - 1, "decimal", D(10**29 - 1)),
        (10**38 - 1, "wei", D(10**38 - 1)),
        (86_400, "date", dt.date(1970, 1, 2)),
        (Count(3), "bigint", 3),
        (Count(3), "json", "3"),
    ],
    "float": [
        (1.5, "text", "1.5"),
        (1e300, "text", "1e+300"),
        (-0.0, "text", "-0.0"),
        (1.5, "double", 1.5),
        (math.inf, "double", math.inf),
        (SECONDS + 0.5, "timestamp", MOMENT.replace(microsecond=500_000)),
        (3.0, "bigint", 3),
        (-(2.0**63), "bigint", -(2**63)),
        (1.5, "json", "1.5"),
        (0.1, "decimal", D("0.1")),
        (1e22, "decimal", D("1e22")),
        (1e22, "wei", D(10**22)),
        (172_800.0, "date", dt.date(1970, 1, 3)),
    ],
    "decimal": [
        (D("1.50"), "text", "1.5"),
        (D("-0.10"), "text", "-0.1"),
        (D("1E+3"), "text", "1000"),
        (D("100"), "text", "100"),
        (D("NaN"), "text", "NaN"),
        (D("1E+400"), "text", "1" + "0" * 400),
        (D("1E+1001"), "text", "1E+1001"),
        (D("1E-1001"), "text", "1E-1001"),
        (D("0.1"), "double", 0.1),
        (D("1.5"), "double", 1.5),
        (D("7.00"), "bigint", 7),
        (D("-9223372036854775808"), "bigint", -(2**63)),
        (D("1.5"), "decimal", D("1.5")),
        (D("1.1000000000000"), "decimal", D("1.1")),
        (D("12.000"), "wei", D(12)),
        (D("0E-30"), "wei", D(0)),
    ],
    "text": [
        ("", "text", ""),
        (" a ", "text", " a "),
        (uuid.UUID(int=7), "text", "00000000-0000-0000-0000-000000000007"),
        ("1.5", "double", 1.5),
        (" -2e3\n", "double", -2000.0),
        (".5", "double", 0.5),
        ("5.", "double", 5.0),
        ("true", "bool", True),
        (" FALSE\t", "bool", False),
        ("2024-01-02T03:04:05.678Z", "timestamp", MOMENT),
        ("2024-01-02 03:04:05,678", "timestamp", MOMENT),
        ("2024-01-02T08:04:05.678+05:00", "timestamp", MOMENT),
        ("2024-01-01T22:04:05.678-0500", "timestamp", MOMENT),
        ("2024-01-02T03:04:05.678000000+00", "timestamp", MOMENT),
        ("2024-01-02", "timestamp", MIDNIGHT),
        ("2024-01-02T00", "timestamp", MIDNIGHT),
        (" 2024-01-02T00:00z ", "timestamp", MIDNIGHT),
        ("0", "bigint", 0),
        ("-12", "bigint", -12),
        (" 9223372036854775807", "bigint", 2**63 - 1),
        ("-9223372036854775808", "bigint", -(2**63)),
        ("YWI=", "binary", b"ab"),
        ("", "binary", b""),
        ("0x6162", "binary", b"ab"),
        ("0XFF", "binary", b"\xff"),
        ("0x", "binary", b""),
        (' {"a": 1} ', "json", '{"a": 1}'),
        ("null", "json", "null"),
        ("1" * 40, "json", "1" * 40),
        ('{"a":"b:c"}', "json", '{"a":"b:c"}'),
        ('{"a":"\\":"}', "json", '{"a":"\\":"}'),
        ("1.50", "decimal", D("1.5")),
        ("12", "wei", D(12)),
        ("1e3", "wei", D(1000)),
        ("2024-01-02", "date", DAY),
        ("2024-01-02T00:00:00Z", "date", DAY),
        ("2024-01-02T05:00:00+05:00", "date", DAY),
        ("03:04", "time", dt.time(3, 4)),
        ("03:04:05", "time", dt.time(3, 4, 5)),
        ("03:04:05,5Z", "time", dt.time(3, 4, 5, 500_000)),
        (" 03:04:05.123456000+00:00 ", "time", dt.time(3, 4, 5, 123_456)),
        ("23:59:59-0000", "time", dt.time(23, 59, 59)),
    ],
    "bytes": [
        (b"ab", "text", "YWI="),
        (b"", "text", ""),
        (b"\x80\xff", "binary", b"\x80\xff"),
    ],
    "datetime": [
        (MOMENT, "text", "2024-01-02T03:04:05.678000+00:00"),
        (MOMENT.astimezone(EAST), "text", "2024-01-02T03:04:05.678000+00:00"),
        (MOMENT.replace(tzinfo=None), "text", "2024-01-02T03:04:05.678000"),
        (MOMENT.astimezone(EAST), "timestamp", MOMENT),
        (MOMENT.replace(tzinfo=None), "timestamp", MOMENT),
        (MIDNIGHT, "date", DAY),
        (MIDNIGHT.astimezone(EAST), "date", DAY),
        (MIDNIGHT.replace(tzinfo=None), "date", DAY),
    ],
    "date": [
        (DAY, "text", "2024-01-02"),
        (DAY, "timestamp", MIDNIGHT),
        (DAY, "date", DAY),
    ],
    "time": [
        (dt.time(3, 4, 5), "text", "03:04:05"),
        (dt.time(3, 4, 5, tzinfo=EAST), "text", "03:04:05+05:00"),
        (dt.time(3, 4, 5), "time", dt.time(3, 4, 5)),
        (dt.time(3, 4, 5, tzinfo=UTC), "time", dt.time(3, 4, 5)),
    ],
    "duration": [
        (dt.timedelta(seconds=1), "text", "1000000"),
        (dt.timedelta(microseconds=-3), "double", -3.0),
        (dt.timedelta(days=1), "bigint", 86_400_000_000),
        (dt.timedelta(microseconds=7), "json", "7"),
        (dt.timedelta(microseconds=7), "decimal", D(7)),
        (dt.timedelta(seconds=1), "wei", D(1_000_000)),
    ],
    "document": [
        ({"a": [1, None]}, "text", '{"a":[1,null]}'),
        ([1, "x"], "json", '[1,"x"]'),
        ((1, 2), "json", "[1,2]"),
        ({"a": b"ab", "b": math.nan}, "json", '{"a":"YWI=","b":"NaN"}'),
    ],
}
# per kind: value, data type of which it is no exact value
LOST: dict[Kind, list[tuple[Any, DataType]]] = {
    "bool": [],
    "int": [
        (2**53 + 1, "double"),
        (10**400, "double"),
        (2, "bool"),
        (-1, "bool"),
        (10**12, "timestamp"),
        (10**30, "timestamp"),
        (2**63, "bigint"),
        (-(2**63) - 1, "bigint"),
        (10**29, "decimal"),
        (10**38, "wei"),
        (1, "date"),
    ],
    "float": [
        (math.nan, "text"),
        (-math.inf, "text"),
        (math.nan, "timestamp"),
        (1e-7, "timestamp"),
        (1e18, "timestamp"),
        (1.5, "bigint"),
        (math.inf, "bigint"),
        (math.nan, "bigint"),
        (2.0**63, "bigint"),
        (math.nan, "json"),
        (1e-10, "decimal"),
        (1e29, "decimal"),
        (math.inf, "decimal"),
        (0.5, "wei"),
        (86_400.5, "date"),
    ],
    "decimal": [
        (D("0.1234567890123456789"), "double"),
        (D("NaN"), "double"),
        (D("1E+400"), "double"),
        (D("1.5"), "bigint"),
        (D("NaN"), "bigint"),
        (D("1E+30"), "bigint"),
        (D("9223372036854775808"), "bigint"),
        (D("1E-10"), "decimal"),
        (D("1E+29"), "decimal"),
        (D("Infinity"), "decimal"),
        (D("0.5"), "wei"),
        (D("1E+38"), "wei"),
    ],
    "text": [
        ("\ud800", "text"),
        *[(text, "double") for text in ("", "nan", "Infinity", "007", "+4", "1_000", "0x1", "1e", "--1", "1e99999")],
        ("0.12345678901234567890123", "double"),
        *[(text, "bool") for text in ("1", "0", "yes", "t", "")],
        *[(text, "timestamp") for text in ("2024-02-30", "2024", "2024-01-02T25:00", "2024-01-02T03:04:05.1234567Z")],
        ("2024-01-02T03:04:05+24:00", "timestamp"),
        ("2024-01-02T03:04:05+01:60", "timestamp"),
        ("0001-01-01T00:00:00+01:00", "timestamp"),
        ("9999-12-31T23:59:59-01:00", "timestamp"),
        ("٢٠٢٤-01-02", "timestamp"),
        *[(text, "bigint") for text in ("", "-0", "01", "+1", "1.0", "1e3", "9223372036854775808", "1" * 21)],
        *[(text, "binary") for text in ("0x1", "0xgg", "YWI", "YWJ=", "a b=", "test!")],
        *[(text, "json") for text in ("", "abc", "[1,", '{"a":1,"a":2}', '{"a":{"b":1,"b":1}}', "NaN")],
        ('{"a":"\\ud800"}', "json"),
        ("1e-10", "decimal"),
        ("one", "decimal"),
        ("0.5", "wei"),
        ("2024-01-02T03:04:05Z", "date"),
        ("2024-01-02T00:00:00.000001Z", "date"),
        ("2024-01-02T00:00:00+05:00", "date"),
        *[(text, "time") for text in ("3:04", "24:00", "03:60", "03:04:05+05:00", "03:04:05.1234567", "٠٣:04")],
    ],
    "bytes": [],
    "datetime": [
        (dt.datetime(1, 1, 1, tzinfo=EAST), "timestamp"),
        (dt.datetime(9999, 12, 31, 23, tzinfo=dt.timezone(dt.timedelta(hours=-5))), "timestamp"),
        (MIDNIGHT.replace(hour=1), "date"),
        (MIDNIGHT.replace(minute=1), "date"),
        (MIDNIGHT.replace(second=1), "date"),
        (MIDNIGHT.replace(microsecond=1), "date"),
        (MIDNIGHT.replace(tzinfo=EAST), "date"),
    ],
    "date": [],
    "time": [(dt.time(1, tzinfo=EAST), "time")],
    "duration": [(dt.timedelta.max, "double")],
    "document": [({"a": "\ud800"}, "json")],
}
CELLS = [(kind, wanted) for kind in KINDS for wanted in DATA_TYPES]


def column(kind: DataType, **hints: Any) -> ColumnSchema:
    """Return a column of a type."""
    return {"name": "c", "data_type": kind, **hints}  # type: ignore[typeddict-item]


@pytest.mark.parametrize(
    ("kind", "value", "wanted", "stored"),
    [(kind, *case) for kind, cases in FITS.items() for case in cases],
    ids=lambda part: repr(part)[:40],
)
def test_a_value_that_fits_is_stored_in_the_form_of_its_column(
    kind: Kind, value: Any, wanted: DataType, stored: Any
) -> None:
    """Value and class are those of the column; a bool is no int and a text of a class of its own is plain text."""
    assert kind_of(value) == kind
    found = convert(value, column(wanted))
    assert found == stored and type(found) is type(stored)


@pytest.mark.parametrize(
    ("kind", "value", "wanted"),
    [(kind, *case) for kind, cases in LOST.items() for case in cases],
    ids=lambda part: repr(part)[:40],
)
def test_a_value_that_would_lose_something_does_not_fit(kind: Kind, value: Any, wanted: DataType) -> None:
    """It is a Misfit and no other error, so that a variant column takes the value."""
    assert kind_of(value) == kind and wanted in TABLE[kind]
    with pytest.raises(Misfit):
        convert(value, column(wanted))


@pytest.mark.parametrize(("kind", "wanted"), CELLS)
def test_every_cell_of_the_table_is_told_apart(kind: Kind, wanted: DataType) -> None:
    """A cell that is in the table has an example here; any other takes no value of its kind."""
    examples = [value for value, type_, _ in FITS[kind] if type_ == wanted]
    if wanted in TABLE[kind]:
        assert examples
        return
    value = FITS[kind][0][0]
    with pytest.raises(Misfit, match=f"a value of kind {kind} is not a {wanted}"):
        convert(value, column(wanted))


@pytest.mark.parametrize("value", [object(), {1, 2}, 1j, range(3), Ellipsis])
def test_a_value_that_no_column_stores_is_a_type_error(value: Any) -> None:
    """The message names its class."""
    with pytest.raises(TypeError, match=type(value).__qualname__):
        kind_of(value)


@given(st.sampled_from(CELLS), st.data())
def test_a_stored_value_is_stored_again_as_it_is(cell: tuple[Kind, DataType], data: st.DataObject) -> None:
    """What a column gave back may come as a value once more, from another destination for instance."""
    kind, wanted = cell
    examples = [value for value, type_, _ in FITS[kind] if type_ == wanted]
    if not examples:
        return
    once = convert(data.draw(st.sampled_from(examples)), column(wanted))
    assert convert(once, column(wanted)) == once


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_a_decimal_goes_through_text_without_a_change(value: D) -> None:
    """Of any size, with any number of digits."""
    text = convert(value, column("text"))
    assert D(text) == value and not (text.endswith("0") and "." in text and "E" not in text)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_goes_through_text_and_json_without_a_change(value: float) -> None:
    """The shortest digits that are the float."""
    assert float(convert(value, column("text"))) == value
    assert float(convert(value, column("json"))) == value


@given(st.datetimes(timezones=st.sampled_from([UTC, EAST, dt.timezone(dt.timedelta(hours=-3, minutes=-30))])))
def test_a_moment_goes_through_text_without_a_change(value: dt.datetime) -> None:
    """The zone becomes UTC, unless UTC has no such year."""
    text = convert(value, column("text"))
    assert dt.datetime.fromisoformat(text) == value
    try:
        stored = convert(value, column("timestamp"))
    except Misfit:
        assert not text.endswith("+00:00")
    else:
        assert convert(text, column("timestamp")) == stored == value


@given(st.binary(max_size=40))
def test_bytes_go_through_text_without_a_change(value: bytes) -> None:
    """As base64, and as hexadecimal digits."""
    assert convert("0x" + value.hex(), column("binary")) == value
    text = convert(value, column("text"))
    # what begins like this is read as hexadecimal digits, as PyPI `dlt` 1.x does
    assert text[:2] in ("0x", "0X") or convert(text, column("binary")) == value


@given(st.integers() | st.integers(-(2**53) - 2, 2**53 + 2))
def test_an_int_is_a_double_only_where_it_is_the_same_number(value: int) -> None:
    """Beyond 2**53 some ints are, and others are not."""
    try:
        found = convert(value, column("double"))
    except Misfit:
        assert abs(value) > 2**53
    else:
        assert int(found) == value


def test_the_table_of_the_documentation_has_a_row_a_kind_and_a_column_a_type() -> None:
    """With the words of the rule where there is one, and nothing where there is none."""
    head, line, *rows = table_markdown().splitlines()
    assert head.count("`") == 2 * len(DATA_TYPES) and line == "|---" * (len(DATA_TYPES) + 1) + "|"
    assert [row.split("|")[1].strip() for row in rows] == list(KINDS) == list(get_args(Kind))
    for kind, row in zip(KINDS, rows, strict=True):
        cells = [cell.strip() for cell in row.strip("|").split("|")][1:]
        assert cells == [TABLE[kind][wanted][1] if wanted in TABLE[kind] else "" for wanted in DATA_TYPES]


def test_the_generic_destination_is_meant_where_none_is_given() -> None:
    """It has all digits that there are, and stores NaN and NUL."""
    assert convert(math.inf, column("double")) == convert(math.inf, column("double"), GENERIC) == math.inf
    assert convert("\0", column("text")) == "\0"

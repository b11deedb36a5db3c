"""JSON that keeps every Python value as it was."""

from __future__ import annotations

import collections
import dataclasses
import datetime
import decimal
import enum
import types
import uuid
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt.io.typed_json import MAX_LEVELS, TAG, TooDeep, dump_row, dumps, loads, read_rows, simplify

SCALARS = (
    st.none() | st.integers() | st.text(max_size=3) | st.binary(max_size=3) | st.dates() | st.decimals(allow_nan=False)
)
KEYS = st.sampled_from([TAG, "", "dict", "bytes", "date", "a"])
DOCUMENTS = st.recursive(
    SCALARS | KEYS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=2),
    max_leaves=12,
)


@given(DOCUMENTS)
def test_every_document_comes_back_as_it_was(document: Any) -> None:
    """Also one that looks like what the format writes for values that JSON has no word for."""
    assert loads(dumps(document)) == document
    assert list(read_rows([dump_row({"row": document})])) == [{"row": document}]


@pytest.mark.parametrize("inner", [{}, [], ["bytes", "eA=="], ["dict", 1], ["date", "x"], None, [1, 2]])
def test_a_document_whose_key_is_that_of_the_format_stays_a_document(inner: Any) -> None:
    """Whatever stands in it."""
    assert loads(dumps({"a": [{TAG: inner}]})) == {"a": [{TAG: inner}]}


def test_what_earlier_versions_wrote_is_read() -> None:
    """A document of the user was not told apart; what cannot be a value of the format is one."""
    text = '{"a": {"\\ue000": ["decimal", "1.50"]}, "b": {"\\ue000": {}}, "c": {"\\ue000": ["date", "2024-01-02"]}}'
    assert loads(text) == {"a": decimal.Decimal("1.50"), "b": {TAG: {}}, "c": datetime.date(2024, 1, 2)}


class Colour(enum.Enum):
    """An enum of texts."""

    RED = "red"


class Number(enum.IntEnum):
    """An enum of ints."""

    ONE = 1


class Text(str):
    """A text that shows itself in another way."""

    def __str__(self) -> str:
        return "shown"


class Point(NamedTuple):
    """A tuple with names."""

    x: int
    y: Any


@dataclasses.dataclass
class Box:
    """A dataclass."""

    a: Any
    b: int = 2


class Model:
    """What Pydantic gives its models."""

    def model_dump(self) -> dict[str, Any]:
        """Return the fields."""
        return {"colour": Colour.RED}


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (Colour.RED, "red"),
        (Number.ONE, 1),
        (Text("own"), "own"),
        (type("Count", (int,), {})(7), 7),
        (type("Ratio", (float,), {})(1.5), 1.5),
        (uuid.UUID(int=7), "00000000-0000-0000-0000-000000000007"),
        (Point(1, Colour.RED), {"x": 1, "y": "red"}),
        (Box(Colour.RED), {"a": "red", "b": 2}),
        (Model(), {"colour": "red"}),
        ((1, Colour.RED), [1, "red"]),
        ({3, 1, 2}, [1, 2, 3]),
        (frozenset({"b", "a"}), ["a", "b"]),
        ({1, "a"}, [1, "a"]),
        (bytearray(b"ab"), b"ab"),
        (memoryview(b"ab"), b"ab"),
        ({Colour.RED: 1, 5: 2, None: 3, "a": 4}, {"red": 1, "5": 2, "None": 3, "a": 4}),
        ({Number.ONE: 1}, {"1": 1}),
        ({Text("own"): 1}, {"own": 1}),
        (collections.OrderedDict(a=1), {"a": 1}),
        (types.MappingProxyType({"a": Colour.RED}), {"a": "red"}),
        (np.int64(7), 7),
        (np.float64(1.5), 1.5),
        (np.float32(1.5), 1.5),
        (np.bool_(True), True),
        (np.str_("a"), "a"),
        (np.array([1, 2]), [1, 2]),
        (np.array([[1], [2]]), [[1], [2]]),
        (np.array(5), 5),
        (np.datetime64("2024-01-02"), datetime.date(2024, 1, 2)),
        (np.datetime64("2024-01"), datetime.date(2024, 1, 1)),
        (np.datetime64("2024-01-02T03:04:05"), datetime.datetime(2024, 1, 2, 3, 4, 5)),
        (np.datetime64("2024-01-02T03:04:05.123456"), datetime.datetime(2024, 1, 2, 3, 4, 5, 123456)),
        (np.datetime64("2024-01-02T03:04:05.123456000"), datetime.datetime(2024, 1, 2, 3, 4, 5, 123456)),
        (np.datetime64("2024-01-02T03:04:05.123456789"), "2024-01-02T03:04:05.123456789"),
        (np.datetime64("NaT"), None),
        (np.timedelta64(5, "s"), datetime.timedelta(seconds=5)),
        (np.timedelta64(5, "D"), datetime.timedelta(days=5)),
        (np.timedelta64(5, "ns"), decimal.Decimal("0.005")),
        (np.timedelta64(5000, "ns"), datetime.timedelta(microseconds=5)),
        (np.timedelta64("NaT"), None),
        (np.array(["2024-01-02", "NaT"], "datetime64[D]"), [datetime.date(2024, 1, 2), None]),
        (pd.Timestamp("2024-01-02T03:04:05.123456"), datetime.datetime(2024, 1, 2, 3, 4, 5, 123456)),
        (pd.Timestamp("2024-01-02T03:04:05.123456789"), "2024-01-02T03:04:05.123456789"),
        (pd.Timestamp("2024-01-02T03:04:05.123456789+05:00"), "2024-01-01T22:04:05.123456789+00:00"),
        (pd.Timedelta(5, "s"), datetime.timedelta(seconds=5)),
        (pd.Timedelta(1001, "ns"), decimal.Decimal("1.001")),
        (pd.NaT, None),
        (pd.NA, None),
    ],
    ids=lambda part: type(part).__name__,
)
def test_values_of_other_libraries_become_plain_ones(value: Any, plain: Any) -> None:
    """Enums by value, models and named tuples by field, numbers of numpy and moments of pandas without a loss."""
    found = simplify(value)
    assert found == plain and (type(found) is type(plain) or isinstance(plain, datetime.datetime))
    assert simplify({"a": [value]}) == {"a": [plain]}
    assert loads(dumps([value])) == [plain]


@pytest.mark.parametrize(
    "value",
    [
        object(),
        1j,
        range(3),
        len,
        np.timedelta64(1, "Y"),
        np.timedelta64(1, "M"),
        np.timedelta64(1, "ps"),
        Box,
        type("Odd", (), {})(),
    ],
)
def test_a_value_that_is_none_of_these_is_refused(value: Any) -> None:
    """With its type in the message."""
    with pytest.raises(TypeError, match=r"cannot be stored|no duration of one length"):
        simplify([value])


@pytest.mark.parametrize(("levels", "taken"), [(MAX_LEVELS, True), (MAX_LEVELS + 2, False)])
@pytest.mark.parametrize("wrap", [lambda inner: [inner], lambda inner: {"a": inner}, lambda inner: (inner,)])
def test_a_value_may_be_nested_so_deep_and_no_deeper(wrap: Any, levels: int, taken: bool) -> None:
    """Deep ones are written too."""
    value: Any = 1
    for _ in range(levels):
        value = wrap(value)
    if taken:
        dump_row(value)
    else:
        with pytest.raises(TooDeep, match="nested deeper than 200 levels"):
            simplify(value)


def test_a_value_that_contains_itself_ends() -> None:
    """As one that is too deep."""
    circle: list[Any] = []
    circle.append(circle)
    with pytest.raises(TooDeep):
        dumps(circle)


@pytest.mark.parametrize(
    "value",
    [
        True,
        datetime.datetime(2024, 1, 2, 3, tzinfo=datetime.timezone(datetime.timedelta(hours=5))),
        datetime.datetime(2024, 1, 2, 3, 4, 5, 6),
        datetime.date(2024, 1, 2),
        datetime.time(3, 4, 5, 6),
        datetime.timedelta(days=-1, microseconds=7),
        decimal.Decimal("1.50"),
        decimal.Decimal("-0"),
        b"\x00\xff",
        10**40,
        1e300,
        "\ud800 \ue000",
    ],
    ids=repr,
)
def test_every_kind_of_value_keeps_its_type(value: Any) -> None:
    """At every depth, in rows and in documents."""
    for found in (loads(dumps({"a": [value]}))["a"][0], next(iter(read_rows([dump_row({"a": value})])))["a"]):
        assert found == value and type(found) is type(value) and repr(found) == repr(value)


def test_a_row_is_one_line_of_ascii() -> None:
    """Whatever is in it."""
    line = dump_row({"a": "é\n\u2028", "b": [b"\n"]})
    assert line.isascii() and b"\n" not in line and b" " not in line

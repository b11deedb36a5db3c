"""Frozen dataclasses as documents: types of fields, and what is said where a value is of another type."""

from __future__ import annotations

import copy
import datetime as dt
import pickle
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt.io.codec import ABSENT, REST, Absent, Document, decode, encode
from dlt.io.sealed import Damaged

UTC = dt.timezone.utc


@dataclass(frozen=True)
class Inner:
    """A part of a document that keeps what it does not know."""

    name: str
    rest: Mapping[str, object] = field(default_factory=dict, metadata=REST)


@dataclass(frozen=True)
class All:
    """A document with fields of every type."""

    text: str = ""
    whole: int = 0
    number: float = 0.0
    flag: bool = False
    maybe: str | None = None
    either: int | str = 0
    moment: dt.datetime | None = None
    word: Literal["a", "b"] = "a"
    several: tuple[int, ...] = ()
    pair: tuple[str, int] | None = None
    table: Mapping[str, int] = field(default_factory=dict)
    inner: Inner | None = None
    inners: tuple[Inner, ...] = ()
    anything: object = None
    users: Mapping[str, Any] = field(default_factory=dict)
    absent: object = ABSENT


TEXT, INTS = st.text(max_size=4), st.integers(-(2**53), 2**53)
INNERS = st.builds(Inner, TEXT, st.dictionaries(TEXT.map("x_".__add__), INTS, max_size=2))
EACH = st.builds(
    All,
    TEXT,
    INTS,
    st.floats(allow_nan=False, allow_infinity=False) | INTS,
    st.booleans(),
    st.none() | TEXT,
    INTS | TEXT,
    st.none() | st.datetimes(timezones=st.just(UTC)),
    st.sampled_from(["a", "b"]),
    st.lists(INTS, max_size=3).map(tuple),
    st.none() | st.tuples(TEXT, INTS),
    st.dictionaries(TEXT, INTS, max_size=2),
    st.none() | INNERS,
    st.lists(INNERS, max_size=2).map(tuple),
    st.none() | INTS | st.lists(INTS, max_size=2),
    st.dictionaries(TEXT, st.none() | INTS, max_size=2),
    st.just(ABSENT) | st.none() | INTS,
)


@given(EACH, st.booleans())
def test_a_value_of_every_type_comes_back(value: All, whole: bool) -> None:
    """With empty fields written, or left out."""
    found = encode(value, whole)
    assert decode(All, found) == value
    if whole:
        assert set(found) >= set(All.__dataclass_fields__) - {"absent"}
    assert ("absent" in found) is (value.absent is not ABSENT)


def test_what_is_empty_is_not_written() -> None:
    """Only where absence says the same: nought is not False, and a value that is not the default says something."""

    @dataclass(frozen=True)
    class Defaults:
        on: bool = True
        count: int = 5
        off: bool = False
        nothing: str | None = None
        name: str | None = "x"
        either: object = 0

    assert encode(Defaults()) == {"on": True, "count": 5, "name": "x"}
    assert encode(Defaults(on=False, count=0, name=None)) == {"on": False, "count": 0, "name": None}
    assert encode(Defaults(either=False)) == {**encode(Defaults()), "either": False}
    assert encode(All()) == {"word": "a"}


WRONG: list[tuple[str, Any, str]] = [
    ("text", 5, "text is int, not text"),
    ("text", None, "text is NoneType, not text"),
    ("whole", "5", "whole is str, not a whole number"),
    ("whole", 5.0, "whole is float, not a whole number"),
    ("whole", True, "whole is bool, not a whole number"),
    ("number", "5", "number is str, not a number"),
    ("number", True, "number is bool, not a number"),
    ("flag", 1, "flag is int, not true or false"),
    ("flag", "true", "flag is str, not true or false"),
    ("maybe", 5, "maybe is int, not text"),
    ("either", None, "either is NoneType, not text"),
    ("either", [], "either is list, not text"),
    ("moment", "soon", "moment is str, not a moment"),
    ("moment", 5, "moment is int, not a moment"),
    ("word", "c", "word is none of a, b"),
    ("word", None, "word is none of a, b"),
    ("several", 5, "several is int, not a list"),
    ("several", "12", "several is str, not a list"),
    ("several", [1, "2"], "several[1] is str, not a whole number"),
    ("pair", ["a"], "pair has 1 values, not 2"),
    ("pair", ["a", 1, 2], "pair has 3 values, not 2"),
    ("pair", ["a", "b"], "pair[1] is str, not a whole number"),
    ("table", [], "table is list, not an object"),
    ("table", {"a": None}, "table.a is NoneType, not a whole number"),
    ("inner", "x", "inner is str, not an object"),
    ("inner", {}, "inner has no name"),
    ("inner", {"name": 1}, "inner.name is int, not text"),
    ("inners", [{"name": "a"}, {"name": 5}], "inners[1].name is int, not text"),
    ("users", [], "users is list, not an object"),
]


@pytest.mark.parametrize(("name", "value", "said"), WRONG, ids=[said for _, _, said in WRONG])
def test_a_value_of_another_type_is_told_with_its_place(name: str, value: Any, said: str) -> None:
    """And without the value, which may be secret."""
    with pytest.raises(Damaged) as caught:
        decode(All, {name: value})
    assert str(caught.value) == said


def test_a_field_that_must_be_there_is_missed() -> None:
    """All of those that are missing are named."""

    @dataclass(frozen=True)
    class Needy:
        one: str
        two: int
        three: int = 0

    with pytest.raises(Damaged, match="it has no one, two"):
        decode(Needy, {})
    with pytest.raises(Damaged, match="it has no two"):
        decode(Needy, {"one": "x", "three": 3})
    assert decode(Needy, {"one": "x", "two": 2}) == Needy("x", 2)


def test_keys_that_are_not_known_are_kept_or_refused() -> None:
    """As the class says; kept ones are written again."""
    assert decode(Inner, {"name": "a", "new": 1}) == Inner("a", {"new": 1})
    assert encode(Inner("a", {"new": 1})) == {"name": "a", "new": 1}
    with pytest.raises(Damaged, match="it has newer, newest, which this release does not know"):
        decode(All, {"newer": 1, "newest": 2})
    assert decode(All, {"inner": {"name": "a", "new": 1}}).inner == Inner("a", {"new": 1})


@pytest.mark.parametrize("value", [None, 5, "x", [], ()])
def test_a_document_is_an_object(value: Any) -> None:
    """Nothing else is."""
    with pytest.raises(Damaged, match="not an object"):
        Document(All, "a document").parse(value, "x.json")
    with pytest.raises(Damaged, match=r"it is .*, not an object"):
        decode(All, value)


@given(EACH, st.booleans(), st.booleans())
def test_a_document_may_be_indented_or_exact(value: All, indented: bool, exact: bool) -> None:
    """What is read is the same, but for values that JSON has no word for, which only an exact one keeps."""
    document = Document(All, "a document", indented=indented, exact=exact)
    assert document.load(document.dump(value), "x.json") == value
    moment = All(anything=[dt.date(2024, 1, 2)])
    found = document.load(document.dump(moment), "x.json").anything
    assert found == ([dt.date(2024, 1, 2)] if exact else ["2024-01-02"])


def test_what_is_absent_is_one_thing() -> None:
    """However it is copied or sent."""
    assert copy.copy(ABSENT) is copy.deepcopy([ABSENT])[0] is pickle.loads(pickle.dumps(ABSENT)) is ABSENT
    assert repr(ABSENT) == "ABSENT" and isinstance(ABSENT, Absent)


def test_a_type_that_the_codec_does_not_know_is_a_fault_of_the_program() -> None:
    """It is told when the class is first read, not when a value comes."""

    @dataclass(frozen=True)
    class Odd:
        value: set[int] = field(default_factory=set)

    with pytest.raises(TypeError, match="no type of a field that the codec knows"):
        decode(Odd, {})
    with pytest.raises(TypeError, match="int is not a dataclass"):
        encode(5)

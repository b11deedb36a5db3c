"""JSON under the name that programs for PyPI `dlt` 1.x import."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import datetime, timezone
from decimal import Decimal
from enum import Enum
from typing import Any, NamedTuple

import pendulum
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from dlt.common import Wei, json
from dlt.common.json import custom_pua_decode, custom_pua_remove, may_have_pua
from dlt.common.jsonpath import (
    compile_path,
    compile_paths,
    delete_matches,
    extract_simple_field_name,
    find_values,
    resolve_paths,
    set_value_at_path,
)
from dlt.common.libs.hexbytes import HexBytes
from dlt.common.time import ensure_pendulum_datetime, timestamp_within

# no private characters: a text that begins with one of them may be read as a typed value
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Co"]))
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", max_size=3), inner, max_size=3),
    max_leaves=10,
)


@given(DOCUMENTS, st.booleans(), st.booleans())
def test_a_document_comes_back(document: Any, sort_keys: bool, pretty: bool) -> None:
    """From text, from bytes and from a file."""
    assert json.loads(json.dumps(document, sort_keys, pretty)) == document
    assert json.loadb(json.dumpb(document, sort_keys, pretty)) == document
    file = io.BytesIO()
    json.dump(document, file, sort_keys, pretty)
    file.seek(0)
    assert json.load(file) == document


@pytest.mark.parametrize("written", ["12345678901234567890123", "-9223372036854775809"])
def test_numbers_keep_what_they_are(written: str) -> None:
    """All digits of whole ones, and those that no float holds are texts."""
    text = f'{{"a": [{written}, 1e400, 1.5]}}'
    expected = {"a": [int(written), "1e400", 1.5]}
    assert json.loads(text) == json.loadb(bytearray(text.encode())) == expected
    assert json.load(io.BytesIO(text.encode())) == json.load(io.StringIO(text)) == expected


@given(DOCUMENTS)
def test_typed_documents_keep_their_types(document: Any) -> None:
    """Moments and decimals too."""
    value = {"document": document, "at": datetime(2024, 1, 2, tzinfo=timezone.utc), "price": Decimal("1.50")}
    assert json.typed_loads(json.typed_dumps(value)) == value


@pytest.mark.parametrize(
    ("path", "expected"),
    [("a", [1]), ("b.c", [2]), ("$.b.*", [2, 3]), ("l[*].x", [4, 5]), ("nothing", []), ("b..c", [2])],
)
def test_paths_find_all_values(path: str, expected: list[int]) -> None:
    """As texts, and compiled."""
    document = {"a": 1, "b": {"c": 2, "d": 3}, "l": [{"x": 4}, {"x": 5}]}
    assert find_values(path, document) == find_values(compile_path(path), document) == expected


@given(st.datetimes(min_value=datetime(1950, 1, 1), timezones=st.timezones()))
def test_moments_are_in_utc(moment: datetime) -> None:
    """A moment is the same one, from itself and from its text."""
    for value in (moment, moment.isoformat()):
        found = ensure_pendulum_datetime(value)
        assert found.utcoffset().total_seconds() == 0  # type: ignore[union-attr]
        assert found.timestamp() == pytest.approx(moment.timestamp(), abs=1e-5)


@pytest.mark.parametrize("value", ["", "soon", "2024-13-01T00:00:00Z"])
def test_what_is_no_moment_is_refused(value: str) -> None:
    """As a ValueError, which programs catch."""
    with pytest.raises(ValueError, match=r"Unable to parse string"):
        ensure_pendulum_datetime(value)


def test_ranges_of_seconds() -> None:
    """The start is excluded, the end is not."""
    assert timestamp_within(2, 1, 2) and not timestamp_within(1, 1, 2) and not timestamp_within(3, 1, 2)
    assert timestamp_within(1, None, None)


class Known(NamedTuple):
    """A value by field."""

    name: str
    price: Decimal


@dataclass
class Data:
    """Another one."""

    name: str
    price: Decimal


class Info(NamedTuple):
    """One with an object among its fields, that says itself what is of interest."""

    pipeline: object

    def asdict(self) -> dict[str, Any]:
        """Return what is of interest."""
        return {"name": "a", "price": Decimal("1.5")}


class Model(BaseModel):
    """One of pydantic."""

    name: str
    price: Decimal


@dataclass
class Telling:
    """One that says itself what is of interest."""

    secret: object

    def asdict(self) -> dict[str, Any]:
        """Return what is of interest."""
        return {"name": "a", "price": Decimal("1.5")}


class Letter(Enum):
    """One by value."""

    A = "a"


class Own:
    """A value that an encoder of the program knows."""


NOON = datetime(2024, 1, 2, 12, 0, 0, 5)


@pytest.mark.parametrize(
    ("value", "text", "typed"),
    [
        (Decimal("1.50"), "1.50", "\uf0261.50"),
        (NOON, "2024-01-02T12:00:00.000005", "\uf0272024-01-02T12:00:00.000005"),
        (NOON.replace(tzinfo=timezone.utc), "2024-01-02T12:00:00.000005+00:00", None),
        (pendulum.datetime(2024, 1, 2), "2024-01-02T00:00:00+00:00", "\uf0272024-01-02T00:00:00+00:00"),
        (NOON.date(), "2024-01-02", "\uf0282024-01-02"),
        (NOON.time(), "12:00:00.000005", "\uf02d12:00:00.000005"),
        (b"abc", "YWJj", "\uf02bYWJj"),
        (HexBytes("0x1234"), "0x1234", "\uf02a0x1234"),
        (Wei("1.5"), "1.5", "\uf02c1.5"),
    ],
)
def test_values_without_a_word_in_json(value: Any, text: str, typed: str | None) -> None:
    """As text; in typed documents behind the character of their type, and they come back."""
    assert json.loads(json.dumps({"a": [value]})) == {"a": [text]}
    written = json.typed_dumpb({"a": [value]})
    assert may_have_pua(written) and json.typed_loadb(written) == {"a": [value]}
    assert type(json.typed_loads(json.typed_dumps(value))) is type(value) or isinstance(value, datetime)
    assert typed is None or json.loadb(written) == {"a": [typed]}
    assert custom_pua_remove(json.loadb(written)) == {"a": [text]}


@pytest.mark.parametrize(
    "value",
    [
        Known("a", Decimal("1.5")),
        Data("a", Decimal("1.5")),
        Model(name="a", price="1.5"),
        Telling(object()),
        Info(object()),
    ],
)
def test_values_with_fields(value: Any) -> None:
    """As dicts."""
    assert json.dumps(value) == '{"name":"a","price":"1.5"}'
    file = io.BytesIO()
    json.typed_dump(value, file)
    assert file.getvalue().decode() == '{"name":"a","price":"\uf0261.5"}'


@pytest.mark.parametrize("value", [{1}, object(), 2**64, range(3), bytearray(b"x"), "\ud800"])
def test_values_that_json_does_not_have(value: Any) -> None:
    """As a TypeError, if no encoder of the program knows them."""
    for write in (json.dumps, json.typed_dumps):
        with pytest.raises(TypeError):
            write({"a": value})


def test_an_encoder_of_the_program() -> None:
    """It is asked for what nothing else knows."""
    json.set_custom_encoder(lambda value: "own" if isinstance(value, Own) else str(value))
    try:
        assert json.dumps([Own(), Decimal(1), Letter.A]) == '["own","1","a"]'
    finally:
        json.set_custom_encoder(None)


@pytest.mark.parametrize("text", ["\uf026", "\uf026abc", "\uf027soon", "\uf02ex", "plain", ""])
def test_texts_of_the_user_stay(text: str) -> None:
    """Also those that begin like a typed value."""
    assert custom_pua_decode(text) == json.typed_loads(json.typed_dumps(text)) == text


def test_the_module_has_its_own_name() -> None:
    """Programs import it from the package and from itself."""
    from dlt.common.json import json as same

    assert same is json


def test_bytes_in_hexadecimal() -> None:
    """They are bytes that show themselves so."""
    found = HexBytes("1234")
    assert found == b"\x12\x34" and found.hex() == "0x1234" and repr(found) == "HexBytes('0x1234')"
    assert type(found[:1]) is HexBytes and found[0] == 0x12 and HexBytes(b"a") == HexBytes("0X61")
    with pytest.raises(ValueError, match="fromhex"):
        HexBytes("0x1")


@pytest.mark.parametrize(
    ("path", "name"),
    [("a", "a"), ("'a.b'", "a.b"), ("['a']", "a"), ("$.a", None), ("a.b", None), ("*", None)],
)
def test_paths_that_are_a_field(path: str, name: str | None) -> None:
    """They have a name."""
    assert extract_simple_field_name(path) == extract_simple_field_name(compile_path(path)) == name


def test_paths_change_documents() -> None:
    """Values are deleted, found with their places, and set."""
    document: dict[str, Any] = {"a": [{"x": 1, "y": 2}], "b": 1}
    assert resolve_paths(["b", "a[*].x"], document) == ["b", "a.[0].x"]
    delete_matches(["a[*].x", "b", "no"], document)
    assert document == {"a": [{"y": 2}]} and [str(path) for path in compile_paths("a")] == ["a"]
    made: dict[str, object] = {"p": 1}
    set_value_at_path(made, "q.r.s", 2)
    assert made == {"p": 1, "q": {"r": {"s": 2}}}
    with pytest.raises(TypeError, match="'p' is a int, not a dict"):
        set_value_at_path(made, "p.c", 2)

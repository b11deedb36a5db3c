"""Documents as JSON text: every value has a form that loses nothing, and text is a document only where it is one."""

from __future__ import annotations

import datetime as dt
import decimal
import json
import math
import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt.schema.documents import document_text, has_nul, is_strict, json_text, moment_text, read_document, word_of

UTC = dt.timezone.utc
EAST = dt.timezone(dt.timedelta(hours=5, minutes=30))
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@given(PLAIN)
def test_what_json_has_words_for_is_read_as_it_was(value: Any) -> None:
    """Ints of any size, floats, texts of any letters, lists and dicts."""
    assert json.loads(json_text(value)) == value
    assert read_document(json_text(value)) == value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (math.nan, '"NaN"'),
        (math.inf, '"Infinity"'),
        (-math.inf, '"-Infinity"'),
        (dt.datetime(2024, 1, 2, 3, tzinfo=UTC), '"2024-01-02T03:00:00Z"'),
        (dt.datetime(2024, 1, 2, 3, tzinfo=EAST), '"2024-01-01T21:30:00Z"'),
        (dt.datetime(2024, 1, 2, 3), '"2024-01-02T03:00:00"'),
        (dt.datetime(1, 1, 1, tzinfo=EAST), '"0001-01-01T00:00:00+05:30"'),
        (dt.date(2024, 1, 2), '"2024-01-02"'),
        (dt.time(3, 4), '"03:04:00"'),
        (dt.timedelta(seconds=1), "1000000"),
        (b"ab", '"YWI="'),
        (bytearray(b"ab"), '"YWI="'),
        (memoryview(b"ab"), '"YWI="'),
        (decimal.Decimal("1.50"), '"1.50"'),
        (uuid.UUID(int=1), '"00000000-0000-0000-0000-000000000001"'),
        (frozenset([1]), "[1]"),
        ((1, 2), "[1,2]"),
        (10**30, "1000000000000000000000000000000"),
        ("\ud800", '"\\ud800"'),
        ("é", '"é"'),
    ],
)
@pytest.mark.parametrize("beside", [None, 10**30, "\udfff", math.nan])
def test_what_json_has_no_word_for_has_one_form(value: Any, text: str, beside: Any) -> None:
    """The same one in every place of every document, also beside what only the slower writer knows."""
    assert json_text(value) == text
    inner = json_text(beside)
    assert json_text({"a": [value], "b": beside}) == f'{{"a":[{text}],"b":{inner}}}'
    assert json_text([{"n": None}, value, beside]) == f'[{{"n":null}},{text},{inner}]'


@pytest.mark.parametrize("holder", [list, tuple, frozenset], ids=["list", "tuple", "set"])
def test_infinities_are_found_in_every_collection(holder: Any) -> None:
    """A null that was one before stays one."""
    assert json_text({"n": None, "v": holder([math.inf])}) == '{"n":null,"v":["Infinity"]}'
    assert json_text({"n": None, "v": holder([1.5])}) == '{"n":null,"v":[1.5]}'


def test_keys_that_are_no_texts_become_texts() -> None:
    """Ints, dates and truth values."""
    assert json_text({1: 1, dt.date(2024, 1, 2): 2}) == '{"1":1,"2024-01-02":2}'
    assert json_text({True: 1, None: 2}) == '{"true":1,"null":2}'


@pytest.mark.parametrize(("value", "word"), [(math.nan, "NaN"), (math.inf, "Infinity"), (-math.inf, "-Infinity")])
def test_infinities_have_words(value: float, word: str) -> None:
    """Those that Python, Java and databases read."""
    assert word_of(value) == word
    found = float(word)
    assert found == value or (math.isnan(found) and math.isnan(value))


@pytest.mark.parametrize(
    ("text", "strict"),
    [
        ('"a"', True),
        ('"\\ud83d\\ude00"', True),
        ('"\\uD83D\\uDE00"', True),
        ('"\\ud800"', False),
        ('"\\uDFFF"', False),
        ('{"\\ud800":1}', False),
        ('"\\\\ud800"', True),
        ('"é\\n"', True),
    ],
)
def test_lone_surrogates_are_told_from_pairs(text: str, strict: bool) -> None:
    """Escapes in either case; a backslash that is itself escaped begins none."""
    assert is_strict(text) is strict


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('"a"', False),
        ('"\\u0000"', True),
        ('"a\\u0000b"', True),
        ('"\\\\u0000"', False),
        ('"\\\\\\u0000"', True),
        ('"\\\\\\\\u0000"', False),
        ('"\\\\u0000 \\u0000"', True),
        ('"\\u00000"', True),
        ('"\\u0001"', False),
    ],
)
def test_the_character_nul_is_found_in_json_text(text: str, found: bool) -> None:
    """Whether a backslash is an escape depends on how many stand before it."""
    assert has_nul(text) is found is ("\0" in json.loads(text))


@given(st.text(st.sampled_from("\\u0\0a"), max_size=12))
def test_nul_is_found_exactly_where_a_text_has_it(text: str) -> None:
    """Whatever else stands around it."""
    assert has_nul(json_text(text)) is ("\0" in text)
    assert has_nul(json_text({text: [text]})) is ("\0" in text)


@given(PLAIN, st.sampled_from(["", " ", "\n\t", "\r\n "]))
def test_json_text_is_a_document_without_the_blanks_around_it(value: Any, blanks: str) -> None:
    """It keeps the digits and blanks that it has inside."""
    text = json.dumps(value, ensure_ascii=False)
    if any(ord(letter) in range(0xD800, 0xE000) for letter in text):
        return
    found = document_text(blanks + text + blanks)
    assert found in (text, None)
    if found is None:
        # orjson reads no floats that JSON text of Python writes beyond its range
        assert "e" in text or "E" in text


@pytest.mark.parametrize(
    "text",
    ["", " ", "abc", "{", "[1,]", "{'a':1}", "NaN", "[Infinity]", "1 2", "01", '"\ud800"', '{"a":1,"a":2}', "\ufeff1"],
)
def test_other_text_is_no_document(text: str) -> None:
    """Among it what has a key twice, of which one value would be lost."""
    assert document_text(text) is None


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ('{"a":":"}', True),
        ('{"a":1,"b":":"}', True),
        ('{"a":"\\":"}', True),
        ('{"a":1,"\\u0061":2}', False),
        ('{"a":1,"a":2,"b":"\\u003a"}', False),
        ('[{"a":1},{"a":1}]', True),
        ('[{"a":1},{"b":1,"b":2}]', False),
        ('{"a":{"a":{"a":1}}}', True),
        ('{"a":{"b":":","b":1}}', False),
        ('{"n":' + "9" * 300 + ',"s":"\\\\"}', True),
    ],
)
def test_a_key_twice_is_found_however_it_is_written(text: str, taken: bool) -> None:
    """In any document of the text; the same key in two documents is no key twice."""
    assert document_text(text) == (text if taken else None)


@given(st.integers(-(10**40), 10**40))
def test_a_document_is_read_with_all_digits_of_its_ints(number: int) -> None:
    """Beyond 64 bits too."""
    assert read_document(f'{{"n":{number}}}') == {"n": number}


@given(st.datetimes(timezones=st.none() | st.sampled_from([UTC, EAST])))
def test_the_text_of_a_moment_is_that_moment(value: dt.datetime) -> None:
    """A naive one has no zone in its text, an aware one is in UTC where UTC has its year."""
    text = moment_text(value)
    again = dt.datetime.fromisoformat(text)
    assert again == value and (again.tzinfo is None) is (value.tzinfo is None)
    assert value.tzinfo is None or text.endswith(("+00:00", "+05:30"))
    if text.endswith("+00:00"):
        assert moment_text(value, "Z") == text.removesuffix("+00:00") + "Z"

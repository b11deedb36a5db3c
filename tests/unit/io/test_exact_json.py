"""JSON keeps the digits of its whole numbers, and numbers that no float holds."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt.io.exact_json import exact_document


@given(st.recursive(st.integers(-(2**80), 2**80) | st.text(max_size=3) | st.none(), st.lists, max_leaves=5))
def test_what_was_written_is_read(document: object) -> None:
    """Integers of any size are integers."""
    found = exact_document(json.dumps(document).encode())
    assert found == document and json.dumps(found) == json.dumps(document)


@pytest.mark.parametrize("number", [2**64, 2**64 - 1, -(2**63), -(2**63) - 1, 10**30])
def test_numbers_beside_the_bounds(number: int) -> None:
    """Those at which 64 bits end."""
    assert exact_document(b'{"a": [%d]}' % number) == {"a": [number]}


@given(
    sign=st.sampled_from(["", "-"]),
    mantissa=st.from_regex(r"(0|[1-9][0-9]{0,30})(\.[0-9]{1,30})?", fullmatch=True),
    exponent=st.from_regex(r"([eE][+-]?[0-9]{1,4})?", fullmatch=True),
    around=st.sampled_from(["%s", "[%s]", '{"a":%s}', '{"a" : %s , "b": 1}', "[1,\n%s\n]"]),
)
def test_no_number_becomes_infinite(sign: str, mantissa: str, exponent: str, around: str) -> None:
    """One that is larger than the largest float is the text that it was written as; any other is a number."""
    written = f"{sign}{mantissa}{exponent}"
    found = exact_document((around % written).encode())
    while isinstance(found, (dict, list)):
        found = next(value for value in (found.values() if isinstance(found, dict) else found[::-1]))
    if math.isinf(float(written)) and not written.lstrip("-").isdigit():
        assert found == written
    else:
        assert found == json.loads(written) and not isinstance(found, str)
    assert exact_document(around % written) == exact_document((around % written).encode())


@pytest.mark.parametrize(
    "text", [b"NaN", b"[NaN, 12345678901234567890123]", b"", b"1" * 5000, b"[NaN, 1e400]", b"[1e400"]
)
def test_what_is_no_document(text: bytes) -> None:
    """It is the same with long numbers as without; Python reads no number of 5000 digits."""
    with pytest.raises(ValueError, match=r"char|content|empty|limit|column|NaN"):
        exact_document(text)

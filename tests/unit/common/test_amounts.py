"""Decimals with a precision, and amounts of Ethereum."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

import pytest

from dlt.common import Wei
from dlt.common.arithmetics import Inexact, numeric_default_context, numeric_default_quantize


@pytest.mark.parametrize(
    ("value", "decimals", "expected"),
    [
        (10**18, 18, "1"),
        (-(10**18), 18, "-1"),
        (1, 18, "1E-18"),
        (0, 18, "0"),
        (10**18, 8, "10000000000"),
        (123456789, 6, "123.456789"),
        (2**256 - 1, 0, str(2**256 - 1)),
        (2**256 - 1, 18, "115792089237316195423570985008687907853269984665640564039457.584007913129639935"),
    ],
)
def test_amounts_of_contracts(value: int, decimals: int, expected: str) -> None:
    """No digit of 256 bits is lost."""
    found = Wei.from_int256(value, decimals)
    assert type(found) is Wei and str(found) == expected and repr(found) == f"Wei('{expected}')"


LARGEST = "578960446186580977117854925043439539266"


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        (LARGEST, None),
        (f"{LARGEST}.1", f"{LARGEST}.1"),
        ("578960446186580977117854925043439539267", "578960446186580977117854925043439539267"),
        ("-578960446186580977117854925043439539267", None),
        ("-578960446186580977117854925043439539268", "-578960446186580977117854925043439539268"),
        ("1.5", None),
    ],
)
def test_what_no_warehouse_holds_is_stored_as_text(value: str, stored: str | None) -> None:
    """The call gives what is stored, and the type of it where it is another one."""
    assert Wei(value)() == (Wei(value) if stored is None else ("str", stored))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("0.532701078956217708", "0.532701079"),
        ("0.5327010785", "0.532701079"),
        ("0.5327010784", "0.532701078"),
        ("0.4", "0.400000000"),
        ("0", "0"),
        ("0.0000000001", "0E-9"),
        ("-1.0000000005", "-1.000000001"),
    ],
)
def test_numerics_have_nine_digits_behind_the_point(value: str, expected: str) -> None:
    """And round half up."""
    assert str(numeric_default_quantize(Decimal(value))) == expected


def test_numerics_have_38_digits() -> None:
    """Where one is lost, it is told."""
    with pytest.raises(InvalidOperation):
        numeric_default_quantize(Decimal("123456789012345678901234567890.123456789123"))
    with numeric_default_context():
        assert str(Decimal(10**29 - 1) + Decimal("0.532701079")) == "99999999999999999999999999999.532701079"
    with numeric_default_context(precision=4), pytest.raises(Inexact):
        Decimal("1.0001").normalize()

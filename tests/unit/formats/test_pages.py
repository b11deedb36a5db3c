"""Pages of rows become Arrow batches that hold the same values, or are refused."""

from __future__ import annotations

import decimal

import pytest

from dlt.formats.pages import PageEncoder


@pytest.mark.parametrize("digits", ["9", "9" * 20, "9" * 38, "1" + "0" * 24, "9" * 45])
@pytest.mark.parametrize("exponent", [-9, -20, -38, -46, -47, -48, -68, -77, -78])
def test_a_number_with_many_places_is_kept_or_refused(digits: str, exponent: int) -> None:
    """Pyarrow reads some numbers with more than 46 places behind the point as another number, without a word."""
    value = decimal.Decimal(f"{digits}E{exponent}")
    batch = PageEncoder().encode([{"a": value}])
    assert batch is None or batch.column(0).to_pylist() == [value]


@pytest.mark.parametrize("width", [1, 2], ids=["of one length", "of several lengths"])
def test_columns_stand_in_the_order_in_which_rows_show_them(width: int) -> None:
    """Whatever the hashes of their names are in this process."""
    rows: list[dict[str, int]] = [{f"k{number}": number} for number in range(20)]
    rows[-1] = {f"k{19 + number}": number for number in range(width)}
    batch = PageEncoder().encode(rows)
    assert batch is not None
    assert batch.schema.names == [f"k{number}" for number in range(19 + width)]

"""Whether a column of an earlier run holds what is declared now."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt.schema.capabilities import GENERIC
from dlt.schema.conversions import convert
from dlt.schema.holding import OTHER_TYPES, holds, type_text
from dlt.schema.limits import Misfit
from dlt.schema.typing import DATA_TYPES

STRICT = replace(GENERIC, enforces_length=True)


@pytest.mark.parametrize("there", DATA_TYPES)
@pytest.mark.parametrize("declared", DATA_TYPES)
def test_a_type_holds_itself_and_few_others(there: Any, declared: Any) -> None:
    """Text holds documents, numbers whole numbers, moments days; nothing else is stored without a change."""
    known = {
        ("text", "json"),
        ("decimal", "bigint"),
        ("decimal", "wei"),
        ("wei", "bigint"),
        ("timestamp", "date"),
        ("wei", "decimal"),
    }
    # a wei has no digits behind the point, and a decimal has some unless it says otherwise
    expected = there == declared or (there, declared) in known - {("wei", "decimal")}
    found = holds({"name": "c", "data_type": there}, {"name": "c", "data_type": declared}, GENERIC)
    assert found is expected
    assert (declared in OTHER_TYPES.get(there, ())) is ((there, declared) in known)


@pytest.mark.parametrize(
    ("there", "declared", "capabilities", "expected"),
    [
        ({"data_type": "wei"}, {"data_type": "decimal", "precision": 10, "scale": 0}, GENERIC, True),
        ({"data_type": "wei"}, {"data_type": "decimal", "precision": 10, "scale": 1}, GENERIC, False),
        ({"data_type": "decimal"}, {"scale": 9, "precision": 38}, GENERIC, True),
        ({"data_type": "decimal"}, {"scale": 10, "precision": 38}, GENERIC, False),
        ({"data_type": "decimal", "precision": 10, "scale": 2}, {"scale": 2}, GENERIC, True),
        ({"data_type": "decimal", "precision": 10, "scale": 2}, {"scale": 3}, GENERIC, False),
        ({"data_type": "decimal", "precision": 10, "scale": 2}, {"scale": 1}, GENERIC, True),
        ({"data_type": "bigint"}, {"precision": 8}, GENERIC, True),
        ({"data_type": "bigint", "precision": 32}, {"precision": 32}, GENERIC, True),
        ({"data_type": "bigint", "precision": 32}, {"precision": 20}, GENERIC, True),
        ({"data_type": "bigint", "precision": 32}, {"precision": 64}, GENERIC, False),
        ({"data_type": "bigint", "precision": 16}, {}, GENERIC, True),
        ({"data_type": "timestamp", "precision": 3}, {"precision": 3}, GENERIC, True),
        ({"data_type": "timestamp", "precision": 3}, {"precision": 6}, GENERIC, False),
        ({"data_type": "timestamp", "precision": 3}, {"precision": 0}, GENERIC, True),
        ({"data_type": "timestamp"}, {"precision": 9}, GENERIC, True),
        ({"data_type": "timestamp", "precision": 3}, {"data_type": "date"}, GENERIC, True),
        ({"data_type": "text", "precision": 5}, {"precision": 6}, GENERIC, True),
        ({"data_type": "text", "precision": 5}, {"precision": 6}, STRICT, False),
        ({"data_type": "text", "precision": 5}, {"precision": 5}, STRICT, True),
        ({"data_type": "text", "precision": 5}, {"precision": 4}, STRICT, True),
        ({"data_type": "text", "precision": 5}, {}, STRICT, True),
        ({"data_type": "text", "precision": 5}, {"precision": None}, STRICT, True),
        ({"data_type": "text"}, {"precision": 6}, STRICT, True),
        ({"data_type": "binary", "precision": 5}, {"precision": 6}, STRICT, False),
        ({"data_type": "binary", "precision": 5}, {"precision": 6}, GENERIC, True),
        ({"data_type": "json", "precision": 5}, {"precision": 6}, STRICT, True),
    ],
    ids=lambda part: str(part)[:50] if isinstance(part, dict) else ("strict" if part is STRICT else ""),
)
def test_sizes_count_where_they_are_kept(there: Any, declared: Any, capabilities: Any, expected: bool) -> None:
    """Digits behind the point, bits, fractions of a second; lengths only where the destination holds to them."""
    named: Any = {"name": "c", **there}
    assert holds(named, declared, capabilities) is expected


@given(st.integers(1, 64), st.integers(1, 64), st.integers(-(2**63), 2**63 - 1))
def test_a_column_that_holds_another_takes_all_of_its_ints(there: int, declared: int, value: int) -> None:
    """And one that does not is too small for some of them."""
    old: Any = {"name": "c", "data_type": "bigint", "precision": there}
    new: Any = {"name": "c", "data_type": "bigint", "precision": declared}
    if holds(old, new, GENERIC):
        try:
            stored = convert(value, new)
        except Misfit:
            return
        assert convert(value, old) == stored


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ({"data_type": "text"}, "text"),
        ({"data_type": "text", "precision": 5}, "text(5)"),
        ({"data_type": "decimal", "precision": 10, "scale": 2}, "decimal(10, 2)"),
        ({"data_type": "decimal", "precision": 10, "scale": 0}, "decimal(10, 0)"),
        ({"data_type": "decimal", "scale": 2}, "decimal(2)"),
        ({"data_type": "timestamp", "precision": 0}, "timestamp(0)"),
    ],
    ids=str,
)
def test_types_are_shown_with_their_sizes(column: Any, text: str) -> None:
    """As SQL writes them."""
    assert type_text({"name": "c", **column}) == text

"""JSON under the name that programs for PyPI `dlt` 1.x import."""

from __future__ import annotations

import io
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt.common import json
from dlt.common.jsonpath import compile_path, find_values
from dlt.common.time import ensure_pendulum_datetime, timestamp_within

DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(exclude_categories=["Cs"])),
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

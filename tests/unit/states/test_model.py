"""The state of a pipeline: its version counts changes, and its text at a destination gives it back."""

from __future__ import annotations

from copy import deepcopy
from datetime import date, datetime, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt.errors import PipelineStateEngineNoUpgradePathException
from dlt.states.model import STATE_ENGINE_VERSION, bump, content_hash, decode, encode, new_state

MOMENTS = st.datetimes(timezones=st.just(timezone.utc))
SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.binary(max_size=5) | MOMENTS | st.dates()
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
)
SOURCES = st.dictionaries(st.text(max_size=4), VALUES, max_size=4)


def state(sources: Any, **more: Any) -> dict[str, Any]:
    """Return a state with these sources."""
    return {**new_state("p"), "sources": sources, **more}


@given(SOURCES)
def test_a_state_comes_back_from_its_text(sources: Any) -> None:
    """Values keep their types; what is local stays on this machine."""
    stored = state(sources)
    bump(stored)
    found = decode(encode(stored), "p")
    assert found == {**stored, "_local": {"first_run": False}}
    assert content_hash(found) == content_hash(stored) and not bump(found)


@given(SOURCES, SOURCES)
def test_the_version_counts_changes(one: Any, other: Any) -> None:
    """It grows where the content differs, and only there."""
    found = state(one)
    assert bump(found) and not bump(found)
    before, version = content_hash(found), found["_state_version"]
    found["sources"] = deepcopy(other)
    assert bump(found) == (content_hash(found) != before)
    assert found["_state_version"] == version + (content_hash(found) != before)


@given(SOURCES)
def test_the_order_of_keys_is_no_content(sources: Any) -> None:
    """Two workers that wrote the same keys in another order have one state."""
    assert content_hash(state(sources)) == content_hash(state(dict(reversed(sources.items()))))


def test_what_is_local_is_no_content() -> None:
    """A machine's own notes bring no new version."""
    assert content_hash(state({}, _local={"first_run": False, "x": 1})) == content_hash(state({}))


def test_values_that_json_does_not_know_are_kept() -> None:
    """Cursors are moments, dates and decimals."""
    values = {"at": datetime(2024, 1, 2, 3, 4, 5, 6, timezone.utc), "day": date(2024, 1, 2), "price": Decimal("1.50")}
    assert decode(encode(state(values)), "p")["sources"] == values


def test_a_state_of_a_later_version_is_refused() -> None:
    """The message names the pipeline and says what to do."""
    later = encode({**new_state("shop"), "_state_engine_version": STATE_ENGINE_VERSION + 1})
    with pytest.raises(PipelineStateEngineNoUpgradePathException, match=r"pipeline shop: .*Upgrade the library"):
        decode(later, "shop")

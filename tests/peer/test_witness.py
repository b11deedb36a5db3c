"""One pipeline, run by PyPI `dlt` 1.x and by this library, leaves the same tables, types, nullability and rows.

`DLT_TEST_WITNESS=2000 make test-peer` tries that many pipelines, other ones each time; without it a hundred are tried,
always the same, so that a change is to blame for what fails.
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.peer.cases import cases
from tests.peer.environment import peer_python
from tests.peer.known import why
from tests.peer.side import Side

pytestmark = [pytest.mark.slow, pytest.mark.timeout(7200)]
ASKED = int(os.environ.get("DLT_TEST_WITNESS", "0"))


@pytest.fixture(scope="module")
def sides() -> Iterator[tuple[Side, Side]]:
    """Return both libraries, each in a process that answers cases."""
    peer, ours = Side(peer_python()), Side(sys.executable)
    yield peer, ours
    peer.close()
    ours.close()


def test_pipelines_leave_the_same_tables(sides: tuple[Side, Side]) -> None:
    """Ids and the order of rows apart, the destination is the same after one to three runs, also from a new machine."""
    told: Counter[str] = Counter()

    @settings(
        max_examples=ASKED or 100,
        derandomize=not ASKED,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(cases())
    def compare(case: dict[str, Any]) -> None:
        peer, ours = (side.run(case) for side in sides)
        if peer["failed"] is not None and peer["failed"] == ours["failed"]:
            told["both fail"] += 1
            return
        reason = None if peer == ours else why(peer, ours)
        told[reason or "the same"] += 1
        assert reason or peer == ours, difference(case, peer, ours)

    compare()
    print(*(f"{number:6} {reason}" for reason, number in told.most_common()), sep="\n")
    # what fails everywhere compares nothing
    assert told["the same"] > (ASKED or 100) * 0.7


def difference(case: dict[str, Any], peer: dict[str, Any], ours: dict[str, Any]) -> str:
    """Return a case and both outcomes as a person reads them."""
    return "\n".join(
        f"{what}: {json.dumps(value, indent=1, ensure_ascii=False)}"
        for what, value in (("pipeline", case), ("PyPI dlt", peer), ("here", ours))
    )


def test_a_difference_is_seen(sides: tuple[Side, Side]) -> None:
    """The comparison itself can fail: other rows, other types and other parents are different outcomes."""

    def outcome(rows: list[dict[str, Any]]) -> dict[str, Any]:
        return sides[1].run({"runs": [{"resources": [{"name": "r", "pages": [rows]}]}]})

    first = outcome([{"a": 1, "sub": [{"b": 1}]}, {"a": 2, "sub": [{"b": 2}]}])
    assert first["failed"] is None
    assert first == outcome([{"a": 2, "sub": [{"b": 2}]}, {"a": 1, "sub": [{"b": 1}]}])
    assert first != outcome([{"a": 1, "sub": [{"b": 2}]}, {"a": 2, "sub": [{"b": 1}]}])
    assert first != outcome([{"a": 1, "sub": [{"b": 1}]}, {"a": 2.5, "sub": [{"b": 2}]}])
    assert first != outcome([{"a": 1, "sub": [{"b": 1}]}])

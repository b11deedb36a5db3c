"""One pipeline, run by PyPI `dlt` 1.x and by this library, leaves the same tables, types, nullability and rows.

A hundred are tried, always the same, so that a change is to blame for what fails. `make witness CASES=2000 SEED=7`
tries other ones, in an hour on two quiet cores. The smallest difference of each kind is shown.
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.peer.cases import cases
from tests.peer.environment import peer_python
from tests.peer.known import why
from tests.peer.side import Side

pytestmark = [pytest.mark.slow, pytest.mark.timeout(6 * 3600)]
CASES = int(os.environ.get("DLT_TEST_WITNESS") or 100)
SEED = int(os.environ.get("DLT_TEST_WITNESS_SEED") or 0)


@pytest.fixture(scope="module")
def sides() -> Iterator[tuple[Side, Side]]:
    """Return both libraries, each in a process that answers cases."""
    peer, ours = Side(peer_python()), Side(sys.executable)
    yield peer, ours
    peer.close()
    ours.close()


def test_pipelines_leave_the_same_tables(sides: tuple[Side, Side]) -> None:
    """Ids and the order of rows apart, the destination is the same after one to three runs, whatever comes between."""
    told: Counter[str] = Counter()
    smallest: dict[str, str] = {}

    @settings(
        max_examples=CASES,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @seed(SEED)
    @given(cases())
    def compare(case: dict[str, Any]) -> None:
        # both at once, as each of them uses one core
        for side in sides:
            side.ask(case)
        peer, ours = (side.answer() for side in sides)
        if peer["failed"] is not None and peer["failed"] == ours["failed"]:
            told["both fail"] += 1
            return
        reason = "the same" if peer == ours else why(case, peer, ours)
        told[reason or "different"] += 1
        if reason is None:
            found, what = difference(case, peer, ours), kind(peer, ours)
            smallest[what] = min(smallest.get(what, found), found, key=len)

    compare()
    print(*(f"{number:6} {reason}" for reason, number in told.most_common()), sep="\n")
    assert not smallest, "\n\n".join(f"{what}\n{found}" for what, found in smallest.items())
    # what fails everywhere compares nothing
    assert told["the same"] > CASES * 0.6


def kind(peer: dict[str, Any], ours: dict[str, Any]) -> str:
    """Return in a few words how two outcomes differ, so that one example of each kind is enough."""
    if peer["failed"] != ours["failed"]:
        return f"PyPI dlt: {peer.get('error', 'loads')[:60]!r}; here: {ours.get('error', 'loads')[:60]!r}"
    found = set()
    if set(peer["columns"]) != set(ours["columns"]):
        found.add("tables")
    for table in set(peer["columns"]) & set(ours["columns"]):
        theirs, own = (side["columns"][table] for side in (peer, ours))
        if set(theirs) != set(own):
            found.add("columns")
        elif theirs != own:
            found.add(
                "types" if {c: k for c, (k, _) in theirs.items()} != {c: k for c, (k, _) in own.items()} else "null"
            )
        elif peer["rows"][table] != ours["rows"][table]:
            found.add("values" if len(peer["rows"][table]) == len(ours["rows"][table]) else "number of rows")
    return "different " + ", ".join(sorted(found))


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

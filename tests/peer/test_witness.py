"""One pipeline, run by PyPI `dlt` 1.x and by this library, leaves the same tables, types, nullability and rows.

A hundred are tried, always the same, so that a change is to blame for what fails. `make witness CASES=2000 SEED=7`
tries other ones, and writes each difference into witness.jsonl when it is found. The smallest of each kind is shown.
"""

from __future__ import annotations

import json
import os
import queue
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
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
LOG = os.environ.get("DLT_TEST_WITNESS_LOG")
# each process waits for its threads, and for the other one, a good part of its time
PAIRS = int(os.environ.get("DLT_TEST_WITNESS_PAIRS") or os.cpu_count() or 1)
Pair = tuple[Side, Side]
Case = dict[str, Any]
Outcome = dict[str, Any]


@pytest.fixture(scope="module")
def pairs() -> Iterator[list[Pair]]:
    """Return both libraries, each in a process that answers cases, once for each core."""
    found = [(Side(peer_python()), Side(sys.executable)) for _ in range(PAIRS)]
    yield found
    for side in (side for pair in found for side in pair):
        side.close()


def test_pipelines_leave_the_same_tables(pairs: list[Pair]) -> None:
    """Ids and the order of rows apart, the destination is the same after one to three runs, whatever comes between."""
    told: Counter[str] = Counter()
    smallest: dict[str, str] = {}
    for case, peer, ours in outcomes(drawn(CASES, SEED), pairs):
        reason = verdict(case, peer, ours)
        told[reason or "different"] += 1
        if reason is None:
            found, what = difference(case, peer, ours), kind(peer, ours)
            smallest[what] = min(smallest.get(what, found), found, key=len)
            write_down({"kind": what, "case": case, "peer": peer, "ours": ours})
    print(*(f"{number:6} {reason}" for reason, number in told.most_common()), sep="\n")
    assert not smallest, "\n\n".join(f"{what}\n{found}" for what, found in smallest.items())
    # what fails everywhere compares nothing
    assert told["the same"] > CASES * 0.6


def drawn(number: int, of_seed: int) -> list[Case]:
    """Return as many cases as are asked for, always the same of a seed."""
    found: list[Case] = []

    @settings(
        max_examples=number,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @seed(of_seed)
    @given(cases())
    def draw(case: Case) -> None:
        found.append(case)

    draw()
    return found


def outcomes(asked: list[Case], pairs: list[Pair]) -> Iterator[tuple[Case, Outcome, Outcome]]:
    """Yield each case with what PyPI `dlt` and this library leave, as soon as it is known."""
    free: queue.Queue[Pair] = queue.Queue()
    for pair in pairs:
        free.put(pair)

    def answer(case: Case) -> tuple[Case, Outcome, Outcome]:
        pair = free.get()
        try:
            for side in pair:
                side.ask(case)
            return case, pair[0].answer(), pair[1].answer()
        finally:
            free.put(pair)

    with ThreadPoolExecutor(len(pairs)) as pool:
        for done in as_completed([pool.submit(answer, case) for case in asked]):
            yield done.result()


def verdict(case: Case, peer: Outcome, ours: Outcome) -> str | None:
    """Return how two outcomes compare, or None if they differ and nobody meant it."""
    if peer["failed"] is not None and peer["failed"] == ours["failed"]:
        return "both fail"
    return "the same" if peer == ours else why(case, peer, ours)


def write_down(found: dict[str, Any]) -> None:
    """Add a difference to the file of the night, so that it can be read before the night is over."""
    if LOG:
        with open(LOG, "a") as file:
            print(json.dumps(found), file=file)


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


def test_a_difference_is_seen(pairs: list[Pair]) -> None:
    """The comparison itself can fail: other rows, other types and other parents are different outcomes."""

    def outcome(rows: list[dict[str, Any]]) -> dict[str, Any]:
        return pairs[0][1].run({"runs": [{"resources": [{"name": "r", "pages": [rows]}]}]})

    first = outcome([{"a": 1, "sub": [{"b": 1}]}, {"a": 2, "sub": [{"b": 2}]}])
    assert first["failed"] is None
    assert first == outcome([{"a": 2, "sub": [{"b": 2}]}, {"a": 1, "sub": [{"b": 1}]}])
    assert first != outcome([{"a": 1, "sub": [{"b": 2}]}, {"a": 2, "sub": [{"b": 1}]}])
    assert first != outcome([{"a": 1, "sub": [{"b": 1}]}, {"a": 2.5, "sub": [{"b": 2}]}])
    assert first != outcome([{"a": 1, "sub": [{"b": 1}]}])

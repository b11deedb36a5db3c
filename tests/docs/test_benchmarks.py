"""The benchmark's data is the same on every machine, and its verdicts follow from its figures."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture(autouse=True)
def _import_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the modules of the benchmark be imported as the scripts import them."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))


@pytest.mark.parametrize("name", ["W1", "W2", "W6"])
def test_rows_are_deterministic(name: str) -> None:
    """The same rows come from every call, and a shorter workload is the beginning of a longer one."""
    from workloads import WORKLOADS, rows_of

    rows = list(rows_of(WORKLOADS[name], 200))
    assert rows == list(rows_of(WORKLOADS[name], 200))
    assert rows[:50] == list(rows_of(WORKLOADS[name], 50))


def test_rows_do_not_depend_on_the_machine() -> None:
    """The first rows of W1 are those that every machine makes."""
    from workloads import flat

    digest = hashlib.sha256(repr(list(flat(100))).encode()).hexdigest()
    assert digest == "a121162ca2f404d0f89cf044e84181e47d22d2be1ba6eed0a0da9fe82e111e53"


def test_upserts() -> None:
    """Four of five changes of W4 hit a row of the base, no id comes twice."""
    from workloads import upserts

    ids = [row["id"] for row in upserts(500, 2000)]
    assert len(set(ids)) == 500
    assert sum(number < 2000 for number in ids) == 400


def test_both_sides_have_the_same_versions_of_what_they_share() -> None:
    """And nothing else is pinned for the peer, which wants other versions of what this library has too."""
    import sides

    pins = dict(line.split("==") for line in sides.shared_constraints().splitlines())
    assert {"duckdb", "pyarrow", "numpy"} <= set(pins) <= set(sides.SHARED)
    wanted = [line.split("==") for line in sides.PEER_REQUIREMENTS.read_text().splitlines() if "==" in line]
    assert not {name for name, _ in wanted} & set(pins)


def entry(peer: float, ours: float, limit: float) -> dict[str, Any]:
    """Return measurements of one round."""
    runs = {
        side: [{"cpu_s": cpu, "wall_s": cpu, "memory_bytes": memory, "tables": {"items": 1}, "process": {}}]
        for side, cpu, memory in (("peer", peer, 200), ("ours", ours, 100), ("limit", limit, 50))
    }
    return {"scale": 1.0, "rounds": 1, "runs": runs}


def test_verdicts() -> None:
    """A goal holds exactly if its ratio is reached, and the report draws every side."""
    from report import bar_chart, markdown, verdicts
    from workloads import WORKLOADS

    good = {verdict.goal: verdict.holds for verdict in verdicts(WORKLOADS["W1"], entry(13.0, 1.0, 1.0))}
    assert good["must: 12 times less CPU than the peer"] is True
    assert good["stretch: 18 times less CPU"] is False
    assert good["must: at most 1.2 times the limit"] is True
    assert good["same tables and row counts as the peer"] is True
    results = {"workloads": {"W1": entry(11.0, 1.0, 0.5)}}
    assert "MISSED  W1   must: 12 times less CPU than the peer: 11.00" in markdown(results)
    assert bar_chart(results).count("<rect") == 4
    assert sys.path[0] == str(BENCHMARKS)

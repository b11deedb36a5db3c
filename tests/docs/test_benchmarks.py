"""The benchmark's data is the same on every machine, and its verdicts follow from its figures."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import Any

import pytest

STEPS = ("extract", "normalize", "load")
BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture(autouse=True)
def _import_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the modules of the benchmark be imported as the scripts import them."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))


@pytest.mark.parametrize("name", ["W1", "W2", "W2w", "W6"])
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


def cost(cpu: float, memory: float) -> dict[str, Any]:
    """Return what a run took, a third of it in each step."""
    whole = {"cpu_s": cpu, "wall_s": cpu, "memory_bytes": memory}
    return whole | {"steps": {step: whole | {"cpu_s": cpu / 3} for step in ("extract", "normalize", "load")}}


def entry(peer: float, ours: float, limit: float) -> dict[str, Any]:
    """Return measurements of one round."""
    runs = {
        side: [cost(cpu, memory) | {"tables": {"items": 1}, "process": {}}]
        for side, cpu, memory in (("peer", peer, 200), ("ours", ours, 100), ("limit", limit, 50))
    }
    return {"scale": 1.0, "rounds": 1, "runs": runs}


def test_verdicts() -> None:
    """A goal holds exactly if its ratio is reached, and the report draws every side."""
    from plots import bar_chart, share_chart
    from report import markdown, verdicts
    from workloads import WORKLOADS

    good = {verdict.goal: verdict.holds for verdict in verdicts(WORKLOADS["W1"], entry(17.0, 1.0, 1.2))}
    assert good["must: 15 times less CPU than the peer"] is True
    assert good["stretch: 20 times less CPU"] is False
    assert good["must: at most 0.9 times the limit"] is True
    assert good["same tables and row counts as the peer"] is True
    results = {"machine": {"python": "3.12", "cores": 2}, "workloads": {"W1": entry(11.0, 1.0, 0.5)}}
    assert "MISSED  W1   must: 15 times less CPU than the peer: 11.00" in markdown(results)
    assert bar_chart(results).count("<rect") == 4
    # the paper, a key for each step, and the steps of both sides
    assert share_chart(results).count("<rect") == 1 + 3 + 6
    assert sys.path[0] == str(BENCHMARKS)


def test_growth() -> None:
    """Time per row, memory, many tables and many loads are held against the smaller size of the same run."""
    from plots import growth_chart
    from report import growth_verdicts, markdown

    results = {
        "machine": {"python": "3.12", "cores": 2},
        "workloads": {"W5": entry(1, 1.0, 1), "W5m": entry(1, 12.0, 1)},
        "growth": {"W1": [{"rows": rows, **cost(rows * 2.0, 100)} for rows in (1, 10, 100)]},
        "loads": {"cpu_s": [0.1] * 990 + [0.2] * 10},
    }
    held = [(verdict.goal.partition(":")[2], verdict.figure, verdict.holds) for _, verdict in growth_verdicts(results)]
    assert held == [
        (" 100 rows take at most 1.1 times the CPU a row of 1", "1.00", True),
        *((f" {step} of 100 rows at most 1.1 times the memory of 10", "1.00", True) for step in STEPS),
        (" load 1,000 at most 1.1 times the CPU of the tenth", "2.00", False),
        (" 2,000 tables at most 11 times the CPU of 200", "12.00", False),
    ]
    assert "100 ms of CPU for each of the\nloads 6 to 15, 200 ms for each of the last ten, 2.00" in markdown(results)
    assert growth_chart(results).count("<circle") == 6


def test_quartiles() -> None:
    """The spread of the rounds stands beside their median."""
    from report import spread

    runs = {"runs": {"ours": [cost(seconds, 1) | {"process": {}} for seconds in (5.0, 1.0, 2.0, 3.0, 4.0)]}}
    assert spread(runs, "ours", "cpu_s", whole=False) == (2.0, 3.0, 4.0)
    assert spread(runs, "peer", "cpu_s", whole=False) is None

"""A few kills at random moments for each destination; `python -m tests.kills` does as many as one likes."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.kills.__main__ import places
from tests.kills.place import Programs, programs
from tests.kills.rounds import run_round

KILLS = 5
CASES = [
    ("sqlite", "merge"),
    ("duckdb", "scd2"),
    ("files", "append"),
    ("files", "merge"),
    ("delta", "append"),
    ("iceberg", "replace"),
    pytest.param("postgres", "merge", marks=pytest.mark.server),
]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: Any) -> Iterator[Programs]:
    """Return the process that forks runs."""
    with programs(tmp_path_factory.mktemp("programs")) as found:
        yield found


@pytest.mark.parametrize(("kind", "strategy"), CASES)
def test_kills_at_random_moments(kind: str, strategy: str, runs: Programs, tmp_path: Path) -> None:
    """After some kills of a run, and one to its end, all is as where nobody was killed."""
    with places(kind) as empty:
        tally = run_round(runs, (next(empty), next(empty)), tmp_path, strategy, random.Random(kind), KILLS)
    assert tally.wrong == [] and tally.kills + tally.ended >= KILLS and tally.checks >= 1

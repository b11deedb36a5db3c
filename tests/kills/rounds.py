"""Rounds of random kills: a process that runs a pipeline dies at any moment, and the next run makes up for it."""

from __future__ import annotations

import random
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.kills.place import Place, Programs, content

STEPS = 6
"""Runs of one pipeline, each with more rows, before a new place is taken."""
MOST_KILLS = 8
"""Kills of one run before it may end."""


@dataclass
class Tally:
    """What was seen so far.

    Attributes:
        kills: Processes that died by SIGKILL.
        ended: Runs that ended before their moment came.
        checks: Comparisons with a clean run.
        wrong: What went wrong, each a sentence.
        by_strategy: Kills by strategy.
    """

    kills: int = 0
    ended: int = 0
    checks: int = 0
    wrong: list[str] = field(default_factory=list)
    by_strategy: dict[str, int] = field(default_factory=dict)


def run_round(
    programs: Programs, places: tuple[Place, Place], folder: Path, strategy: str, dice: random.Random, most: int
) -> Tally:
    """Load the same into two places, one of them with kills, and compare what is there after each run.

    Args:
        programs: Starts processes.
        places: Two empty places of one kind: one for kills, one for clean runs.
        folder: An empty folder.
        strategy: How is loaded.
        dice: Chooses moments.
        most: How many kills are enough.
    """
    killed, clean = places
    tally, last = Tally(), 0
    for step in range(STEPS):
        last += dice.randint(1, 6)
        order: dict[str, Any] = {"strategy": strategy, "last": last}
        begun = time.monotonic()
        programs.run(clean, folder / "clean", **order)
        takes = time.monotonic() - begun
        for _ in range(dice.randint(1, MOST_KILLS)):
            moment = dice.uniform(0, takes)
            _, code = programs.start(killed, folder / "killed", **order, kill_after=moment)
            if code == 0:
                tally.ended += 1
            elif code == -9:
                tally.kills += 1
            else:
                tally.wrong.append(f"{strategy}, step {step}: a run after a kill failed: {programs.errors()}")
                return tally
        _, code = programs.start(killed, folder / "killed", **order)
        if code != 0:
            tally.wrong.append(f"{strategy}, step {step}: the run after the kills failed: {programs.errors()}")
            return tally
        tally.checks += 1
        found, wanted = (content(place, folder / "reader") for place in (killed, clean))
        if found != wanted:
            tally.wrong.append(f"{strategy}, step {step}: {_difference(found, wanted)}")
            return tally
        if tally.kills >= most:
            break
    return tally


def _difference(found: dict[str, Any], wanted: dict[str, Any]) -> str:
    parts = []
    for key, value in wanted.items():
        if found[key] == value:
            continue
        if isinstance(value, list):
            missing = [row for row in value if row not in found[key]]
            more = [row for row in found[key] if row not in value]
            parts.append(f"{key}: {len(found[key])} rows, not {len(value)}; missing {missing[:5]}, too many {more[:5]}")
        else:
            parts.append(f"{key}: {found[key]!r}, not {value!r}")
    return "; ".join(parts)


def add(total: Tally, tally: Tally, strategy: str) -> None:
    """Add what a round saw."""
    total.kills += tally.kills
    total.ended += tally.ended
    total.checks += tally.checks
    total.wrong += tally.wrong
    total.by_strategy[strategy] = total.by_strategy.get(strategy, 0) + tally.kills


def empty_folder(folder: Path) -> Path:
    """Return a folder with nothing in it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder

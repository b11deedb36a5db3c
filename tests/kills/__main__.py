"""Kill loads at random moments, for as long as you like.

    python -m tests.kills --destination postgres --kills 1000 --seed 7

Each kill is a SIGKILL of a process that runs a pipeline. After one to eight of them the same run goes to its end, and
the rows, nested rows and state must be those of a second place that nobody disturbed. The exit code is 1 if they are
not; the folder of that round is then kept. Moments depend on how fast the machine is: the seed gives the same loads and
the same shares of a run, not the same instruction.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.kills.place import Place, Programs, programs
from tests.kills.program import STRATEGIES
from tests.kills.rounds import Tally, add, empty_folder, run_round

DESTINATIONS = ("postgres", "sqlite", "duckdb", "files", "delta", "iceberg", "ducklake", "ducklake-postgres")


@contextmanager
def places(kind: str) -> Iterator[Iterator[Place]]:
    """Give empty places of a kind, one after the other; a server runs as long as the block."""
    with ExitStack() as stack:
        root = stack.enter_context(tempfile.TemporaryDirectory(prefix="dlt-places-", ignore_cleanup_errors=True))
        server = None
        if kind in ("postgres", "ducklake-postgres"):
            from tests.servers.postgres import PostgresServer
            from tests.servers.process import running

            server = stack.enter_context(running(PostgresServer()))

        def make() -> Iterator[Place]:
            while True:
                folder = Path(tempfile.mkdtemp(prefix="place-", dir=root))
                if kind.startswith("ducklake"):
                    catalog = f"sqlite:///{folder}/lake.sqlite" if server is None else server.new_database()
                    yield {"kind": "ducklake", "url": {"catalog": catalog, "storage": str(folder / "lake.files")}}
                elif server is not None:
                    yield {"kind": kind, "url": server.new_database()}
                elif kind == "sqlite":
                    yield {"kind": kind, "url": str(folder / "shop.db"), "dataset": "main"}
                else:
                    yield {"kind": kind, "url": str(folder / ("shop.duckdb" if kind == "duckdb" else "bucket"))}

        yield make()


def kill_many(
    runs: Programs, kind: str, kills: int, seed: int, folder: Path, minutes: float, strategies: list[str]
) -> Tally:
    """Kill until it is enough, or the time is over, and print how it goes."""
    dice, total, begun = random.Random(f"{kind} {seed}"), Tally(), time.monotonic()
    with places(kind) as empty:
        number = 0
        while total.kills < kills and time.monotonic() - begun < minutes * 60 and not total.wrong:
            strategy, number = strategies[number % len(strategies)], number + 1
            work = empty_folder(folder / "round")
            tally = run_round(runs, (next(empty), next(empty)), work, strategy, dice, kills - total.kills)
            add(total, tally, strategy)
            print(
                f"{kind}: {total.kills} kills, {total.checks} comparisons, {len(total.wrong)} wrong, "
                f"{time.monotonic() - begun:.0f} s",
                flush=True,
            )
    return total


def main() -> int:
    """Run it; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.kills", description=__doc__.partition("\n")[0])
    parser.add_argument("--destination", choices=(*DESTINATIONS, "all"), default="all")
    parser.add_argument("--kills", type=int, default=100, help="of each destination (100)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=60.0, help="at most, for each destination (60)")
    parser.add_argument("--strategy", choices=STRATEGIES, action="append", help="may be given several times; all")
    given = parser.parse_args()
    os.environ["RUNTIME__USER_LOG"] = "false"
    # DuckLake has an environment of its own
    chosen = (
        [kind for kind in DESTINATIONS if not kind.startswith("ducklake")]
        if given.destination == "all"
        else [given.destination]
    )
    folder = Path(tempfile.mkdtemp(prefix="dlt-kills-"))
    os.environ["DLT_DATA_DIR"] = str(folder / "data")
    totals = {}
    strategies = given.strategy or list(STRATEGIES)
    with programs(folder) as runs:
        for kind in chosen:
            where = empty_folder(folder / kind)
            totals[kind] = kill_many(runs, kind, given.kills, given.seed, where, given.minutes, strategies)
    print()
    for kind, total in totals.items():
        detail = ", ".join(f"{name} {count}" for name, count in total.by_strategy.items())
        print(f"{kind:10} {total.kills:6} kills ({detail}), {total.checks} comparisons, {len(total.wrong)} wrong")
        for sentence in total.wrong:
            print(f"  {sentence}")
    wrong = any(total.wrong for total in totals.values())
    print(f"seed {given.seed}" + (f"; see {folder}" if wrong else ""))
    return int(wrong)


if __name__ == "__main__":
    sys.exit(main())

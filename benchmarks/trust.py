"""What the features that let people trust a load cost: each beside the same load without it, in turns, in one run.

    python benchmarks/trust.py [plan] [checks] [quarantine] [contracts] [--rounds 5] [--scale 1]

Parts are named; all of them run without a name. Each load is a process of its own. CPU is that of extract, normalize
and load; the figure is the median of the ratios of the rounds.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data import prepare, read_pages
from measure import Meter
from workloads import LANDS

HERE = Path(__file__).resolve()


@dataclass(frozen=True)
class Part:
    """One feature.

    Attributes:
        title: What is compared.
        goal: The most that a load with the feature may take, as a multiple of one without it.
        seconds: So many seconds more are within the goal, whatever the multiple is.
        variants: Loads the pages of W1 in each way, by its name; the first one is that without the feature.
        without: Variants without the feature: each other one is compared with the last of them that stands before it.
        judged: Variants that the goal is about; the second one if there are none.
    """

    title: str
    goal: float
    variants: dict[str, Callable[[Any, Path], None]]
    seconds: float = 0
    without: tuple[str, ...] = ()
    judged: tuple[str, ...] = ()

    def base_of(self, variant: str) -> str:
        """Return the variant that another one is compared with."""
        names = list(self.variants)
        before = [name for name in names[: names.index(variant) + 1] if name in self.without]
        return before[-1] if before else names[0]


def pipeline_in(work: Path) -> Any:
    """Return a pipeline into a DuckDB file of a folder."""
    import dlt

    return dlt.pipeline(
        "bench",
        pipelines_dir=str(work / "pipelines"),
        destination=dlt.destinations.duckdb(str(work / "bench.duckdb")),
        dataset_name="bench_data",
    )


def items(pages: Any, **hints: Any) -> Any:
    """Return the pages as a resource."""
    import dlt

    return dlt.resource(lambda: iter(pages), name="items", **hints)


def prepared(pages: Any, work: Path) -> None:
    """Extract and normalize the pages."""
    pipeline = pipeline_in(work)
    pipeline.extract(items(pages))
    pipeline.normalize()


def planned(pages: Any, work: Path) -> None:
    """Plan a load of the pages."""
    assert pipeline_in(work).plan(items(pages)).has_changes


def load(pages: Any, work: Path, **hints: Any) -> None:
    """Load the pages into DuckDB."""
    pipeline_in(work).run(items(pages, **hints))


def checked(*names: str) -> Callable[[Any, Path], None]:
    """Return what loads with checks, by their names."""

    def run(pages: Any, work: Path) -> None:
        from dlt import check

        known = {
            "not_null": check.not_null("id"),
            "unique": check.unique("id"),
            "accepted": check.accepted("country", LANDS),
            "between": check.between("price", 0, 100_000),
            "row_count": check.row_count(min=1),
            "matches": check.matches("name", "^[^ ]+ [^ ]+$"),
        }
        load(pages, work, checks=[known[name] for name in names])

    return run


def refused(share: int, contract: str | None) -> Callable[[Any, Path], None]:
    """Return what loads a first page, then all pages with a new key in one of so many rows.

    Args:
        share: One of how many rows has it; 0 for none.
        contract: What becomes of rows that bring a column.
    """

    def run(pages: Any, work: Path) -> None:
        load(pages[:1], work)
        for page in pages:
            for row in page[::share] if share else ():
                row["unexpected"] = row["id"]
        load(pages, work, schema_contract={"columns": contract} if contract else None)

    return run


def broken(share: int, mode: str | None) -> Callable[[Any, Path], None]:
    """Return what loads a first page, then all pages, of which one of so many rows breaks a contract.

    Args:
        share: One of how many rows has a new key, or text for a number, in turns; 0 for none.
        mode: Of columns and data types in the contract; None for no contract.
    """

    def run(pages: Any, work: Path) -> None:
        load(pages[:1], work)
        for page in pages:
            for number, row in enumerate(page[::share] if share else ()):
                row["score" if number % 2 else "unexpected"] = "unknown"
        load(pages, work, schema_contract={"columns": mode, "data_type": mode} if mode else None)

    return run


FIVE = ("not_null", "unique", "accepted", "between", "row_count")
DISCARDS = ("discard_row", "discard_value")
PARTS = {
    "plan": Part(
        "a plan of W1, beside extract and normalize",
        1,
        {"extract and normalize": prepared, "plan": planned},
        seconds=1,
    ),
    "checks": Part(
        "W1 with five checks, and with one of each kind alone",
        1.10,
        {
            "without": load,
            "five checks": checked(*FIVE),
            **{name: checked(name) for name in (*FIVE, "matches")},
        },
    ),
    "quarantine": Part(
        "W1 with one row of 1,000 in quarantine, and with a contract that no row breaks",
        1.05,
        {
            "evolve": refused(1_000, None),
            "quarantine": refused(1_000, "quarantine"),
            "none refused": refused(0, "quarantine"),
            "discard_row": refused(1_000, "discard_row"),
        },
    ),
    "contracts": Part(
        "W1 under a contract of each mode that no row breaks, and with one row of 1,000 that breaks it",
        1.10,
        {
            "evolve": broken(0, None),
            **{mode: broken(0, mode) for mode in ("freeze", *DISCARDS, "quarantine")},
            "evolve, 0.1 %": broken(1_000, None),
            **{f"{mode}, 0.1 %": broken(1_000, mode) for mode in (*DISCARDS, "quarantine")},
        },
        without=("evolve", "evolve, 0.1 %"),
        judged=("freeze", *(f"{mode}{share}" for mode in DISCARDS for share in ("", ", 0.1 %"))),
    ),
}


def child(part: str, variant: str, scale: float) -> None:
    """Load in one way, and print what it took."""
    pages = list(read_pages(prepare("W1", scale) / "pages.pickle"))
    import dlt

    # what is imported at the first load is no part of what is compared
    assert dlt.pipeline and dlt.resource
    with tempfile.TemporaryDirectory(prefix="dlt-bench-") as work, Meter() as meter:
        PARTS[part].variants[variant](pages, Path(work))
    print(json.dumps(meter.asdict()))


def rounds_of(part: str, rounds: int, scale: float) -> Iterator[dict[str, float]]:
    """Yield for each round what each variant took, in seconds of CPU."""
    names = list(PARTS[part].variants)
    for number in range(rounds):
        found = {}
        for name in names if number % 2 else names[::-1]:
            command = [sys.executable, str(HERE), part, "--child", name, "--scale", str(scale)]
            out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            found[name] = json.loads(out.splitlines()[-1])["cpu_s"]
        yield found


def main() -> int:
    """Compare, and say whether a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", help=f"names of parts: {', '.join(PARTS)}; all without one")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--scale", type=float, default=1.0, help="share of the rows, for a quick look")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        child(args.parts[0], args.child, args.scale)
        return 0
    prepare("W1", args.scale)
    missed = []
    for name in args.parts or PARTS:
        part = PARTS[name]
        taken = list(rounds_of(name, args.rounds, args.scale))
        judged = part.judged or tuple(part.variants)[1:2]
        print(f"{part.title}: seconds of CPU, median of {args.rounds} rounds")
        for variant in part.variants:
            seconds = statistics.median(one[variant] for one in taken)
            base = part.base_of(variant)
            ratio = statistics.median(one[variant] / one[base] for one in taken)
            more = statistics.median(one[variant] - one[base] for one in taken)
            print(f"  {variant:<22} {seconds:7.2f} s  {ratio:5.2f}x", flush=True)
            if variant in judged and ratio > part.goal and more > part.seconds:
                missed.append(f"{name}: {variant}")
    print(f"goal missed: {', '.join(missed)}" if missed else "goals met")
    return int(bool(missed))


if __name__ == "__main__":
    raise SystemExit(main())

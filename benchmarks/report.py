"""Turn measurements into medians, ratios, verdicts on the goals and Markdown tables."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median, quantiles
from typing import Any

from workloads import WORKLOADS, Workload

Results = dict[str, Any]
LABELS = {"peer": "PyPI dlt", "ours": "dlt-tasks", "pure": "dlt-tasks, pure", "limit": "DuckDB alone"}
STEPS = ("extract", "normalize", "load")
FLAT, SAME = 1.1, 1.1
"""How far memory, and time per row or load, may grow with the size."""
MANY_TABLES = 11
"""How many times the CPU of 200 tables 2,000 may take."""


@dataclass(frozen=True)
class Verdict:
    """Whether one goal holds; `holds` is None if a side was not measured."""

    goal: str
    figure: str
    holds: bool | None


def cost(run: Results, key: str, whole: bool) -> float:
    """Return one figure of one run, of the whole process if that is what counts."""
    return float(run["process"][key] if whole and key in run["process"] else run[key])


def spread(entry: Results, side: str, key: str, whole: bool) -> tuple[float, float, float] | None:
    """Return the lower quartile, the median and the upper quartile of one figure of one side."""
    values = sorted(cost(run, key, whole) for run in entry["runs"].get(side) or [])
    if len(values) < 2:
        return (values[0], values[0], values[0]) if values else None
    low, middle, high = quantiles(values, n=4, method="inclusive")
    return low, middle, high


def figures(workload: Workload, entry: Results) -> dict[str, dict[str, float]]:
    """Return the medians of every side that was measured."""
    found: dict[str, dict[str, float]] = {}
    for side in LABELS:
        for key in ("wall_s", "cpu_s", "memory_bytes"):
            values = spread(entry, side, key, workload.whole_process)
            if values is not None:
                found.setdefault(side, {})[key] = values[1]
    return found


def ratio(above: float | None, below: float | None) -> float | None:
    """Divide if both are known."""
    return above / below if above is not None and below else None


def verdicts(workload: Workload, entry: Results) -> list[Verdict]:
    """Hold the medians of CPU time and memory against the goals; wall time is reported but too noisy to judge by."""
    medians = figures(workload, entry)
    cpu = {side: values["cpu_s"] for side, values in medians.items()}
    faster = ratio(cpu.get("peer"), cpu.get("ours"))
    over = ratio(cpu.get("ours"), cpu.get("limit"))
    goal, found = workload.goal, []
    if goal.must is not None:
        found.append(
            _verdict(f"must: {goal.must:g} times less CPU than the peer", faster, faster and faster >= goal.must)
        )
    if goal.stretch is not None:
        found.append(_verdict(f"stretch: {goal.stretch:g} times less CPU", faster, faster and faster >= goal.stretch))
    if goal.limit is not None:
        found.append(_verdict(f"must: at most {goal.limit:g} times the limit", over, over and over <= goal.limit))
    if not workload.whole_process and {"peer", "ours"} <= medians.keys():
        memory = ratio(medians["ours"]["memory_bytes"], medians["peer"]["memory_bytes"])
        found.append(_verdict("must: no more memory than the peer", memory, memory is not None and memory <= 1))
    if workload.name == "W0" and entry["runs"].get("ours"):
        seconds = median(run["import_s"] for run in entry["runs"]["ours"])
        found.append(Verdict("must: import dlt in 100 ms", f"{seconds * 1000:.0f} ms", seconds <= 0.1))
    if {"peer", "ours"} <= medians.keys():
        same = entry["runs"]["peer"][0]["tables"] == entry["runs"]["ours"][0]["tables"]
        found.append(Verdict("same tables and row counts as the peer", "same" if same else "they differ", same))
    return found


def _verdict(goal: str, figure: float | None, holds: object) -> Verdict:
    return Verdict(goal, "not measured", None) if figure is None else Verdict(goal, f"{figure:.2f}", bool(holds))


def growth_verdicts(results: Results) -> list[tuple[str, Verdict]]:
    """Hold time per row, memory, many tables and many loads against the goals of growth."""
    found: list[tuple[str, Verdict]] = []
    for name, sizes in results.get("growth", {}).items():
        first, middle, last = sizes
        per_row = (last["cpu_s"] / last["rows"]) / (first["cpu_s"] / first["rows"])
        goal = f"must: {last['rows']:,} rows take at most {SAME:g} times the CPU a row of {first['rows']:,}"
        found.append((name, _verdict(goal, per_row, per_row <= SAME)))
        for step in STEPS:
            grown = last["steps"][step]["memory_bytes"] / middle["steps"][step]["memory_bytes"]
            goal = f"must: {step} of {last['rows']:,} rows at most {FLAT:g} times the memory of {middle['rows']:,}"
            found.append((name, _verdict(goal, grown, grown <= FLAT)))
    if "loads" in results:
        early, late = early_and_late(results["loads"])
        goal = f"must: load {len(results['loads']['cpu_s']):,} at most {SAME:g} times the CPU of the tenth"
        found.append(("", _verdict(goal, late / early, late / early <= SAME)))
    if {"W5", "W5m"} <= results["workloads"].keys():
        cpu = [
            figures(WORKLOADS[name], results["workloads"][name]).get("ours", {}).get("cpu_s") for name in ("W5m", "W5")
        ]
        times_as_much = ratio(cpu[0], cpu[1])
        goal = f"must: 2,000 tables at most {MANY_TABLES} times the CPU of 200"
        found.append(("W5m", _verdict(goal, times_as_much, times_as_much and times_as_much <= MANY_TABLES)))
    return found


def early_and_late(loads: Results) -> tuple[float, float]:
    """Return the median CPU time of loads 6 to 15, and of the last ten."""
    return median(loads["cpu_s"][5:15]), median(loads["cpu_s"][-10:])


def verdict_lines(results: Results) -> list[str]:
    """Return one line for each goal."""
    word = {True: "holds ", False: "MISSED", None: "  -   "}
    found = [(name, one) for name, entry in results["workloads"].items() for one in verdicts(WORKLOADS[name], entry)]
    found += growth_verdicts(results)
    return [f"{word[verdict.holds]}  {name:<4} {verdict.goal}: {verdict.figure}" for name, verdict in found]


def markdown(results: Results) -> str:
    """Return the tables of results as Markdown."""
    measured = f"Python {results['machine']['python']}, {results['machine']['cores']} cores{_days(results)}."
    shares = [_shares(name, entry) for name, entry in results["workloads"].items() if step_seconds(entry, "ours")]
    lines = [
        "Made by `make bench`. CPU seconds are user and system time with child processes: medians, and in brackets the",
        "quartiles. Memory is how far the process grew above what its data took.",
        f"{measured} On another machine only the ratios hold.",
        "",
        *_table(
            [
                "workload",
                "rounds",
                "PyPI dlt, CPU s",
                "dlt-tasks, CPU s",
                "pure form, CPU s",
                "DuckDB alone, CPU s",
                "times less CPU than PyPI dlt",
                "times less wall time",
                "of DuckDB alone",
                "memory MB, PyPI dlt / dlt-tasks",
            ],
            [_row(name, entry) for name, entry in results["workloads"].items()],
        ),
        "",
        *(_steps(shares) if shares else []),
        *(_growth(results) if results.get("growth") else []),
        *(_loads(results["loads"]) if "loads" in results else []),
        "### Goals",
        "",
        "```text",
        *verdict_lines(results),
        "```",
        "",
    ]
    return "\n".join(lines)


def _days(results: Results) -> str:
    days = sorted({str(entry["made"])[:10] for entry in results["workloads"].values() if "made" in entry})
    return f", measured {' to '.join(dict.fromkeys((days[0], days[-1])))}" if days else ""


def _steps(shares: list[list[str]]) -> list[str]:
    heads = ["workload", "dlt-tasks: extract", "normalize", "load", "PyPI dlt: extract", "normalize", "load"]
    return ["### Where the time goes", "", *_table(heads, shares), ""]


def _table(heads: list[str], rows: list[list[str]]) -> list[str]:
    return [f"| {' | '.join(cells)} |" for cells in (heads, ["---"] * len(heads), *rows)]


def _row(name: str, entry: Results) -> list[str]:
    workload = WORKLOADS[name]
    medians = figures(workload, entry)
    cpu = {side: values["cpu_s"] for side, values in medians.items()}
    wall = {side: values["wall_s"] for side, values in medians.items()}
    memory = [f"{medians[side]['memory_bytes'] / 1e6:.0f}" if side in medians else "–" for side in ("peer", "ours")]
    return [
        f"{name} {workload.title}",
        str(entry["rounds"]) + ("" if entry["scale"] == 1 else f", {entry['scale']:g} of the size"),
        *(_seconds(spread(entry, side, "cpu_s", workload.whole_process)) for side in ("peer", "ours", "pure", "limit")),
        times(ratio(cpu.get("peer"), cpu.get("ours"))),
        times(ratio(wall.get("peer"), wall.get("ours"))),
        times(ratio(cpu.get("ours"), cpu.get("limit"))),
        " / ".join(memory),
    ]


def step_seconds(entry: Results, side: str) -> dict[str, float]:
    """Return the median CPU time of each step of a side; nothing if it was not measured."""
    runs = [run for run in entry["runs"].get(side) or [] if "steps" in run]
    return {step: median(run["steps"][step]["cpu_s"] for run in runs) for step in STEPS} if runs else {}


def _shares(name: str, entry: Results) -> list[str]:
    cells = [f"{name} {WORKLOADS[name].title.split(':')[0]}"]
    for side in ("ours", "peer"):
        seconds = step_seconds(entry, side)
        total = sum(seconds.values())
        cells += [f"{seconds[step]:.2f} s, {seconds[step] / total:.0%}" if total else "–" for step in STEPS]
    return cells


def _growth(results: Results) -> list[str]:
    rows = []
    for name, sizes in results["growth"].items():
        first = sizes[0]["cpu_s"] / sizes[0]["rows"]
        for size in sizes:
            each = size["cpu_s"] / size["rows"]
            memory = [f"{size['steps'][step]['memory_bytes'] / 1e6:.0f}" for step in STEPS]
            rows.append([name, f"{size['rows']:,}", f"{each * 1e6:.2f}", times(each / first), " / ".join(memory)])
    heads = ["workload", "rows", "µs CPU a row", "of the smallest", "memory MB in extract / normalize / load"]
    return ["### Growth", "", *_table(heads, rows), ""]


def _loads(loads: Results) -> list[str]:
    early, late = early_and_late(loads)
    return [
        f"{len(loads['cpu_s']):,} loads of one row into one dataset: {early * 1000:.0f} ms of CPU for each of the",
        f"loads 6 to 15, {late * 1000:.0f} ms for each of the last ten, {times(late / early)}.",
        "",
    ]


def _seconds(values: tuple[float, float, float] | None) -> str:
    if values is None:
        return "–"
    low, middle, high = values
    return f"{middle:.2f} ({low:.2f}–{high:.2f})"


def times(value: float | None) -> str:
    """Format a ratio."""
    return "–" if value is None else f"{value:.2f}×"

"""Turn measurements into medians, ratios, verdicts on the goals, a Markdown table and a bar chart."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from statistics import median
from typing import Any

from workloads import WORKLOADS, Workload

Results = dict[str, Any]
COLOURS = {"peer": "#b0b7c3", "ours": "#2f6fde", "limit": "#58a65c"}
LABELS = {"peer": "PyPI dlt", "ours": "dlt-tasks", "limit": "DuckDB alone"}


@dataclass(frozen=True)
class Verdict:
    """Whether one goal holds; `holds` is None if a side was not measured."""

    goal: str
    figure: str
    holds: bool | None


def middle(entry: Results, side: str, key: str, whole: bool) -> float | None:
    """Return the median of one figure of one side."""
    runs = entry["runs"].get(side) or []
    values = [run["process"][key] if whole and key in run["process"] else run[key] for run in runs]
    return median(values) if values else None


def figures(workload: Workload, entry: Results) -> dict[str, dict[str, float]]:
    """Return the medians of every side that was measured."""
    keys = ("wall_s", "cpu_s", "memory_bytes")
    found: dict[str, dict[str, float]] = {}
    for side in ("peer", "ours", "limit"):
        if entry["runs"].get(side):
            values = {key: middle(entry, side, key, workload.whole_process) for key in keys}
            found[side] = {key: value for key, value in values.items() if value is not None}
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


def verdict_lines(results: Results) -> list[str]:
    """Return one line for each goal."""
    word = {True: "holds ", False: "MISSED", None: "  -   "}
    lines = []
    for name, entry in results["workloads"].items():
        for verdict in verdicts(WORKLOADS[name], entry):
            lines.append(f"{word[verdict.holds]}  {name:<4} {verdict.goal}: {verdict.figure}")
    return lines


def markdown(results: Results) -> str:
    """Return the table of results as Markdown."""
    lines = [
        "# Results",
        "",
        "Made by `make bench`. Figures are medians. CPU seconds are user and system time with child processes.",
        "Memory is how far the process grew above what its data took. On another machine only the ratios hold.",
        "",
        "| workload | scale, rounds | PyPI dlt, CPU s | dlt-tasks, CPU s | DuckDB alone, CPU s "
        "| times less CPU than PyPI dlt | times less wall time | of DuckDB alone | memory MB, PyPI dlt / dlt-tasks |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for name, entry in results["workloads"].items():
        workload = WORKLOADS[name]
        medians = figures(workload, entry)
        cpu = {side: values["cpu_s"] for side, values in medians.items()}
        wall = {side: values["wall_s"] for side, values in medians.items()}
        memory = [f"{medians[side]['memory_bytes'] / 1e6:.0f}" if side in medians else "–" for side in ("peer", "ours")]
        cells = [f"{name} {workload.title}", f"{entry['scale']:g}, {entry['rounds']}"]
        cells += [number(cpu.get(side)) for side in ("peer", "ours", "limit")]
        cells += [times(ratio(cpu.get("peer"), cpu.get("ours"))), times(ratio(wall.get("peer"), wall.get("ours")))]
        cells += [times(ratio(cpu.get("ours"), cpu.get("limit"))), " / ".join(memory)]
        lines.append(f"| {' | '.join(cells)} |")
    lines += ["", "## Goals", "", "```text", *verdict_lines(results), "```", ""]
    return "\n".join(lines)


def number(value: float | None) -> str:
    """Format seconds."""
    return "–" if value is None else f"{value:.2f}"


def times(value: float | None) -> str:
    """Format a ratio."""
    return "–" if value is None else f"{value:.2f}×"


def bar_chart(results: Results) -> str:
    """Draw CPU time of every side as bars, each workload scaled to its slowest side, as SVG."""
    width, left, bar, gap = 760, 250, 16, 22
    parts: list[str] = []
    y = 40
    for name, entry in results["workloads"].items():
        workload = WORKLOADS[name]
        cpu = {side: values["cpu_s"] for side, values in figures(workload, entry).items()}
        if not cpu:
            continue
        top = max(cpu.values())
        parts.append(_text(12, y + 13, f"{name} {workload.title.split(':')[0]}", "bold"))
        for side, seconds in cpu.items():
            length = max(1.0, (width - left - 110) * seconds / top)
            parts.append(f'<rect x="{left}" y="{y}" width="{length:.1f}" height="{bar}" fill="{COLOURS[side]}"/>')
            parts.append(_text(left - 100, y + 13, LABELS[side]))
            parts.append(_text(left + length + 6, y + 13, f"{seconds:.2f} s, {seconds / top:.0%}"))
            y += bar + 2
        y += gap
    head = _text(12, 22, "CPU seconds, median; each workload is drawn to its slowest side. Shorter is better.", "bold")
    style = "<style>text{font:12px sans-serif;fill:#333}.bold{font-weight:bold}</style>"
    body = "\n".join([style, f'<rect width="{width}" height="{y}" fill="#fff"/>', head, *parts])
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {y}" width="{width}">\n{body}\n</svg>\n'


def _text(x: float, y: float, words: str, kind: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}">{escape(words)}</text>'

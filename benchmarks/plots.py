"""Draw measurements as SVG: bars of each side, shares of the steps, growth."""

from __future__ import annotations

import math
from html import escape

from report import LABELS, STEPS, Results, figures, step_seconds
from workloads import WORKLOADS

COLOURS = {"peer": "#b0b7c3", "ours": "#2f6fde", "pure": "#8fb3f0", "limit": "#58a65c"}
STEP_COLOURS = {"extract": "#2f6fde", "normalize": "#e0a13a", "load": "#58a65c"}
STYLE = "<style>text{font:12px sans-serif;fill:#333}.bold{font-weight:bold}.small{font-size:11px;fill:#666}</style>"
WIDTH = 760


def bar_chart(results: Results) -> str:
    """Draw CPU time of every side as bars, each workload scaled to its slowest side."""
    left, bar, gap = 260, 16, 20
    parts: list[str] = []
    y = 40
    for name, entry in results["workloads"].items():
        cpu = {side: values["cpu_s"] for side, values in figures(WORKLOADS[name], entry).items()}
        if not cpu:
            continue
        top = max(cpu.values())
        parts.append(_text(12, y + 13, name, "bold"))
        parts.append(_text(12, y + 29, WORKLOADS[name].title.split(":")[0].split(",")[0], "small"))
        for side, seconds in cpu.items():
            length = max(1.0, (WIDTH - left - 120) * seconds / top)
            parts.append(_bar(left, y, length, bar, COLOURS[side]))
            parts.append(_text(left - 110, y + 13, LABELS[side]))
            parts.append(_text(left + length + 6, y + 13, f"{seconds:.2f} s, {seconds / top:.0%}"))
            y += bar + 2
        y += gap
    return _drawing("CPU seconds, median; each workload is drawn to its slowest side. Shorter is better.", parts, y)


def share_chart(results: Results) -> str:
    """Draw how the CPU time of each workload is shared by the steps, of both sides."""
    left, bar, gap = 180, 16, 16
    parts = [
        part
        for number, step in enumerate(STEPS)
        for part in (
            _bar(left + 110 * number, 34, 12, 12, STEP_COLOURS[step]),
            _text(left + 110 * number + 18, 45, step),
        )
    ]
    y = 62
    for name, entry in results["workloads"].items():
        parts.append(_text(12, y + 13, name, "bold"))
        for side in ("ours", "peer"):
            seconds = step_seconds(entry, side)
            total = sum(seconds.values())
            if not total:
                continue
            parts.append(_text(70, y + 13, LABELS[side]))
            x = float(left)
            for step, spent in seconds.items():
                length = (WIDTH - left - 90) * spent / total
                parts.append(_bar(x, y, length, bar, STEP_COLOURS[step]))
                x += length
            parts.append(_text(x + 6, y + 13, f"{total:.2f} s"))
            y += bar + 2
        y += gap
    return _drawing("Shares of extract, normalize and load in the CPU time.", parts, y)


def growth_chart(results: Results) -> str:
    """Draw CPU time per row and memory of load over the number of rows, both as multiples of the smallest size."""
    left, top, height, span = 60, 60, 220, 280
    parts: list[str] = []
    colours = ["#2f6fde", "#e0a13a", "#58a65c"]
    for panel, (title, key) in enumerate((("CPU a row", "cpu"), ("memory of load", "memory"))):
        x0 = left + panel * (span + 80)
        parts.append(_text(x0, top - 12, title, "bold"))
        multiples = [
            [_growth_value(size, key) / _growth_value(sizes[0], key) for size in sizes]
            for sizes in results["growth"].values()
        ]
        # the lines stay in their panel, however steep they are
        highest = max(3, math.ceil(max(max(values) for values in multiples)))
        for multiple in range(highest + 1):
            y = top + height - multiple * height / highest
            parts.append(f'<line x1="{x0}" y1="{y:.1f}" x2="{x0 + span}" y2="{y:.1f}" stroke="#ddd"/>')
            parts.append(_text(x0 - 24, y + 4, f"{multiple}×", "small"))
        for colour, sizes, values in zip(colours, results["growth"].values(), multiples, strict=False):
            logs = [math.log10(size["rows"]) for size in sizes]
            points = [
                (x0 + (log - logs[0]) / (logs[-1] - logs[0]) * span, top + height - value * height / highest)
                for log, value in zip(logs, values, strict=True)
            ]
            line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
            parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
            parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in points]
    for number, (colour, (name, sizes)) in enumerate(zip(colours, results["growth"].items(), strict=False)):
        y = top + height + 30 + 18 * number
        parts.append(_bar(left, y - 10, 12, 12, colour))
        parts.append(_text(left + 18, y, f"{name}: {', '.join(format(size['rows'], ',') for size in sizes)} rows"))
    return _drawing("Growth, as multiples of the smallest size (rows on a logarithmic axis).", parts, top + height + 90)


def _growth_value(size: Results, key: str) -> float:
    return float(size["cpu_s"] / size["rows"] if key == "cpu" else size["steps"]["load"]["memory_bytes"])


def _drawing(head: str, parts: list[str], height: float) -> str:
    paper = f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>'
    body = "\n".join([STYLE, paper, _text(12, 22, head, "bold"), *parts])
    opening = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}">'
    return f"{opening}\n{body}\n</svg>\n"


def _bar(x: float, y: float, length: float, height: float, colour: str) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{length:.1f}" height="{height}" fill="{colour}"/>'


def _text(x: float, y: float, words: str, kind: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}">{escape(words)}</text>'

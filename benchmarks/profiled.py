"""Tell on what a load of this project spends its CPU time: in DuckDB, in Arrow, in the system, in Python."""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from data import prepare
from sides import make_base, make_environments, measure, sides
from workloads import WORKLOADS

PAGE = Path(__file__).resolve().parent.parent / "docs" / "performance.md"
BEGIN, END = "<!-- profile -->", "<!-- end of profile -->"
KINDS: Mapping[str, str] = {
    "DuckDB": r"duckdb",
    "Arrow": r"arrow|parquet",
    "numpy": r"numpy|openblas|_multiarray",
    "compiled": r"^_columns|^_copy",
    "checksums": r"libz\b|zlib",
    "system": r"kernel|vdso",
    "Python": r"^python|libpython",
}
"""Names of shared objects, by what they belong to; the first that fits counts."""
REST = "other libraries"
_LINE = re.compile(r"^\s*([\d.]+)%\s+(\S+)")


def shares(path: Path) -> dict[str, float]:
    """Return the percent of the samples of each kind.

    Args:
        path: What `perf record` wrote.
    """
    command = ["perf", "report", "-i", str(path), "--sort", "dso", "--stdio"]
    report = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    found = dict.fromkeys((*KINDS, REST), 0.0)
    for percent, name in (match.groups() for line in report.splitlines() if (match := _LINE.match(line))):
        kind = next((kind for kind, words in KINDS.items() if re.search(words, name)), REST)
        found[kind] += float(percent)
    return found


def profiled(name: str, work: Path) -> dict[str, float]:
    """Return the percent of the CPU time of a load, by kind, and the seconds under "".

    Args:
        name: The workload.
        work: A folder for what it writes.
    """
    workload, data, (side,) = WORKLOADS[name], prepare(name, 1), sides(["ours"], True)
    if workload.base:
        make_base(side, name, data, work)
    path = work / "samples"
    seconds = measure(side, name, data, work, "--profile", str(path))["cpu_s"]
    return {"": seconds, **shares(path)}


def table(found: Mapping[str, Mapping[str, float]]) -> str:
    """Return the shares of workloads as a table in Markdown."""
    kinds = (*KINDS, REST)
    lines = ["| workload | CPU s | " + " | ".join(kinds) + " |", "| --- |" + " --- |" * (len(kinds) + 1)]
    for name, one in found.items():
        cells = " | ".join(f"{one[kind]:.0f} %" for kind in kinds)
        lines.append(f"| {name} | {one['']:.2f} | {cells} |")
    return "\n".join(lines)


def main() -> None:
    """Profile workloads, and write the table into the page of documentation."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", default=",".join(name for name in WORKLOADS if not name.startswith("W0")))
    args = parser.parse_args()
    make_environments()
    found = {}
    for name in args.parts.split(","):
        work = Path(tempfile.mkdtemp(prefix="dlt-profile-"))
        try:
            found[name] = profiled(name, work)
        finally:
            shutil.rmtree(work)
        print(table({name: found[name]}), flush=True)
    before, _, rest = PAGE.read_text().partition(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n\n{table(found)}\n\n{END}{rest.partition(END)[2]}")


if __name__ == "__main__":
    main()

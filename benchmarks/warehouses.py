"""Compare this project with PyPI `dlt` on PostgreSQL, and before the wire for BigQuery and Redshift, in turns.

    python benchmarks/warehouses.py [--workloads W1,W2] [--rounds 1] [--scale 1]

PostgreSQL: a real server of its own on a loopback port; the CPU time of the client process and that of all processes of
the server are told apart. Before the wire: extract and normalize into Parquet files, which is what both sides upload.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from datetime import datetime, timezone
from pathlib import Path
from statistics import median
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from data import prepare
from sides import Side, make_environments, measure, sides
from workloads import WORKLOADS, Workload

from tests.servers.postgres import PostgresServer

GOALS = {"W1": 8, "W2": 6, "W3": None, "W4": 4, "W5": 8, "W6": 7}
"""How many times less CPU than the peer a load into PostgreSQL must take."""
LIMITS = {"W1": 1.6, "W3": 1.15, "W4": 1.6}
"""How many times the CPU of the driver alone it may take."""
TICKS = os.sysconf("SC_CLK_TCK")
SERVER_SETTINGS = {"shared_buffers": "512MB", "max_wal_size": "4GB"}


def server_cpu(session: int) -> float:
    """Return the CPU seconds of the processes of a session of the system, of those too that it has waited for."""
    total = 0
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            fields = (folder / "stat").read_text().rpartition(") ")[2].split()
        except OSError:  # it ended meanwhile
            continue
        if int(fields[3]) == session:
            total += sum(map(int, fields[11:13]))
            if int(folder.name) == session:
                total += sum(map(int, fields[13:15]))
    return total / TICKS


class Databases:
    """A server, and a database for each run that is a copy of a side's base."""

    def __init__(self) -> None:
        self.server = PostgresServer(**SERVER_SETTINGS).start()

    def new(self, base: str | None) -> str:
        """Return the URL of a new database.

        Args:
            base: URL of the database to copy; None for an empty one.
        """
        if base is None:
            # the server asks for no password, but the peer does
            return self.server.new_database().replace("postgres@", "postgres:none@")
        name = base.rpartition("/")[2]
        copy = f"{name}_copy"
        self.run(f"DROP DATABASE IF EXISTS {copy}")
        self.run(f"CREATE DATABASE {copy} TEMPLATE {name}")
        return self.server.url(copy, password="none")

    def drop(self, url: str) -> None:
        """Delete a database."""
        self.run(f"DROP DATABASE IF EXISTS {url.rpartition('/')[2]} WITH (FORCE)")

    def run(self, sql: str) -> None:
        """Run a statement that stands outside of transactions."""
        import psycopg2

        connection = psycopg2.connect(self.server.url())
        connection.autocommit = True
        connection.cursor().execute(sql)
        connection.close()


def chosen_sides(workload: Workload, names: list[str]) -> list[Side]:
    """Return the sides to measure; the driver alone only where it has something to do."""
    found = sides([name for name in names if name != "limit"], workload.tuned)
    if "limit" in names and workload.name in LIMITS:
        ours = sides(["ours"], True)[0]
        found.append(Side("limit", ours.python, "postgres_limit.py"))
    return found


def bench_postgres(workload: Workload, names: list[str], rounds: int, scale: float, work: Path) -> dict[str, Any]:
    """Measure all sides in turn."""
    data = prepare(workload.name, scale)
    databases = Databases()
    try:
        chosen, bases = chosen_sides(workload, names), {}
        if workload.base:
            for side in chosen:
                print(f"{workload.name:<4} {side.name}: loading {workload.base * scale:,.0f} rows", flush=True)
                bases[side.name] = databases.new(None)
                measure(side, workload.name, data, work / side.name, "--postgres", bases[side.name], "--base")
                (work / side.name / "run").rename(work / side.name / "base")
        runs: dict[str, list[dict[str, Any]]] = {side.name: [] for side in chosen}
        for number in range(rounds):
            turn = number % len(chosen)
            for side in chosen[turn:] + chosen[:turn]:
                url = databases.new(bases.get(side.name))
                databases.run("CHECKPOINT")
                session = databases.server.pid
                before = server_cpu(session)
                run = measure(side, workload.name, data, work / side.name, "--postgres", url)
                run["server_cpu_s"] = server_cpu(session) - before
                databases.drop(url)
                runs[side.name].append(run)
                print(
                    f"{workload.name:<4} postgres round {number + 1} {side.name:<6} {run['wall_s']:8.2f} s wall "
                    f"{run['cpu_s']:8.2f} s CPU, server {run['server_cpu_s']:6.2f} s, "
                    f"{run['memory_bytes'] / 1e6:6.0f} MB",
                    flush=True,
                )
    finally:
        databases.server.stop()
    return {"scale": scale, "rounds": rounds, "runs": runs}


def bench_wire(workload: Workload, wire: str, names: list[str], rounds: int, scale: float, work: Path) -> Any:
    """Measure what is done before anything is sent, all sides in turn."""
    data = prepare(workload.name, scale)
    chosen = sides([name for name in names if name != "limit"], workload.tuned)
    runs: dict[str, list[dict[str, Any]]] = {side.name: [] for side in chosen}
    for number in range(rounds):
        turn = number % len(chosen)
        for side in chosen[turn:] + chosen[:turn]:
            more = () if side.arguments else ("--format", "parquet")
            run = measure(side, workload.name, data, work / side.name, "--wire", wire, *more)
            runs[side.name].append(run)
            print(
                f"{workload.name:<4} {wire} round {number + 1} {side.name:<6} {run['wall_s']:8.2f} s wall "
                f"{run['cpu_s']:8.2f} s CPU {run['memory_bytes'] / 1e6:6.0f} MB",
                flush=True,
            )
    return {"scale": scale, "rounds": rounds, "runs": runs}


def middle(entry: dict[str, Any], side: str, key: str) -> float | None:
    """Return the median of a figure."""
    runs = entry["runs"].get(side) or []
    return median(run[key] for run in runs) if runs else None


def shown(value: float | None, unit: str = "") -> str:
    """Return a figure as text."""
    return "–" if value is None else f"{value:.2f}{unit}"


def over(above: float | None, below: float | None) -> float | None:
    """Divide, if both were measured."""
    return above / below if above and below else None


def markdown(results: dict[str, Any]) -> str:
    """Return the tables of results."""
    lines = [
        "# Results for warehouses",
        "",
        "Made by `make bench-warehouses`, all sides in turn on one machine; medians. On another machine only the "
        "ratios hold.",
        "",
        "## PostgreSQL",
        "",
        "CPU of the client process; that of the server beside it. The driver alone: ADBC takes ready Arrow tables.",
        "",
        "| workload | scale, rounds | PyPI dlt, CPU s + server | dlt-tasks, CPU s + server "
        "| driver alone, CPU s + server | times less CPU than PyPI dlt | with the server's | times less wall time "
        "| goal | of the driver alone, with the server's | goal | memory MB, PyPI dlt / dlt-tasks |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for name, entry in results.get("postgres", {}).items():
        own = {side: middle(entry, side, "cpu_s") for side in ("peer", "ours", "limit")}
        server = {side: middle(entry, side, "server_cpu_s") for side in ("peer", "ours", "limit")}
        both = {side: None if cpu is None else cpu + (server[side] or 0) for side, cpu in own.items()}
        wall = {side: middle(entry, side, "wall_s") for side in ("peer", "ours")}
        cells = [f"{name} {WORKLOADS[name].title}", f"{entry['scale']:g}, {entry['rounds']}"]
        cells += [
            "–" if own[side] is None else f"{own[side]:.2f} + {server[side]:.2f}" for side in ("peer", "ours", "limit")
        ]
        cells += [shown(over(own["peer"], own["ours"]), "×"), shown(over(both["peer"], both["ours"]), "×")]
        cells += [shown(over(wall["peer"], wall["ours"]), "×"), f"≥ {GOALS[name]}×" if GOALS.get(name) else "–"]
        cells += [shown(over(both["ours"], both["limit"]), "×"), f"≤ {LIMITS[name]}×" if name in LIMITS else "–"]
        memory = [middle(entry, side, "memory_bytes") for side in ("peer", "ours")]
        cells += [" / ".join("–" if value is None else f"{value / 1e6:.0f}" for value in memory)]
        lines.append(f"| {' | '.join(cells)} |")
    lines += [
        "",
        "## Before the wire",
        "",
        "Extract and normalize into the Parquet files that are uploaded: CPU seconds for a million rows or documents.",
        "",
        "| workload | destination | PyPI dlt | dlt-tasks | times less CPU |",
        "|---|---|---|---|---|",
    ]
    for key, entry in results.get("wire", {}).items():
        name, wire = key.split(" ")
        rows = WORKLOADS[name].scaled(entry["scale"])
        per = {side: middle(entry, side, "cpu_s") for side in ("peer", "ours")}
        million = {side: None if cpu is None else cpu / rows * 1e6 for side, cpu in per.items()}
        cells = [f"{name} {WORKLOADS[name].title}", wire, shown(million["peer"]), shown(million["ours"])]
        lines.append(f"| {' | '.join([*cells, shown(over(per['peer'], per['ours']), '×')])} |")
    return "\n".join([*lines, ""])


def main() -> None:
    """Measure, then write warehouses.json and warehouses.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workloads", default="W1,W2,W3,W4,W5,W6", help="names, comma between")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--scale", type=float, default=1.0, help="share of the rows, for a quick look")
    parser.add_argument("--only", default="peer,ours,limit", help="sides, comma between")
    parser.add_argument("--wires", default="bigquery,redshift", help="destinations to measure before the wire")
    parser.add_argument("--output", type=Path, help="path without suffix; benchmarks/warehouses if the scale is 1")
    args = parser.parse_args()
    output = args.output or HERE / ("warehouses" if args.scale == 1 else "data/warehouses-scaled")
    make_environments()
    results: dict[str, Any] = {}
    if output.with_suffix(".json").exists():
        results = json.loads(output.with_suffix(".json").read_text())
    work = Path(tempfile.mkdtemp(prefix="dlt-bench-"))
    names = args.only.split(",")
    try:
        for name in args.workloads.split(","):
            workload = WORKLOADS[name]
            entry = bench_postgres(workload, names, args.rounds, args.scale, work / name)
            results.setdefault("postgres", {})[name] = entry
            shutil.rmtree(work / name, ignore_errors=True)
            for wire in filter(None, args.wires.split(",")):
                if name in ("W1", "W2", "W6"):
                    found = bench_wire(workload, wire, names, args.rounds, args.scale, work / name)
                    results.setdefault("wire", {})[f"{name} {wire}"] = found
                    shutil.rmtree(work / name, ignore_errors=True)
            results["made"] = datetime.now(timezone.utc).isoformat(timespec="seconds")
            output.parent.mkdir(parents=True, exist_ok=True)
            output.with_suffix(".json").write_text(json.dumps(results, indent=1) + "\n")
            output.with_suffix(".md").write_text(markdown(results))
    finally:
        shutil.rmtree(work, ignore_errors=True)
    print(f"written: {output}.json and .md")


if __name__ == "__main__":
    main()

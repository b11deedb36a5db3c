"""Load one row many times into one dataset, and write what each of the loads cost as JSON."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from measure import Meter

import dlt


def main() -> None:
    """Load, and note the CPU time of each load."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workload")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--result", type=Path, required=True)
    parser.add_argument("--loads", type=int, default=1000)
    args = parser.parse_args()
    costs: list[float] = []
    with Meter() as whole:
        pipeline = dlt.pipeline(
            pipeline_name="bench",
            pipelines_dir=str(args.work / "pipelines"),
            destination=dlt.destinations.duckdb(str(args.work / "bench_file.duckdb")),
            dataset_name="bench_data",
        )
        for number in range(args.loads):
            with Meter() as one:
                pipeline.run([{"id": number, "name": f"row {number}"}], table_name="items")
            costs.append(one.cpu)
    args.result.write_text(json.dumps({"version": dlt.__version__, "loads_cpu_s": costs, **whole.asdict()}))


if __name__ == "__main__":
    main()

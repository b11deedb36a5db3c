"""Load one case of a part with the `dlt` of the interpreter that runs this file, and write what it cost as JSON."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from measure import Meter
from of_sources import parts

import dlt


def main() -> None:
    """Measure the load, and count the rows."""
    parser = argparse.ArgumentParser()
    parser.add_argument("case", help="PART/CASE")
    parser.add_argument("--data", type=Path, required=True, help="the settings, as JSON")
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--result", type=Path, required=True)
    args = parser.parse_args()
    part, _, case = args.case.partition("/")
    module, settings = parts()[part], json.loads(args.data.read_text())
    with Meter() as meter:
        pipeline = dlt.pipeline(
            pipeline_name="bench",
            pipelines_dir=str(args.work / "pipelines"),
            destination=dlt.destinations.duckdb(str(args.work / "bench_file.duckdb")),
            dataset_name="bench_data",
        )
        tables = module.load(case, settings, pipeline)
    tables = {name: count for name, count in tables.items() if not name.startswith("_dlt")}
    args.result.write_text(json.dumps({"version": dlt.__version__, "tables": tables, **meter.asdict()}))


if __name__ == "__main__":
    main()

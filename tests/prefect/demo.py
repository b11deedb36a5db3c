"""The demonstration: `make demo-prefect` deploys examples/prefect_flow.py to a real server and lets a worker run it."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path

import duckdb

from tests.prefect.services import ROOT, Services

OUT = ROOT / "examples" / ".out" / "prefect.duckdb"


def main() -> None:
    """Start Prefect, run the flow twice, print what it loaded, and stop everything."""
    OUT.unlink(missing_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="dlt-demo-prefect-"))
    print("== A Prefect server (metadata in PostgreSQL) and a process worker start", flush=True)
    try:
        with Services(folder, ui=True) as services:
            services.command("deploy", "--all", cwd=ROOT)
            print(f"== {services.url.removesuffix('/api')} runs the deployment countries/demo", flush=True)
            run = services.end(services.run_by_name("countries/demo"))
            print(f"flow run {run.name}: {run.state_type.value} in {run.total_run_time.total_seconds():.1f} s")
            for task in services.tasks_of(run.id):
                print(f"  {task.name:<28}{task.state_name}")
            if run.state_type.value != "COMPLETED":
                raise SystemExit((folder / "worker.log").read_text())
            print("== Artifacts")
            for artifact in services.artifacts_of(run.id):
                print(f"  {artifact.key} ({artifact.type})")
                if artifact.key.endswith("-load") and artifact.type == "table":
                    loaded = {row["table"]: row["rows"] for row in json.loads(artifact.data)}
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"== Tables in {OUT}")
    with duckdb.connect(str(OUT), read_only=True) as connection:
        for table, rows in sorted(loaded.items()):
            (found,) = connection.execute(f"SELECT count(*) FROM world.{table}").fetchone() or (0,)
            print(f"{table:<24}{found:>5}")
            assert found == rows


if __name__ == "__main__":
    main()

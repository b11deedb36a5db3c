"""Start a whole Airflow on this machine, run the example's DAG to its end, show what was loaded, stop everything."""

from __future__ import annotations

import os
import shutil
import sys
import time
from pathlib import Path

from tests.airflow.services import ENDED, ROOT, Airflow

OUT = ROOT / "examples" / ".out"
TASKS = ("world.extract", "world.normalize", "world.load", "world.cleanup")


def main() -> int:
    """Run the demo; return the exit code of the process."""
    OUT.mkdir(exist_ok=True)
    database = OUT / "airflow_world.duckdb"
    database.unlink(missing_ok=True)
    print("Starting Airflow: Postgres, API server, scheduler, DAG processor …", flush=True)
    begun = time.monotonic()
    airflow = Airflow(WORLD_DB=str(database))
    try:
        bring_example(airflow.dags)
        airflow.start()
        print(f"Airflow is up at http://127.0.0.1:{airflow.port} after {time.monotonic() - begun:.0f} s", flush=True)
        airflow.unpause("world")
        ended = airflow.wait(
            lambda: [run for run in airflow.runs("world") if run["state"] in ENDED], 240, "the DAG did not run"
        )
        run_id = ended[0]["dag_run_id"]
        print(f"\nRun {run_id}: {ended[0]['state']}")
        tasks = airflow.tasks("world", run_id)
        for name in TASKS:
            task = tasks[name]
            print(f"  {name:<18}{task['state']:<10}{task['duration'] or 0:>6.1f} s  try {task['try_number']}")
        if ended[0]["state"] != "success":
            print("\n".join(airflow.log_of("world", run_id, name) for name in TASKS))
            return 1
        report = airflow.xcom("world", run_id, "world.load")
        print(f"\n{report['text']}\n\nTables of {report['dataset_name']} in {database}:")
        for table, rows in sorted(report["rows"].items()):
            print(
                f"  {table:<26}{counted(database, report['dataset_name'], table):>5} rows, {rows} of them of this run"
            )
        if "--keep" in sys.argv:
            input("\nAirflow goes on until you press Enter. ")
    finally:
        airflow.stop()
    print(f"\nEverything is stopped, after {time.monotonic() - begun:.0f} s.")
    return 0


def bring_example(folder: Path) -> None:
    """Put the example's files into a folder of DAGs.

    Args:
        folder: The folder.
    """
    for name in ("airflow_dag.py", "airflow_countries.py"):
        shutil.copy(ROOT / "examples" / name, folder / name)
    os.symlink(ROOT / "examples" / "data", folder / "data")


def counted(database: Path, dataset: str, table: str) -> int:
    """Return the number of rows of a table.

    Args:
        database: File of the database.
        dataset: Dataset.
        table: Table.
    """
    import duckdb

    with duckdb.connect(str(database), read_only=True) as connection:
        found = connection.execute(f'SELECT count(*) FROM "{dataset}"."{table}"').fetchone()
    assert found is not None
    return int(found[0])


if __name__ == "__main__":
    sys.exit(main())

"""The source and the pipeline of airflow_dag.py: 250 countries, and the regions that they lie in.

Nothing here knows of Airflow. `python examples/airflow_countries.py` loads the same in one process.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dlt

HERE = Path(__file__).resolve().parent
COUNTRIES = HERE / "data" / "world_countries" / "countries.json"


@dlt.source(name="world")
def world() -> Any:
    """Give countries with their lists, and the regions."""
    rows = json.loads(COUNTRIES.read_text(encoding="utf-8"))

    @dlt.resource(primary_key="cca3", write_disposition="merge", columns={"translations": {"data_type": "json"}})
    def countries() -> Iterator[list[dict[str, Any]]]:
        yield [{key: row[key] for key in ("cca3", "region", "area", "borders", "translations")} for row in rows]

    @dlt.resource(write_disposition="replace")
    def regions() -> Iterator[list[dict[str, Any]]]:
        names = sorted({row["region"] for row in rows})
        yield [{"name": name, "countries": sum(row["region"] == name for row in rows)} for name in names]

    return countries, regions


def pipeline() -> Any:
    """Make the pipeline; WORLD_DB says where its database is."""
    path = Path(os.environ.get("WORLD_DB") or HERE / ".out" / "airflow_world.duckdb")
    path.parent.mkdir(parents=True, exist_ok=True)
    return dlt.pipeline("world", destination=dlt.destinations.duckdb(str(path)), dataset_name="world")


if __name__ == "__main__":
    loaded = pipeline()
    loaded.run(world())
    for table, count in loaded.dataset().row_counts().fetchall():
        print(f"{table:<26}{count:>5}")

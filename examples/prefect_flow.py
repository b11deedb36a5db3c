"""Load 250 countries and their regions with Prefect: a flow whose extract, normalize and load are tasks.

    pip install 'dlt-tasks[prefect]'
    python examples/prefect_flow.py

This runs the flow at once, on a temporary Prefect server. `make demo-prefect` runs it through a deployment and a worker
instead, as prefect.yaml describes. Everything it loads goes to examples/.out/prefect.duckdb.
"""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dlt
from dlt_prefect import dlt_flow

HERE = Path(__file__).resolve().parent
COUNTRIES = HERE / "data" / "world_countries" / "countries.json"


def make_pipeline() -> dlt.Pipeline:
    """Return the pipeline; each task makes it anew, on whatever worker it runs."""
    (HERE / ".out").mkdir(exist_ok=True)
    destination = dlt.destinations.duckdb(str(HERE / ".out" / "prefect.duckdb"))
    return dlt.pipeline("prefect_countries", destination=destination, dataset_name="world")


@dlt.source
def world(region: str | None = None) -> Any:
    """Return the countries and the regions, of one region or of all."""
    rows = json.loads(COUNTRIES.read_text(encoding="utf-8"))
    rows = [row for row in rows if region in (None, row["region"])]

    @dlt.resource(primary_key="cca3", write_disposition="merge")
    def countries() -> Iterator[list[dict[str, Any]]]:
        keys = ("cca3", "region", "area", "borders", "capital", "latlng")
        yield [{"name": row["name"]["common"], **{key: row[key] for key in keys}} for row in rows]

    @dlt.resource(primary_key="region", write_disposition="merge")
    def regions() -> Iterator[list[dict[str, Any]]]:
        counts = Counter(row["region"] for row in rows)
        yield [{"region": name, "countries": count} for name, count in sorted(counts.items())]

    return countries, regions


@dlt_flow(name="countries", pipeline=make_pipeline, fan_out="resources")
def load_countries(region: str | None = None) -> Any:
    """Load countries and regions, side by side, in one transaction."""
    return world(region)


if __name__ == "__main__":
    report = load_countries()
    for table, rows in sorted(report["rows"].items()):
        print(f"{table:<24}{rows:>5}")

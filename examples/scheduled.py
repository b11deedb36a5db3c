"""Load what is new each time a schedule says so: the next countries of the list, until all are there.

Each run takes up where the last one ended, on whatever machine it is: the cursor lies at the destination.

    dlt schedule --cron "*/15 * * * *" examples/scheduled.py

The destination comes from the configuration (PIPELINES__DESTINATION, as docker-compose.yml sets it) and is a DuckDB
file under examples/.out without one. COUNTRIES_PER_RUN is the number of countries that a run may load.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dlt

HERE = Path(__file__).resolve().parent
COUNTRIES = HERE / "data" / "world_countries" / "countries.json"
PER_RUN = int(os.environ.get("COUNTRIES_PER_RUN", "100"))


@dlt.resource(name="countries", primary_key="number", write_disposition="append")
def countries(
    number: dlt.sources.incremental[int] = dlt.sources.incremental("number", initial_value=0, range_start="open"),
) -> Iterator[list[dict[str, Any]]]:
    """Yield the countries that follow the last one loaded."""
    rows = json.loads(COUNTRIES.read_text(encoding="utf-8"))
    first = number.last_value or 0
    yield [
        {"number": place, "code": row["cca3"], "name": row["name"]["common"], "borders": row["borders"]}
        for place, row in enumerate(rows[first : first + PER_RUN], first + 1)
    ]


def make_pipeline() -> dlt.Pipeline:
    """Return the pipeline, for the destination of the configuration."""
    if dlt.config.get("pipelines.destination"):
        return dlt.pipeline("scheduled", dataset_name="world")
    (HERE / ".out").mkdir(exist_ok=True)
    destination = dlt.destinations.duckdb(str(HERE / ".out" / "scheduled.duckdb"))
    return dlt.pipeline("scheduled", destination=destination, dataset_name="world")


if __name__ == "__main__":
    pipeline = make_pipeline()
    pipeline.run(countries())
    loaded = dict(pipeline.dataset().row_counts().fetchall())
    print(f"{loaded['countries']} countries are there", flush=True)

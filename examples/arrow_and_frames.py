"""Load an Arrow table and a pandas frame as they are, and read the result back as Arrow."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

import dlt


@dlt.resource(name="measures", write_disposition="replace")
def measures() -> Iterator[pa.Table]:
    """Yield two Arrow tables; each becomes a part of the same table at the destination."""
    for part in range(2):
        yield pa.table({"sensor": [part, part], "celsius": [20.5 + part, 21.0], "ok": [True, None]})


@dlt.resource(name="sensors", write_disposition="replace")
def sensors() -> Iterator[pd.DataFrame]:
    """Yield a frame."""
    yield pd.DataFrame({"sensor": [0, 1], "room": ["kitchen", "cellar"]})


def warm(table: pa.Table) -> pa.Table:
    """Keep the rows above 20.7 degrees; a filter on a page and not on each row."""
    return table.filter(pc.greater(table["celsius"], 20.7))


def main() -> None:
    """Load both and join them."""
    query = """
        SELECT room, count(*) AS n, max(celsius) AS top
        FROM measures JOIN sensors USING (sensor) GROUP BY ALL ORDER BY room
    """
    with tempfile.TemporaryDirectory() as folder:
        pipeline = dlt.pipeline(
            pipeline_name="arrow_example",
            pipelines_dir=folder,
            destination=dlt.destinations.duckdb(str(Path(folder) / "arrow_example_file.duckdb")),
            dataset_name="house",
        )
        data: list[Any] = [measures().add_map(warm), sensors()]
        pipeline.run(data)
        print(pipeline.dataset()["measures"].arrow().num_rows, "rows of measures were kept")
        with pipeline.sql_client() as client:
            for row in client.execute_sql(query) or []:
                print(tuple(row))


if __name__ == "__main__":
    main()

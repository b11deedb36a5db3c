"""Load only what is new since the last run: the cursor is kept in the pipeline's state."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dlt

EVENTS: list[dict[str, Any]] = [
    {"id": 1, "kind": "opened", "at": "2026-01-01T08:00:00Z"},
    {"id": 2, "kind": "closed", "at": "2026-01-02T09:30:00Z"},
]


@dlt.resource(name="events", primary_key="id", write_disposition="append")
def events(
    at: dlt.sources.incremental[str] = dlt.sources.incremental("at", initial_value="2026-01-01T00:00:00Z"),
) -> Iterator[list[dict[str, Any]]]:
    """Yield all events; the cursor drops those that an earlier run has loaded."""
    print(f"  asking for events since {at.last_value}")
    yield EVENTS


def main() -> None:
    """Run three times: everything, nothing, the one event that came later."""
    with tempfile.TemporaryDirectory() as folder:
        pipeline = dlt.pipeline(
            pipeline_name="incremental_example",
            pipelines_dir=folder,
            destination=dlt.destinations.duckdb(str(Path(folder) / "events.duckdb")),
            dataset_name="log",
        )
        for step in ("first run", "again", "one new event"):
            if step == "one new event":
                EVENTS.append({"id": 3, "kind": "reopened", "at": "2026-01-03T10:00:00Z"})
            print(step)
            pipeline.run(events())
            with pipeline.sql_client() as client:
                rows = client.execute_sql("SELECT id, kind FROM events ORDER BY id")
            print(f"  in the table: {[tuple(row) for row in rows or []]}")


if __name__ == "__main__":
    main()

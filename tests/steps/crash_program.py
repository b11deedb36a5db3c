"""The program that the kill tests run: `python crash_program.py <disposition> <folder> <last row>`."""

from __future__ import annotations

import os
import sys
from typing import Any

import dlt

DISPOSITIONS: dict[str, dict[str, Any]] = {
    "append": {"write_disposition": "append"},
    "replace": {"write_disposition": "replace"},
    "merge": {"write_disposition": "merge", "primary_key": "id"},
}


def row(number: int, last: int) -> dict[str, Any]:
    """Return one document; in later runs the same one has other values."""
    return {
        "id": number,
        "seen": number * 10 + last,
        "tags": [{"name": f"tag {number}.{i}", "in": last} for i in range(number % 3 + 1)],
        "place": {"city": f"city {number}"},
    }


def make_resource(disposition: str, last: int) -> Any:
    """Return the resource: append continues behind the last row, the others give all rows again."""

    @dlt.resource(name="rows", **DISPOSITIONS[disposition])
    def rows(cursor: Any = dlt.sources.incremental("id", initial_value=0)) -> Any:
        dlt.current.resource_state()["runs_until"] = last
        yield [row(number, 0) for number in range(1, last + 1)]

    @dlt.resource(name="rows", **DISPOSITIONS[disposition])
    def all_rows() -> Any:
        dlt.current.resource_state()["runs_until"] = last
        first = 1 if disposition == "replace" else max(1, last - 4)
        yield [row(number, last) for number in range(first, last + 1)]

    return rows() if disposition == "append" else all_rows()


def make_pipeline(folder: str) -> Any:
    """Return the pipeline in a folder."""
    return dlt.pipeline(
        "killed",
        pipelines_dir=os.path.join(folder, "pipelines"),
        destination=dlt.destinations.duckdb(os.path.join(folder, "killed.duckdb")),
        dataset_name="kept",
    )


if __name__ == "__main__":
    make_pipeline(sys.argv[2]).run(make_resource(sys.argv[1], int(sys.argv[3])))

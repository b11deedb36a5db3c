"""What the tests of upgrades load; it runs with the release that made the archive, and with this one."""

from __future__ import annotations

import os
from typing import Any

import dlt

KINDS = ("files", "delta", "duckdb", "sqlite", "postgres")


def destination(kind: str, root: str) -> Any:
    """Return a destination whose data is in a folder, or at the server that UPGRADE_POSTGRES names."""
    if kind in ("files", "delta"):
        return dlt.destinations.filesystem(f"{root}/bucket", table_format="delta" if kind == "delta" else "native")
    if kind == "duckdb":
        return dlt.destinations.duckdb(f"{root}/shop.duckdb")
    if kind == "sqlite":
        return dlt.destinations.sqlalchemy(f"sqlite:///{root}/shop.sqlite")
    return dlt.destinations.postgres(os.environ["UPGRADE_POSTGRES"])


def pipeline(kind: str, root: str) -> Any:
    """Return the pipeline that works in a folder."""
    return dlt.pipeline(
        "shop", pipelines_dir=f"{root}/pipelines", destination=destination(kind, root), dataset_name="kept"
    )


def task_pipeline() -> Any:
    """Return the pipeline of tasks; the environment names the place."""
    root = os.environ["UPGRADE_ROOT"]
    return dlt.pipeline("shop", destination=destination("duckdb", root), dataset_name="kept")


def _row(number: int, last: int) -> dict[str, Any]:
    tags = [{"name": f"tag {number}.{i}", "words": [{"w": i}] * i} for i in range(number % 3)]
    return {"id": number, "seen": last, "tags": tags, "place": {"city": f"city {number}"}, f"of_{last}": last}


@dlt.source(name="shop")
def shop(last: int = 3) -> Any:
    """Give one resource of each strategy; what comes depends on the last row only."""

    @dlt.resource(write_disposition="append", primary_key="id")
    def orders(cursor: Any = dlt.sources.incremental("id", initial_value=0)) -> Any:
        dlt.current.resource_state()["runs_until"] = last
        yield [_row(number, 0) for number in range(1, last + 1)]

    @dlt.resource(write_disposition="append")
    def pages(cursor: Any = dlt.sources.incremental("id", initial_value=0)) -> Any:
        import pyarrow as pa

        yield pa.table({"id": list(range(1, last + 1)), "text": [f"page {number}" for number in range(1, last + 1)]})

    @dlt.resource(write_disposition="merge", primary_key="id")
    def customers() -> Any:
        yield [_row(number, last) for number in range(max(1, last - 3), last + 1)]

    @dlt.resource(write_disposition="replace")
    def stock() -> Any:
        yield [_row(number, last) for number in range(1, last + 1)]

    @dlt.resource(write_disposition={"disposition": "merge", "strategy": "scd2"})
    def history() -> Any:
        yield [
            {"id": number, "v": 0 if number % 2 else last, "list": [{"of": number}]} for number in range(1, last + 1)
        ]

    return orders, pages, customers, stock, history

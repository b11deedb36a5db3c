"""What the tests of checks, quarantine, masks and undo in tasks load: orders that a file holds."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import dlt


def make_pipeline(url: str = "", keep_undo: int = 0) -> Any:
    """Return the pipeline of the tasks; its DuckDB file is named by an absolute path."""
    if keep_undo:
        dlt.config["load.keep_undo"] = keep_undo
    return dlt.pipeline("trust", destination=dlt.destinations.duckdb(url or os.environ["SHOP_DB"]), dataset_name="shop")


@dlt.source(name="trust")
def trust(file: str) -> Any:
    """Give the orders of a file behind a cursor, and customers of it that are merged."""
    known = json.loads(Path(file).read_text())

    @dlt.resource(
        primary_key="id",
        columns={"email": {"mask": "hash", "data_type": "text"}, "total": {"data_type": "bigint"}},
        checks=[
            dlt.check.not_null("id"),
            dlt.check.between("total", 0, 100),
            dlt.check.between("total", 0, 50, severity="warn"),
            dlt.check.matches("email", "^[0-9a-f]{64}$"),
        ],
        schema_contract={"data_type": "quarantine"},
    )
    def orders(at: Any = dlt.sources.incremental("id", initial_value=0)) -> Any:
        yield known["orders"]

    @dlt.resource(primary_key="id", write_disposition="merge")
    def customers() -> Any:
        yield known.get("customers", [])

    return orders, customers

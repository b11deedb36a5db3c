"""A flow made by the decorator, as a user's module has it."""

from __future__ import annotations

from typing import Any

from dlt_prefect import dlt_flow
from tests.prefect import shop


@dlt_flow(pipeline={"pipeline_name": "nightly", "destination": "duckdb", "dataset_name": "shop"}, fan_out="resources")
def nightly(last: int = 3) -> Any:
    """Load the shop."""
    return shop.shop(last)

"""Counts of loads reconcile on every destination that can be read."""

from __future__ import annotations

from typing import Any

import pytest

import dlt
from dlt.schema.capabilities import Capabilities
from tests.destinations.cases import needs
from tests.destinations.conftest import MakePipeline


def orders(first: int) -> Any:
    """Return rows with rows nested in them, two levels deep."""
    return [{"id": n, "items": [{"sku": "a", "parts": [1, 2]}, {"sku": "b"}]} for n in range(first, first + 3)]


@pytest.mark.parametrize("disposition", ["append", "replace", "merge"])
def test_counts_of_all_loads_reconcile(make: MakePipeline, caps: Capabilities, disposition: Any) -> None:
    """Of a replace the last load is there, of a merge what later loads left."""
    needs(disposition != "merge" or bool(caps.supported_merge_strategies), "it has no merge")
    pipeline = make()
    for first in (0, 2):
        pipeline.run(orders(first), table_name="orders", write_disposition=disposition, primary_key="id")
    found = pipeline.reconcile()
    assert found.is_equal and not found.notes, str(found)
    there = {
        table: [count.there for count in found.tables if count.table == table]
        for table in ("orders", "orders__items", "orders__items__parts")
    }
    first = {"append": 3, "replace": 0, "merge": 2}[disposition]
    assert there == {
        "orders": [first, 3],
        "orders__items": [first * 2, 6],
        "orders__items__parts": [first * 2, 6],
    }


def test_a_load_whose_record_is_gone_is_found(make: MakePipeline) -> None:
    """A dataset that was dropped and filled anew by another pipeline knows nothing of the loads before."""
    pipeline = make()
    pipeline.run(orders(0), table_name="orders")
    with pipeline.destination_client_for() as client:
        client.drop_dataset()
    other = make("other")
    other.run(orders(0), table_name="orders", schema=dlt.Schema("spec"))
    found = pipeline.reconcile()
    assert not found.is_equal
    assert {difference.table for difference in found.differences} >= {"orders", "orders__items"}

"""Merge nested documents: an order that comes again replaces the old row and all rows of its child tables."""

import tempfile
from pathlib import Path
from typing import Any

import dlt

MONDAY: list[dict[str, Any]] = [
    {"order_id": 1, "customer": {"name": "Ada", "city": "Bath"}, "lines": [{"sku": "a", "n": 2}, {"sku": "b", "n": 1}]},
    {"order_id": 2, "customer": {"name": "Emmy", "city": "Erlangen"}, "lines": [{"sku": "c", "n": 5}]},
]
TUESDAY: list[dict[str, Any]] = [
    {"order_id": 1, "customer": {"name": "Ada", "city": "London"}, "lines": [{"sku": "a", "n": 3}]},  # changed
    {"order_id": 2, "cancelled": True},  # deleted
    {"order_id": 3, "customer": {"name": "Mary", "city": "London"}, "lines": []},  # new
]


@dlt.resource(
    name="orders",
    primary_key="order_id",
    write_disposition={"disposition": "merge", "strategy": "delete-insert"},
    columns={"cancelled": {"data_type": "bool", "hard_delete": True}},
)
def orders(day: list[dict[str, Any]]) -> Any:
    """Yield one day's orders; a row whose `cancelled` is true deletes the order and its lines."""
    yield day


def main() -> None:
    """Load two days and print the orders with their lines after each."""
    query = """
        SELECT o.order_id, o.customer__name, l.sku, l.n
        FROM orders AS o LEFT JOIN orders__lines AS l ON l._dlt_parent_id = o._dlt_id
        ORDER BY o.order_id, l._dlt_list_idx
    """
    with tempfile.TemporaryDirectory() as folder:
        pipeline = dlt.pipeline(
            pipeline_name="nested_merge_example",
            pipelines_dir=folder,
            destination=dlt.destinations.duckdb(str(Path(folder) / "orders.duckdb")),
            dataset_name="shop",
        )
        for name, day in (("Monday", MONDAY), ("Tuesday", TUESDAY)):
            pipeline.run(orders(day))
            print(name)
            with pipeline.sql_client() as client:
                for row in client.execute_sql(query) or []:
                    print(f"  {tuple(row)}")


if __name__ == "__main__":
    main()

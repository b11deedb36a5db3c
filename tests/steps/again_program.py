"""What the tests of runs that are loaded once more load: sources whose data changes by their arguments."""

from __future__ import annotations

import os
from typing import Any

import dlt


def make_pipeline() -> Any:
    """Return the pipeline."""
    return dlt.pipeline("again", destination=dlt.destinations.duckdb(os.environ["AGAIN_DB"]), dataset_name="d")


@dlt.source
def people(value: str = "old", count: int = 3, disposition: str = "append", pets: str | None = None) -> Any:
    """Give people with pets with toys, all of them each time; the pets may have a disposition of their own."""
    nested: Any = {"pets": {"write_disposition": pets}} if pets else None

    @dlt.resource(name="people", primary_key="id", write_disposition=disposition, nested_hints=nested)
    def rows() -> Any:
        yield [{"id": n, "value": value, "pets": [{"value": value, "toys": [{"value": value}]}]} for n in range(count)]

    return rows


@dlt.source
def days(value: str = "old", first: int = 1, last: int = 9, disposition: str = "append") -> Any:
    """Give two rows a day, of the time that a run loads or behind the cursor."""

    @dlt.resource(name="days", primary_key="at", write_disposition=disposition)
    def rows(
        at: Any = dlt.sources.incremental(
            "at", initial_value="2026-01-01T00:00:00+00:00", allow_external_schedulers=True
        ),
    ) -> Any:
        yield [
            {"at": f"2026-01-{number:02d}T{hour}:00:00+00:00", "value": value}
            for number in range(first, last + 1)
            for hour in ("06", "12")
        ]

    return rows


@dlt.source
def counted(last: int) -> Any:
    """Give numbers behind a cursor, and what a transformer makes of them."""

    @dlt.resource(name="counted")
    def numbers(at: Any = dlt.sources.incremental("id", initial_value=0)) -> Any:
        yield [{"id": n} for n in range(1, last + 1)]

    @dlt.transformer(name="doubled", data_from=numbers)
    def twice(items: Any) -> Any:
        yield [{"id": item["id"], "twice": 2 * item["id"]} for item in items]

    return numbers, twice


@dlt.source
def stateful(value: str) -> Any:
    """Give a row, and remember something of one's own."""

    @dlt.resource(name="stateful")
    def rows() -> Any:
        dlt.current.resource_state()["seen"] = dlt.current.resource_state().get("seen", 0) + 1
        yield [{"value": value}]

    return rows


def arrow(value: str) -> Any:
    """Give an Arrow table."""
    import pyarrow as pa

    return dlt.resource(pa.table({"value": [value]}), name="arrow")


@dlt.source
def two(value: str, disposition: str = "append", table: str | None = None) -> Any:
    """Give two resources, into tables of their own or into one."""

    def make(side: str) -> Any:
        return dlt.resource(
            [{"side": side, "value": value}], name=side, table_name=table or side, write_disposition=disposition
        )

    return make("left"), make("right")


def guarded_pipeline(key: str, url: str) -> Any:
    """Return the pipeline, which needs secrets in every step."""
    assert "canary" in key and "canary" in url
    return dlt.pipeline("again", destination=dlt.destinations.duckdb(os.environ["SHOP_DB"]), dataset_name="shop")


@dlt.source
def guarded(seen: str, given: Any, part: str = "", refused: bool = False) -> Any:
    """Take secrets, write them where the test looks, and give rows that have none, or refuse them with an error."""
    with open(seen, "a") as file:
        print(given, part, file=file)
    if refused:
        raise ConnectionError(f"no entry with {given} of {part!r}")
    return dlt.resource([{"value": len(part)}], name="guarded")

"""What the tests of tasks load: `shop.py` as a user would write it, in whatever folder a test runs."""

from __future__ import annotations

import os
from typing import Any

import dlt

RESOURCES = 8


def make_pipeline(name: str = "shop", url: str | None = None) -> Any:
    """Return the pipeline; its DuckDB file is named by an absolute path, since tasks run anywhere."""
    return dlt.pipeline(name, destination=dlt.destinations.duckdb(url or os.environ["SHOP_DB"]), dataset_name="shop")


@dlt.source(name="shop")
def shop(last: int = 6, disposition: str = "append", marker: str | None = None) -> Any:
    """Give orders with items behind a cursor, and customers that are merged."""

    @dlt.resource(write_disposition=disposition, primary_key="id")
    def orders(at: Any = dlt.sources.incremental("id", initial_value=0)) -> Any:
        if marker:
            with open(marker, "a") as file:
                file.write("x")
        dlt.current.resource_state()["last"] = last
        yield [{"id": n, "items": [{"sku": f"{n}.{i}"} for i in range(n % 3)]} for n in range(1, last + 1)]

    @dlt.resource(write_disposition="merge", primary_key="id")
    def customers() -> Any:
        yield [{"id": n, "name": f"customer {n}", "last": last} for n in range(max(1, last - 4), last + 1)]

    return orders, customers


def refusing(where: str = "", **secrets: Any) -> Any:
    """Refuse what is given, in the function or with the first row."""
    if where == "source":
        raise ConnectionError(f"no entry with {secrets}")

    def rows() -> Any:
        if where == "rows":
            raise ConnectionError(f"no entry with {secrets['conf'][0]['deep'][0]['password']}")
        yield {"id": 1}

    return dlt.resource(rows, name="refused")


def refusing_pipeline(**secrets: Any) -> Any:
    """Refuse what is given."""
    raise ConnectionError(f"no entry with {secrets['options']['token']}")


@dlt.source(name="many")
def many(last: int = 3) -> Any:
    """Give eight resources, each with a cursor and a state of its own."""

    def make(number: int) -> Any:
        @dlt.resource(name=f"r{number}", primary_key="id")
        def rows(at: Any = dlt.sources.incremental("id", initial_value=0)) -> Any:
            dlt.current.resource_state()["mine"] = number
            yield [{"id": n, "of": number, "list": [n, n]} for n in range(1, last + number + 1)]

        return rows

    return [make(number) for number in range(RESOURCES)]


@dlt.source(name="days")
def days(first: int = 1, last: int = 9) -> Any:
    """Give one row for each hour of some days, behind a cursor that takes the window of a task."""

    @dlt.resource(primary_key="at")
    def hours(
        at: Any = dlt.sources.incremental(
            "at", initial_value="2026-01-01T00:00:00+00:00", allow_external_schedulers=True
        ),
    ) -> Any:
        yield [
            {"at": f"2026-01-{day:02d}T{hour:02d}:00:00+00:00", "day": day}
            for day in range(first, last + 1)
            for hour in range(0, 24, 6)
        ]

    return hours


@dlt.source(name="people")
def people() -> Any:
    """Give people whose addresses are masked."""

    @dlt.resource(columns={"email": {"mask": "hash"}, "phones[*].number": {"mask": "redact"}})
    def users() -> Any:
        for way in "ab":
            # built here, so that the text is in no file of the program
            clear = ".".join(("kanarie", "vogel@example", "com"))
            yield {"id": way, "email": clear, "phones": [{"number": clear}]}

    return users


def nothing() -> None:
    """Return what is no source."""


def number() -> int:
    """Return what is no pipeline."""
    return 1


def broken() -> Any:
    """Fail as user code fails."""
    raise ValueError("the user's own mistake")

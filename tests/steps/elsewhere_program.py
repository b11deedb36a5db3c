"""Sources of the tests of steps in other environments."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import dlt


def numbers(last: int = 3) -> object:
    """Return rows with children; what is printed must not be taken for the answer."""
    print("the source prints")

    @dlt.resource(primary_key="id", write_disposition="merge")
    def numbers() -> Iterator[object]:
        yield [{"id": n, "items": [{"sku": "a"}, {"sku": "b"}]} for n in range(1, last + 1)]

    return numbers


@dlt.source(name="proofs")
def of_secret(key: str = dlt.secrets.value) -> object:
    """Return a row that proves that the key was there."""
    return dlt.resource([{"length": len(key)}], name="proof")


@dlt.source(name="leaks")
def leaks(key: str = dlt.secrets.value) -> object:
    """Fail with the key in the error, and say it before."""
    print(f"the key is {key}", file=sys.stderr)
    raise ConnectionError(f"{key} was refused")


def wrong() -> object:
    """Fail in a way that no further try mends."""
    raise TypeError("the source is written wrongly")


def interpreter() -> object:
    """Return which interpreter this is, and a variable."""
    return dlt.resource([{"python": sys.executable, "told": os.environ.get("TOLD", "")}], name="place")


def dies() -> object:
    """End the process without a word."""
    print("last words", file=sys.stderr, flush=True)
    os.kill(os.getpid(), 9)
    return []


def waits(folder: str) -> object:
    """Say who this is, and wait to be stopped."""

    @dlt.resource
    def rows() -> Iterator[object]:
        Path(folder, "pid").write_text(str(os.getpid()))
        while True:
            time.sleep(0.05)
            yield {"id": 1}

    return rows


def slow_pipeline(folder: str) -> object:
    """Return a pipeline whose load takes a while, and says when it begins and ends."""

    @dlt.destination(name="slow")
    def slow(items: object, table: object) -> None:
        print("the load has begun", file=sys.stderr, flush=True)
        time.sleep(2)
        Path(folder, "loaded").touch()

    return dlt.pipeline("slow", destination=slow)

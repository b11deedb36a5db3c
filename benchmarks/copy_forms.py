"""Compare the two forms that write rows for COPY to PostgreSQL, interleaved in one run: ns of CPU for each value."""

from __future__ import annotations

import argparse
import random
import statistics
import time
from decimal import Decimal

import pyarrow as pa

from dlt.destinations.impl.postgres import _copy, binary, blocks, oids
from dlt.destinations.impl.postgres.fields import Field, fields_of

# as many as are encoded at once
ROWS, COLUMNS = 16_384, 8
FORMS: dict[str, binary.Rows] = {"compiled": _copy.rows, "pure": blocks.rows}


def cases() -> dict[str, tuple[pa.Array, int]]:
    """Return values by what they are, and the type of their column."""
    chance = random.Random(1)
    numbers = [chance.randrange(-(10**6), 10**9) for _ in range(ROWS)]
    wide = [Decimal(number * 10**18) for number in numbers]
    return {
        "bigint": (pa.array(numbers), oids.BIGINT),
        "double": (pa.array([number / 7 for number in numbers]), oids.DOUBLE),
        "bool": (pa.array([number % 2 == 0 for number in numbers]), oids.BOOL),
        "date": (pa.array([number % 20_000 for number in numbers], pa.int32()).view(pa.date32()), oids.DATE),
        "timestamp": (pa.array(numbers).view(pa.timestamp("us", "UTC")), oids.TIMESTAMP_TZ),
        "text": (pa.array([f"row {number} text" for number in numbers]), oids.TEXT),
        "jsonb": (pa.array([f'{{"a":{number}}}' for number in numbers]), oids.JSONB),
        "numeric": (pa.array([Decimal(n).scaleb(-2) for n in numbers], pa.decimal128(38, 9)), oids.NUMERIC),
        "numeric, 28 digits": (pa.array(wide, pa.decimal128(38, 9)), oids.NUMERIC),
        "numeric, 256 bits": (pa.array(wide, pa.decimal256(60, 9)), oids.NUMERIC),
    }


def with_nulls(values: pa.Array) -> pa.Array:
    """Return values of which every seventh is NULL."""
    return values.take(pa.array([None if number % 7 == 0 else number for number in range(len(values))]))


def measured(values: pa.Array, oid: int, rounds: int) -> dict[str, float]:
    """Return the median for each form."""
    batch = pa.RecordBatch.from_arrays([values] * COLUMNS, [str(number) for number in range(COLUMNS)])
    fields = fields_of(batch.schema, [oid] * COLUMNS) or []
    spent: dict[str, list[float]] = {name: [] for name in FORMS}
    for number in range(rounds):
        for name in FORMS if number % 2 else reversed(FORMS):
            spent[name].append(cost(batch, fields, FORMS[name]))
    return {name: statistics.median(times) for name, times in spent.items()}


def cost(batch: pa.RecordBatch, fields: list[Field], form: binary.Rows) -> float:
    """Return the ns for each value of a batch."""
    began = time.process_time_ns()
    binary.encode(batch, fields, "t", form)
    return (time.process_time_ns() - began) / batch.num_rows / batch.num_columns


def main() -> None:
    """Measure both forms in turn, and print medians and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=21)
    rounds = parser.parse_args().rounds
    print(f"{'':<26} {'compiled':>9} {'pure':>9}   ns a value, medians of {rounds} rounds, and how many times as much")
    for title, (values, oid) in cases().items():
        for name, array in ((title, values), (f"{title}, with NULL", with_nulls(values))):
            found = measured(array, oid, rounds)
            print(f"{name:<26} {found['compiled']:9.1f} {found['pure']:9.1f}   {found['pure'] / found['compiled']:.1f}")


if __name__ == "__main__":
    main()

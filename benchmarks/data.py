"""Make the data of a workload once and keep it in benchmarks/data, in each form that a side wants to read."""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workloads import PAGE, START, WORKLOADS, Row, Workload, accounts, rows_of, small_table, upserts

if TYPE_CHECKING:
    import pyarrow as pa

HERE = Path(__file__).resolve().parent
DATA = HERE / "data"


def folder_of(workload: Workload, scale: float) -> Path:
    """Return the folder that holds a workload's data at a scale."""
    return DATA / f"{workload.name}-{workload.scaled(scale)}"


def prepare(name: str, scale: float) -> Path:
    """Make the data of a workload unless it is there, and return its folder."""
    workload = WORKLOADS[name]
    folder = folder_of(workload, scale)
    if (folder / "done").exists():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    print(f"making the data of {name} in {folder}", flush=True)
    count = workload.scaled(scale)
    if name == "W3":
        write_ipc(folder / "table.arrow", order_lines(count))
    elif name == "W4":
        base = max(1, round(workload.base * scale))
        write_pages(folder / "base.pickle", accounts(range(base), 1))
        write_pages(folder / "pages.pickle", upserts(count, base))
        write_ipc(folder / "base.arrow", batches_of(read_pages(folder / "base.pickle")))
        write_ipc(folder / "table.arrow", batches_of(read_pages(folder / "pages.pickle")))
    elif workload.tables:
        with (folder / "pages.pickle").open("wb") as file:
            for number in range(count):
                pickle.dump(small_table(number), file, protocol=5)
    else:
        write_pages(folder / "pages.pickle", rows_of(workload, count))
        write_ndjson(folder / "rows.ndjson", read_pages(folder / "pages.pickle"))
    (folder / "done").touch()
    return folder


def pages_of(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Cut rows into pages."""
    page: list[Row] = []
    for row in rows:
        page.append(row)
        if len(page) == PAGE:
            yield page
            page = []
    if page:
        yield page


def write_pages(path: Path, rows: Iterable[Row]) -> None:
    """Write rows page by page. Pickle keeps decimals and datetimes, and only this module reads what it wrote."""
    with path.open("wb") as file:
        for page in pages_of(rows):
            pickle.dump(page, file, protocol=5)


def read_pages(path: Path) -> Iterator[list[Row]]:
    """Yield the pages of a file made by `write_pages`."""
    with path.open("rb") as file:
        while file.peek(1):
            yield pickle.load(file)


def write_ndjson(path: Path, pages: Iterable[list[Row]]) -> None:
    """Write pages as one JSON document a line; decimals become text, as JSON has none."""
    import orjson

    def other(value: Any) -> str:
        if isinstance(value, Decimal):
            return str(value)
        raise TypeError(type(value))

    with path.open("wb") as file:
        for page in pages:
            file.write(b"".join(orjson.dumps(row, default=other, option=orjson.OPT_APPEND_NEWLINE) for row in page))


def batches_of(pages: Iterable[list[Row]]) -> Iterator[pa.RecordBatch]:
    """Turn pages of flat rows into Arrow."""
    import pyarrow as pa

    for page in pages:
        yield pa.RecordBatch.from_pylist(page)


def write_ipc(path: Path, batches: Iterable[pa.RecordBatch]) -> None:
    """Write batches as an Arrow stream."""
    import pyarrow as pa

    writer: pa.RecordBatchStreamWriter | None = None
    for batch in batches:
        if writer is None:
            writer = pa.ipc.new_stream(str(path), batch.schema)
        writer.write_batch(batch)
    if writer is not None:
        writer.close()


def read_ipc(path: Path) -> pa.Table:
    """Read an Arrow stream into memory."""
    import pyarrow as pa

    with pa.OSFile(str(path)) as file:
        return pa.ipc.open_stream(file).read_all()


def order_lines(rows: int) -> Iterator[pa.RecordBatch]:
    """Yield W3: lines of orders with the columns and types of TPC-H's `lineitem`, drawn by numpy with a fixed seed."""
    import numpy as np
    import pyarrow as pa

    def pick(texts: list[str], size: int) -> pa.Array:
        return pa.array(texts).take(pa.array(rng.integers(0, len(texts), size, dtype=np.int32)))

    def money(low: int, high: int, size: int) -> pa.Array:
        return pa.array(rng.integers(low, high, size) / 100).cast(pa.decimal128(15, 2), safe=False)

    rng = np.random.default_rng(3)
    first = np.datetime64(START.date().replace(year=1992))
    comments = [f"{a} {b} {c}" for a in ("slyly", "never") for b in ("final", "bold") for c in "abcdef"]
    for done in range(0, rows, 100_000):
        size = min(100_000, rows - done)
        shipped = first + rng.integers(0, 2500, size).astype("timedelta64[D]")
        yield pa.record_batch(
            {
                "l_orderkey": pa.array((np.arange(size) + done) // 4),
                "l_partkey": pa.array(rng.integers(1, 200_000, size)),
                "l_suppkey": pa.array(rng.integers(1, 10_000, size)),
                "l_linenumber": pa.array((np.arange(size) % 4 + 1).astype(np.int32)),
                "l_quantity": money(100, 5000, size),
                "l_extendedprice": money(90_000, 10_000_000, size),
                "l_discount": money(0, 11, size),
                "l_tax": money(0, 9, size),
                "l_returnflag": pick(["A", "N", "R"], size),
                "l_linestatus": pick(["F", "O"], size),
                "l_shipdate": pa.array(shipped),
                "l_commitdate": pa.array(shipped + rng.integers(-30, 60, size).astype("timedelta64[D]")),
                "l_receiptdate": pa.array(shipped + rng.integers(1, 30, size).astype("timedelta64[D]")),
                "l_shipinstruct": pick(["DELIVER IN PERSON", "COLLECT COD", "NONE", "TAKE BACK RETURN"], size),
                "l_shipmode": pick(["AIR", "RAIL", "SHIP", "TRUCK", "MAIL", "FOB", "REG AIR"], size),
                "l_comment": pick(comments, size),
            }
        )

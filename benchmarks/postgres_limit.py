"""Do the work of a workload with PostgreSQL's driver for Arrow alone, from ready Arrow tables: the limit."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from data import batches_of, read_ipc, read_pages
from measure import Meter


def main() -> None:
    """Prepare what the side has before it starts, then measure."""
    parser = argparse.ArgumentParser()
    parser.add_argument("workload")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--result", type=Path, required=True)
    parser.add_argument("--postgres", required=True)
    parser.add_argument("--base", action="store_true")
    args = parser.parse_args()

    import adbc_driver_postgresql.dbapi as driver
    import pyarrow as pa

    if args.base:
        table = read_ipc(args.data / "base.arrow")
    elif args.workload in ("W3", "W4"):
        table = read_ipc(args.data / "table.arrow")
    else:
        table = pa.Table.from_batches(batches_of(read_pages(args.data / "pages.pickle")))
    with Meter() as meter:
        ingest(driver, args.postgres, table, args.workload == "W4" and not args.base)
    args.result.write_text(json.dumps({"version": driver.__name__, **meter.asdict()}))


def ingest(driver: Any, url: str, table: Any, merge: bool) -> None:
    """Copy a table, into one that it merges with if asked for."""
    with driver.connect(url) as connection, connection.cursor() as cursor:
        if not merge:
            cursor.adbc_ingest("items", table, mode="create")
        else:
            cursor.adbc_ingest("staged", table, mode="create", temporary=True)
            cursor.execute("DELETE FROM items USING staged WHERE items.id = staged.id")
            cursor.execute("INSERT INTO items SELECT * FROM staged")
        connection.commit()


if __name__ == "__main__":
    main()

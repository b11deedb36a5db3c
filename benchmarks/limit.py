"""Do the work of a workload with DuckDB alone, without schema inference, row ids, child tables or state: the limit."""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from data import read_ipc, read_pages
from measure import Meter
from workloads import WORKLOADS

if TYPE_CHECKING:
    import duckdb


def from_ndjson(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """W1, W2, W6: let DuckDB read the same rows as NDJSON; lists and objects stay nested."""
    connection.execute(f"CREATE TABLE items AS SELECT * FROM read_ndjson_auto('{folder / 'rows.ndjson'}')")


def merge(connection: duckdb.DuckDBPyConnection) -> None:
    """W4: stage the rows, delete what they replace, insert them, into the table that this project has made."""
    connection.execute("USE bench_data; BEGIN")
    columns = "*, '1' AS _dlt_load_id, format('{:014d}', id) AS _dlt_id"
    connection.execute(f"CREATE TEMPORARY TABLE staged AS SELECT {columns} FROM arrow_table")
    connection.execute("DELETE FROM items WHERE id IN (SELECT id FROM staged)")
    connection.execute("INSERT INTO items BY NAME SELECT * FROM staged")
    connection.execute("COMMIT")


def main() -> None:
    """Prepare what the side has before it starts, then measure."""
    parser = argparse.ArgumentParser()
    parser.add_argument("workload")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--result", type=Path, required=True)
    parser.add_argument("--base", type=Path, help="the database to merge into; it is copied")
    args = parser.parse_args()

    import duckdb
    import pyarrow as pa

    name, database = args.workload, args.work / "limit.duckdb"
    tables = []
    if name in ("W3", "W4"):
        tables = [read_ipc(args.data / "table.arrow")]
    elif WORKLOADS[name].tables:
        tables = [pa.Table.from_pylist(page) for page in read_pages(args.data / "pages.pickle")]
    if name == "W4":
        shutil.copy(args.base, database)
    with Meter() as meter, duckdb.connect(str(database)) as connection:
        connection.execute("SET preserve_insertion_order = false")
        if name in ("W3", "W4"):
            connection.register("arrow_table", tables[0])
        if name == "W3":
            connection.execute("CREATE TABLE items AS SELECT * FROM arrow_table")
        elif name == "W4":
            merge(connection)
        elif WORKLOADS[name].tables:
            connection.execute("BEGIN")
            for number, table in enumerate(tables):
                connection.register("small", table)
                connection.execute(f"CREATE TABLE table_{number:03d} AS SELECT * FROM small")
            connection.execute("COMMIT")
        else:
            from_ndjson(connection, args.data)
    args.result.write_text(json.dumps({"version": duckdb.__version__, **meter.asdict()}))
    shutil.rmtree(args.work)


if __name__ == "__main__":
    main()

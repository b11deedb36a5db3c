"""Rows of the library's own tables come in the transaction of a load, on every destination."""

from __future__ import annotations

import datetime
from typing import Any

import pyarrow as pa

from dlt.destinations.base import Destination
from dlt.load.order import LoadOrder
from dlt.load.own_rows import append_rows
from dlt.load.step import load_package
from dlt.schema.capabilities import Capabilities
from tests.destinations.conftest import MakePackage

TABLE: Any = {
    "name": "_dlt_notes",
    "write_disposition": "skip",
    "columns": {
        name: {"name": name, "data_type": kind, "nullable": True}
        for name, kind in {
            "word": "text",
            "number": "bigint",
            "share": "double",
            "right": "bool",
            "at": "timestamp",
        }.items()
    },
}
MOMENT = datetime.datetime(2024, 5, 6, 7, 8, 9, 123456, tzinfo=datetime.timezone.utc)
FIRST = [{"word": "größer 漢字", "number": -5, "share": 0.5, "right": True, "at": MOMENT}]
SECOND = [{"word": f"w{number}", "number": number, "right": number % 2 == 0} for number in range(10)]


def test_rows_come_with_a_load_and_go_with_it(
    destination: Destination, make_package: MakePackage, caps: Capabilities
) -> None:
    """What was rolled back is not there; what comes later stands beside what was there, with its NULLs."""
    table: Any = {"name": "t", "columns": {"id": {"name": "id", "data_type": "bigint"}}}
    package = make_package([table], {"t": [pa.table({"id": [1]})]})
    order = LoadOrder(package, "data", caps, "data")
    with destination.connect("data") as client:
        load_package(package, client, "data", capabilities=caps)

    def append(rows: list[dict[str, Any]], commits: bool = True) -> None:
        with destination.connect("data") as client:
            client.begin()
            append_rows(order, client, TABLE, rows)
            client.commit() if commits else client.rollback()

    append(FIRST)
    append(SECOND, commits=False)
    append(SECOND)
    append([])
    with destination.connect("data") as client:
        sql = client.sql_client()
        assert sql is not None
        names = ", ".join(sql.escape_column_name(name) for name in TABLE["columns"])
        source = sql.make_qualified_table_name("_dlt_notes")
        query = f"SELECT {names} FROM {source} ORDER BY {sql.escape_column_name('number')}"
        with sql.execute_query(query, columns=TABLE["columns"]) as cursor:
            found = [dict(zip(TABLE["columns"], row, strict=True)) for row in cursor.fetchall()]
    expected = [{name: row.get(name) for name in TABLE["columns"]} for row in [*FIRST, *SECOND]]
    assert found == expected

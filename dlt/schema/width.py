"""How many columns a table may have."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from dlt.errors import TooManyColumns
from dlt.schema.system_columns import LIST_INDEX, LOAD_ID, PARENT_ID, ROW_ID
from dlt.schema.typing import ColumnSchema, TableSchema

_OF_ROOT = (LOAD_ID, ROW_ID)
_OF_NESTED = (ROW_ID, PARENT_ID, LIST_INDEX)
_SHOWN = 3


def check_width(
    table: str, entry: TableSchema, seen: Collection[str], limit: int | None, position: int | None = None
) -> None:
    """Check that a table does not get more columns than the destination takes.

    Args:
        table: Name of the table.
        entry: Its schema, as far as it is known.
        seen: Further columns.
        limit: How many the destination takes; None for any number.
        position: Number of the first item of the page that brought them.

    Raises:
        TooManyColumns: it does.
    """
    columns: Mapping[str, ColumnSchema] = entry.get("columns") or {}
    # no more than that, and mostly far less
    if limit is None or len(columns) + len(seen) + 5 <= limit:
        return
    typed = [name for name, column in columns.items() if "data_type" in column]
    # a column that came with the data and is one of the library's counts once
    own = list(dict.fromkeys([*typed, *(_OF_NESTED if entry.get("parent") else _OF_ROOT), *seen]))
    # a merge is prepared in a table that has one more
    limit -= entry.get("write_disposition") == "merge"
    if len(own) <= limit:
        return
    where = "" if position is None else f" with item {position} (counted from 0) or the page that begins with it"
    known = set(typed)
    new = [name for name in seen if name not in known]
    shown = ", ".join(new[-_SHOWN:])
    raise TooManyColumns(
        f"table {table}: it would get {len(own)} columns{where}, and the destination takes {limit}. Among the last "
        f"are {shown}. Where keys are values (ids, dates), turn them into a list of rows with add_map; keep nested "
        "documents whole with max_table_nesting=0 or columns={...: {'data_type': 'json'}}; or split the table.",
        table_name=table,
        item_position=position,
    )

"""Keys of the rows that a table has, read for a plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dlt.destinations.client import Client
from dlt.late import pa, pc
from dlt.schema.system_columns import ROW_ID
from dlt.schema.typing import DataType, TableSchema
from dlt.schema.x_keys import X_ACTIVE_TIMESTAMP, X_MERGE_STRATEGY, X_ROW_VERSION, X_VALID_TO

_ORDERED: Sequence[DataType] = ("bigint", "double", "date", "timestamp")
"""Types whose values every engine puts in the same order; texts go by collations, and decimals may be texts."""


def hinted(root: TableSchema, hint: str) -> list[str]:
    """Return the columns of a table that have a hint, such as "primary_key".

    Args:
        root: The table.
        hint: The hint.
    """
    return [name for name, column in root["columns"].items() if column.get(hint)]


def keys_of(root: TableSchema) -> list[str]:
    """Return the columns by which a merge finds the rows of a table; none where it has no key.

    Args:
        root: The table.
    """
    if root.get(X_MERGE_STRATEGY) == "scd2":
        return [root.get(X_ROW_VERSION) or ROW_ID]
    return hinted(root, "primary_key") or hinted(root, "merge_key")


def known_keys(
    client: Client,
    root: TableSchema,
    coming: pa.Table,
    renamed: Mapping[str, str],
    history: bool = False,
    distinct: bool = True,
) -> pa.Table | None:
    """Return the keys of a table that may be among those that come; None where the destination answers no queries.

    Args:
        client: Client of its dataset; it is read.
        root: The table.
        coming: Keys that come.
        renamed: New names of columns by those that they have there.
        history: Only versions that are valid.
        distinct: Each key once.
    """
    sql = client.sql_client()
    if sql is None:
        return None
    keys = coming.column_names
    there = {new: sql.escape_column_name(old) for old, new in renamed.items()}
    quoted = [there.get(key) or sql.escape_column_name(key) for key in keys]
    named = [f"{text} AS {sql.escape_column_name(key)}" for text, key in zip(quoted, keys, strict=True)]
    once = "DISTINCT " if distinct else ""
    query = f"SELECT {once}{', '.join(named)} FROM {sql.make_qualified_table_name(root['name'])}"
    values: list[object] = []
    if history:
        until = str(root.get(X_VALID_TO))
        end = there.get(until) or sql.escape_column_name(until)
        active = root.get(X_ACTIVE_TIMESTAMP)
        query += f" WHERE {end} IS NULL" + (f" OR {end} >= %s" if active is not None else "")
        values += [active] if active is not None else []
    elif coming.num_rows and root["columns"][keys[0]].get("data_type") in _ORDERED:
        # a table may be much larger than what comes: its other end need not be read
        query += f" WHERE {quoted[0]} >= %s AND {quoted[0]} <= %s"
        values += _ends(coming)
    known = {key: root["columns"][key] for key in keys}
    with sql.execute_query(query, *values, columns=known) as cursor:
        rows = cursor.fetchall()
    if not rows:
        return coming.slice(0, 0)
    columns = zip(*rows, strict=True)
    arrays = [pa.array(list(column), field.type) for column, field in zip(columns, coming.schema, strict=True)]
    return pa.table(arrays, names=keys)


def _ends(rows: pa.Table) -> list[object]:
    found = pc.min_max(rows.column(0))
    return [found["min"].as_py(), found["max"].as_py()]

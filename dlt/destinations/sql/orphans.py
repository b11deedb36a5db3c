"""Nested rows that a merge would not find, as ids were changed at the destination or rows deleted without theirs.

A merge deletes the nested rows of a root row by its id. A root row that has none under its id, and gets some now, is
nothing unusual. Beside nested rows that belong to no root row it is a sign that its own are among these: they would
stay beside the new ones.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from dlt.destinations.sql.catalog import Catalog
from dlt.destinations.sql.merge import Merge
from dlt.errors import DestinationSchemaTampered
from dlt.schema.system_columns import PARENT_ID, ROOT_ID, ROW_ID
from dlt.schema.typing import TableSchema

FillRootIds = Callable[[TableSchema, Callable[[str], str]], None]


def check_orphans(catalog: Catalog, chain: Sequence[TableSchema], merge: Merge, fill_root_ids: FillRootIds) -> None:
    """Make sure that a merge finds the nested rows of the root rows that it replaces.

    Args:
        catalog: The tables; what is to be merged is staged.
        chain: Root table first, parents before children.
        merge: The merge.
        fill_root_ids: Gives the rows of a nested table their root ids, those for which a condition holds.

    Raises:
        DestinationSchemaTampered: it would not; nothing is changed then.
    """
    # the cheap question first: in nearly every load nothing is suspicious, and no orphans are counted
    query = merge.root_without_nested()
    if query is None or catalog.session.query(query).fetchone() is None:
        return
    lost = {table["name"]: count for table in chain[1:] if (count := _orphans(catalog, chain[0], table))}
    if not lost:
        return
    for table in chain[1:]:
        fill_root_ids(table, partial(_can_be_put_right, catalog, chain[0], table))
    row = catalog.session.query(query).fetchone()
    lost = {name: count for name in lost if (count := _orphans(catalog, chain[0], _named(chain, name)))}
    if row is None or not lost:
        return
    root, keys = chain[0]["name"], merge.keys()
    found = " and ".join(f"{count} rows of {name}" for name, count in lost.items())
    which = ", ".join(f"{key} = {value!r}" for key, value in zip(keys, row, strict=True))
    statements = "; ".join(
        f"DELETE FROM {catalog.qualified(name)} AS _dlt_n WHERE {_belongs_to_none(catalog, chain[0])}" for name in lost
    )
    raise DestinationSchemaTampered(
        f"table {root} in dataset {catalog.dataset_name}: the row with {which} has no nested rows under its _dlt_id, "
        f"while {found} belong to no row of {root}: ids were changed by others, or rows were deleted without their "
        "nested rows. This merge would leave old nested rows beside the new ones. Nothing was loaded. Put the ids back "
        f"from a backup; or, if the rows that they belonged to are gone or come again, delete them ({statements}); "
        f"then run again. Or give the package up and load {root} anew with refresh='drop_resources'.",
        table=root,
        column=ROW_ID,
    )


def _named(chain: Sequence[TableSchema], name: str) -> TableSchema:
    return next(table for table in chain if table["name"] == name)


def _orphans(catalog: Catalog, root: TableSchema, table: TableSchema) -> int:
    where = _belongs_to_none(catalog, root)
    row = catalog.session.query(
        f"SELECT COUNT(*) FROM {catalog.qualified(table['name'])} AS _dlt_n WHERE {where}"
    ).fetchone()
    return int(row[0]) if row is not None else 0


def _can_be_put_right(catalog: Catalog, root: TableSchema, table: TableSchema, row: str) -> str:
    quote = catalog.dialect.quote
    return (
        f"{_belongs_to_none(catalog, root, row)} AND EXISTS ("
        f"SELECT 1 FROM {catalog.qualified(table['parent'])} AS _dlt_p "
        f"WHERE _dlt_p.{quote(ROW_ID)} = {row}.{quote(PARENT_ID)})"
    )


def _belongs_to_none(catalog: Catalog, root: TableSchema, row: str = "_dlt_n") -> str:
    quote = catalog.dialect.quote
    # in other words than NOT IN, which finds nothing where one id is NULL
    return (
        f"NOT EXISTS (SELECT 1 FROM {catalog.qualified(root['name'])} AS _dlt_r "
        f"WHERE _dlt_r.{quote(ROW_ID)} = {row}.{quote(ROOT_ID)})"
    )

"""The work that a package does: which part of which run, and what becomes of the rows of an earlier load of it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from dlt.destinations.client import Client, WorkDone
from dlt.destinations.work import CHOICES
from dlt.errors import ReloadUndecided
from dlt.packages.manifest import Work
from dlt.schema.chains import loaded_with
from dlt.schema.schema import Schema
from dlt.schema.typing import TableSchema
from dlt.schema.x_keys import X_MERGE_STRATEGY

REPEATS, GOES_ON, OWN_STATE = "repeats", "goes on", "own state"
"""What an extract of the same run gives again: all rows, those behind a cursor, or what a state of its own says."""


def known_work(work: Work, client: Client) -> WorkDone | None:
    """Return what the destination knows of a work.

    Args:
        work: The work.
        client: Client of its dataset.
    """
    found = client.read_work(work.key)
    # releases that knew no works recorded the load only
    if found is None and work.before and client.has_load(work.before):
        found = WorkDone(0, 0, work.before)
    # asked of work that was done before only
    if found is not None and client.has_load(found.load_id) and client.is_undone(found.load_id):
        return replace(found, is_undone=True)
    return found


def roots_to_empty(schema: Schema, work: Work, dropped: Collection[str] = ()) -> list[str]:
    """Return the root tables from which the rows of an earlier load of a work must go before it is loaded again.

    Tables that are merged by a key or replaced take rows twice without harm, and what goes on behind a cursor gives
    no row twice.

    Args:
        schema: Schema of the tables.
        work: The work.
        dropped: Tables that the load drops anyhow.

    Raises:
        ReloadUndecided: it depends on what a state of the user's holds.
    """
    found = []
    for table in schema.data_tables():
        kind = work.resources.get(str(table.get("resource") or table["name"]))
        if kind is None or table.get("parent") or table["name"] in dropped:
            continue
        # nested rows may be appended where those of the root are not; they are found by their root rows
        heads = {loaded_with(schema.tables, nested["name"]) for nested in schema.chain(table["name"])}
        if not any(appends(schema.tables[head]) for head in heads):
            continue
        if work.reprocess == "keep" or (work.reprocess == "auto" and kind == GOES_ON):
            continue
        if work.reprocess == "auto" and kind == OWN_STATE:
            raise ReloadUndecided(
                f"table {table['name']}: the run was loaded before and is to be loaded once more, and its resource "
                f"keeps a state of its own, so that nobody can tell whether it gives the same rows again. {CHOICES}"
            )
        found.append(table["name"])
    return found


def appends(table: TableSchema) -> bool:
    """Tell whether rows of a root table are added, whatever is there."""
    disposition = table.get("write_disposition", "append")
    if disposition != "merge":
        return disposition == "append"
    # a merge without keys adds every row, as append does
    by_keys = any(column.get("primary_key") or column.get("merge_key") for column in table["columns"].values())
    return not by_keys and table.get(X_MERGE_STRATEGY, "delete-insert") == "delete-insert"

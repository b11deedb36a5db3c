"""The work of runs at the destination: how a record is written, and how the rows of a load are taken back."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from dlt.destinations.client import WorkDone
from dlt.errors import ReloadUndecided
from dlt.schema.system_columns import LOAD_ID, PARENT_ID, ROW_ID
from dlt.schema.typing import TableSchema

CHOICES = (
    'Say what is right: reprocess="keep" leaves the rows of the earlier load where they are and appends, '
    'reprocess="undo" deletes them first (a key of the spec, an argument of the task group or flow). Or let the table '
    'be merged or replaced (write_disposition="merge" with a primary_key, "replace").'
)


def work_name(key: str, done: WorkDone) -> str:
    """Return the text that records which load holds the work of one part of a run."""
    return f"work {key} {done.revision} {done.wish} {done.load_id}"


def work_done(name: str) -> WorkDone:
    """Return what a text of `work_name` says."""
    _, _, revision, wish, load_id = name.split(" ")
    return WorkDone(int(revision), int(wish), load_id)


def check_bears_load_ids(table: str, columns: Collection[str]) -> None:
    """Make sure that rows of a table tell their load.

    Raises:
        ReloadUndecided: they do not.
    """
    if LOAD_ID not in columns:
        raise ReloadUndecided(
            f"table {table}: the run was loaded before and is to be loaded once more, and its rows have no "
            f"_dlt_load_id by which those of the earlier load could be deleted. {CHOICES} For tables of Arrow and "
            "pandas set normalize.parquet_normalizer.add_dlt_load_id before the first load."
        )


def remove_load(
    chain: Sequence[TableSchema],
    stored: Collection[str],
    qualified: Callable[[str], str],
    quote: Callable[[str], str],
) -> list[str]:
    """Return statements that delete the rows of a load, given as their only parameter, from a chain.

    Args:
        chain: Root table first, parents before children.
        stored: Tables that are there.
        qualified: Gives the name of a table with its dataset.
        quote: Quotes a name.
    """
    root, *nested = chain
    gone = {root["name"]: f"{quote(LOAD_ID)} = %s"}
    for table in nested:
        above = table.get("parent")
        if table["name"] in stored and above in gone:
            rows = f"SELECT {quote(ROW_ID)} FROM {qualified(above)} WHERE {gone[above]}"
            gone[table["name"]] = f"{quote(PARENT_ID)} IN ({rows})"
    # children first: their conditions ask for rows of their parents
    return [f"DELETE FROM {qualified(name)} WHERE {condition}" for name, condition in reversed(gone.items())]

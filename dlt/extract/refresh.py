"""What a refresh drops or empties: decided once, at extract, and carried out by the load of the same package."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, get_args

from dlt.errors import ValueErrorWithKnownValues
from dlt.packages.manifest import Refresh
from dlt.schema.schema import Schema
from dlt.states.model import State

RefreshMode = Literal["drop_sources", "drop_resources", "drop_data"]


def check_refresh(refresh: object) -> None:
    """Check the word.

    Raises:
        ValueErrorWithKnownValues: it is not known.
    """
    if refresh is not None and refresh not in get_args(RefreshMode):
        raise ValueErrorWithKnownValues("refresh", refresh, get_args(RefreshMode))


def refresh_source(refresh: RefreshMode, schema: Schema, resources: Iterable[str], source_state: State) -> Refresh:
    """Forget tables and state of a source, and return what the load must do at the destination first.

    Args:
        refresh: Drop all tables of the source, those of its resources, or empty the latter.
        schema: Schema of the package; tables are taken out of it.
        resources: Names of the resources that are extracted.
        source_state: State of the source; changed in place.
    """
    wanted = set(resources)
    names = [
        table["name"]
        for table in schema.data_tables(include_incomplete=True)
        if refresh == "drop_sources" or schema.tables[schema.root_of(table["name"])].get("resource") in wanted
    ]
    if refresh == "drop_sources":
        # in place: the run context holds the same dict
        source_state.clear()
    else:
        for name in wanted:
            source_state.get("resources", {}).pop(name, None)
    if refresh == "drop_data":
        # the schema stays: rows go, columns are those that the table has
        return Refresh(truncate_tables=tuple(names))
    schema.drop_tables(names)
    return Refresh(drop_tables=tuple(names))

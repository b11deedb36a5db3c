"""What a refresh drops or empties: decided once, at extract, and carried out by the load of the same package."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Literal, get_args

from dlt.errors import ValueErrorWithKnownValues
from dlt.extract.state import reset_resource_state
from dlt.packages.manifest import Refresh
from dlt.schema.chains import loaded_with, stands_alone
from dlt.schema.schema import Schema
from dlt.schema.table import has_seen_data
from dlt.states.model import State

if TYPE_CHECKING:
    from dlt.extract.resource_hints import ResourceHints
    from dlt.extract.source import DltSource

RefreshMode = Literal["drop_sources", "drop_resources", "drop_data"]


def check_refresh(refresh: object) -> None:
    """Check the word.

    Raises:
        ValueErrorWithKnownValues: it is not known.
    """
    if refresh is not None and refresh not in get_args(RefreshMode):
        raise ValueErrorWithKnownValues("refresh", refresh, get_args(RefreshMode))


def refresh_source(
    refresh: RefreshMode, schema: Schema, resources: Iterable[ResourceHints], source_state: State
) -> Refresh:
    """Forget tables and state of a source, and return what the load must do at the destination first.

    Args:
        refresh: Drop all tables of the source, those of its resources, or empty the latter.
        schema: Schema of the package; tables are taken out of it.
        resources: The resources that are extracted.
        source_state: State of the source; changed in place.
    """
    given = list(resources)
    wanted = {resource.name for resource in given}
    loaded = {table.get("resource") for table in schema.tables.values()}
    names = [
        table["name"]
        for table in schema.data_tables(include_incomplete=True)
        if refresh == "drop_sources" or schema.tables[schema.root_of(table["name"])].get("resource") in wanted
    ]
    if refresh == "drop_sources":
        # in place: the run context holds the same dict
        source_state.clear()
    else:
        # parents too that have no table of their own: what their cursors left out would be nowhere
        parents = {pipe.name for resource in given for pipe in resource.pipe.lineage} - loaded
        for name in wanted | parents:
            reset_resource_state(name, source_state)
    if refresh == "drop_data":
        # the schema stays: rows go, columns are those that the table has
        return Refresh(truncate_tables=tuple(names))
    schema.drop_tables(names)
    return Refresh(drop_tables=tuple(names))


def replaces(disposition: object) -> bool:
    """Tell whether a write disposition replaces what is there, whatever the items are."""
    return (disposition.get("disposition") if isinstance(disposition, dict) else disposition) == "replace"


def begin_again(source: DltSource, source_state: State) -> None:
    """Forget the state of resources that replace their tables, and of parents that do.

    What a cursor left out would be gone from the table.

    Args:
        source: The source, before it is extracted.
        source_state: State of the source; changed in place.
    """
    for resource in source.resources.selected.values():
        for pipe in resource.pipe.lineage:
            if replaces(source.run_disposition or pipe.hints.get("write_disposition")):
                reset_resource_state(pipe.name, source_state)


def emptied_tables(resource: ResourceHints, schema: Schema, filled: Collection[str]) -> Refresh:
    """Return which tables of a resource must be emptied, as it replaces them and gave them no rows.

    That of a variant, and one that its key parts from the root, has a write disposition of its own, which counts.

    Args:
        resource: The resource, after it was extracted.
        schema: Schema of the package.
        filled: Names of tables that have rows in it.
    """
    if not replaces(resource.hints.get("write_disposition")):
        return Refresh()
    roots = [
        name
        for name, table in schema.tables.items()
        if table.get("resource") == resource.name
        and "parent" not in table
        and name not in filled
        and (table.get("write_disposition") == "replace" or not ("variant_name" in table or stands_alone(table)))
    ]
    return Refresh(
        truncate_tables=tuple(
            table["name"]
            for root in roots
            for table in schema.chain(root)
            # nested rows that are appended by themselves stay when the root has rows, and so they do without
            if loaded_with(schema.tables, table["name"]) == root
        )
    )


def emptied_chain(root: str, schema: Schema) -> Refresh:
    """Return what empties a table that is there, with its nested tables.

    Args:
        root: Name of the table.
        schema: Schema of the package.
    """
    return Refresh(
        truncate_tables=tuple(table["name"] for table in schema.chain(root) if has_seen_data(table)),
    )


def loaded_roots(emptied: Refresh, schema: Schema) -> list[str]:
    """Return which of the tables that are emptied are root tables, and had rows before.

    Args:
        emptied: What is emptied.
        schema: Schema of the package.
    """
    return [
        name
        for name in emptied.truncate_tables
        if "parent" not in schema.tables[name] and has_seen_data(schema.tables[name])
    ]

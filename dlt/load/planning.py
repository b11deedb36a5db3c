"""A plan is made out of a package and what stands at the destination; both stay as they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dlt.destinations.client import WorkDone
from dlt.load.drift import Drift, check_drift, find_drift
from dlt.load.order import LoadOrder
from dlt.load.plan import Changes, FileGroup, LoadPlan, Publication, Records, Removal, Requirements, TableChecks
from dlt.load.renaming import as_renamed, brought_up, check_package, renames_of, without_dropped
from dlt.load.standing import Standing, joins_state, schema_to_load, settled, state_to_write, tables_of
from dlt.load.work import REPEATS, roots_to_empty
from dlt.packages.manifest import PackageFile, Refresh
from dlt.schema.chains import loaded_with
from dlt.schema.dispositions import check_disposition
from dlt.schema.row_order import as_staged
from dlt.schema.schema import Schema
from dlt.schema.system_tables import PREFIX, QUARANTINE_TABLE, quarantine_table
from dlt.schema.table import has_seen_data
from dlt.schema.typing import ColumnSchema, TableSchema
from dlt.schema.update import SchemaUpdate
from dlt.schema.x_keys import X_CHECKS, X_KEEPS_ABSENT, X_MERGE_STRATEGY

MAX_GROUP_BYTES = 128 << 20
"""Size, in bytes, of files that a destination takes at once; it bounds the memory of a load."""


def make_plan(order: LoadOrder, standing: Standing) -> LoadPlan:
    """Return what a load does where this stands at the destination.

    Args:
        order: What is to be loaded.
        standing: What stands there.

    Raises:
        LoadPackageAborted: a part of the package is there, or something else under its load id.
        StaleExtract: another run changed the same state since this package was extracted.
        ReloadUndecided: nobody can tell what is to become of rows of an earlier load.
        DestinationSchemaTampered: a column is gone by which a load finds rows.
        WriteDispositionNotSupported: the destination cannot merge in this way.
    """
    done = settled(order, standing)
    if done:
        return LoadPlan(order, standing, done)
    schema, task = schema_to_load(order, standing), order.task
    wish = task.wish if task is not None else 0
    at_work = _as_replayed(order, _with_data(order, standing, schema))
    publications = tuple(_publications(order, at_work))
    works = {work.key: WorkDone(work.revision, wish, work.load_id) for work in order.package.manifest.works}
    state = state_to_write(order, standing)
    return LoadPlan(
        order,
        standing,
        requirements=Requirements(order.load_ids, order.package.load_id if task is not None else None),
        removals=tuple(_removals(order, standing, at_work)),
        changes=_changes(order, standing, at_work),
        publications=publications,
        checks=_checks(order, standing, at_work, publications),
        records=Records(order.load_ids, schema, state, works),
        joined=joins_state(order, standing),
        undo=standing.undo,
    )


def _with_data(order: LoadOrder, standing: Standing, schema: Schema) -> Schema:
    """Return a schema without the tables that are only declared: they are made with their first rows."""
    filled = {file.table for file in order.package.files} | set(standing.tables)
    kept = {
        name: table
        for name, table in schema.tables.items()
        if name in filled or name.startswith(PREFIX) or has_seen_data(table)
    }
    if len(kept) == len(schema.tables):
        return schema
    found = schema.clone(copy_tables=False)
    found.tables = kept
    return found


def _as_replayed(order: LoadOrder, schema: Schema) -> Schema:
    """Return a schema whose tables take rows of the quarantine beside those that are there."""
    if order.package.manifest.replay is None:
        return schema
    found = schema.clone(copy_tables=False)
    found.tables = {name: _adding(table) for name, table in schema.tables.items()}
    return found


def _adding(table: TableSchema) -> TableSchema:
    """Return a table from which nothing goes because it is absent from a load."""
    if table.get("write_disposition") == "replace":
        return {**table, "write_disposition": "append"}
    columns = table["columns"]
    if table.get(X_MERGE_STRATEGY) != "scd2" or any(column.get("merge_key") for column in columns.values()):
        return table
    # a version that is absent from these rows is valid as before; one with the key of such a row ends
    keys: dict[str, ColumnSchema] = {
        name: {**column, "merge_key": True} for name, column in columns.items() if column.get("primary_key")
    }
    return {**table, "columns": {**columns, **keys}, X_KEEPS_ABSENT: not keys}


def _removals(order: LoadOrder, standing: Standing, schema: Schema) -> Iterator[Removal]:
    """Yield what earlier loads of the same work appended to tables that this one fills anew, and what is replayed."""
    dropped = (order.package.manifest.refresh or Refresh()).drop_tables
    for work in order.package.manifest.works:
        done = standing.works.get(work.key)
        if done is not None and not done.is_undone:
            for root in roots_to_empty(schema, work, dropped):
                yield Removal(tuple(complete(table) for table in schema.chain(root)), done.load_id)
            # what goes on behind a cursor gives none of its items again, and those there must stay
            if QUARANTINE_TABLE in schema.tables and set(work.resources.values()) == {REPEATS}:
                yield Removal((quarantine_table(),), done.load_id)
    # what of these loads stays comes again, as a file of the package
    for load_id in order.package.manifest.replay.removes if order.package.manifest.replay is not None else ():
        yield Removal((quarantine_table(),), load_id)


def _changes(order: LoadOrder, standing: Standing, schema: Schema) -> Changes:
    """Return what is missing.

    What others did to tables that this load neither fills nor empties is left to those that do, and keeps none out.
    """
    refresh = order.package.manifest.refresh or Refresh()
    # parents first: nested rows get from them what they lack
    tables = sorted(tables_of(order, schema), key=lambda table: _depth(schema, table))
    wanted = {table["name"]: complete(table) for table in tables}
    renamed = renames_of(order, wanted, standing.tables, standing.schema)
    there = as_renamed(standing.tables, renamed) if renamed else standing.tables
    missing = schema.missing_in(there)
    data = {name: table for name, table in missing.tables.items() if name in wanted}
    roots = {loaded_with(schema.tables, file.table) for file in order.package.files}
    replaced = {root for root in roots if schema.get_table(root).get("write_disposition") == "replace"}
    # of what a refresh drops or empties no row has to be found either
    replaced.update(refresh.tables)
    filled = {name for name in wanted if loaded_with(schema.tables, name) in roots | replaced}
    found = Drift()
    # without any table the dataset is new, or was dropped as a whole: then nothing is left that could be doubled
    if standing.tables and data and standing.schema is not None:
        before = without_dropped(Schema.from_dict(dict(standing.schema)), refresh.drop_tables)
        check_package(schema, before, order.package.load_id)
        found = find_drift(brought_up(before, schema, there), there)
    drift = found.within(filled)
    check_drift(drift, schema, there, replaced, order.dataset_name)
    # types are compared as well, so every table that is filled goes to the client, and it adds only what is not there
    made = {
        n: table for n, table in wanted.items() if n in filled or n in renamed or (n in data and n not in found.tables)
    }
    return Changes(
        tuple(refresh.drop_tables),
        SchemaUpdate(made),
        {name: table for name, table in data.items() if name in made},
        renamed,
        tuple(dict.fromkeys([*drift.empty, *refresh.truncate_tables])),
        drift,
    )


def _checks(
    order: LoadOrder, standing: Standing, schema: Schema, publications: Sequence[Publication]
) -> tuple[TableChecks, ...]:
    filled = (table for publication in publications for table in publication.chain)
    if not order.package.manifest.unfilled and not any(table.get(X_CHECKS) for table in filled):
        return ()
    # most loads have none
    from dlt.load.checking import checks_to_do

    return tuple(checks_to_do(order, standing, schema, publications))


def _depth(schema: Schema, table: TableSchema) -> int:
    depth, parent = 0, table.get("parent")
    while parent:
        depth, parent = depth + 1, schema.tables[parent].get("parent") if parent in schema.tables else None
    return depth


def complete(table: TableSchema) -> TableSchema:
    """Return a table with the columns whose types are known."""
    return {**table, "columns": {name: column for name, column in table["columns"].items() if "data_type" in column}}


def _publications(order: LoadOrder, schema: Schema) -> Iterator[Publication]:
    files: dict[str, list[PackageFile]] = {}
    for file in order.package.files:
        files.setdefault(loaded_with(schema.tables, file.table), []).append(file)
    children: dict[str, list[TableSchema]] = {}
    for table in schema.data_tables():
        if table.get("parent"):
            children.setdefault(table["parent"], []).append(table)
    for root_name, own in files.items():
        root = complete(schema.get_table(root_name))
        check_disposition(root, order.capabilities)
        chain = [root]
        for table in chain:
            # the list grows while it is walked: nested tables of all depths come, parents first
            chain.extend(
                complete(child)
                for child in children.get(table["name"], [])
                if loaded_with(schema.tables, child["name"]) == root_name
            )
        # tables side by side: files of one of them are taken at once
        groups = [
            FileGroup(as_staged(complete(schema.get_table(group[0].table)), root), group[0].format, tuple(group))
            for group in _groups(sorted(own, key=lambda file: file.table))
        ]
        yield Publication(tuple(chain), strategy_of(root), tuple(groups))


def strategy_of(root: TableSchema) -> str:
    """Return how new rows get into a root table."""
    disposition = str(root.get("write_disposition", "append"))
    return f"merge, {root.get(X_MERGE_STRATEGY, 'delete-insert')}" if disposition == "merge" else disposition


def _groups(files: Sequence[PackageFile]) -> Iterator[list[PackageFile]]:
    """Yield files of one table and format that are taken in one go, up to a size."""
    group: list[PackageFile] = []
    for file in files:
        same = group and (group[0].table, group[0].format) == (file.table, file.format)
        if group and (not same or sum(known.bytes for known in group) + file.bytes > MAX_GROUP_BYTES):
            yield group
            group = []
        group.append(file)
    if group:
        yield group

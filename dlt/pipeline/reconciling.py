"""Counts of all loads that are known, compared: by their packages, at the destination, at a source."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from dlt.errors import SqlClientNotAvailable
from dlt.late_dataclass import dataclass
from dlt.packages.package import LoadPackage
from dlt.pipeline.load_counts import Loaded, counts_of, how_of, loads_of, query_of, rows_there
from dlt.pipeline.parts import Parts
from dlt.pipeline.reading import client_for, dataset_of, sync_if_new
from dlt.pipeline.reconcile import Difference, Reconciliation, TableCount
from dlt.schema.schema import Schema
from dlt.schema.x_keys import NESTED_IN, X_NORMALIZER

if TYPE_CHECKING:
    from dlt.dataset.dataset import Dataset

_NO_SQL = "The destination has no SQL, so that nothing tells what is there."
_NO_DATASET = "There is no dataset at the destination."
UNDONE, GONE, UNKNOWN = "undone", "taken away by load {}", "without load ids"
NOT_HERE = "its package is not in this folder"


@dataclass(frozen=True)
class _There:
    """What the destination holds of one schema.

    Attributes:
        dataset: Its dataset; None where nothing can be read.
        loads: What is recorded of loads, by load id.
        rows: Rows by table and load id; none of tables whose rows bear no load id.
        recorded: Load ids of all schemas: several may share a dataset, and tables in it.
        is_missing: There is no such dataset.
    """

    dataset: Dataset | None
    loads: Mapping[str, Loaded]
    rows: Mapping[str, Mapping[str, int] | None]
    recorded: Collection[str] = ()
    is_missing: bool = False

    def has_complete(self, load_id: str) -> bool:
        """Tell whether a load is recorded, and was not taken back."""
        return load_id in self.loads and self.loads[load_id].status == 0


def reconcile(parts: Parts, source: object = None) -> Reconciliation:
    """Return counts of all loads that the folder or the destination know, and where they differ.

    Args:
        parts: The pipeline.
        source: A source or resource of `sql_database` whose tables are counted too.

    Raises:
        PipelineConfigMissing: the pipeline has no destination.
        NotOffered: nothing of the source can be counted.
    """
    parts.home.refuse_inside("reconcile")
    parts.target.choose()
    parts.target.need("reconcile")
    sync_if_new(parts)
    packages = parts.home.workdir.packages("loaded")
    # those of packages that wait, too: an earlier load of theirs may be at the destination
    names = [*parts.home.schemas]
    counts: list[TableCount] = []
    differences: list[Difference] = []
    notes: dict[str, None] = {}
    for name in names:
        found = _there(parts, name, notes)
        own = [package for package in packages if package.schema_name == name]
        told, wrong = _of_schema(parts, parts.home.schemas[name], own, found)
        counts += told
        differences += wrong
    order = parts.home.workdir.order
    # schemas take turns, and people read loads in order of time
    counts.sort(key=lambda count: order(count.load_id))
    result = Reconciliation(
        parts.pipeline_name,
        parts.target.location(),
        parts.target.main_dataset(),
        counts,
        (),
        differences,
        list(notes),
    )
    if source is None:
        return result
    # here, as it needs SQLAlchemy
    from dlt.pipeline.source_counts import count_source

    sources, more = count_source(parts, source)
    return replace(result, sources=sources, differences=[*differences, *more])


def _there(parts: Parts, schema: str, notes: dict[str, None]) -> _There:
    try:
        with client_for(parts, schema) as client:
            if not client.has_dataset():
                notes[_NO_DATASET] = None
                return _There(None, {}, {}, is_missing=True)
            names = parts.home.schemas[schema].data_table_names()
            tables = client.stored_tables(names)
        dataset = dataset_of(parts, schema, None)
        # one connection for all of its queries
        with dataset:
            rows = rows_there(dataset, tables)
            loads = loads_of(dataset)
            own = {load_id: load for load_id, load in loads.items() if load.schema_name == schema}
            return _There(dataset, own, {table: rows.get(table) for table in tables}, set(loads))
    except SqlClientNotAvailable:
        notes[_NO_SQL] = None
        return _There(None, {}, {})


def _of_schema(
    parts: Parts, schema: Schema, packages: Sequence[LoadPackage], there: _There
) -> tuple[list[TableCount], list[Difference]]:
    order = parts.home.workdir.order
    counts: list[TableCount] = []
    differences: list[Difference] = []
    for package in packages:
        # one that was undone gave back what it had taken away
        later = [
            other
            for other in packages
            if order(other.load_id) > order(package.load_id) and there.has_complete(other.load_id)
        ]
        for count in counts_of(package):
            load, table = count.load_id, count.table
            if there.dataset is None:
                # what the package says of itself is compared all the same
                counts.append(count)
                if there.is_missing and count.loaded:
                    reason = f"{count.loaded:,} rows were loaded, and there is no dataset"
                    query = f"SELECT * FROM {parts.target.dataset_for(schema.name)}.{table}"
                    differences.append(Difference(table, load, reason, query))
                continue
            if load not in there.loads:
                counts.append(replace(count, note="not recorded at the destination"))
                differences.append(_unrecorded(there.dataset, count))
                continue
            # of a table that is gone no row is there; in one without load ids nobody can tell
            rows = there.rows.get(table, {})
            held = None if rows is None else rows.get(load, 0)
            note = _why_fewer(there.loads[load], table, later) if rows is not None else UNKNOWN
            found = replace(count, there=held, note=note)
            counts.append(found)
            differences += _differences(there.dataset, found, _is_merged(table, later))
        differences += _inside(parts.pipeline_name, counts, package)
    # of loads whose packages are gone, or were made elsewhere, only the destination tells
    known = {package.load_id for package in packages} | {count.load_id for count in counts}
    counts += _not_here(schema, there, known)
    differences += _of_no_load(there)
    return counts, differences


def _why_fewer(load: Loaded, table: str, later: Iterable[LoadPackage]) -> str:
    """Return why rows of a load are gone as they should be; "" where they should be there."""
    if load.status != 0:
        return UNDONE
    for package in later:
        refresh = package.manifest.refresh
        if refresh is not None and table in refresh.tables:
            return GONE.format(package.load_id)
        if package.manifest.replay is not None:
            # it adds to the rows of a load that replaces
            continue
        came = {count.table for count in counts_of(package)}
        root = package.schema.root_of(table) if table in package.schema.tables else table
        # a replace of the root table takes nested rows away too, also where none come
        if root in came and how_of(package.schema, table) == "replace":
            return GONE.format(package.load_id)
    return ""


def _is_merged(table: str, later: Iterable[LoadPackage]) -> bool:
    """Tell whether later loads merged into a table: a disposition may be another one in each run."""
    return any(
        count.table == table and count.how.startswith("merge") for package in later for count in counts_of(package)
    )


def _differences(dataset: Dataset, count: TableCount, is_merged: bool) -> list[Difference]:
    """Return what is wrong with the rows of a load that are at the destination."""
    if count.there is None or count.loaded is None:
        return []
    expected = 0 if count.note else count.loaded
    merges = is_merged or count.how.startswith("merge")
    # a merge keeps the last row of each key, later ones take its place, and deletes take it away
    wrong = count.there > expected if merges else count.there != expected
    if not wrong:
        return []
    should = f"; none should be, as the load was {count.note}" if count.note else ""
    reason = (
        f"{count.loaded:,} row{' was' if count.loaded == 1 else 's were'} loaded, "
        f"{count.there:,} {'is' if count.there == 1 else 'are'} there{should}"
    )
    return [Difference(count.table, count.load_id, reason, query_of(dataset, count.table, count.load_id))]


def _unrecorded(dataset: Dataset, count: TableCount) -> Difference:
    reason = (
        f"the load is complete here, and the destination has no record of it; {count.loaded or 0:,} rows were loaded"
    )
    return Difference(count.table, count.load_id, reason, query_of(dataset, count.table, count.load_id))


def _inside(pipeline: str, counts: Sequence[TableCount], package: LoadPackage) -> list[Difference]:
    """Return where the counts of a package itself do not add up."""
    found = []
    for count in counts:
        if count.load_id != package.load_id:
            continue
        reason = ""
        if count.normalized is not None and count.loaded is not None and count.normalized != count.loaded:
            reason = f"{count.normalized:,} rows were normalized, and the files that were loaded have {count.loaded:,}"
        elif count.extracted is not None and not _may_have_own(package.schema, count.table):
            accounted = (count.normalized or 0) + (count.discarded or 0) + (count.quarantined or 0)
            if accounted != count.extracted:
                reason = f"{count.extracted:,} items were extracted, and {accounted:,} are accounted for"
        if reason:
            query = f"dlt pipeline {pipeline} load-package {count.load_id} -v"
            found.append(Difference(count.table, count.load_id, reason, query))
    return found


def _may_have_own(schema: Schema, table: str) -> bool:
    """Tell whether rows come to a root table by lists of another one too."""
    entry = schema.tables.get(table)
    return entry is not None and NESTED_IN in (entry.get(X_NORMALIZER) or {})


def _not_here(schema: Schema, there: _There, known: set[str]) -> list[TableCount]:
    """Return what is there of loads whose packages are not in the folder."""
    found = []
    for load_id, load in there.loads.items():
        if load_id in known:
            continue
        note = UNDONE if load.status != 0 else NOT_HERE
        for table, rows in there.rows.items():
            if rows and rows.get(load_id):
                count = TableCount(load_id, schema.name, table, how_of(schema, table), there=rows[load_id], note=note)
                found.append(count)
    return found


def _of_no_load(there: _There) -> list[Difference]:
    """Return rows whose load is not recorded."""
    if there.dataset is None:
        return []
    # the record and the rows of a load come in one transaction, so that one without the other is none of ours
    found = []
    for table, rows in there.rows.items():
        for load_id, count in (rows or {}).items():
            if load_id not in there.recorded:
                what = "row bears" if count == 1 else "rows bear"
                reason = f"{count:,} {what} the id of a load that is not recorded"
                found.append(Difference(table, load_id, reason, query_of(there.dataset, table, load_id)))
    return found

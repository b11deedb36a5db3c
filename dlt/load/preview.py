"""What a plan would do to rows that are there: which keys are known, and what goes. Nothing is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field, replace

from dlt.destinations.client import Client
from dlt.late import pa, pc
from dlt.late_dataclass import dataclass
from dlt.load.coming import GONE, ComingRows, count_common
from dlt.load.known_keys import hinted, keys_of, known_keys
from dlt.load.plan import LoadPlan, Publication
from dlt.schema.holding import type_text
from dlt.schema.system_tables import is_system_name
from dlt.schema.typing import ColumnSchema, TableSchema
from dlt.schema.x_keys import X_MERGE_STRATEGY


@dataclass(frozen=True)
class TablePreview:
    """What a load would do to one table.

    Attributes:
        name: Its name.
        dataset_name: Its dataset.
        strategy: "append", "replace" or "merge" with its strategy; that of its root table where it is nested.
        is_new: The table is not there yet.
        new_columns: Types of the columns that are added, by name.
        renamed_columns: New names of columns that are there, by the names that they have.
        rows: Rows that come.
        bytes: Size of their files.
        inserted: Of the rows that come, those whose key is not there; of a history, versions that are new. None where
            rows are not told apart by keys.
        updated: Keys that are there already and come again; of a history, versions that stay as they are.
        removed: Rows that are there and go for good: all of a table that is replaced, dropped or emptied, and those of
            keys that come marked as deleted; of a history, versions that end.
        hard_deleted: Rows that come and say that theirs is to go.
        counts: Values of each new column.
        valueless: Columns that are there, and of which no row that comes has a value.
        repeated: Rows that come with a key of another one that comes, of which the merge takes one.
        is_dropped: The table goes before anything comes.
    """

    name: str
    dataset_name: str
    strategy: str = "append"
    is_new: bool = False
    new_columns: Mapping[str, str] = field(default_factory=dict)
    renamed_columns: Mapping[str, str] = field(default_factory=dict)
    rows: int = 0
    bytes: int = 0
    inserted: int | None = None
    updated: int | None = None
    removed: int | None = None
    hard_deleted: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    valueless: tuple[str, ...] = ()
    repeated: int = 0
    is_dropped: bool = False

    @property
    def changes(self) -> bool:
        """Tell whether anything would be different afterwards."""
        columns = self.new_columns or self.renamed_columns
        return bool(self.is_new or columns or self.rows or self.removed or self.is_dropped)


def preview(plan: LoadPlan, client: Client) -> list[TablePreview]:
    """Return what a plan would do to each table.

    Args:
        plan: The plan.
        client: Client of its dataset; it is read.
    """
    dataset = plan.order.dataset_name
    found: list[TablePreview] = []
    # what a refresh takes away: the look at the destination leaves out what is dropped, as the load does
    leaving = [*plan.changes.dropped, *plan.changes.emptied]
    gone = {name: _count(client, name) for name in client.stored_tables(leaving)}
    for publication in plan.publications:
        found += _of_chain(plan, publication, client, gone)
    seen = {table.name for table in found}
    for name, rows in gone.items():
        if name not in seen:
            dropped = name in plan.changes.dropped
            found.append(TablePreview(name, dataset, "drop" if dropped else "empty", removed=rows, is_dropped=dropped))
            seen.add(name)
    # tables that get columns, or other names for them, and no row
    for name in dict.fromkeys([*plan.changes.added, *plan.changes.renamed]):
        if name not in seen:
            columns = _types(plan.changes.added[name]["columns"]) if name in plan.changes.added else {}
            renamed, is_new = plan.changes.renamed.get(name, {}), name not in plan.standing.tables
            found.append(TablePreview(name, dataset, is_new=is_new, new_columns=columns, renamed_columns=renamed))
    return found


def joined(tables: Sequence[TablePreview]) -> list[TablePreview]:
    """Return what several loads, one after the other, would do to each table.

    Args:
        tables: What each of them would do; each was compared with what is there now.
    """
    # packages that wait may fill the tables of those that follow
    found: dict[tuple[str, str], TablePreview] = {}
    for table in tables:
        key = (table.dataset_name, table.name)
        known = found.get(key)
        if known is None:
            found[key] = table
            continue
        found[key] = replace(
            known if known.rows else table,
            new_columns={**known.new_columns, **table.new_columns},
            renamed_columns={**known.renamed_columns, **table.renamed_columns},
            rows=known.rows + table.rows,
            bytes=known.bytes + table.bytes,
            hard_deleted=known.hard_deleted + table.hard_deleted,
            counts=dict(Counter(known.counts) + Counter(table.counts)),
            valueless=tuple(name for name in known.valueless if name in table.valueless or not table.rows),
            repeated=known.repeated + table.repeated,
            # keys of both may be the same ones
            inserted=None if known.rows and table.rows else known.inserted or table.inserted,
            updated=None if known.rows and table.rows else known.updated or table.updated,
        )
    return list(found.values())


def _of_chain(
    plan: LoadPlan, publication: Publication, client: Client, gone: Mapping[str, int | None]
) -> Iterator[TablePreview]:
    root = publication.chain[0]
    rows: Counter[str] = Counter()
    sizes: Counter[str] = Counter()
    for group in publication.groups:
        for file in group.files:
            rows[file.table] += file.rows
            sizes[file.table] += file.bytes
    for table in publication.chain:
        name = table["name"]
        is_new = name not in plan.standing.tables
        added = plan.changes.added.get(name)
        columns = _types(added["columns"]) if added is not None else {}
        # a table without rows is made with its first ones, and one that is appended to stays as it is
        renamed = plan.changes.renamed.get(name, {})
        if not rows[name] and name not in gone and (is_new or publication.strategy == "append"):
            continue
        coming = ComingRows(plan, publication, table)
        there = [renamed.get(c, c) for c in plan.standing.tables.get(name, {}) if not is_system_name(c)]
        counts = coming.values([*columns, *there])
        fate = _Fate()
        if publication.strategy == "replace":
            fate = _Fate(removed=0 if is_new else _count(client, name))
        elif publication.strategy != "append" and table is root:
            # of what goes before no key is there any more
            fate = _merged(root, coming, None if is_new or name in gone else client, renamed)
        yield TablePreview(
            name,
            plan.order.dataset_name,
            publication.strategy,
            is_new,
            columns,
            renamed,
            rows[name],
            sizes[name],
            fate.inserted,
            fate.updated,
            gone.get(name, fate.removed),
            fate.hard_deleted,
            {column: counts[column] for column in columns if column in counts},
            tuple(column for column in there if not counts.get(column)) if rows[name] else (),
            fate.repeated(rows[name]),
            name in plan.changes.dropped and name in gone,
        )


@dataclass(frozen=True)
class _Fate:
    inserted: int | None = None
    updated: int | None = None
    removed: int | None = None
    hard_deleted: int = 0
    keys: int | None = None

    def repeated(self, rows: int) -> int:
        """Return how many of so many rows come with a key of another one."""
        return 0 if self.keys is None else rows - self.keys


def _types(columns: Mapping[str, ColumnSchema]) -> dict[str, str]:
    return {name: type_text(column) for name, column in columns.items() if "data_type" in column}


def _count(client: Client, table: str) -> int | None:
    """Return how many rows a table has; None where the destination answers no queries."""
    sql = client.sql_client()
    if sql is None:
        return None
    found = sql.execute_sql(f"SELECT COUNT(*) FROM {sql.make_qualified_table_name(table)}")
    return int(str(found[0][0])) if found else None


def _merged(root: TableSchema, coming: ComingRows, client: Client | None, renamed: Mapping[str, str]) -> _Fate:
    strategy, names = root.get(X_MERGE_STRATEGY), keys_of(root)
    deleted, history = coming.count_deleting(), strategy == "scd2"
    keys = coming.keys(names) if names else None
    if keys is None:
        return _Fate(hard_deleted=deleted)
    primary, merge = hinted(root, "primary_key"), hinted(root, "merge_key")
    if not history and not primary:
        return _by_merge_key(root, coming, keys.select(names), client, renamed)
    staying = keys.filter(pc.invert(keys.column(GONE))).select(names)
    # versions of a history may come twice for good reasons
    count = None if history else keys.num_rows
    if client is None:
        return _Fate(staying.num_rows, 0, 0, deleted, count)
    there = known_keys(client, root, keys.select(names), renamed, history)
    if there is None:
        return _Fate(hard_deleted=deleted, keys=count)
    kept = count_common(staying, there)
    if history:
        # with a merge key, rows of other keys stay; which these are is not told here
        return _Fate(staying.num_rows - kept, kept, None if merge else there.num_rows - kept, deleted)
    if strategy == "insert-only":
        return _Fate(staying.num_rows - kept, 0, 0, deleted, count)
    gone = count_common(keys.filter(keys.column(GONE)).select(names), there)
    if merge and strategy != "upsert":
        both = coming.keys([*merge, *names])
        if both is not None:
            # rows of a merge key that comes go as well, where their own key does not come
            rows = known_keys(client, root, both.select([*merge, *names]), renamed, distinct=False)
            gone += 0 if rows is None else count_common(rows, both.select(merge), keys.select(names))
    return _Fate(staying.num_rows - kept, kept, gone, deleted, count)


def _by_merge_key(
    root: TableSchema, coming: ComingRows, keys: pa.Table, client: Client | None, renamed: Mapping[str, str]
) -> _Fate:
    """Return what becomes of rows that a merge key alone replaces: all that come are new, all of these keys go."""
    deleted = coming.count_deleting()
    there = None if client is None else known_keys(client, root, keys, renamed, distinct=False)
    if client is not None and there is None:
        return _Fate(hard_deleted=deleted)
    return _Fate(coming.count() - deleted, 0, 0 if there is None else count_common(there, keys), deleted)


__all__ = ["TablePreview", "joined", "preview"]

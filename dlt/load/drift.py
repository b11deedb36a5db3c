"""What others changed at the destination since the last load: what can be made up for, and what is an error.

A column that is gone can be added again, but not its values. Where rows are found by them, such as the ids by which
nested rows belong to their root row, a merge would leave old rows beside new ones without a word.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import field

from dlt.errors import DestinationSchemaTampered
from dlt.late_dataclass import dataclass
from dlt.schema.schema import Schema
from dlt.schema.system_columns import PARENT_ID, ROW_ID
from dlt.schema.typing import ColumnSchema, TableSchema
from dlt.schema.x_keys import X_MERGE_STRATEGY, X_ROW_VERSION, X_VALID_FROM, X_VALID_TO

Columns = Mapping[str, Mapping[str, ColumnSchema]]


@dataclass(frozen=True)
class Drift:
    """What is gone at the destination.

    Attributes:
        columns: Names of columns that an earlier load made, by table.
        nested: Tables whose rows lost those that they belong to, by the table that is gone.
    """

    columns: Mapping[str, Sequence[str]] = field(default_factory=dict)
    nested: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def tables(self) -> set[str]:
        """Return the tables that are not as they were left."""
        return {*self.columns, *self.nested}

    @property
    def empty(self) -> list[str]:
        """Return the tables whose rows lost those that they belong to."""
        return list(dict.fromkeys(name for names in self.nested.values() for name in names))

    def within(self, tables: Collection[str]) -> Drift:
        """Return what is gone of some tables."""
        columns = {name: gone for name, gone in self.columns.items() if name in tables}
        return Drift(columns, {name: nested for name, nested in self.nested.items() if name in tables})


def find_drift(before: Schema, stored: Columns) -> Drift:
    """Compare what earlier loads made with what is there.

    Args:
        before: The schema as the last load left it at the destination.
        stored: Columns of the tables that are there.
    """
    columns: dict[str, list[str]] = {}
    nested: dict[str, list[str]] = {}
    for name, table in before.tables.items():
        # a column whose type no value has told yet was never made
        made = [column for column, spec in table["columns"].items() if "data_type" in spec]
        if name in stored:
            gone = [column for column in made if column not in stored[name]]
            if gone:
                columns[name] = gone
        # a table that is gone can be made anew, but its nested rows belong to nobody then
        elif made:
            orphaned = [child["name"] for child in before.chain(name)[1:] if child["name"] in stored]
            if orphaned:
                nested[name] = orphaned
    return Drift(columns, nested)


def check_drift(drift: Drift, schema: Schema, stored: Columns, replaced: Collection[str], dataset: str) -> None:
    """Check that what is gone can be made up for.

    Args:
        drift: What is gone.
        schema: The schema of the load.
        stored: Columns of the tables that are there.
        replaced: Root tables of which this load replaces all rows.
        dataset: Name of the dataset, for messages.

    Raises:
        DestinationSchemaTampered: a column is gone by which a load finds rows.
    """
    for name, gone in drift.columns.items():
        # rows that all go need not be found
        if name not in schema.tables or (root := schema.root_of(name)) in replaced:
            continue
        needed = [column for column in gone if column in _finding(schema, name, stored)]
        if needed:
            raise DestinationSchemaTampered(
                f"table {name} in dataset {dataset}: the column {', '.join(needed)}, which an earlier load made, is no "
                "longer there, and without its values the rows that are there cannot be found again: they would stay "
                "beside the new ones. Nothing was loaded. Put the column back with its values, from a backup for "
                f"instance; or give the package up (dlt pipeline NAME drop-pending-packages) and load {root} anew with "
                "refresh='drop_resources'.",
                table=name,
                column=needed[0],
            )


def _finding(schema: Schema, name: str, stored: Columns) -> Iterator[str]:
    """Yield the columns of a table by which rows that are there are found."""
    table, root = schema.tables[name], schema.tables[schema.root_of(name)]
    merges = root.get("write_disposition") == "merge"
    history = merges and root.get(X_MERGE_STRATEGY) == "scd2"
    # nested rows that are there belong to their row by its id
    if any(child.get("parent") == name and child["name"] in stored for child in schema.tables.values()):
        yield ROW_ID
    if table.get("parent"):
        # a nested row is found by the rows above it, never by a key of its own
        yield PARENT_ID
        return
    if history:
        yield from (ROW_ID, *_named(root))
    if merges:
        yield from (column for column, spec in table["columns"].items() if _is_key(spec))


def _named(root: TableSchema) -> Iterator[str]:
    for name in (root.get(X_VALID_FROM), root.get(X_VALID_TO), root.get(X_ROW_VERSION)):
        if name:
            yield name


def _is_key(column: ColumnSchema) -> bool:
    return bool(column.get("primary_key") or column.get("merge_key"))

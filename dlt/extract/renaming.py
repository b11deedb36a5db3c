"""Columns that get other names, found when hints are declared: before anything is written under the former ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlt.errors import InvalidHint
from dlt.extract.hint_checks import is_dynamic
from dlt.extract.hints import as_names
from dlt.extract.models import columns_dict
from dlt.schema.naming import name_of_table
from dlt.schema.renames import Settled, settle
from dlt.schema.table import has_seen_data

if TYPE_CHECKING:
    from dlt.extract.vocabulary import ColumnNames
    from dlt.schema.capabilities import Capabilities
    from dlt.schema.schema import Schema
    from dlt.schema.typing import TableSchema


def renamed(schema: Schema, table: TableSchema) -> TableSchema:
    """Return what hints say of a table, under the names that its columns will have; nothing is changed.

    Args:
        schema: The schema so far.
        table: The table as hints declare it.

    Raises:
        InvalidHint: two columns would be one, or one would be two.
    """
    return _settled(schema, table).said


def rename(schema: Schema, table: TableSchema, capabilities: Capabilities | None) -> TableSchema:
    """Give the columns of a schema the names that hints say; return what else these say, under the same names.

    Args:
        schema: The schema of the package.
        table: The table as hints declare it.
        capabilities: What the destination can do, if it is known.

    Raises:
        InvalidHint: two columns would be one, one would be two, or the destination cannot rename one.
    """
    found = _settled(schema, table)
    if found.known is not None:
        _check(found, capabilities)
        schema.tables[found.known["name"]] = found.known
    return found.said


def as_keys(names: ColumnNames | None, columns: object) -> ColumnNames | None:
    """Return the keys of items for names of columns, of which hints may say another name than that of the key.

    Args:
        names: The names.
        columns: Hints of columns.
    """
    if not names or columns is None or is_dynamic(columns):
        return names
    told = {name: str(column["from"]) for name, column in columns_dict(columns).items() if column.get("from")}
    if not told:
        return names
    return [told.get(name, name) for name in as_names(names)]


def _settled(schema: Schema, table: TableSchema) -> Settled:
    naming, given = schema.naming, table["name"]
    name = naming.normalize_tables_path(given) if table.get("parent") else name_of_table(naming, given)
    return settle(schema.tables.get(name), table, naming, is_named=False, whose=name)


def _check(found: Settled, capabilities: Capabilities | None) -> None:
    if capabilities is None or capabilities.renames_columns or not capabilities.keeps_types or found.known is None:
        return
    # early: behind an extract the load would refuse it, and its package would wait for nothing
    for old, new in found.moved.items():
        if has_seen_data(found.known) and "data_type" in found.known["columns"][new]:
            raise InvalidHint(
                f"table {found.known['name']}, column {new!r}: it is to be the column {old!r} that was loaded, and "
                "this destination renames none: its files keep the names with which they were written. Load the table "
                "anew under the new name with refresh='drop_resources', or take the hint from away.",
                column_name=new,
                hint="from",
            )

"""How the history of a table was kept so far, and that every row says its version, where rows say it themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from dlt.errors import DataValidationError
from dlt.extract.versions_of_1x import with_versions_of_1x
from dlt.formats.column_rows import ColumnRows
from dlt.formats.frames import as_arrow
from dlt.late import pa, pc
from dlt.schema.naming import name_of_hint, name_of_key
from dlt.schema.renames import name_by_key
from dlt.schema.system_columns import ROW_ID
from dlt.schema.x_keys import (
    ROOT_IDS,
    SEEN_DATA,
    X_ACTIVE_TIMESTAMP,
    X_FORMER_ACTIVE,
    X_FORMER_VALIDITY,
    X_MERGE_STRATEGY,
    X_NORMALIZER,
    X_ROW_HASH,
    X_ROW_VERSION,
    X_VALID_FROM,
    X_VALID_TO,
)
from dlt.types import ReadOnlyRow, TDataItems

if TYPE_CHECKING:
    from dlt.schema.naming import NamingConvention
    from dlt.schema.typing import ColumnSchema, TableSchema

Noted = TypeVar("Noted")


OF_1X: Final = 1
OF_ANY_ORDER: Final = 2


def way_of_versions(known: TableSchema | None) -> int | None:
    """Return how versions of the rows of a table are told: `OF_1X`, `OF_ANY_ORDER`, or None as early releases did it.

    Rows of a history carry hashes of the kind with which it began: with others each of them would seem to have changed.

    Args:
        known: The table of the schema, as earlier runs left it.
    """
    if known is None or known.get(X_MERGE_STRATEGY) != "scd2":
        return OF_ANY_ORDER
    # PyPI dlt 1.x notes it at the column
    return known.get(X_ROW_HASH, OF_1X if known.get("columns", {}).get(ROW_ID, {}).get(X_ROW_VERSION) else None)


def require_version(declared: TableSchema, known: TableSchema | None) -> None:
    """Let the column that tells the version of a row take no NULL in a table that has no rows yet.

    Args:
        declared: The table as its resource declares it now; it is changed.
        known: The table of the schema, as earlier runs left it.
    """
    column = declared.get(X_ROW_VERSION)
    # rows that were loaded without a version keep none
    if column and not ((known or {}).get(X_NORMALIZER) or {}).get(SEEN_DATA):
        columns = declared["columns"]
        required: ColumnSchema = {"name": column, **columns.get(column, {}), "nullable": False}
        declared["columns"] = {**columns, column: required}


def note_former_settings(known: TableSchema, declared: TableSchema, naming: NamingConvention) -> None:
    """Note what rows that are loaded already depend on, where the table is declared in another way now.

    Args:
        known: The table of the schema, as earlier runs left it; it is changed.
        declared: The table as its resource declares it now.
        naming: Gives the names of columns.
    """
    if known.get("write_disposition") == "merge" and declared.get("write_disposition") != "merge":
        known[X_NORMALIZER] = {**(known.get(X_NORMALIZER) or {}), ROOT_IDS: True}
    before = [name for name in (known.get(X_VALID_FROM), known.get(X_VALID_TO)) if name]
    now = [naming.normalize_path(declared[key]) for key in (X_VALID_FROM, X_VALID_TO) if key in declared]
    if len(before) == 2 and before != now:
        known[X_FORMER_VALIDITY] = _noted(known.get(X_FORMER_VALIDITY), before)
    end = known.get(X_ACTIVE_TIMESTAMP)
    if end is not None and end != declared.get(X_ACTIVE_TIMESTAMP):
        known[X_FORMER_ACTIVE] = _noted(known.get(X_FORMER_ACTIVE), end)


def _noted(known: list[Noted] | None, value: Noted) -> list[Noted]:
    found = known or []
    return found if value in found else [*found, value]


def with_versions(table: TableSchema, items: TDataItems, naming: NamingConvention, position: int) -> TDataItems:
    """Return rows, after a check that each has a value in the column that tells its version.

    In a history that PyPI `dlt` 1.x began they carry the versions that it would give them.

    Args:
        table: The table.
        items: Rows, a row, or a table of Arrow or a frame.
        naming: Gives the names of columns.
        position: How many rows of the table came before.

    Raises:
        DataValidationError: a row has none.
    """
    column = table.get(X_ROW_VERSION)
    if table.get("write_disposition") != "merge" or table.get(X_MERGE_STRATEGY) != "scd2":
        return items
    if not column:
        return with_versions_of_1x(items) if table.get(X_ROW_HASH) == OF_1X else items
    name = name_of_hint(naming, column)
    # items have the name of its key
    name = name_by_key(name, (table.get("columns") or {}).get(name, {"name": name}))
    missing = _first_missing(items, name, naming)
    if missing is None:
        return items
    number, shown = missing
    raise DataValidationError(
        f"{table['name']}.{name}: row {position + number} of this load has no value in the column that tells the "
        f"version of a row, row_version_column_name; it has the columns {shown}. Without one the history cannot tell "
        "whether the row changed. Nothing of this run was loaded. Give every row a version, with add_map for instance, "
        "filter such rows out, or leave row_version_column_name out.",
        table=table["name"],
        column=name,
    )


def _first_missing(items: TDataItems, name: str, naming: NamingConvention) -> tuple[int, str] | None:
    items = items.rows() if isinstance(items, ColumnRows) else items
    # rows are the most frequent, and asking whether they are a frame would look at their module
    if not isinstance(items, (list, dict)):
        tabular = as_arrow(items)
        if tabular is not None:
            return _first_null(tabular, name, naming)
    for number, row in enumerate(items if isinstance(items, list) else [items]):
        if isinstance(row, dict) and _value(row, name, naming) is None:
            return number, ", ".join(map(str, row))
    return None


def _first_null(tabular: pa.Table, name: str, naming: NamingConvention) -> tuple[int, str] | None:
    if not tabular.num_rows:
        return None
    shown = ", ".join(tabular.column_names)
    for number, column in enumerate(tabular.column_names):
        if name_of_key(naming, column) == name:
            found = pc.index(pc.is_null(tabular.column(number)), True).as_py()
            return (found, shown) if found >= 0 else None
    # without the column every row lacks it, so the first is named
    return 0, shown


def _value(row: ReadOnlyRow, name: str, naming: NamingConvention, prefix: str = "") -> object:
    for key, value in row.items():
        own = name_of_key(naming, str(key))
        path = naming.shorten_fragments(prefix, own) if prefix else own
        if path == name:
            return value
        # the version may stand inside of a document that becomes columns
        if isinstance(value, dict) and name.startswith(path):
            found = _value(value, name, naming, path)
            if found is not None:
                return found
    return None

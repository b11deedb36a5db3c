"""From where in the documents of a source the columns of its tables come."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dlt.late_dataclass import dataclass
from dlt.schema.paths import ITEM, OF_ITEMS, own_name, told_by_name
from dlt.schema.typing import TableSchema
from dlt.schema.x_keys import X_PATH

if TYPE_CHECKING:
    from dlt.schema.schema import Schema


@dataclass(frozen=True)
class Origin:
    """Where the values of a column come from.

    Attributes:
        table: Name of the table.
        column: Name of the column.
        data_type: Its type.
        schema: Name of the schema.
        resource: Name of the resource.
        path: Where they stand in the items of the resource, such as "address.city" or "items[*].sku"; None where the
            library makes them.
        masked: No value is stored as the source gave it, see `mask`.
    """

    table: str
    column: str
    data_type: str
    schema: str
    resource: str
    path: str | None
    masked: bool = False

    def asdict(self) -> dict[str, str | bool | None]:
        """Return JSON values."""
        return dict(self.__dict__)


def origins(schema: Schema) -> Iterator[Origin]:
    """Yield where each column of a schema comes from, tables in their order.

    Args:
        schema: The schema.
    """
    for table in schema.data_tables():
        above = rows_path(schema, table)
        root = schema.get_table(schema.root_of(table["name"]))
        resource = str(root.get("resource") or root["name"])
        for name, column in table["columns"].items():
            if "data_type" in column:
                path = column_path(schema, table, name)
                whole = None if path is None else _joined(above, path)
                hides = whole is not None and is_masked(schema, table, name)
                yield Origin(table["name"], name, column["data_type"], schema.name, resource, whole, hides)


def rows_path(schema: Schema, table: TableSchema) -> str:
    """Return where the rows of a table stand in the items of their resource, empty for those that are the items.

    Args:
        schema: Its schema.
        table: The table.
    """
    parent = table.get("parent")
    if not parent:
        return ""
    separator = schema.naming.PATH_SEPARATOR
    own = table.get(X_PATH) or told_by_name(own_name(table["name"], parent, separator), separator, True)
    return f"{_joined(rows_path(schema, schema.get_table(parent)), own)}[*]"


def column_path(schema: Schema, table: TableSchema, name: str) -> str | None:
    """Return where in a row's own document the values of a column stand; None where the library makes them.

    Args:
        schema: Its schema.
        table: Its table.
        name: Its name.
    """
    if _is_librarys(name) or name in (table.get("x-valid-from"), table.get("x-valid-to")):
        return None
    column = table["columns"][name]
    if column.get("variant") and X_PATH not in column:
        base = name.rpartition("__v_")[0]
        if base in table["columns"]:
            return column_path(schema, table, base)
    if X_PATH in column:
        return column[X_PATH]
    # beside columns of other keys it is a key itself
    is_nested = bool(table.get("parent")) and not (name in OF_ITEMS and _has_keys(table))
    return told_by_name(name, schema.naming.PATH_SEPARATOR, is_nested)


def is_masked(schema: Schema, table: TableSchema, name: str) -> bool:
    """Tell whether a column holds masked values, or documents with some inside.

    Args:
        schema: Its schema.
        table: Its table.
        name: Its name.
    """
    columns = table["columns"]
    column = columns[name]
    if column.get("variant"):
        # what is masked is text, and stands in a variant column where the table has clear values of another type
        name = name.rpartition("__v_")[0]
    inside = f"{name}{schema.naming.PATH_SEPARATOR}" if column["data_type"] == "json" else None
    return any(
        bool(other.get("mask")) and (key == name or (inside is not None and key.startswith(inside)))
        for key, other in columns.items()
    )


def _has_keys(table: TableSchema) -> bool:
    return any(
        "data_type" in column and not column.get("variant") and name not in OF_ITEMS and not _is_librarys(name)
        for name, column in table["columns"].items()
    )


def _is_librarys(name: str) -> bool:
    # made of the same words in every naming convention
    return name.lower().startswith("_dlt")


def _joined(above: str, path: str) -> str:
    if not above:
        return path
    if path == ITEM:
        return above
    return f"{above}{path}" if path.startswith("[") else f"{above}.{path}"

"""Columns as hints declare them, compared with each other, with those of earlier runs and with those of the data."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, Literal, cast

from dlt.errors import CannotCoerceNullException, InvalidHint
from dlt.schema.capabilities import Capabilities
from dlt.schema.holding import holds, type_text
from dlt.schema.naming import NamingConvention
from dlt.schema.typing import ColumnSchema, TableSchema
from dlt.schema.x_keys import (
    SEEN_DATA,
    X_CHECKS,
    X_DECLARED_CHECKS,
    X_FILE_CHECKS,
    X_MERGE_STRATEGY,
    X_NORMALIZER,
    X_VALID_FROM,
    X_VALID_TO,
)

_VALIDITY: Final[tuple[Literal["x-valid-from"], Literal["x-valid-to"]]] = (X_VALID_FROM, X_VALID_TO)


def check_same(table: str, first: str, hints: ColumnSchema, name: str, column: ColumnSchema) -> None:
    """Refuse two declarations of one column that do not say the same.

    Args:
        table: Name of the table.
        first: Name in the first declaration, as the user wrote it.
        hints: The first declaration.
        name: Name in the second one.
        column: The second one.

    Raises:
        InvalidHint: they differ.
    """
    one, other = dict(hints), dict(column)
    if first != name and any(one[key] != other[key] for key in one.keys() & other.keys() if key != "name"):
        raise InvalidHint(
            f"table {table}: the hints for {first!r} and {name!r} are for one column, as their names become the same, "
            "and they differ. Leave one of them out.",
            column_name=name,
        )


def check_added(table: TableSchema, stored: TableSchema, name: str, column: ColumnSchema) -> None:
    """Refuse a new column that is not nullable where there are rows without it; a key finds none of them.

    Raises:
        CannotCoerceNullException: it is one.
    """
    # rows that lack a key match none of the new ones, so they stay as they are
    is_key = column.get("primary_key") or column.get("merge_key")
    if column.get("nullable") is not False or is_key or table.get("write_disposition") == "replace":
        return
    loaded = (stored.get(X_NORMALIZER) or {}).get(SEEN_DATA)
    if loaded and "data_type" not in (stored.get("columns") or {}).get(name, {}):
        raise CannotCoerceNullException(
            f"table {stored['name']}, column {column.get('name', name)!r}: it is new and not nullable, and the "
            "rows that the table has already hold no value for it. Let the column be nullable, or load the table "
            "anew with write_disposition 'replace'.",
            table_name=stored["name"],
            column_name=name,
        )


def check_type(stored: TableSchema, name: str, column: ColumnSchema, capabilities: Capabilities | None) -> None:
    """Refuse a type that a loaded column does not have: no destination changes the type of a column.

    Raises:
        InvalidHint: the column cannot hold values of the type.
    """
    there: ColumnSchema = (stored.get("columns") or {}).get(name) or {}
    loaded = (stored.get(X_NORMALIZER) or {}).get(SEEN_DATA)
    # a table without rows takes any type, and a function as destination keeps none
    if not loaded or "data_type" not in there or capabilities is None or not capabilities.keeps_types:
        return
    # None in a hint says nothing
    declared = cast(ColumnSchema, {key: value for key, value in column.items() if value is not None})
    if holds(there, declared, capabilities):
        return
    merged: ColumnSchema = {**there, **declared}
    wanted = type_text(merged)
    raise InvalidHint(
        f"table {stored['name']}, column {column.get('name', name)!r}: the hint says {wanted}, and the table "
        f"that was loaded has {type_text(there)}, which does not hold all values of that type. Declare "
        f"{type_text(there)} or no data_type, convert the values under another name with add_map, or load the "
        "table anew with refresh='drop_resources'.",
        column_name=name,
        hint="data_type",
        found=wanted,
    )


def check_validity_names(table: TableSchema, naming: NamingConvention) -> None:
    """Refuse two names for the columns of a history that become one.

    Raises:
        InvalidHint: they do.
    """
    given = [table[key] for key in _VALIDITY if table.get(key)]
    if len(given) == 2 and naming.normalize_path(given[0]) == naming.normalize_path(given[1]):
        raise InvalidHint(
            f"table {table['name']}: validity_column_names={given!r} become one column, "
            f"{naming.normalize_path(given[0])!r}. Give two different names.",
            hint="write_disposition",
            found=given,
        )


def check_validity(table: TableSchema, seen: Collection[str]) -> None:
    """Refuse data that has the columns of its history: their values would be lost.

    Args:
        table: The table.
        seen: Columns that the data has.

    Raises:
        InvalidHint: it has one of them.
    """
    if table.get("write_disposition") != "merge" or table.get(X_MERGE_STRATEGY) != "scd2":
        return
    # the names in the schema are normalized by now, as those that were seen are
    taken = [str(table[key]) for key in _VALIDITY if table.get(key) in seen]
    if taken:
        raise InvalidHint(
            f"table {table['name']}: the data has the column {taken[0]!r}, in which the history says how long a row "
            "was valid. Give other names as validity_column_names in write_disposition, or rename or drop the key "
            "with add_map.",
            column_name=taken[0],
            hint="write_disposition",
        )


def forget_checks(known: TableSchema, declared: TableSchema) -> None:
    """Take the checks of a table back that code declared and declares no more; those of a YAML file come back then.

    Args:
        known: The table as it was, which is changed.
        declared: What a resource says of it now.
    """
    # of several resources that fill one table the one that it belongs to says its checks
    if known.get("resource") not in (None, declared.get("resource")):
        return
    if X_CHECKS in declared:
        if X_CHECKS in known and not known.get(X_DECLARED_CHECKS):
            known[X_FILE_CHECKS] = known[X_CHECKS]
    elif known.pop(X_DECLARED_CHECKS, False):
        known.pop(X_CHECKS, None)
        if (own := known.pop(X_FILE_CHECKS, None)) is not None:
            known[X_CHECKS] = own


def counts_rows(table: TableSchema) -> bool:
    """Tell whether a table has a check that may fail also where no row comes.

    Args:
        table: The table.
    """
    # the others are about rows, and hold where there are none
    return any(check.get("check") in ("row_count", "fresh") for check in table.get(X_CHECKS) or ())

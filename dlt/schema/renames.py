"""Columns whose name a hint says: `from` tells from which key of an item their values come.

A column that was loaded under another name becomes the one of the hint, with all that is known of it. Its former names
stay in the schema: by them a load finds the column at the destination, and normalize the values of keys.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Final, cast

from dlt.errors import InvalidHint
from dlt.late_dataclass import dataclass
from dlt.schema.naming import NamingConvention, name_of_hint, name_of_key
from dlt.schema.paths import ITEM, path_text, told_by_name
from dlt.schema.typing import ColumnSchema, TableSchema
from dlt.schema.x_keys import X_CHECKS, X_FORMER, X_PATH, X_ROW_VERSION, X_VALID_FROM, X_VALID_TO

Columns = Mapping[str, ColumnSchema]
_PART = re.compile(r"\.?(?P<plain>[^.\[\]]+)|\['(?P<quoted>(?:[^'\\]|\\.)*)'\]")
_NAMING_HINTS: Final = (X_VALID_FROM, X_VALID_TO, X_ROW_VERSION)
_VARIANT = "__v_"


# -- reading


def new_names(columns: Columns) -> dict[str, str]:
    """Return the names of columns by those that they had before, and would have by their keys.

    Args:
        columns: Columns of one table.
    """
    return {former: name for name, column in columns.items() for former in column.get(X_FORMER, ()) if former != name}


class NewNames(dict[str, dict[str, str]]):
    """What `new_names` gives, by table; hints say it, so that nothing of it changes while a package is normalized.

    Args:
        columns: Gives the columns of a table.
    """

    def __init__(self, columns: Callable[[str], Columns]) -> None:
        super().__init__()
        self._columns = columns

    def __missing__(self, table: str) -> dict[str, str]:
        found = self[table] = new_names(self._columns(table))
        return found


def name_by_key(name: str, column: ColumnSchema) -> str:
    """Return the name that a column has by the key of its values, whatever a hint calls it.

    Args:
        name: Its name.
        column: The column.
    """
    former = column.get(X_FORMER)
    return former[0] if former else name


def column_called(columns: Columns, name: str) -> str:
    """Return the name of the column that has a name now, or had it before.

    Args:
        columns: Columns of one table.
        name: The name.
    """
    return name if name in columns else new_names(columns).get(name, name)


def renames_at(table: TableSchema, there: Collection[str]) -> dict[str, str]:
    """Return the new names of columns that are at a destination under former ones.

    Args:
        table: The table as a load needs it.
        there: Names of the columns that are there.
    """
    found: dict[str, str] = {}
    for name, column in table["columns"].items():
        if X_FORMER not in column or name in there:
            continue
        # the newest name first: it is the one that the last load left
        old = next((old for old in reversed(column[X_FORMER]) if old in there and old not in table["columns"]), None)
        if old is not None:
            found[old] = name
    return found


def renamed_columns(columns: Columns, names: Mapping[str, str]) -> dict[str, ColumnSchema]:
    """Return columns of a destination with new names.

    Args:
        columns: Columns that are there.
        names: New names by those that they have.
    """
    return {
        names.get(name, name): cast("ColumnSchema", {**column, "name": names.get(name, name)})
        for name, column in columns.items()
    }


def name_of_path(naming: NamingConvention, path: str, place: str) -> str:
    """Return the name that a column has by the path of its values.

    Args:
        naming: Makes names of keys.
        path: A key, or keys with dots between them and brackets around those that hold more than a name.
        place: What the path belongs to, for messages.

    Raises:
        InvalidHint: it is no path in one row.
    """
    keys = keys_of_path(path, place)
    if len(keys) == 1:
        return name_of_hint(naming, keys[0])
    return naming.shorten_fragments(*(name_of_key(naming, key) for key in keys))


def keys_of_path(path: object, place: str) -> list[str]:
    """Return the keys of a path.

    Args:
        path: The path, as `path_text` writes it.
        place: What the path belongs to, for messages.

    Raises:
        InvalidHint: it is no path in one row.
    """
    if path == ITEM:
        # items that are no documents have a column of this name
        return ["value"]
    found: list[str] = []
    end = 0
    while isinstance(path, str) and end < len(path):
        part = _PART.match(path, end)
        if part is None or (not end and part[0].startswith(".")):
            break
        found.append(part["plain"] if part["plain"] is not None else re.sub(r"\\(.)", r"\1", part["quoted"]))
        end = part.end()
    else:
        if found:
            return found
    raise InvalidHint(
        f"{place}: found from={path!r}. Give the key from which the values come, or the path that lineage shows, such "
        "as 'email', 'address.city' or \"address['zip code']\". A column of a list is named through it, as in "
        "{'items[*].code': {'from': 'items[*].sku'}}.",
        hint="from",
        found=path,
    )


# -- changing


@dataclass(frozen=True)
class Settled:
    """A table and what is said of it, once renames are found.

    Attributes:
        known: The table that is there, with its columns under their new names; None where it is new.
        said: What is said of it, under the new names.
        moved: New names of columns that were there, by the names that they had.
    """

    known: TableSchema | None
    said: TableSchema
    moved: Mapping[str, str]


def settle(
    known: TableSchema | None, said: TableSchema, naming: NamingConvention, is_named: bool, whose: str = ""
) -> Settled:
    """Find the columns that get other names, and take what is said of their former names as said of them.

    Args:
        known: The table of the schema, None where it is new. Nothing is changed in place.
        said: Columns and hints that are new.
        naming: Makes names of keys.
        is_named: Names in what is said are those of columns already.
        whose: Name of the table, for messages, where it is not the one that is said.

    Raises:
        InvalidHint: two columns would be one, or one would be two.
    """
    given, before = said.get("columns") or {}, known["columns"] if known is not None else {}
    # two looks at keys: of nearly all tables no column has a name of its own
    if not any("from" in column or X_FORMER in column for columns in (given, before) for column in columns.values()):
        return Settled(known, said, {})
    own: Callable[[str], str] = (lambda name: name) if is_named else (lambda name: name_of_hint(naming, name))
    place = f"table {whose or said['name']}"
    wanted = _wanted(before, given, naming, own, place)
    moved = {found.old: name for name, found in wanted.items() if found.old is not None and found.old != name}
    columns = _moved(before, wanted, naming.PATH_SEPARATOR, bool(said.get("parent") or (known or {}).get("parent")))
    told = _told(columns, given, wanted, own)
    names = {**new_names(columns), **new_names({own(key): column for key, column in told.items()})}
    found = _with_names(cast("TableSchema", {**known, "columns": columns}), names, own) if known is not None else None
    return Settled(found, _with_names({**said, "columns": told}, names, own), moved)


@dataclass(frozen=True)
class _Wanted:
    """What a hint says of a column: its path, the column that it is so far, and names that it had."""

    path: str
    old: str | None
    former: tuple[str, ...]

    def is_plain(self, name: str) -> bool:
        """Tell whether the column has the name of its key again."""
        return self.former[0] == name


def _wanted(
    before: Columns, given: Columns, naming: NamingConvention, own: Callable[[str], str], place: str
) -> dict[str, _Wanted]:
    wanted: dict[str, _Wanted] = {}
    for key, column in given.items():
        path = column.get("from")
        if path is None:
            continue
        name = own(column.get("name") or key)
        here = f"{place}, column {name!r}"
        asked = name_of_path(naming, path, here)
        old = _column_of(before, asked)
        if old is not None and (told := before[old].get("from")) is not None:
            # of a column that has a new name already its key counts, by whichever of its names it was called
            path, asked = told, before[old].get(X_FORMER, [asked])[0]
        elif old is not None and before[old].get(X_FORMER):
            path = asked = before[old].get(X_FORMER, [asked])[0]
        former = [asked, *(before[old].get(X_FORMER, ()) if old is not None else ()), *([old] if old else [])]
        former += column.get(X_FORMER, ())
        names = tuple(dict.fromkeys(found for found in former if found != name or found == asked))
        if name in wanted and wanted[name].path != path:
            raise _refused(here, name, f"two keys are to come into it, {wanted[name].path!r} and {path!r}")
        wanted[name] = _Wanted(path, old, names)
    _check(before, wanted, place)
    return wanted


def _column_of(columns: Columns, name: str) -> str | None:
    """Return the column that has a name by its key, else one that has it, else one that had it."""
    by_key = (column for column, spec in columns.items() if name_by_key(column, spec) == name)
    had = (column for column, spec in columns.items() if name in spec.get(X_FORMER, ()))
    return next(by_key, None) or (name if name in columns else next(had, None))


def _check(before: Columns, wanted: Mapping[str, _Wanted], place: str) -> None:
    """Check that no column would be two, and no two one."""
    # a load tells by names alone whether it renamed a column already, so that no name may ever mean two
    by_key: dict[str, str] = {}
    for name, found in wanted.items():
        here = f"{place}, column {name!r}"
        other = by_key.setdefault(found.former[0], name)
        if other != name:
            raise _refused(here, name, f"the values of {found.path!r} are to come into {other!r} as well")
        if found.old not in (None, name) and _is_made(before, name) and _is_made(before, str(found.old)):
            raise _refused(here, name, f"the table has it already, beside {found.old!r}, and both may have values")
        taken = [old for old, spec in before.items() if old not in (name, found.old) and name in spec.get(X_FORMER, ())]
        taken += [new for new, others in wanted.items() if new != name and name in others.former]
        if taken:
            raise _refused(here, name, f"it is what {taken[0]!r} was called before, or is called by its key")


def _is_made(columns: Columns, name: str) -> bool:
    return "data_type" in columns.get(name, {})


def _refused(here: str, name: str, why: str) -> InvalidHint:
    return InvalidHint(
        f"{here}: it has the hint from, and {why}. Nothing was changed. Give the column another name; two columns that "
        "are to be one are joined with add_map in the source, and with UPDATE at the destination.",
        column_name=name,
        hint="from",
    )


def _moved(before: Columns, wanted: Mapping[str, _Wanted], separator: str, is_nested: bool) -> dict[str, ColumnSchema]:
    """Return the columns that are there under their new names, each in its place."""
    targets = {found.old: name for name, found in wanted.items() if found.old is not None}
    columns: dict[str, ColumnSchema] = {}
    for old, column in before.items():
        # in its place: keys that are hashed, and columns that are made, keep their order
        name = targets.get(old)
        if name is not None:
            hints = before.get(name, {}) if name != old else {}
            path = column.get(X_PATH) or told_by_name(name_by_key(old, column), separator, is_nested)
            columns[name] = _as_said({**hints, **column, X_PATH: path}, name, wanted[name])
        elif old in wanted and wanted[old].old is not None:
            continue  # hints of a column that never came, and that another one becomes
        elif old in wanted:
            # the column stays, and its values come from another key from now on
            columns[old] = _as_said({**column, X_PATH: _path_of(wanted[old].path)}, old, wanted[old])
        elif (variant := _variant_called(old, column, targets)) is not None:
            columns[variant["name"]] = variant
        else:
            columns[old] = column
    return columns


def _variant_called(old: str, column: ColumnSchema, names: Mapping[str, str]) -> ColumnSchema | None:
    """Return a variant under the new name of its column, None where that has none."""
    base = old.rpartition(_VARIANT)[0]
    if not column.get("variant") or names.get(base, base) == base:
        return None
    name = names[base] + old[len(base) :]
    former = [found for found in dict.fromkeys([*column.get(X_FORMER, ()), old]) if found != name]
    return {**column, "name": name, X_FORMER: former}


def _as_said(column: ColumnSchema, name: str, wanted: _Wanted) -> ColumnSchema:
    made: ColumnSchema = {**column, "name": name, "from": wanted.path, X_FORMER: list(wanted.former)}
    if wanted.is_plain(name):
        # it has the name of its key again, and nothing is to be said of it
        del made["from"]
        if len(wanted.former) == 1:
            del made[X_FORMER]
    return made


def _told(
    columns: Columns, given: Columns, wanted: Mapping[str, _Wanted], own: Callable[[str], str]
) -> dict[str, ColumnSchema]:
    """Return what is said of columns under their new names; what is said of the new name itself counts most."""
    names = {**new_names(columns), **{old: name for name, found in wanted.items() for old in found.former}}
    keys = {own(column.get("name") or key): key for key, column in given.items()}
    told: dict[str, ColumnSchema] = {}
    for key, column in given.items():
        name = own(column.get("name") or key)
        if name not in wanted and names.get(name, name) != name:
            target = keys.get(names[name], names[name])
            said = {hint: value for hint, value in column.items() if hint not in ("name", X_PATH)}
            told[target] = cast("ColumnSchema", {**said, **told.get(target, {}), "name": target})
            continue
        if (variant := _variant_called(name, column, names)) is not None:
            told[variant["name"]] = variant
            continue
        more = {hint: value for hint, value in told.get(key, {}).items() if hint not in column}
        made = cast("ColumnSchema", {**more, **column})
        if name in wanted:
            made.pop("from", None)
            if name not in columns:
                made.setdefault(X_PATH, _path_of(wanted[name].path))
                made = {**_as_said(made, name, wanted[name]), "name": column.get("name") or key}
        told[key] = made
    return told


def _path_of(path: str) -> str:
    return path if path == ITEM else path_text(keys_of_path(path, ""))


def _with_names(table: TableSchema, names: Mapping[str, str], own: Callable[[str], str]) -> TableSchema:
    """Return a table whose hints call columns by their new names."""
    if not names:
        return table

    def called(name: str) -> str:
        return names.get(own(name), name)

    found: TableSchema = {**table}
    for hint in _NAMING_HINTS:
        if found.get(hint):
            found[hint] = called(str(found[hint]))
    if references := found.get("references"):
        found["references"] = [
            {**one, "columns": [called(name) for name in one["columns"]]} if one.get("columns") else one
            for one in references
        ]
    if checks := found.get(X_CHECKS):
        found[X_CHECKS] = [_check_with_names(check, called) for check in checks]
    return found


def _check_with_names(check: Mapping[str, object], called: Callable[[str], str]) -> dict[str, object]:
    names = check.get("columns")
    return {**check, "columns": [called(name) for name in names]} if isinstance(names, (list, tuple)) else dict(check)


def completed(tables: Mapping[str, TableSchema], naming: NamingConvention) -> dict[str, TableSchema]:
    """Return tables that a person wrote with what their hints say of names.

    Args:
        tables: Tables of a schema.
        naming: Makes names of keys.

    Raises:
        InvalidHint: two columns would be one, or one would be two.
    """
    return {name: settle(None, table, naming, is_named=True).said for name, table in tables.items()}


def is_written(columns: Iterable[ColumnSchema]) -> bool:
    """Tell whether a person wrote the hint, so that former names are not noted yet.

    Args:
        columns: Columns of one table.
    """
    return any("from" in column and X_FORMER not in column for column in columns)

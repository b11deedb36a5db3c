"""What is masked in the tables of a package: refused early where it cannot be right, kept in the schema, applied."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, cast

from dlt.context import current
from dlt.errors import InvalidDataItem, InvalidHint
from dlt.extract.hint_checks import is_dynamic
from dlt.extract.incremental.cursor import keys_of
from dlt.extract.list_paths import LIST
from dlt.extract.mask_salt import salt_for
from dlt.extract.masked_values import MaskValue, hashed, partly, print_of, redacted
from dlt.extract.masker import ChainMasks, Masker
from dlt.extract.model_fields import is_columns_class
from dlt.extract.models import columns_dict
from dlt.extract.renaming import renamed
from dlt.schema.chains import found_in, root_of
from dlt.schema.masks import HASH, MASKS, PARTIAL, REDACT, MaskFunction, has_masks, is_function_name
from dlt.schema.naming import name_of_hint, name_of_key, name_of_table
from dlt.schema.system_tables import is_system_name
from dlt.schema.table import has_seen_data
from dlt.schema.x_keys import X_FORMER, X_MASK_KEY, X_ROW_VERSION

if TYPE_CHECKING:
    from dlt.extract.resource_hints import ResourceHints
    from dlt.schema.schema import Schema
    from dlt.schema.typing import ColumnSchema, TableSchema
    from dlt.types import TDataItem, TDataItems

logger = logging.getLogger("dlt")
_READ_BY_LOADS = {
    "incremental": "the cursor, whose values stand in the state",
    "hard_delete": "the one that says which rows go",
    "dedup_sort": "the one that says which of several rows stays",
    "row_key": "the id of a row, which the library makes",
    "parent_key": "the id of a row, which the library makes",
    "root_key": "the id of a row, which the library makes",
}
_KEYS = ("primary_key", "merge_key")
_LIKE_PATHS = frozenset(".[$*")
_OF_OTHER_TYPE = ("data_type", "precision", "scale", "timezone")


class Masks:
    """The masks of one package.

    Args:
        schema: The schema of the package.
    """

    def __init__(self, schema: Schema) -> None:
        self._schema, self._naming = schema, schema.naming
        self._functions: dict[tuple[str, str], MaskValue] = {}
        self._maskers: dict[str, Masker] = {}
        self._foreseen: dict[str, dict[str, object]] = {}
        """Masks of tables that a resource of the extract declares, which hold for rows of other resources too."""
        self._nested: dict[str, list[tuple[str, str]]] = {}
        """Nested tables of these, with their parents, by root table."""
        self._of_classes: set[str] = set()
        """Resources whose columns a class declares."""

    def apply(self, table: str, item: TDataItems) -> TDataItems:
        """Return an item of a root table masked; the same one where nothing is.

        Args:
            table: Name of the table.
            item: The item.
        """
        masker = self._maskers.get(table)
        return item if masker is None else masker(item)

    def check(self, resource: ResourceHints) -> None:
        """Refuse masks of a resource that cannot be right, before anything is read.

        Args:
            resource: The resource.

        Raises:
            InvalidHint: the cursor or another column that loads depend on is masked, or a name leads nowhere.
            ConfigFieldMissingException: a hash needs a salt, and there is none.
        """
        if not has_masked(resource.name, resource.hints, self._schema):
            return
        if is_columns_class(resource.hints.get("columns")):
            self._of_classes.add(resource.name)
        else:
            self._check_names(resource)
        # hints that are functions of the item are known with the first one only, and are looked at then
        if not (resource.has_dynamic_table_name or resource.has_other_dynamic_hints):
            root, *nested = (renamed(self._schema, table) for table in resource.compute_tables(self._naming))
            self._check_path_of_cursor(resource, root)
            self.settle(root, nested, is_look=True)
            self._foresee(root, nested)

    def settle(self, root: TableSchema, nested: list[TableSchema], is_look: bool = False) -> None:
        """Write what hints say of masks as a schema keeps it; take up what it says already.

        Args:
            root: A root table as hints declare it; its columns are replaced.
            nested: Its nested tables; those whose masks only the schema knows are added.
            is_look: Nothing is to be told yet.

        Raises:
            InvalidHint: a mask cannot be right.
            ConfigFieldMissingException: a hash needs a salt, and there is none.
        """
        names = {self._name_of(table) for table in (root, *nested)}
        for own, above in self._nested.get(self._name_of(root), ()):
            if own not in names:
                names.add(own)
                nested.append({"name": own, "parent": above, "columns": {}})
        for name, known in self._schema.tables.items():
            parent = known.get("parent") if name not in names and has_masks(known["columns"]) else None
            if parent and self._is_in_chain(name, self._name_of(root)):
                nested.append({"name": name, "parent": parent, "columns": {}})
        for table in (root, *nested):
            name = self._name_of(table)
            stored: TableSchema = self._schema.tables.get(name) or {}
            if has_masks(table.get("columns")) or has_masks(stored.get("columns")) or name in self._foreseen:
                self._settle(name, table, stored, is_look)

    def ready(self, root: str) -> None:
        """Make what masks the items of a root table, now that its tables are in the schema.

        Args:
            root: Name of the table.

        Raises:
            InvalidHint: a function masked a column, and the code does not give it any more.
        """
        masks: dict[str, dict[str, MaskValue]] = {}
        documents: dict[str, frozenset[str]] = {}
        for name, table in self._schema.tables.items():
            if not has_masks(table["columns"]) and name != root:
                continue
            if not self._is_in_chain(name, root):
                continue
            for column_name, column in table["columns"].items():
                if mask := column.get("mask"):
                    found = self._value_mask(name, column_name, mask)
                    # items have the names of keys, whatever the column is called, and was called
                    for key in (column_name, *column.get(X_FORMER, ())):
                        masks.setdefault(name, {})[key] = found
            documents[name] = frozenset(
                key
                for n, c in table["columns"].items()
                if c.get("data_type") == "json"
                for key in (n, *c.get(X_FORMER, ()))
            )
        # made anew each time: a later item may bring hints that mask more
        if masks:
            self._maskers[root] = Masker(ChainMasks(root, masks, documents), self._naming)
        else:
            self._maskers.pop(root, None)

    def hides(self, *tables: TableSchema) -> bool:
        """Tell whether rows of tables, as hints declare them, have values that nobody may see."""
        return any(
            has_masks(table.get("columns"))
            or has_masks((self._schema.tables.get(self._name_of(table)) or {}).get("columns"))
            or self._name_of(table) in self._foreseen
            for table in tables
        )

    def tell_idle(self, filled: Mapping[str, int]) -> None:
        """Tell of masks of columns that no row ever had: their names may be wrong, and values stand in others.

        Args:
            filled: Rows by root table.
        """
        for root, masker in self._maskers.items():
            # of the names that the field of a class may have outside, items have one
            if not filled.get(root) or self._schema.tables[root].get("resource") in self._of_classes:
                continue
            idle = set(masker.idle)
            for table, column in masker.idle:
                known = self._schema.tables[table]["columns"].get(column, {"name": column})
                # items have the name of the key, where a hint says another one; it is no column of its own
                has_come = any((table, key) not in idle for key in known.get(X_FORMER, ()))
                if "data_type" not in known and known.get("mask") and not has_come:
                    logger.warning(
                        "table %s: no item has the column %s, which has the mask %r. Look whether its name is right: "
                        "one inside of a document is buyer__email, one inside of a list items[*].email.",
                        table,
                        column,
                        known.get("mask"),
                    )

    # -- inside

    def _foresee(self, root: TableSchema, nested: list[TableSchema]) -> None:
        for table in (root, *nested):
            masks = {
                name_of_hint(self._naming, column.get("name") or key): column["mask"]
                for key, column in table["columns"].items()
                if column.get("mask")
            }
            if masks:
                self._foreseen.setdefault(self._name_of(table), {}).update(masks)
        if any(has_masks(table["columns"]) for table in nested):
            named = [(self._name_of(table), str(table.get("parent"))) for table in nested]
            self._nested.setdefault(self._name_of(root), []).extend(named)

    def _settle(self, name: str, table: TableSchema, stored: TableSchema, is_look: bool) -> None:
        columns: dict[str, ColumnSchema] = {}
        known = stored.get("columns") or {}
        version = table.get(X_ROW_VERSION)
        named = {name_of_hint(self._naming, column.get("name") or key) for key, column in table["columns"].items()}
        # masks that only the schema knows are looked at too
        foreseen = self._foreseen.get(name, {})
        masked = [*(key for key, column in known.items() if column.get("mask")), *foreseen]
        told: dict[str, ColumnSchema] = {key: {"name": key} for key in masked if key not in named}
        for key, column in {**table["columns"], **told}.items():
            own = name_of_hint(self._naming, column.get("name") or key)
            there: ColumnSchema = known.get(own) or {}
            mask = column["mask"] if column.get("mask") is not None else there.get("mask") or foreseen.get(own)
            if not mask:
                columns[key] = column
                continue
            if version is not None and name_of_hint(self._naming, version) == own:
                raise _refused(name, own, mask, "the version of a row, by which loads tell which row is newer")
            _check(name, own, mask, {**there, **column})
            columns[key] = self._masked(name, own, mask, column, there)
            if not is_look and not there.get("mask") and "data_type" in there and has_seen_data(stored):
                logger.warning(
                    "table %s, column %s is masked from now on. Rows that were loaded before keep the clear values; "
                    "load the table anew with refresh='drop_resources' to mask them too.",
                    name,
                    own,
                )
        table["columns"] = columns

    def _masked(self, name: str, own: str, mask: object, column: ColumnSchema, there: ColumnSchema) -> ColumnSchema:
        made: dict[str, object] = {**column, "mask": str(mask)}
        if isinstance(mask, MaskFunction):
            self._functions[name, own] = _guarded(mask.function, name, own)
            return cast("ColumnSchema", made)
        if mask in MASKS:
            is_typed = "data_type" in column or "data_type" in there
            for key in _OF_OTHER_TYPE:
                made.pop(key, None)
            if is_typed:
                # a column that holds clear values of another type keeps it: what is masked goes beside them
                made["data_type"] = there.get("data_type", "text")
            if made.get("data_type", "text") != "text" and (
                column.get("nullable") is False or there.get("nullable") is False
            ):
                raise InvalidHint(
                    f"table {name}, column {own!r}: the mask {mask!r} makes text of it, and the table that was loaded "
                    f"has {made['data_type']} in it and needs a value in each row. Load the table anew with "
                    "refresh='drop_resources'.",
                    column_name=own,
                    hint="mask",
                    found=mask,
                )
        if mask == HASH:
            self._check_salt(name, own, there, made)
        return cast("ColumnSchema", made)

    def _check_salt(self, name: str, own: str, there: ColumnSchema, made: dict[str, object]) -> None:
        salt = salt_for(f"the mask 'hash' of {name}.{own}")
        made[X_MASK_KEY] = print_of(salt)
        if there.get("mask") == HASH and there.get(X_MASK_KEY, made[X_MASK_KEY]) != made[X_MASK_KEY]:
            raise InvalidHint(
                f"table {name}, column {own!r}: mask_salt is another one than in earlier loads, so that equal values "
                "would have other hashes, and keys would find no row. Set the former mask_salt, or load the table "
                "anew with refresh='drop_resources'.",
                column_name=own,
                hint="mask",
            )

    def _check_names(self, resource: ResourceHints) -> None:
        """Refuse a mask whose name looks like a path and is none: it would hold for a column that no item has."""
        nested = resource.hints.get("nested_hints")
        for columns in (resource.hints.get("columns"), *(_columns_of(value) for value in _values(nested))):
            for key, column in () if is_dynamic(columns) else columns_dict(columns).items():
                own = name_of_hint(self._naming, key)
                if column.get("mask") and LIST not in key and own != key and _LIKE_PATHS & {*key}:
                    raise InvalidHint(
                        f"resource {resource.name!r}, column {key!r}: the mask would hold for the column {own} of the "
                        f"table. Write {own!r} if that is meant; a value inside of a document is buyer__email, one "
                        "inside of a list items[*].email.",
                        column_name=key,
                        hint="mask",
                    )

    def _check_path_of_cursor(self, resource: ResourceHints, root: TableSchema) -> None:
        incremental = resource.pipe.merged_incremental(look_up=False)
        keys = keys_of(incremental.cursor_path) if incremental is not None and incremental.cursor_path else None
        if not keys or len(keys) == 1:
            return
        # one that leads into a document is no column of the hints
        own = self._naming.shorten_fragments(*(name_of_key(self._naming, key) for key in keys))
        name = self._name_of(root)
        stored: TableSchema = self._schema.tables.get(name) or {}
        for columns in (root["columns"], stored.get("columns") or {}):
            for key, column in columns.items():
                named = name_of_hint(self._naming, column.get("name") or key)
                if column.get("mask") and own in (named, *column.get(X_FORMER, ())):
                    raise _refused(name, own, column["mask"], _READ_BY_LOADS["incremental"])

    def _value_mask(self, table: str, column: str, mask: object) -> MaskValue:
        if mask == HASH:
            return _guarded(hashed(salt_for(f"the mask 'hash' of {table}.{column}")), table, column)
        if mask in (REDACT, PARTIAL):
            return redacted if mask == REDACT else _guarded(partly, table, column)
        # only code has functions: without one a clear value would be written
        found = self._functions.get((table, column))
        if found is None or not is_function_name(mask):
            raise InvalidHint(
                f"table {table}, column {column!r}: the {mask} masked it in earlier runs, and no code gives it to this "
                f"one. Give the column its function again, as mask= of the resource's columns, or one of "
                f"{', '.join(MASKS)}; mask=False stores clear values.",
                column_name=column,
                hint="mask",
                found=mask,
            )
        return found

    def _name_of(self, table: TableSchema) -> str:
        given = table["name"]
        return self._naming.normalize_tables_path(given) if table.get("parent") else name_of_table(self._naming, given)

    def _is_in_chain(self, name: str, root: str) -> bool:
        above: str | None = name
        while above is not None and above != root:
            above = found_in(self._schema.tables.get(above))
        return above == root


def masks_here() -> bool:
    """Tell whether the resource at work has masks, so that no message may show its rows."""
    context = current()
    hints: Mapping[str, object] = getattr(context.resource, "hints", {})
    return has_masked(context.resource_name or "", hints, context.schema)


def has_masked(name: str, hints: Mapping[str, object], schema: object) -> bool:
    """Tell whether something of a resource is masked, by its hints or by the schema.

    Args:
        name: Name of the resource.
        hints: Its hints.
        schema: The schema, where one is at work.
    """
    nested = hints.get("nested_hints")
    declared = [hints.get("columns"), *(_columns_of(value) for value in _values(nested))]
    # a function of the item tells its columns when they are declared
    if any(has_masks(columns_dict(found)) for found in declared if not is_dynamic(found)):
        return True
    tables: Mapping[str, TableSchema] = getattr(schema, "tables", {})
    masked = [table for table in tables.values() if has_masks(table["columns"])]
    # a table of a schema file belongs to nobody yet; those of other resources make no difference to this one
    return any(tables[root_of(tables, table["name"])].get("resource") in (None, name) for table in masked)


def _columns_of(hints: object) -> object:
    return hints.get("columns") if isinstance(hints, Mapping) else None


def _values(hints: object) -> list[object]:
    return list(hints.values()) if isinstance(hints, Mapping) else []


def _check(table: str, name: str, mask: object, column: Mapping[str, object]) -> None:
    if is_system_name(name):
        raise _refused(table, name, mask, "one that the library makes")
    for hint, what in _READ_BY_LOADS.items():
        if column.get(hint):
            raise _refused(table, name, mask, what)
    keys = [hint for hint in _KEYS if column.get(hint)]
    if keys and mask in (REDACT, PARTIAL):
        raise InvalidHint(
            f"table {table}, column {name!r}: the mask {mask!r} gives many values one text, and the column is part of "
            f"the {keys[0]}, so that rows would take each other's place. Give mask='hash', which keeps keys apart and "
            "joinable.",
            column_name=name,
            hint="mask",
            found=mask,
        )


def _refused(table: str, name: str, mask: object, what: str) -> InvalidHint:
    return InvalidHint(
        f"table {table}, column {name!r}: it has mask={str(mask)!r}, and is {what}. Take the mask away, or copy the "
        "value to another key with add_map and mask that one.",
        column_name=name,
        hint="mask",
        found=mask,
    )


def _guarded(function: Callable[[TDataItem], object], table: str, column: str) -> MaskValue:
    """Return a mask whose failure tells nothing of the value."""

    def call(value: TDataItem) -> object:
        try:
            return function(value)
        except Exception as error:  # noqa: BLE001 - a function of the user; told below
            kind = type(error).__name__
        # outside of the handler, so that no error with the value hangs on this one
        raise InvalidDataItem(
            f"table {table}, column {column}: a value of type {type(value).__name__} cannot be masked: "
            f"{getattr(function, '__name__', 'the mask')} failed with {kind}. What it says is left out, as it may "
            "tell the value. Mend the function, or drop such items with add_filter.",
            table=table,
        )

    return call

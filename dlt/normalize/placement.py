"""Where a value goes: the column that the first value of a key decided, or a variant column when it does not fit."""

from __future__ import annotations

import re
from collections.abc import Iterable

from dlt.errors import CannotCoerceColumnException, SchemaIdentifierNormalizationCollision
from dlt.schema.capabilities import GENERIC, Capabilities
from dlt.schema.columns import column_for
from dlt.schema.contract import EVOLVE, expand, is_marked_new, violation, with_row
from dlt.schema.conversions import convert
from dlt.schema.inference import infer_type, variants
from dlt.schema.limits import Misfit, TooLong
from dlt.schema.paths import NotedPaths
from dlt.schema.quarantine import MODE as QUARANTINE
from dlt.schema.quarantine import Refusal
from dlt.schema.renames import NewNames
from dlt.schema.schema import Schema
from dlt.schema.typing import ColumnSchema, Contract, DataType, TableSchema
from dlt.schema.update import SchemaUpdate
from dlt.schema.width import check_width
from dlt.schema.x_keys import OPEN_COLUMNS, X_NORMALIZER


class DiscardRow(Exception):
    """Tell the caller that the contract discards the row with all its children."""


class QuarantineRow(Exception):
    """Tell the caller that the contract keeps the whole root item out, in quarantine.

    Args:
        refusal: Why.
    """

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal)
        self.refusal = refusal


_SYSTEM = 5
"""Number of columns of the library's own that a table may get; for a first look."""


class Placement:
    """Decide columns for values, and remember what must be added to the schema.

    Args:
        schema: The schema so far; it is not changed.
        capabilities: What the destination can store.
        as_in_1x: Variant columns have the names that PyPI dlt 1.x gives them, and moments of Arrow its types.
        contract: Counts in place of those of the schema and its tables; these when None.
    """

    def __init__(
        self,
        schema: Schema,
        capabilities: Capabilities = GENERIC,
        as_in_1x: bool = False,
        contract: Contract | None = None,
    ) -> None:
        self.schema, self.capabilities, self.as_in_1x = schema, capabilities, as_in_1x
        self._given = expand(contract) if contract is not None else None
        # types of which every value fits, so that no limit has to be asked
        self._same: dict[type, DataType] = {bool: "bool"}
        if capabilities.supports_nan:
            self._same[float] = "double"
        if capabilities.supports_nul:
            self._same[str] = "text"
        # a table that has hints and no typed column yet is still new to the contract
        self._known = {name for name in schema.tables if not self._new(name)}
        self._added: dict[str, TableSchema] = {}
        self._columns: dict[str, dict[str, ColumnSchema]] = {}
        self.called = NewNames(self.columns)
        self._modes: dict[str, dict[str, str]] = {}
        # roots of which a nested table has a contract of its own
        self._limits_nested = {
            schema.root_of(name)
            for name, table in schema.tables.items()
            if table.get("parent") and expand(table.get("schema_contract")) != EVOLVE
        }
        # one look at it tells whether columns were added, and paths are to be noted
        self.changes = 0
        self.paths = NotedPaths()

    @property
    def update(self) -> SchemaUpdate:
        """Return the tables and columns that were added."""
        added = {name: table for name, table in self._added.items() if table["columns"] or self._new(name)}
        return self.paths.added_to(SchemaUpdate(added), self.schema.naming.PATH_SEPARATOR)

    def columns(self, table: str) -> dict[str, ColumnSchema]:
        """Return the columns of a table, added ones included."""
        if table not in self._columns:
            stored = self.schema.tables.get(table)
            # a copy: what is added counts only if the package is committed
            self._columns[table] = dict(stored["columns"]) if stored else {}
        return self._columns[table]

    def evolves(self, table: str) -> bool:
        """Tell whether the contracts let everything of a root table and its nested tables evolve."""
        return table not in self._limits_nested and all(mode == "evolve" for mode in self.contract(table).values())

    def quarantines_values(self, table: str) -> bool:
        """Tell whether items whose values do not fit go to quarantine."""
        return self.contract(table)["data_type"] == QUARANTINE

    def is_known(self, table: str) -> bool:
        """Tell whether a table has columns, or was opened."""
        return table in self._known

    def check_table(self, table: str, parent: str | None, row: object = None) -> None:
        """Refuse a new table that filters or the contract keep out; nothing is made known.

        Raises:
            DiscardRow: the contract discards rows of new tables.
            QuarantineRow: the contract puts items that bring new tables into quarantine.
            DataValidationError: the contract is frozen.
        """
        # the table is not known yet, so its root is that of its parent
        root = self.root_of(parent) if parent else table
        if parent and self.filtered(table, "", root):
            raise DiscardRow
        mode = self.contract(root)["tables"]
        if mode == "freeze":
            raise with_row(violation(self.schema.name, table, "tables", self.contract(root)), row)
        if mode in ("discard_row", "discard_value"):
            raise DiscardRow
        if mode == QUARANTINE:
            raise QuarantineRow(Refusal("tables", "", f"the table {table} is new"))

    def open_table(self, table: str, parent: str | None, row: object = None) -> None:
        """Make a table known.

        Raises:
            DiscardRow, QuarantineRow, DataValidationError: as `check_table` has it.
        """
        if table in self._known:
            return
        self.check_table(table, parent, row)
        self._known.add(table)
        # a column of the library's may have been added before
        added = self._added.setdefault(table, {"name": table, "columns": {}})
        if parent:
            added["parent"] = parent

    def place(self, table: str, name: str, value: object) -> tuple[str, object] | None:
        """Return the column and the coerced value, or None when the contract discards the value.

        Raises:
            DiscardRow: the contract discards the row.
            QuarantineRow: the contract puts the item into quarantine.
            DataValidationError: the contract is frozen.
        """
        column = self.columns(table).get(name)
        typed = column is not None and "data_type" in column
        if (
            column is not None
            and typed
            and column["data_type"] == self._same.get(type(value))
            and (type(value) is not str or (value.isascii() and "precision" not in column))
        ):
            # the most frequent values, for which the table of conversions has nothing to do
            return name, value
        if self.filtered(table, name):
            return None
        if column is None or not typed:
            kind = infer_type(value)
            known = column is not None
            column = column_for(self.schema, table, name, value)
            if not self._allowed(table, name, "columns", kind, has_column=known):
                return None
            self.add_column(table, column)
        try:
            return name, convert(value, column, self.capabilities)
        except Misfit as misfit:
            found = self._elsewhere(table, name, value, misfit)
        if found is None:
            return None
        other, stored = found
        if "data_type" not in self.columns(table).get(other["name"], {}):
            self.add_column(table, other)
        return other["name"], stored

    def column_of(self, table: str, name: str, value: object) -> str | None:
        """Return the column into which `place` would put a value whose own has a type, None where it is discarded.

        Nothing is made known: the column of a variant may be one that is not there yet.

        Raises:
            DiscardRow, QuarantineRow, DltException: as `place` has it.
        """
        try:
            convert(value, self.columns(table)[name], self.capabilities)
            return name
        except Misfit as misfit:
            found = self._elsewhere(table, name, value, misfit)
        return found[0]["name"] if found is not None else None

    def add_table(self, table: TableSchema) -> None:
        """Make a table of the library known, with all of its columns."""
        self._known.add(table["name"])
        self._added[table["name"]] = table
        self._columns[table["name"]] = dict(table["columns"])

    def filtered(self, table: str, name: str, root: str | None = None) -> bool:
        """Tell whether the filters of the root table exclude a column or, without a name, a nested table.

        Args:
            table: The table.
            name: The column, or "".
            root: The root of a table that is not known yet.
        """
        root = root or self.root_of(table)
        filters = self.schema.tables[root].get("filters") if root in self.schema.tables else None
        if not filters:
            return False
        # filters are written as paths below the root table
        path = f"{table[len(root) :]}{self.schema.naming.PATH_SEPARATOR}{name}".lstrip("_▶") if name else ""
        path = path or table[len(root) :].lstrip("_▶")
        return not _is_among(filters.get("includes"), path) and _is_among(filters.get("excludes"), path)

    def add_column(self, table: str, column: ColumnSchema) -> None:
        """Make a column known.

        Raises:
            TooManyColumns: the destination takes no more.
        """
        columns = self.columns(table)
        columns[column["name"]] = column
        entry = self._added.setdefault(table, {"name": table, "columns": {}})
        # a first look, as nearly all tables are far from the limit
        limit = self.capabilities.max_columns
        if limit is not None and len(columns) + _SYSTEM > limit:
            check_width(table, {**self.schema.tables.get(table, entry), "columns": columns}, (), limit)
        entry["columns"][column["name"]] = column
        self.changes += 1

    def _refuse_long(self, table: str, name: str, error: TooLong) -> None:
        """Raise, unless the contract discards the value."""
        mode = self.contract(table)["data_type"]
        if mode == "discard_row":
            raise DiscardRow
        if mode == QUARANTINE:
            raise QuarantineRow(Refusal("data_type", name, str(error)))
        if mode != "discard_value":
            raise _too_long(table, name, error) from error

    def _elsewhere(self, table: str, name: str, value: object, misfit: Misfit) -> tuple[ColumnSchema, object] | None:
        """Return the variant column and the value in it, for one that its own column does not hold.

        Raises:
            DiscardRow, QuarantineRow, CannotCoerceColumnException: no column may have it.
        """
        # no variant column holds it either
        if isinstance(misfit, TooLong):
            self._refuse_long(table, name, misfit)
            return None
        columns, mode = self.columns(table), self.contract(table)["data_type"]
        own = columns[name]
        kept_out = QuarantineRow(Refusal("data_type", name, _misfit(value, own))) if mode == QUARANTINE else None
        # in a variant column the value would leave a NULL in its own
        if own.get("nullable") is False:
            raise DiscardRow if mode == "discard_row" else kept_out or _without_variant(table, name, own, value)
        for candidate, become in variants(name, value, self.schema.detections, self.as_in_1x):
            variant = candidate["name"]
            known = columns.get(variant, candidate)
            # hints that a person declared for the variant column count
            column: ColumnSchema = known if "data_type" in known else {**candidate, **known}
            try:
                stored = become(value, column, self.capabilities)
            except Misfit:
                continue
            if "data_type" in columns.get(variant, {}):
                return column, stored
            if kept_out is not None:
                raise kept_out
            if not self._allowed(table, variant, "data_type", column["data_type"], has_column=False):
                return None
            return {**column, "variant": True}, stored
        raise kept_out or _without_column(table, name, own, value)

    def accepts(self, table: str, column: ColumnSchema) -> bool:
        """Tell whether the contract takes a column that has no type yet.

        Raises:
            DiscardRow: the contract discards rows that have a value for it.
            QuarantineRow: it puts them into quarantine.
            DataValidationError: the contract is frozen.
        """
        name = column["name"]
        if self.filtered(table, name):
            return False
        return self._allowed(table, name, "columns", column["data_type"], has_column=name in self.columns(table))

    def _allowed(self, table: str, name: str, entity: str, kind: DataType, has_column: bool) -> bool:
        if has_column or (entity == "columns" and (self._new(table) or self._is_open(table, name))):
            return True
        mode = self.contract(table)[entity]
        if mode == "evolve":
            return True
        if mode == "freeze":
            known = self.schema.tables.get(table)
            raise violation(self.schema.name, table, entity, self.contract(table), name, known, kind)
        if mode == "discard_row":
            raise DiscardRow
        if mode == QUARANTINE:
            raise QuarantineRow(Refusal(entity, name, f"the column is new; its value is of type {kind}"))
        return False

    def contract(self, table: str) -> dict[str, str]:
        """Return the modes of the contract that counts for a table, by entity."""
        if table not in self._modes:
            # a table that is new has the contract of its root
            own = table if table in self.schema.tables else self.root_of(table)
            # asked for every value, so it is looked up once
            self._modes[table] = dict(self._given or self.schema.resolve_contract(own))
        return self._modes[table]

    def _new(self, table: str) -> bool:
        stored = self.schema.tables.get(table)
        typed = stored is not None and any("data_type" in column for column in stored["columns"].values())
        return not typed or is_marked_new(stored)

    def _is_open(self, table: str, name: str) -> bool:
        """Tell whether a column belongs to a field that a model declares and leaves open."""
        stored: TableSchema = self.schema.tables.get(table) or {}
        naming = self.schema.naming
        for field in (stored.get(X_NORMALIZER) or {}).get(OPEN_COLUMNS) or ():
            prefix = naming.normalize_path(field)
            if name == prefix or name.startswith(prefix + naming.PATH_SEPARATOR):
                return True
        return False

    def root_of(self, table: str) -> str:
        """Return the name of the root table of a chain, tables added here included."""
        while True:
            entry = self.schema.tables.get(table) or self._added.get(table)
            parent = entry.get("parent") if entry else None
            if not parent:
                return table
            table = parent


def taken(table: str, column: str) -> SchemaIdentifierNormalizationCollision:
    """Return the error of a row that has a value for a variant column, and one of its own under the same name."""
    key = column.rpartition("__v_")[0]
    return SchemaIdentifierNormalizationCollision(
        f"table {table}: a value of {key!r} does not fit its column and goes to {column!r}, but the row has another "
        f"value for {column!r} itself. Rename that key with add_map, or declare a data_type that {key!r} fits.",
        table=table,
        column=column,
    )


def _too_long(table: str, name: str, error: TooLong) -> CannotCoerceColumnException:
    return CannotCoerceColumnException(
        f"{table}.{name}: {error}. Shorten it or split it with add_map, declare data_type 'json' for the column if "
        "the destination holds longer documents, or let a contract for data_type discard it.",
        table=table,
        column=name,
    )


def _without_variant(table: str, name: str, own: ColumnSchema, value: object) -> CannotCoerceColumnException:
    return CannotCoerceColumnException(
        f"{table}.{name}: a value of type {type(value).__name__} does not fit the column, whose type is "
        f"{own['data_type']}. The column must have a value in every row{_of_key(own)}, so that it cannot go "
        "to a variant column. Convert the value in the resource, or declare another data_type; drop the "
        "package that has it with drop_pending_packages().",
        table=table,
        column=name,
    )


def _without_column(table: str, name: str, own: ColumnSchema, value: object) -> CannotCoerceColumnException:
    return CannotCoerceColumnException(
        f"{table}.{name}: a value of type {type(value).__name__} fits neither {own['data_type']} nor the columns "
        f"{name}__v_…, as these have other types than their names say. Rename or drop them.",
        table=table,
        column=name,
    )


def _misfit(value: object, column: ColumnSchema) -> str:
    return f"a value of type {type(value).__name__} does not fit the column, whose type is {column['data_type']}"


def _of_key(column: ColumnSchema) -> str:
    return ", being a key" if column.get("primary_key") or column.get("merge_key") else ""


def _is_among(patterns: Iterable[str] | None, path: str) -> bool:
    """Tell whether a path is one of those that patterns name; "re:" stands before an expression."""
    return any(re.search(p[3:], path) is not None if p.startswith("re:") else p == path for p in patterns or ())

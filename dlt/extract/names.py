"""Names that data brings, looked at page by page while it is extracted.

What would fail later, or lose values without a word, is found here: two keys of one row that become one column, names
that nothing can store, tables that are the library's own, and keys of tables that no row has.
"""

from __future__ import annotations

import difflib
import logging
from collections.abc import Hashable, Iterable, Mapping, Sequence

from dlt.errors import (
    SchemaException,
    SchemaIdentifierNormalizationCollision,
    TablePropertiesConflictException,
    UnboundColumnException,
)
from dlt.extract.declared import check_added, check_same, check_type, check_validity, check_validity_names
from dlt.formats.batches import batch_rows
from dlt.late import pa
from dlt.schema.capabilities import Capabilities
from dlt.schema.chains import found_in
from dlt.schema.naming import NamingConvention, name_of_hint, name_of_key, name_of_table
from dlt.schema.quarantine import MODE as QUARANTINE
from dlt.schema.renames import NewNames
from dlt.schema.required import required_columns, unbound
from dlt.schema.schema import Schema
from dlt.schema.system_tables import is_system_name
from dlt.schema.typing import ColumnSchema, TableSchema
from dlt.schema.width import check_width
from dlt.types import ReadOnlyRow, TDataItem

logger = logging.getLogger("dlt")
_DECIDING = ("dedup_sort", "hard_delete")
_MUCH_ALIKE = 0.75
_SHOWN = 100
"""Letters of a name that a message shows."""
_PLAIN = frozenset({str, int, float, bool, bytes})
_SEQUENCES = (list, tuple, set, frozenset)


class NameCheck:
    """Watch the names of one package.

    Args:
        schema: Its schema, with all that is declared so far.
        capabilities: What the destination can do, if it is known.
    """

    def __init__(self, schema: Schema, capabilities: Capabilities | None = None) -> None:
        self._schema, self._naming, self._capabilities = schema, schema.naming, capabilities
        self._max_columns = capabilities.max_columns if capabilities is not None else None
        self._widths: dict[str, int] = {}
        self._parents: dict[str, str] = {}
        self._names: dict[tuple[str, str], dict[Hashable, str]] = {}
        self._children: dict[tuple[str, str], str] = {}
        self._seen: dict[str, dict[str, None]] = {}
        # tables with objects of the user: what columns these become only normalize knows, so none is missed
        # here
        self._opaque: set[str] = set()
        self._written: dict[str, dict[str, str]] = {}
        self._batches: dict[str, pa.Schema] = {}
        self._limit: int | None = None
        self._called = NewNames(self._columns)

    # -- declared names

    def declare(self, table: TableSchema) -> str:
        """Check a table as hints declare it; return its name.

        Args:
            table: The partial table, with names as users wrote them.

        Raises:
            SchemaException: the name cannot be that of a table.
        """
        given = table["name"]
        name = self._naming.normalize_tables_path(given) if table.get("parent") else name_of_table(self._naming, given)
        _check_name(self._naming, f"table {_cut(given)!r}", name)
        if is_system_name(name):
            raise SchemaException(
                f"table {given!r}: its name {name!r} begins with '_dlt', as those of the library's own tables do. "
                "Give table_name= another name.",
                table_name=name,
            )
        # hints of a later item may say more
        self._called.pop(name, None)
        written = self._written.setdefault(name, {})
        stored: TableSchema = self._schema.tables.get(name) or {}
        if stored.get("parent") and not table.get("parent"):
            raise TablePropertiesConflictException(
                f"table {given!r}: the table {name!r} holds nested rows of {stored['parent']!r}. Give table_name= "
                "another name.",
                table_name=name,
            )
        declared: dict[str, tuple[str, ColumnSchema]] = {}
        for key, column in (table.get("columns") or {}).items():
            column_name = column.get("name") or key
            normalized = name_of_hint(self._naming, column_name)
            written.setdefault(normalized, column_name)
            other, hints = declared.setdefault(normalized, (column_name, column))
            check_same(name, other, hints, column_name, column)
            check_added(table, stored, normalized, column)
            check_type(stored, normalized, column, self._capabilities)
        check_validity_names(table, self._naming)
        return name

    # -- pages

    def batch(self, table: str, batch: pa.RecordBatch, first: int) -> None:
        """Check a page that became a record batch.

        Args:
            table: Name of its table.
            batch: The page.
            first: Number of the first row.

        Raises:
            SchemaException: a name cannot be stored, two keys of one row become one column, or there are too many.
        """
        known = self._batches.get(table)
        if known is not None and known.equals(batch.schema):
            return
        self._seen.setdefault(table, {})
        self._limit = self._schema.max_nesting(table)
        walk = _Fields(self)
        walk.document(table, [(field.name, field.type) for field in batch.schema], "", ())
        self._check_width(first)
        if walk.clashes:
            self.rows(table, list(batch_rows(batch)), first)
            return  # other rows of the same shape may have both
        self._batches[table] = batch.schema

    def tabular(self, table: str, schema: pa.Schema) -> None:
        """Check the columns of an Arrow table or frame.

        Raises:
            SchemaException: a name cannot be stored, or two columns become one.
        """
        known = self._batches.get(table)
        if known is not None and known.equals(schema):
            return
        self._seen.setdefault(table, {})
        found: dict[str, str] = {}
        for field in schema:
            if pa.types.is_null(field.type):
                continue
            name = self.column(table, self.name(table, "", field.name))
            if name in found:
                raise _clash(table, [found[name], field.name], name, None)
            found[name] = field.name
            self.see(table, name)
        self._check_width(None)
        self._batches[table] = schema

    def rows(self, table: str, rows: Sequence[TDataItem], first: int) -> None:
        """Check rows one by one.

        Args:
            table: Name of their table.
            rows: The rows.
            first: Number of the first one.

        Raises:
            SchemaException: a name cannot be stored, two keys of one row become one column, or there are too many.
        """
        self._seen.setdefault(table, {})
        self._limit = self._schema.max_nesting(table)
        for number, row in enumerate(rows, first):
            self._item(table, row, 0, number)
        self._check_width(first)

    def close(self, tables: Mapping[str, int]) -> None:
        """Check that the columns which every row must fill came at all.

        Args:
            tables: Number of rows of each root table.

        Raises:
            UnboundColumnException: no row of a table has one of them.
        """
        for table, seen in self._seen.items():
            entry = self._schema.tables.get(table)
            if entry is None or table in self._opaque or not (tables.get(table) or (entry.get("parent") and seen)):
                continue
            required = required_columns(entry, entry["columns"])
            missing = {name: reason for name, reason in required.items() if name not in seen}
            _check_sort(table, entry, list(seen))
            check_validity(entry, seen)
            holds = self._schema.resolve_contract(table)["data_type"] == QUARANTINE
            # such rows go to quarantine, all of them too
            if missing and not holds:
                nested = [name for name in self._seen if name.startswith(table) and name != table]
                raise unbound(table, missing, list(seen), self._written.get(table), nested)

    # -- inside

    def see(self, table: str, name: str) -> None:
        """Remember that a table has a column."""
        self._seen.setdefault(table, {})[self.column(table, name)] = None

    def column(self, table: str, name: str) -> str:
        """Return the name of a column, which may be another one than that of its key."""
        return self._called[table].get(name, name)

    def name(self, table: str, prefix: str, key: Hashable) -> str:
        """Return the name of a key.

        Raises:
            SchemaException: it cannot be stored.
        """
        names = self._names.setdefault((table, prefix), {})
        known = names.get(key)
        if known is None:
            text = key if isinstance(key, str) else str(key)
            name = name_of_key(self._naming, text)
            _check_name(self._naming, f"table {table}, key {_cut(text)!r}", name)
            known = names[key] = self._naming.shorten_fragments(prefix, name) if prefix else name
        return known

    def child(self, table: str, name: str) -> str:
        """Return the nested table for lists of a column.

        Raises:
            TablePropertiesConflictException: another table has the name.
        """
        known = self._children.get((table, name))
        if known is None:
            known = self._naming.shorten_fragments(table, name)
            there = self._schema.tables.get(known)
            if there is not None and found_in(there) != table:
                raise TablePropertiesConflictException(
                    f"table {table}: the lists of {name!r} become the nested table {known!r}, and there is another "
                    f"table of this name{_of_resource(there)}. Give that one another table_name, or rename the key.",
                    table_name=known,
                )
            self._children[table, name] = known
            self._parents[known] = table
            self._seen.setdefault(known, {})
        return known

    def kept_whole(self, table: str, name: str, level: int) -> bool:
        """Tell whether documents and lists of a column stay as they are."""
        if self._limit is not None and level >= self._limit:
            return True
        return bool(self._columns(table).get(self.column(table, name), {}).get("data_type") == "json")

    def _columns(self, table: str) -> Mapping[str, ColumnSchema]:
        entry: TableSchema = self._schema.tables.get(table) or {}
        return entry.get("columns") or {}

    def _check_width(self, first: int | None) -> None:
        limit = self._max_columns
        if limit is None:
            return
        for table, seen in self._seen.items():
            if len(seen) <= self._widths.get(table, 0):
                continue
            self._widths[table] = len(seen)
            if self._takes_all(table):
                entry: TableSchema = self._schema.tables.get(table) or {}
                if not entry and table in self._parents:
                    entry = {"parent": self._parents[table]}
                check_width(table, entry, seen, limit, first)

    def _takes_all(self, table: str) -> bool:
        """Tell whether all columns that come are stored; what a contract or a filter leaves out counts later."""
        root = table
        # nested tables that are new stand in no schema yet
        while root in self._parents:
            root = self._parents[root]
        entry: TableSchema = self._schema.tables.get(root) or {}
        return not entry.get("filters") and self._schema.resolve_contract(root)["columns"] in ("evolve", "freeze")

    def _item(self, table: str, item: TDataItem, level: int, number: int) -> None:
        if not isinstance(item, Mapping):
            if isinstance(item, _SEQUENCES):
                self._list(table, self.name(table, "", "list" if level else "value"), item, level, number)
            elif type(item) not in _PLAIN and type(item).__dictoffset__:
                self._opaque.add(table)
            self.see(table, "value")
            return
        flat: dict[str, tuple[Hashable, object]] = {}
        self._document(table, item, "", level, flat, {}, number)
        if called := self._called[table]:
            flat = _as_columns(table, flat, called, number)
        seen = self._seen.setdefault(table, {})
        if not flat.keys() <= seen.keys():
            seen.update(dict.fromkeys(flat))

    def _document(
        self,
        table: str,
        document: ReadOnlyRow,
        prefix: str,
        level: int,
        flat: dict[str, tuple[Hashable, object]],
        lists: dict[str, str],
        number: int,
    ) -> None:
        names = self._names.setdefault((table, prefix), {})
        for key, value in document.items():
            # a key without a value makes no column, so it clashes with none
            if value is None:
                continue
            name, kind = names.get(key) or self.name(table, prefix, key), type(value)
            if kind not in _PLAIN:
                nested = isinstance(value, (Mapping, *_SEQUENCES))
                if not nested and kind.__dictoffset__:
                    self._opaque.add(table)
                if nested and not self.kept_whole(table, name, level):
                    if isinstance(value, Mapping):
                        self._document(table, value, name, level + 1, flat, lists, number)
                    elif value:
                        if lists.setdefault(name, str(key)) != key:
                            raise _clash(table, [lists[name], str(key)], name, number)
                        self._list(table, name, value, level, number)
                    continue
            if name not in flat:
                flat[name] = (key, value)
            # by their text: values of equal text lose nothing, and NaN differs from itself
            elif repr(flat[name][1]) != repr(value):
                raise _clash(table, [str(flat[name][0]), str(key)], name, number)

    def _list(self, table: str, name: str, values: Iterable[TDataItem], level: int, number: int) -> None:
        child = self.child(table, name)
        for value in values:
            self._item(child, value, level + 1, number)


class _Fields:
    """Walk through the fields of a batch."""

    def __init__(self, check: NameCheck) -> None:
        self._check = check
        self._paths: dict[tuple[str, str, bool], tuple[str, ...]] = {}
        self.clashes = False

    def document(
        self, table: str, fields: Sequence[tuple[str, pa.DataType]], prefix: str, above: tuple[str, ...], level: int = 0
    ) -> None:
        """Walk through the fields of documents of one table.

        Args:
            table: Their table.
            fields: Name and Arrow type of each.
            prefix: Name of the document that they belong to, or "".
            above: Keys that lead there.
            level: Number of documents and lists around them.
        """
        for key, kind in fields:
            if pa.types.is_null(kind):
                continue
            name, path = self._check.name(table, prefix, key), (*above, key)
            nested = not self._check.kept_whole(table, name, level)
            if pa.types.is_struct(kind) and nested:
                self.document(table, _inner(kind), name, path, level + 1)
                continue
            is_list = pa.types.is_list(kind) and nested
            if not is_list:
                name = self._check.column(table, name)
            if self._paths.setdefault((table, name, is_list), path) != path:
                self.clashes = True
            if is_list:
                self._list(self._check.child(table, name), kind.value_type, level + 1)
            else:
                self._check.see(table, name)

    def _list(self, table: str, kind: pa.DataType, level: int) -> None:
        if pa.types.is_struct(kind):
            self.document(table, _inner(kind), "", (), level)
        else:
            self.document(table, [("list" if pa.types.is_list(kind) else "value", kind)], "", (), level)


def _as_columns(
    table: str, flat: Mapping[str, tuple[Hashable, object]], called: Mapping[str, str], number: int
) -> dict[str, tuple[Hashable, object]]:
    """Return what a row has by the names of columns, where some are not those of keys."""
    found: dict[str, tuple[Hashable, object]] = {}
    for name, (key, value) in flat.items():
        own = called.get(name, name)
        other, same = found.setdefault(own, (key, value))
        if repr(same) != repr(value):
            raise _clash(table, [str(other), str(key)], own, number)
    return found


def _inner(kind: pa.DataType) -> list[tuple[str, pa.DataType]]:
    return [(kind.field(i).name, kind.field(i).type) for i in range(kind.num_fields)]


def _of_resource(table: TableSchema) -> str:
    return f", of resource {table['resource']!r}" if table.get("resource") else ""


def _cut(name: str) -> str:
    return name if len(name) <= _SHOWN else f"{name[:_SHOWN]}…"


def _check_sort(table: str, entry: TableSchema, seen: Sequence[str]) -> None:
    """Tell of columns that decide which rows stay and that never came: misspelt ones, or those of sparse rows."""
    for name, column in entry["columns"].items():
        hint = next((hint for hint in _DECIDING if column.get(hint)), None)
        if hint is None or name in seen or "data_type" in column:
            continue
        # only a name that is much like one that came is a mistake for sure; sparse rows may lack the column
        close = difflib.get_close_matches(name, seen, 1, _MUCH_ALIKE)
        if close:
            raise UnboundColumnException(
                f"table {table}: no row has the column {name!r}, which has the hint {hint}. Did you mean "
                f"{close[0]!r}? Correct the hint, or declare a data_type for the column if rows may lack it.",
                table_name=table,
                column_name=name,
            )
        logger.warning("table %s: no row has the column %r, which has the hint %s", table, name, hint)


def _check_name(naming: NamingConvention, what: str, name: object) -> None:
    wrong = None
    if not isinstance(name, str) or not name:
        wrong = f"the naming convention {naming.name()} makes {name!r} of it, which is no name"
    elif "\x00" in name:
        wrong = "its name holds a NUL character, which no destination stores"
    # in bytes, as destinations count; a lone surrogate cannot be encoded otherwise
    elif naming.max_length is not None and len(name.encode(errors="surrogatepass")) > naming.max_length:
        wrong = (
            f"its name has {len(name.encode(errors='surrogatepass'))} bytes, and the destination takes "
            f"{naming.max_length}; the naming convention {naming.name()} does not shorten it"
        )
    if wrong is not None:
        raise SchemaException(
            f"{what}: {wrong}. Rename it with add_map or table_name=, or use the naming convention snake_case."
        )


def _clash(table: str, keys: Sequence[str], name: str, number: int | None) -> SchemaIdentifierNormalizationCollision:
    of = "of the Arrow data" if number is None else f"of item {number} (counted from 0) with different values"
    return SchemaIdentifierNormalizationCollision(
        f"table {table}: the keys {' and '.join(map(repr, keys))} {of} become one column, {name!r}. "
        "Rename one of them with add_map, or choose another naming convention.",
        table=table,
        table_name=table,
        column=name,
        column_name=name,
        item_position=number,
    )

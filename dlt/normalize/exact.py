"""The specification of normalize: row by row, in plain Python."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from dlt.errors import CannotCoerceColumnException, DataValidationError, SchemaIdentifierNormalizationCollision
from dlt.normalize.placement import DiscardRow, Placement, QuarantineRow, taken
from dlt.normalize.row_ids import child_id
from dlt.schema.chains import stands_alone
from dlt.schema.contract import with_row
from dlt.schema.conversions import convert
from dlt.schema.limits import Misfit
from dlt.schema.naming import name_of_key
from dlt.schema.quarantine import Refusal
from dlt.schema.system_columns import LIST_INDEX, LOAD_ID, PARENT_ID, ROOT_ID, ROW_ID, ROW_ORDER


class RowNormalizer:
    """Turn documents into rows of flat tables.

    Args:
        placement: Decides the columns.
        load_id: Written to every root row.
        row_id: Gives the id of a root row from its columns and its document.
        keep_root: Tells whether nested rows carry the id of their root row.
        row_order: Gives the place of the next root row in the load; None where rows need none.
        add_alone: Takes the items of lists whose table stands alone, and how many levels of tables they may have.
        documents_last: Columns of documents come behind plain ones.
        quarantine: Takes the items of a table that the contract puts into quarantine; None where it puts none there.
        required: Gives the columns that every row of a table must fill, with the reasons, where rows that leave one out
            go to quarantine.
    """

    def __init__(
        self,
        placement: Placement,
        load_id: str,
        row_id: Callable[[dict[str, object], object], str],
        keep_root: bool,
        row_order: Callable[[], int] | None = None,
        add_alone: Callable[[str, list[object], int | None], None] | None = None,
        documents_last: bool = False,
        quarantine: Callable[[str, object, Refusal], None] | None = None,
        required: Callable[[str], Mapping[str, str]] | None = None,
    ) -> None:
        self._placement = placement
        self._load_id = load_id
        self._row_id = row_id
        self._keep_root = keep_root
        self._row_order = row_order
        self._add_alone = add_alone
        self._documents_last = documents_last
        self._quarantine, self._required = quarantine, required
        self._alone: list[tuple[str, list[object], int | None]] = []
        self._order: dict[str, int] = {}
        self._naming = placement.schema.naming
        self._limit: int | None = None
        self._names: dict[tuple[str, str], str] = {}
        self._paths: dict[tuple[str, str], str] = {}
        self.tables: dict[str, list[dict[str, object]]] = {}

    def add(self, table: str, item: object, limit: int | None = None) -> None:
        """Add one document with all its nested rows, or none of it where the contract discards the row.

        Args:
            table: The root table.
            item: The document.
            limit: How many levels of nested tables there may be, if the schema does not say fewer.
        """
        # gathered first: a row that the contract discards deeper down takes its root with it
        rows: list[tuple[str, dict[str, object]]] = []
        limits = [levels for levels in (self._placement.schema.max_nesting(table), limit) if levels is not None]
        self._limit = min(limits, default=None)
        self._order = {ROW_ORDER: self._row_order()} if self._row_order is not None else {}
        self._alone = []
        try:
            self._placement.open_table(table, None, item)
            self._expand(rows, table, item, {LOAD_ID: self._load_id, **self._order}, None, 0)
        except DiscardRow:
            return
        except QuarantineRow as refused:
            # programs that ask for rows without a load have nowhere to put it
            if self._quarantine is None:
                raise
            self._quarantine(table, item, refused.refusal)
            return
        for name, row in rows:
            self.tables.setdefault(name, []).append(row)
        if self._add_alone is not None:
            for name, values, levels in self._alone:
                self._add_alone(name, values, levels)

    def _expand(
        self,
        rows: list[tuple[str, dict[str, object]]],
        table: str,
        item: object,
        system: dict[str, object],
        root_id: str | None,
        level: int,
    ) -> None:
        flat: dict[str, object] = {}
        lists: list[tuple[str, list[object]]] = []
        # the names of PyPI dlt 1.x: whatever is no document is a value, and a list inside of a list is one
        document = item if isinstance(item, dict) else {"list" if level and isinstance(item, list) else "value": item}
        self._flatten(table, document, "", level, flat, lists)
        if called := self._placement.called[table]:
            flat = _as_columns(table, flat, called)
        known = self._placement.changes
        # an id that comes with the data is the row's: what refers to it elsewhere goes on to fit
        own = flat.pop(ROW_ID, None)
        for name in system:
            flat.pop(name, None)
        row: dict[str, object] = {}
        try:
            for name, value in flat.items():
                placed = self._placement.place(table, name, value)
                if placed is None:
                    continue
                # a value went to a variant column whose name the row itself has as a key
                if placed[0] != name and placed[0] in flat and flat[placed[0]] != placed[1]:
                    raise taken(table, placed[0])
                row[placed[0]] = placed[1]
        except DataValidationError as error:
            raise with_row(error, flat) from None
        if self._required is not None:
            self._check_gaps(table, row, self._required)
        if level == 0:
            row_id = system[ROW_ID] = _given_id(own, table) or self._row_id(row, item)
            root_id = row_id if self._keep_root else None
        row.update(system)
        rows.append((table, row))
        for name, values in lists:
            child = self._path(table, name)
            if self._add_alone is not None and stands_alone(self._placement.schema.tables.get(child)):
                # it stands where it stands: the levels above it count too
                self._alone.append((child, values, None if self._limit is None else self._limit - level - 1))
            else:
                self._children(rows, table, child, name, values, str(system[ROW_ID]), root_id, level)
        if self._placement.changes != known:
            # few rows have a new column: their documents are walked once more
            self._note_paths(table, document, "", () if level == 0 or isinstance(item, dict) else None)

    def _note_paths(self, table: str, document: dict[str, object], prefix: str, above: tuple[str, ...] | None) -> None:
        called = self._placement.called[table]
        for key, value in document.items():
            name = self._name(prefix, key)
            # an item that is no document is a value itself, whatever its column is called
            path = () if above is None else (*above, key)
            # what is spread over columns or rows is no column, whatever other key has its name
            is_spread = isinstance(value, (dict, list)) and self._type_of(table, name) != "json"
            if value is not None and not is_spread:
                self._placement.paths.note(table, called.get(name, name), path)
            if isinstance(value, list):
                self._placement.paths.note(self._path(table, name), "", path)
            elif isinstance(value, dict):
                self._note_paths(table, value, name, path)

    def _type_of(self, table: str, name: str) -> str | None:
        name = self._placement.called[table].get(name, name)
        return self._placement.columns(table).get(name, {}).get("data_type")

    @staticmethod
    def _check_gaps(table: str, row: dict[str, object], required: Callable[[str], Mapping[str, str]]) -> None:
        # only for contracts of this kind: all other rows are checked by the page
        for name, reason in required(table).items():
            if row.get(name) is None:
                raise QuarantineRow(Refusal("data_type", name, f"there is no value, and the column is {reason}"))

    def _children(
        self,
        rows: list[tuple[str, dict[str, object]]],
        parent: str,
        child: str,
        name: str,
        values: list[object],
        parent_id: str,
        root_id: str | None,
        level: int,
    ) -> None:
        for index, value in enumerate(values):
            system: dict[str, object] = {} if root_id is None else {ROOT_ID: root_id}
            system.update({PARENT_ID: parent_id, LIST_INDEX: index, **self._order})
            system[ROW_ID] = child_id(parent_id, child, index)
            # what is discarded is the nested row with its own nested rows, not the parent
            mark = len(rows)
            try:
                self._placement.open_table(child, parent, value)
                # a list in a list is one of rows that have nothing but it: two levels
                self._expand(rows, child, value, system, root_id, level + (2 if isinstance(value, list) else 1))
            except DiscardRow:
                del rows[mark:]
            # what cannot be loaded takes its root item along: loaded without it, nothing could put it back
            except QuarantineRow as refused:
                raise QuarantineRow(refused.refusal.within(f"{name}[{index}]")) from None

    def _flatten(
        self,
        table: str,
        document: dict[str, object],
        prefix: str,
        level: int,
        flat: dict[str, object],
        lists: list[tuple[str, list[object]]],
    ) -> None:
        last: list[tuple[str, dict[str, object]]] = []
        for key, value in document.items():
            if value is None:
                continue
            name = self._name(prefix, key)
            if isinstance(value, (dict, list)) and not self._kept_whole(table, name, level):
                if isinstance(value, dict) and self._documents_last:
                    last.append((name, value))
                elif isinstance(value, dict):
                    self._flatten(table, value, name, level + 1, flat, lists)
                elif value:
                    # joining the lists would mix rows of two keys
                    if any(name == known for known, _ in lists):
                        raise self._clash(table, document, prefix, name)
                    lists.append((name, value))
                continue
            # two keys with one value lose nothing
            if name in flat and flat[name] != value:
                raise self._clash(table, document, prefix, name)
            flat[name] = value
        # the last one first, which is the order of PyPI dlt 1.x
        for name, inner in reversed(last):
            self._flatten(table, inner, name, level + 1, flat, lists)

    def _clash(
        self, table: str, document: dict[str, object], prefix: str, name: str
    ) -> SchemaIdentifierNormalizationCollision:
        keys = [key for key in document if self._name(prefix, key) == name]
        return SchemaIdentifierNormalizationCollision(
            f"table {table}: the keys {' and '.join(map(repr, keys))} of one row become the column {name!r}. "
            "Rename one of them with add_map, or choose another naming convention.",
            table=table,
            column=name,
        )

    def _kept_whole(self, table: str, name: str, level: int) -> bool:
        # documents below the limit stay whole, as JSON
        if self._limit is not None and level >= self._limit:
            return True
        return self._type_of(table, name) in ("json", "complex")

    def _name(self, prefix: str, key: str) -> str:
        # the same few keys come in every row
        known = self._names.get((prefix, key))
        if known is None:
            name = name_of_key(self._naming, key)
            known = self._names[prefix, key] = self._naming.shorten_fragments(prefix, name) if prefix else name
        return known

    def _path(self, table: str, name: str) -> str:
        known = self._paths.get((table, name))
        if known is None:
            known = self._paths[table, name] = self._naming.shorten_fragments(table, name)
        return known


def _as_columns(table: str, flat: Mapping[str, object], called: Mapping[str, str]) -> dict[str, object]:
    """Return the values of a row by the names of columns, where some are not those of keys."""
    found: dict[str, object] = {}
    for name, value in flat.items():
        own = called.get(name, name)
        if own in found and found[own] != value:
            raise SchemaIdentifierNormalizationCollision(
                f"table {table}: a row has a value for {own!r} and another one for {name!r}, which is called {own!r} "
                "by the hint from. Drop one of the keys with add_map, or give the column another name.",
                table=table,
                column=own,
            )
        found[own] = value
    return found


def _given_id(value: object, table: str) -> str:
    """Return the id that came with a row of a table, empty if none did."""
    if value is None or isinstance(value, (dict, list)):
        return ""
    try:
        # numbers and moments too, as a column of text holds them, whatever form they come in
        found = str(convert(value, {"name": ROW_ID, "data_type": "text"}))
    except Misfit:
        found = str(value)
    try:
        found.encode()
    except UnicodeEncodeError as error:
        raise CannotCoerceColumnException(
            f"{table}.{ROW_ID}: {found!r} cannot be the id of a row, as it holds half of a surrogate pair, which no "
            f"destination stores. Leave {ROW_ID} out of the item, or give it another text.",
            table=table,
            column=ROW_ID,
        ) from error
    return found

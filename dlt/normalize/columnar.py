"""The fast form of normalize: whole columns of a page at once, never row by row where values are of one type.

It gives the tables that `exact` gives. What it cannot do without looking at rows it refuses with `NotColumnar`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from dlt.formats.arrow_values import values_of
from dlt.formats.column_rows import PLAIN_TEXT
from dlt.formats.pages import JSON_FIELD
from dlt.late import np, pa, pc
from dlt.normalize.casts import by_value, coalesced, holds_escaped_nul, place
from dlt.normalize.placement import DiscardRow, Placement
from dlt.normalize.row_ids import child_ids
from dlt.schema.arrow import integers, numbers_of
from dlt.schema.chains import stands_alone
from dlt.schema.documents import read_document
from dlt.schema.naming import name_of_key
from dlt.schema.system_columns import LIST_INDEX, LOAD_ID, PARENT_ID, ROOT_ID, ROW_ID, ROW_ORDER
from dlt.schema.typing import ColumnSchema

Metadata = Mapping[bytes, bytes] | None
"""What stands beside a field of a page; it marks documents."""
Field = tuple[str, "pa.Array", Metadata]
SYSTEM_NAMES = frozenset({ROW_ID, LOAD_ID, PARENT_ID, ROOT_ID, LIST_INDEX, ROW_ORDER})


class NotColumnar(Exception):
    """Tell the caller to take the page row by row."""


class ColumnarNormalizer:
    """Turn record batches of pages into columns of flat tables.

    Args:
        placement: Decides the columns.
        root_columns: Gives the system columns of a root table from its columns and number of rows.
        keep_root: Tells whether nested rows carry the id of their root row.
        emit: Takes a table, its columns and its number of rows.
        documents_last: Columns of documents come behind plain ones.
    """

    def __init__(
        self,
        placement: Placement,
        root_columns: Callable[[dict[str, pa.Array], int], dict[str, pa.Array]],
        keep_root: bool,
        emit: Callable[[str, dict[str, pa.Array], int], None],
        documents_last: bool = False,
    ) -> None:
        self._placement = placement
        self._root_columns = root_columns
        self._keep_root = keep_root
        self._emit = emit
        self._documents_last = documents_last
        self._naming = placement.schema.naming
        self._names: dict[tuple[str, str], str] = {}
        self._paths: dict[tuple[str, str], str] = {}

    def check(self, table: str, batch: pa.RecordBatch) -> None:
        """Refuse a page that must be taken row by row, whatever values it has.

        Raises:
            NotColumnar: it must.
        """
        # a limit keeps documents whole, which needs a look at each
        if self._placement.schema.max_nesting(table) not in (None, 0):
            raise NotColumnar
        self._check_names(table, fields_of(batch))

    def add(self, table: str, batch: pa.RecordBatch) -> None:
        """Add a page with all its nested rows, of which the contract refuses none.

        Raises:
            NotColumnar: the page must be taken row by row; nothing of it was added.
        """
        # before anything is emitted, as half of a page cannot be taken back
        self.check(table, batch)
        fields = fields_of(batch)
        self._placement.open_table(table, None)
        columns, lists = self._columns(table, fields)
        columns.update(self._root_columns(columns, batch.num_rows))
        # parents before their nested rows, as `exact` does it: files come in the same order
        self._emit(table, columns, batch.num_rows)
        ids = columns[ROW_ID]
        of_root = {ROOT_ID: ids} if self._keep_root else {}
        if ROW_ORDER in columns:
            of_root[ROW_ORDER] = columns[ROW_ORDER]
        for name, array in lists:
            self._children(table, name, array, ids, of_root)

    def _columns(
        self, table: str, fields: Sequence[Field], items_alone: bool = False
    ) -> tuple[dict[str, pa.Array], list[tuple[str, pa.Array]]]:
        columns: dict[str, pa.Array] = {}
        lists: list[tuple[str, pa.Array]] = []
        known = self._placement.changes
        for name, array, metadata in self.flat(table, fields):
            if is_list(array.type):
                lists.append((name, array))
                continue
            for column, values in self._placed(table, name, array, metadata):
                columns[column] = coalesced(columns.get(column), values, table, column)
        if self._placement.changes != known or lists:
            self._note_paths(table, fields, items_alone)
        return columns, lists

    def _note_paths(self, table: str, fields: Sequence[Field], items_alone: bool) -> None:
        called = self._placement.called[table]
        for keys, name, array in self._paths_of(fields, "", ()):
            # an item that is no document is a value itself, whatever its column is called
            path = () if items_alone else keys
            # what is spread over columns or rows is no column, whatever other key has its name
            if not _is_nested(array.type) and array.null_count < len(array):
                self._placement.paths.note(table, called.get(name, name), path)
            if is_list(array.type):
                self._placement.paths.note(self.path(table, name), "", path)

    def _children(self, parent: str, name: str, array: pa.Array, ids: pa.Array, of_root: dict[str, pa.Array]) -> None:
        # without the items of lists that are NULL, which may still hold some
        values = array.flatten()
        if not len(values):
            return
        table = self.path(parent, name)
        try:
            self._placement.open_table(table, parent)
        except DiscardRow:
            return
        parents = numbers_of(pc.list_parent_indices(array))
        # a list that is NULL has no items and takes no place among the parents
        known = pc.list_value_length(array)
        lengths = numbers_of(pc.fill_null(known, integers([0]).cast(known.type)[0]) if known.null_count else known)
        starts = np.cumsum(lengths, dtype=np.int64) - lengths
        indexes = np.arange(len(values), dtype=np.int64) - starts[parents]
        if pa.types.is_struct(values.type):
            columns, lists = self._columns(table, struct_fields(values))
        else:
            name = "list" if is_list(values.type) else "value"
            columns, lists = self._columns(table, [(name, values, None)], items_alone=True)
        # a position for each item: columns of the parent are spread over the list in one step
        positions = integers(parents)
        inherited = {column: values.take(positions) for column, values in of_root.items()}
        columns.update(inherited)
        columns[PARENT_ID] = ids.take(positions)
        columns[LIST_INDEX] = integers(indexes)
        columns[ROW_ID] = child_ids(ids, table, parents, indexes)
        self._emit(table, columns, len(values))
        for child, nested in lists:
            self._children(table, child, nested, columns[ROW_ID], inherited)

    def flat(self, table: str, fields: Iterable[Field]) -> Iterator[Field]:
        """Yield the columns of fields and of the documents in them, under their final names; none without a value."""
        found, called = self._flat(fields, ""), self._placement.called[table]
        if not called:
            return found
        # lists become tables, which have the names of their keys
        return ((n if is_list(array.type) else called.get(n, n), array, metadata) for n, array, metadata in found)

    def _flat(self, fields: Iterable[Field], prefix: str) -> Iterator[Field]:
        last: list[tuple[str, pa.Array]] = []
        for key, array, metadata in fields:
            name = self._name(prefix, key)
            if pa.types.is_struct(array.type):
                if self._documents_last:
                    last.append((name, array))
                else:
                    yield from self._flat(struct_fields(array), name)
            # a column without a value has no type yet, and `exact` would not see it
            elif array.null_count < len(array):
                yield name, array, metadata
        for name, array in reversed(last):
            yield from self._flat(struct_fields(array), name)

    def _check_names(self, table: str, fields: Sequence[Field]) -> None:
        # checked before anything is emitted: rows are what names the keys of a clash, and what keeps documents whole
        seen: dict[str, tuple[str, ...]] = {}
        called = self._placement.called[table]
        for path, name, array in self._paths_of(fields, "", ()):
            name = name if _is_nested(array.type) else called.get(name, name)
            if name in SYSTEM_NAMES or seen.setdefault(name, path) != path:
                raise NotColumnar
            if _is_nested(array.type) and self._whole(table, name):
                raise NotColumnar
            if is_list(array.type):
                if stands_alone(self._placement.schema.tables.get(self.path(table, name))):
                    raise NotColumnar
                self._check_list(self.path(table, name), array.type.value_type)

    def _check_list(self, table: str, kind: pa.DataType) -> None:
        empty = pa.nulls(0, kind)
        if pa.types.is_struct(kind):
            self._check_names(table, struct_fields(empty))
        else:
            self._check_names(table, [("list" if is_list(kind) else "value", empty, None)])

    def _paths_of(
        self, fields: Sequence[Field], prefix: str, above: tuple[str, ...]
    ) -> Iterator[tuple[tuple[str, ...], str, pa.Array]]:
        for key, array, _ in fields:
            name, path = self._name(prefix, key), (*above, key)
            yield path, name, array
            if pa.types.is_struct(array.type):
                yield from self._paths_of(struct_fields(array), name, path)

    def _whole(self, table: str, name: str) -> bool:
        column = self._placement.columns(table).get(self._placement.called[table].get(name, name))
        return column is not None and column.get("data_type") == "json"

    def _placed(self, table: str, name: str, array: pa.Array, metadata: Metadata) -> list[tuple[str, pa.Array]]:
        document = is_document(metadata)
        column = self._placement.columns(table).get(name)
        if column is None or "data_type" not in column:
            # the first value decides the column, by the rules that hold for single rows
            first: object = {} if document else ""
            if not document and not _is_plain_text(metadata):
                first = values_of(array.slice(first_valid(array), 1))[0]
            if self._placement.place(table, name, first) is None:
                return []
            column = self._placement.columns(table)[name]
        elif self._placement.filtered(table, name):
            return []
        if document:
            placed = self._documents(table, name, array, column)
        else:
            placed, _ = place(self._placement, table, name, array)
        # of rows a column of which all values went elsewhere stands in no file, and takes no place among the others
        return [(name, values) for name, values in placed.items() if values.null_count < len(values)]

    def _documents(self, table: str, name: str, array: pa.Array, column: ColumnSchema) -> dict[str, pa.Array]:
        # the page holds documents as JSON text already, which needs no second writing
        as_text = column["data_type"] in ("json", "text") and "precision" not in column
        if as_text and (self._placement.capabilities.supports_nul or not holds_escaped_nul(array)):
            return {name: array}
        values = [None if text is None else read_document(text) for text in array.to_pylist()]
        return by_value(self._placement, table, name, values)[0]

    def _name(self, prefix: str, key: str) -> str:
        known = self._names.get((prefix, key))
        if known is None:
            name = name_of_key(self._naming, key)
            known = self._names[prefix, key] = self._naming.shorten_fragments(prefix, name) if prefix else name
        return known

    def path(self, table: str, name: str) -> str:
        """Return the name of the nested table for the lists of a column."""
        known = self._paths.get((table, name))
        if known is None:
            known = self._paths[table, name] = self._naming.shorten_fragments(table, name)
        return known


def fields_of(batch: pa.RecordBatch) -> list[Field]:
    """Return the fields of a page."""
    return [(field.name, array, field.metadata) for field, array in zip(batch.schema, batch.columns, strict=True)]


def is_document(metadata: Metadata) -> bool:
    """Tell whether a field holds documents as JSON text."""
    return metadata is not None and metadata.get(b"dlt.type") == JSON_FIELD[b"dlt.type"]


def first_valid(array: pa.Array) -> int:
    """Return the place of the first value that is none of NULL; 0 where there is none."""
    if array.null_count == 0:
        return 0
    places = pc.indices_nonzero(array.is_valid())
    return int(places[0].as_py()) if len(places) else 0


def _is_plain_text(metadata: Metadata) -> bool:
    return metadata is not None and metadata.get(b"dlt.type") == PLAIN_TEXT[b"dlt.type"]


def struct_fields(array: pa.Array) -> list[Field]:
    """Return the fields of documents."""
    return [(field.name, values, None) for field, values in zip(array.type, array.flatten(), strict=True)]


def is_list(kind: pa.DataType) -> bool:
    """Tell whether values are lists."""
    return bool(pa.types.is_list(kind))


def _is_nested(kind: pa.DataType) -> bool:
    return bool(pa.types.is_nested(kind))

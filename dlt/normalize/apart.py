"""Which rows of a page need a look of their own, under a contract that does not let everything evolve.

All others are taken as columns. A row that is named without need costs time and nothing else, as `exact` decides.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TYPE_CHECKING

from dlt.errors import DltException
from dlt.formats.arrow_values import values_of
from dlt.formats.batches import batch_rows
from dlt.late import np, pa, pc
from dlt.normalize.casts import holds_escaped_nul, whole
from dlt.normalize.columnar import (
    ColumnarNormalizer,
    Field,
    Metadata,
    NotColumnar,
    fields_of,
    first_valid,
    is_document,
    is_list,
    struct_fields,
)
from dlt.normalize.placement import DiscardRow, Placement, QuarantineRow
from dlt.normalize.root_rows import RootRows
from dlt.schema.arrow import integers, numbers_of

Required = Callable[[str], Mapping[str, str]]
"""Gives the columns that every row of a table must fill, with the reasons."""
Shown = Callable[[str], Collection[str]]
"""Gives the columns of a table that its files have by now."""
ByRows = Callable[[Iterable[object]], None]
if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dlt.normalize.row_ids import Numbers

    Mask = NDArray[np.bool_]
_REFUSALS = (DiscardRow, QuarantineRow, DltException)


class RowsApart:
    """What a look at a page finds.

    Args:
        placement: Knows columns and contracts.
        columnar: Gives columns and tables their names.
        required: Gives the columns that every row of a table must fill.
        shown: Gives the columns that files have.
        table: The root table.
        batch: The page.

    Attributes:
        mask: True for rows that may be refused, or make columns or tables known.
        first: The first row that makes a column or a table known, as many as there are rows if none does. What is in
            rows behind it can be judged when it was taken.
        unshown: The first row that has a column which no file has yet: it decides where the column stands.
        has_gaps: A row leaves out what it must have, which is an error that counts the rows of the page.
    """

    mask: Mask
    first: int
    unshown: int
    has_gaps: bool = False

    def __init__(
        self,
        placement: Placement,
        columnar: ColumnarNormalizer,
        required: Required,
        shown: Shown,
        table: str,
        batch: pa.RecordBatch,
    ) -> None:
        self._placement, self._columnar, self._required, self._shown = placement, columnar, required, shown
        self._quarantines_gaps = placement.quarantines_values(table)
        self.mask, self.first, self.unshown = np.zeros(batch.num_rows, np.bool_), batch.num_rows, batch.num_rows
        if not placement.is_known(table):
            try:
                placement.check_table(table, None)
            except _REFUSALS:
                self.mask[:] = True
                return
        self._fields(table, fields_of(batch), np.arange(batch.num_rows))

    def _fields(self, table: str, fields: Iterable[Field], roots: Numbers) -> None:
        """Look at the columns of a table; `roots` has the number of the root row of each row, ascending."""
        columns = list(self._columnar.flat(table, fields))
        names = {name for name, _, _ in columns}
        gaps = {name: np.ones(len(roots), np.bool_) for name in self._required(table)}
        for name, array, metadata in columns:
            if name in gaps:
                # values of two types come in two arrays
                gaps[name][_places(array)] = False
            if is_list(array.type):
                self._list(table, name, array, roots)
                continue
            if self._needs_values(table, name, array, metadata, roots):
                self._values(table, name, array, roots, name in gaps, names)
        for missing in gaps.values():
            self._gap(roots[missing])

    def _gap(self, roots: Numbers) -> None:
        if self._quarantines_gaps:
            self.mask[roots] = True
        elif len(roots):
            self.has_gaps = True

    def _list(self, table: str, name: str, array: pa.Array, roots: Numbers) -> None:
        values = array.flatten()
        if not len(values):
            return
        child = self._columnar.path(table, name)
        inner = roots[numbers_of(pc.list_parent_indices(array))]
        if self._placement.is_known(child):
            fields = struct_fields(values) if pa.types.is_struct(values.type) else None
            self._fields(child, fields or [("list" if is_list(values.type) else "value", values, None)], inner)
            return
        try:
            self._placement.check_table(child, table)
            # what is in the lists can be judged when the table is known
            self._open(inner[0])
        except DiscardRow:
            pass  # the items go, the row that has them stays
        except _REFUSALS:
            self.mask[inner] = True

    def _needs_values(self, table: str, name: str, array: pa.Array, metadata: Metadata, roots: Numbers) -> bool:
        """Look at a column as a whole; tell whether its values need a look of their own."""
        placement = self._placement
        if placement.filtered(table, name):
            return False
        column = placement.columns(table).get(name)
        if column is None or "data_type" not in column:
            there = roots[_places(array)]
            try:
                # nobody knows yet whether values fit: the first one opens what the others need
                if placement.accepts(table, {"name": name, "data_type": "text"}):
                    self._open(there[0])
            except _REFUSALS:
                self.mask[there] = True
            return False
        if name not in self._shown(table):
            self.unshown = min(self.unshown, int(roots[first_valid(array)]))
        if is_document(metadata):
            # as text it is stored as it is
            as_text = column["data_type"] in ("json", "text") and "precision" not in column
            if not as_text or (not placement.capabilities.supports_nul and holds_escaped_nul(array)):
                self.mask[roots[_places(array)]] = True
            return False
        # nearly always the whole column fits, which a cast tells
        return whole(array, column, placement.capabilities) is None

    def _values(
        self, table: str, name: str, array: pa.Array, roots: Numbers, is_required: bool, names: Collection[str]
    ) -> None:
        known, there = self._placement.columns(table), roots[_places(array)]
        values = values_of(array.drop_null() if array.null_count else array)
        for root, value in zip(there.tolist(), values, strict=True):
            # what is behind the first row that opens something waits for the next look
            if root > self.first and not is_required:
                break
            try:
                column = self._placement.column_of(table, name, value)
            except _REFUSALS:
                self.mask[root] = True
                continue
            if column == name:
                continue
            if is_required:
                self._gap(np.array([root]))
            elif column in names:
                # the row may have a value for the variant column itself, which is an error
                self.mask[root] = True
            elif column is not None and "data_type" not in known.get(column, {}):
                self._open(root)

    def _open(self, root: int) -> None:
        self.first = min(self.first, int(root))


def take_apart(
    placement: Placement,
    required: Required,
    shown: Shown,
    table: RootRows,
    batch: pa.RecordBatch,
    by_rows: ByRows,
) -> None:
    """Take a page of which some rows may be refused: these row by row, the others as columns.

    Args:
        placement: Knows columns and contracts.
        required: As `RowsApart` has it.
        shown: As `RowsApart` has it.
        table: The root table.
        batch: The page.
        by_rows: Takes rows one by one.
    """
    run, breaks = 1, False
    while batch.num_rows:
        try:
            table.columnar.check(table.name, batch)
        except NotColumnar:
            by_rows(batch_rows(batch))
            return
        found = RowsApart(placement, table.columnar, required, shown, table.name, batch)
        if found.has_gaps:
            by_rows(batch_rows(batch))
            return
        first, mask = found.first, found.mask
        breaks = breaks or bool(mask[:first].any())
        # else rows that are taken out of turn, or not at all, would put its columns into another order
        if found.unshown < first and breaks:
            first = found.unshown
            if not mask[first]:
                _take_parts(table, batch.slice(0, first + 1), mask[: first + 1], by_rows)
                batch = batch.slice(first + 1)
                continue
        if first:
            _take_parts(table, batch.slice(0, first), mask[:first], by_rows)
        if first < batch.num_rows:
            # ever more rows at a time: a page whose rows go on to bring columns is not worth a look for each of them
            by_rows(batch_rows(batch.slice(first, run)))
        batch, run = batch.slice(first + run), run * 2


def _take_parts(table: RootRows, batch: pa.RecordBatch, doubtful: Mask, by_rows: ByRows) -> None:
    # first those that a frozen contract may refuse, before any work is done for the others
    halves = ((True, np.flatnonzero(doubtful)), (False, np.flatnonzero(~doubtful)))
    parts = [(single, rows) for single, rows in halves if len(rows)]
    numbers = [rows for _, rows in parts]
    # of rows with one key the one that came last counts, whichever part it is in
    turns = table.order.out_of_order(numbers) if table.order is not None else iter([None] * len(parts))
    for (single, rows), _ in zip(parts, turns, strict=False):
        # most pages have no doubtful row, and are not copied
        part = batch if len(parts) == 1 else batch.take(integers(rows))
        if single:
            by_rows(batch_rows(part))
        else:
            table.columnar.add(table.name, part)
    # the turns end behind the last part: places go on from there
    next(turns, None)


def _places(array: pa.Array) -> Numbers:
    """Return the places of the values that are none of NULL."""
    return numbers_of(pc.indices_nonzero(array.is_valid())) if array.null_count else np.arange(len(array))

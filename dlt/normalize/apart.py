"""Which rows of a page need a look of their own, under a contract that may put some of them into quarantine.

All others are taken as columns. A row that is named without need costs time and nothing else, as `exact` decides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

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
    is_document,
    is_list,
    struct_fields,
)
from dlt.normalize.placement import Placement
from dlt.normalize.root_rows import RootRows
from dlt.schema.arrow import integers, numbers_of
from dlt.schema.conversions import convert
from dlt.schema.limits import Misfit
from dlt.schema.typing import ColumnSchema

Required = Callable[[str], Mapping[str, str]]
"""Gives the columns that every row of a table must fill, with the reasons."""
_MOST_LOOKS = 4
if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dlt.normalize.row_ids import Numbers

    Mask = NDArray[np.bool_]


class RowsApart:
    """What a look at a page finds.

    Args:
        placement: Knows columns and contracts.
        columnar: Gives columns and tables their names.
        required: Gives the columns that every row of a table must fill, where rows that leave one out go to
            quarantine; None where they are an error.
        table: The root table.
        batch: The page.

    Attributes:
        mask: True for rows that may be refused.
        through: Rows up to here make columns or tables known: the rest can be judged when they were taken.
    """

    mask: Mask
    through: int

    def __init__(
        self,
        placement: Placement,
        columnar: ColumnarNormalizer,
        required: Required | None,
        table: str,
        batch: pa.RecordBatch,
    ) -> None:
        self._placement, self._columnar, self._required = placement, columnar, required
        self.mask, self.through = np.zeros(batch.num_rows, np.bool_), 0
        if not placement.is_known(table) and not placement.takes_table(table, None):
            self.mask[:] = True
            return
        self._fields(table, fields_of(batch), np.arange(batch.num_rows))

    def _fields(self, table: str, fields: Iterable[Field], roots: Numbers) -> None:
        """Look at the columns of a table; `roots` has the number of the root row of each row."""
        required = dict(self._required(table)) if self._required is not None else {}
        for name, array, metadata in self._columnar.flat(fields, ""):
            if name in required:
                del required[name]
                if array.null_count:
                    self.mask[roots[numbers_of(pc.indices_nonzero(array.is_null()))]] = True
            if is_list(array.type):
                self._list(table, name, array, roots)
            else:
                self._column(table, name, array, metadata, roots)
        # no row of the page has a value for these
        if required:
            self.mask[roots] = True

    def _list(self, table: str, name: str, array: pa.Array, roots: Numbers) -> None:
        values = array.flatten()
        if not len(values):
            return
        child = self._columnar.path(table, name)
        inner = roots[numbers_of(pc.list_parent_indices(array))]
        if not self._placement.is_known(child):
            # what is in the lists can be judged when the table is known
            self._new(inner, self._placement.takes_table(child, table))
            return
        fields = struct_fields(values) if pa.types.is_struct(values.type) else None
        self._fields(child, fields or [("list" if is_list(values.type) else "value", values, None)], inner)

    def _column(self, table: str, name: str, array: pa.Array, metadata: Metadata, roots: Numbers) -> None:
        placement = self._placement
        if placement.filtered(table, name):
            return
        column = placement.columns(table).get(name)
        # nobody knows yet whether values fit
        if column is None or "data_type" not in column:
            self._new(roots[numbers_of(pc.indices_nonzero(array.is_valid()))], placement.takes_column(table, name))
        elif is_document(metadata):
            # as text it is stored as it is
            as_text = column["data_type"] in ("json", "text") and "precision" not in column
            if not as_text or (not placement.capabilities.supports_nul and holds_escaped_nul(array)):
                self.mask[roots[numbers_of(pc.indices_nonzero(array.is_valid()))]] = True
        # nearly always the whole column fits, which a cast tells
        elif whole(array, column, placement.capabilities) is None:
            values = values_of(array)
            self.mask[roots[[row for row, value in enumerate(values) if not self._fits(value, column)]]] = True

    def _new(self, roots: Numbers, taken: bool) -> None:
        # refused, all of them; or the first one opens what the others need
        if not taken:
            self.mask[roots] = True
        elif len(roots):
            self.through = max(self.through, int(roots[0]) + 1)

    def _fits(self, value: object, column: ColumnSchema) -> bool:
        if value is None:
            return True
        try:
            convert(value, column, self._placement.capabilities)
        except Misfit:
            return False
        return True


def take_apart(
    placement: Placement,
    required: Required | None,
    table: RootRows,
    batch: pa.RecordBatch,
    by_rows: Callable[[Iterable[object]], None],
) -> None:
    """Take a page of which some rows may go to quarantine: these row by row, the others as columns.

    Args:
        placement: Knows columns and contracts.
        required: As `RowsApart` has it.
        table: The root table.
        batch: The page.
        by_rows: Takes rows one by one.
    """
    looks = 0
    while batch.num_rows:
        found = RowsApart(placement, table.columnar, required, table.name, batch)
        if not found.through:
            _take_parts(table, batch, found.mask, by_rows)
            return
        looks += 1
        # a page whose rows go on to bring columns is not worth a look for each of them
        through = found.through if looks < _MOST_LOOKS else batch.num_rows
        by_rows(batch_rows(batch.slice(0, through)))
        batch = batch.slice(through)


def _take_parts(
    table: RootRows, batch: pa.RecordBatch, doubtful: Mask, by_rows: Callable[[Iterable[object]], None]
) -> None:
    halves = ((False, np.flatnonzero(~doubtful)), (True, np.flatnonzero(doubtful)))
    parts = [(single, rows) for single, rows in halves if len(rows)]
    numbers = [rows for _, rows in parts]
    # of rows with one key the one that came last counts, whichever part it is in
    turns = table.order.out_of_order(numbers) if table.order is not None else iter([None] * len(parts))
    for (single, rows), _ in zip(parts, turns, strict=False):
        # most pages have no doubtful row, and are not copied
        part = batch if len(parts) == 1 else batch.take(integers(rows))
        if not single:
            try:
                table.columnar.add(table.name, part)
                continue
            except NotColumnar:
                pass  # as documents are kept whole, for instance
        by_rows(batch_rows(part))
    # the turns end behind the last part: places go on from there
    next(turns, None)

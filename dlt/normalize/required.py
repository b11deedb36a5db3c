"""Keys and columns that are not nullable: checked in every batch of rows, so that nothing without them is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from dlt.errors import CannotCoerceNullException
from dlt.normalize.placement import Placement
from dlt.schema.required import required_columns
from dlt.schema.shown import shown_row

if TYPE_CHECKING:
    import pyarrow as pa


class RequiredColumns:
    """Refuse rows that leave out what they must have.

    Args:
        placement: Knows the columns.
    """

    def __init__(self, placement: Placement) -> None:
        self._placement = placement
        self._rows: dict[str, int] = {}

    def of(self, table: str) -> dict[str, str]:
        """Return the columns that every row of a table must fill, each with the reason."""
        return required_columns(self._placement.schema.tables.get(table) or {}, self._placement.columns(table))

    def check(self, table: str, arrays: Mapping[str, pa.Array], count: int) -> None:
        """Check a batch of rows.

        Args:
            table: Name of the table.
            arrays: Its columns under their final names.
            count: Number of rows.

        Raises:
            CannotCoerceNullException: a row has no value for one of them.
        """
        if not count:
            return
        # asked for each batch: columns may have come since the last one
        for name, reason in self.of(table).items():
            array = arrays.get(name)
            if array is None or array.null_count:
                raise self._gap(table, name, reason, arrays, count)
        self._rows[table] = self._rows.get(table, 0) + count

    def _gap(self, table: str, name: str, reason: str, arrays: Mapping[str, pa.Array], count: int) -> Exception:
        array = arrays.get(name)
        position = array.is_null().index(True).as_py() if array is not None else 0
        empty = count if array is None else array.null_count
        columns = self._placement.columns(table)
        row: dict[str, object] = {key: values[position].as_py() for key, values in arrays.items()}
        # a message shows what the row has
        row = {key: value for key, value in row.items() if value is not None}
        variants = [key for key in row if key.startswith(f"{name}__v_")]
        why = (
            f" Its value did not fit {columns[name].get('data_type')} and went to {variants[0]!r}." if variants else ""
        )
        place = self._rows.get(table, 0) + position
        return CannotCoerceNullException(
            f"table {table}, column {name!r}: it is {reason}, and {empty} of {count} rows have no value for it. The "
            f"first is row {place} (counted from 0): {shown_row(row, columns)}.{why} Drop such rows with add_filter, "
            f"fill them with add_map, or {_other_way(reason, self._placement.schema.name, table, name)}.",
            table_name=table,
            column_name=name,
            data_item=row,
            row=place,
        )


def _other_way(reason: str, schema: str, table: str, column: str) -> str:
    if reason == "not nullable":
        return (
            "let the column be nullable; in a package that waits with "
            f"pipeline.schemas[{schema!r}].tables[{table!r}]['columns'][{column!r}]['nullable'] = True before the run"
        )
    return "choose another column"

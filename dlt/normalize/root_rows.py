"""The rows of one root table on their way: what turns items into them, and their ids."""

from __future__ import annotations

from dlt.late import pa
from dlt.normalize.columnar import ColumnarNormalizer
from dlt.normalize.exact import RowNormalizer
from dlt.normalize.placement import Placement
from dlt.normalize.row_hash import lists_of, version_of
from dlt.normalize.row_ids import RootIds, RowOrder, key_id
from dlt.schema.documents import json_text
from dlt.schema.renames import name_by_key


class RootRows:
    """How the rows of one root table get their ids."""

    exact: RowNormalizer
    columnar: ColumnarNormalizer
    order: RowOrder | None = None
    """Gives root rows their places in the load, where a merge needs them."""

    placement: Placement | None = None
    """Knows the columns, where the id of a row is a hash of its values in any order; else keys count as they come."""

    def __init__(self, name: str, ids: RootIds, keys: tuple[str, ...], whole_row: bool) -> None:
        self.name, self.keys, self.whole_row = name, keys, whole_row
        self._ids = ids

    def row_id(self, row: dict[str, object], document: object) -> str:
        """Return the id of a root row."""
        if self.placement is not None:
            columns = self.placement.columns(self.name)
            named = {name_by_key(name, columns.get(name, {"name": name})) for name in row}
            return version_of(row, columns, lists_of(document, self.placement.schema.naming, named))
        if self.whole_row:
            return key_id([json_text(document)])
        if self.keys:
            return key_id([row.get(key) for key in self.keys])
        return self._ids()

    def column_ids(self, columns: dict[str, pa.Array], count: int) -> pa.Array:
        """Return the ids of root rows."""
        if self.placement is not None:
            known = self.placement.columns(self.name)
            rows = zip(*(array.to_pylist() for array in columns.values()), strict=True)
            return pa.array([version_of(dict(zip(columns, row, strict=True)), known) for row in rows], pa.string())
        # sorted, as the order of columns is not the row's
        names = sorted(columns) if self.whole_row else self.keys
        if not names:
            return self._ids.take(count)
        values = [columns[name].to_pylist() if name in columns else [None] * count for name in names]
        return pa.array([key_id(row) for row in zip(*values, strict=True)], pa.string())

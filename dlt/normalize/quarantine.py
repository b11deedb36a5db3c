"""The items of a package that its contract keeps out, as rows of the table that holds them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from dlt.clock import utc_now
from dlt.errors import CannotCoerceColumnException
from dlt.formats.single_rows import single_rows
from dlt.io.typed_json import dump_row
from dlt.normalize.placement import Placement
from dlt.normalize.row_ids import RootIds
from dlt.packages.manifest import ReplayedFile
from dlt.schema.quarantine import Quarantined, Refusal
from dlt.schema.system_columns import LOAD_ID, ROW_ID
from dlt.schema.system_tables import QUARANTINE_TABLE, quarantine_table
from dlt.types import TDataItem

if TYPE_CHECKING:
    import pyarrow as pa

_CHUNK_ROWS = 5_000


class Quarantine:
    """Takes what a contract keeps out.

    Args:
        placement: Knows the contracts, and gets the table when it is needed.
        load_id: Load id of the package.
        nonce: Random text of the package, for row ids.
        write: Takes rows of the table.
    """

    def __init__(
        self,
        placement: Placement,
        load_id: str,
        nonce: str,
        write: Callable[[str, Sequence[dict[str, object]]], None],
    ) -> None:
        self._placement, self._load_id, self._write = placement, load_id, write
        self._ids = RootIds(nonce, QUARANTINE_TABLE)
        self._rows: list[dict[str, object]] = []
        # one moment for a package: its rows are told apart by their loads
        self._at = utc_now()
        self.counts: dict[str, int] = {}
        """Items by root table."""
        self.replayed: ReplayedFile | None = None
        """Where the items of the file at work come from, if they were in quarantine before."""

    def add(self, table: str, item: TDataItem, refusal: Refusal) -> None:
        """Take an item that came as a row.

        Args:
            table: Its root table.
            item: The item.
            refusal: Why it is kept out.
        """
        self._add(table, dump_row(item).decode("ascii"), refusal, None)

    def add_arrow(self, table: str, row: pa.RecordBatch, refusal: Refusal) -> None:
        """Take a row of Arrow data.

        Args:
            table: Its table.
            row: A batch of this row alone.
            refusal: Why it is kept out.
        """
        ((item, text),) = single_rows(row)
        self._add(table, item, refusal, json.dumps({"arrow": text}))

    def take(self, rows: Iterable[TDataItem]) -> None:
        """Take rows of the table that extract made; those that stay of earlier loads say so and are not counted.

        Args:
            rows: The rows, as `Quarantined.as_row` made them.
        """
        for row in rows:
            self._put({**row}, counted=row["load_id"] is None)

    def flush(self) -> None:
        """Write what waits."""
        rows, self._rows = self._rows, []
        if not rows:
            return
        # only now: datasets without such items have no such table
        if QUARANTINE_TABLE not in self._placement.schema.tables:
            self._placement.add_table(quarantine_table())
        self._write(QUARANTINE_TABLE, rows)

    def _add(self, table: str, item: str, refusal: Refusal, origin: str | None) -> None:
        made = Quarantined(table, refusal, self._placement.contract(table), item, origin)
        row = made.as_row()
        if self.replayed is not None:
            # it came with another load, and stays a row of that one
            row.update(load_id=self.replayed.load_id, quarantined_at=self.replayed.quarantined_at)
        self._put(row, counted=True)

    def _put(self, row: dict[str, TDataItem], counted: bool) -> None:
        # rows that only stay were counted by the load that brought them
        table = str(row["table_name"])
        if counted:
            self.counts[table] = self.counts.get(table, 0) + 1
        self._check_size(table, str(row["item"]), str(row["origin"] or ""))
        row["load_id"] = row["load_id"] or self._load_id
        row["quarantined_at"] = row["quarantined_at"] or self._at
        row["schema_name"] = self._placement.schema.name
        row[LOAD_ID], row[ROW_ID] = self._load_id, self._ids()
        self._rows.append(row)
        # a contract may refuse a whole table, which is larger than the memory
        if len(self._rows) >= _CHUNK_ROWS:
            self.flush()

    def _check_size(self, table: str, item: str, origin: str) -> None:
        most = self._placement.capabilities.max_text_data_type_length
        size = max(len(item), len(origin))
        if most is not None and size > most:
            raise CannotCoerceColumnException(
                f"table {table}: an item that goes to quarantine has {size:,} bytes, and the destination stores "
                f"texts of {most:,} at most. Set the contract to 'freeze' or 'discard_row', or make the item "
                "smaller with add_map.",
                table=table,
                column="item",
            )

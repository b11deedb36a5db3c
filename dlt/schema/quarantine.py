"""Items that a contract keeps out: what became of them, as rows of a table beside the data."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable, Mapping
from dataclasses import replace

from dlt.io.typed_json import loads
from dlt.late_dataclass import dataclass
from dlt.schema.system_columns import LOAD_ID, ROW_ID
from dlt.schema.system_tables import QUARANTINE_TABLE
from dlt.schema.typing import TableSchema
from dlt.schema.x_keys import X_EMPTIED
from dlt.types import TDataItem

MODE = "quarantine"
MODEL = "model"
"""The entity of items that a Pydantic model refused: no column says what it asks of them."""


@dataclass(frozen=True)
class Refusal:
    """Why an item is not let in.

    Attributes:
        entity: What would change: "tables", "columns", "data_type"; or `MODEL`.
        path: Place of the value in the item, with names as tables and columns have them; "" for the item as a whole.
        reason: What is wrong with it; no value stands in it.
    """

    entity: str
    path: str
    reason: str

    def within(self, place: str) -> Refusal:
        """Return the refusal of what the item is a part of.

        Args:
            place: Where it stands in there.
        """
        return replace(self, path=f"{place}.{self.path}" if self.path else place)


@dataclass(frozen=True)
class Quarantined:
    """A row of the table.

    Attributes:
        table_name: Root table that the item is for.
        refusal: Why it is not there.
        contract: The contract, by entity.
        item: The item as it was given, as JSON that keeps every type; see `dlt.io.typed_json`.
        origin: JSON of what else it takes to send it through normalize again: "arrow", the row as Arrow data in base64,
            where it came as a table; "tables", what its resource declares, where its table is new; "model", the name of
            the Pydantic model that refused it.
        load_id: Load that brought it; None for the one that is under way.
        quarantined_at: When; None for now.
        row_id: Id of the row; None of one that is not written yet.
        written_by: Load that wrote the row: another one where a replay left it; None of one that is not written yet.
        schema_name: Its schema.
    """

    table_name: str
    refusal: Refusal
    contract: Mapping[str, str]
    item: str
    origin: str | None = None
    load_id: str | None = None
    quarantined_at: datetime.datetime | None = None
    row_id: str | None = None
    written_by: str | None = None
    schema_name: str = ""

    def as_row(self) -> dict[str, object]:
        """Return the columns that do not depend on the load that writes it."""
        return {
            "load_id": self.load_id,
            "quarantined_at": self.quarantined_at,
            "schema_name": self.schema_name,
            "table_name": self.table_name,
            "path": self.refusal.path or None,
            "reason": self.refusal.reason,
            "entity": self.refusal.entity,
            "contract": json.dumps(dict(self.contract)),
            "item": self.item,
            "origin": self.origin,
        }

    @classmethod
    def of_row(cls, row: Mapping[str, TDataItem]) -> Quarantined:
        """Return what a row says.

        Args:
            row: The row, by columns.
        """
        return cls(
            row["table_name"],
            Refusal(row["entity"], row["path"] or "", row["reason"]),
            loads(row["contract"]),
            row["item"],
            row["origin"],
            row["load_id"],
            row["quarantined_at"],
            row.get(ROW_ID),
            row.get(LOAD_ID),
            row["schema_name"],
        )

    @property
    def value(self) -> TDataItem:
        """Return the item, with the types that it was given with."""
        return loads(self.item)


def note_emptied(tables: dict[str, TableSchema], names: Iterable[str], load_id: str) -> None:
    """Remember that a load drops or empties tables: their items in quarantine are as outdated as their rows.

    Args:
        tables: Tables of a schema; nothing is changed where there is no quarantine.
        names: The tables.
        load_id: The load.
    """
    # a load id tells it: rows there bear that of the load which brought them
    table = tables.get(QUARANTINE_TABLE)
    found = dict.fromkeys(names, load_id)
    if table is not None and found:
        tables[QUARANTINE_TABLE] = {**table, X_EMPTIED: {**table.get(X_EMPTIED, {}), **found}}

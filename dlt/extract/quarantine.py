"""Items that extract itself puts into quarantine: of new tables, and what a Pydantic model refuses."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from dlt.errors import InvalidDataItem, InvalidHint
from dlt.extract.items import one_by_one
from dlt.formats.frames import tabular
from dlt.formats.single_rows import single_rows
from dlt.formats.snapshot import page_like
from dlt.io.typed_json import dump_row
from dlt.schema.quarantine import Quarantined, Refusal
from dlt.schema.system_tables import QUARANTINE_TABLE
from dlt.schema.typing import TableSchema
from dlt.types import TDataItem, TDataItems

if TYPE_CHECKING:
    from dlt.extract.vocabulary import ContractHint


class QuarantinedItem(dict[str, TDataItem]):
    """An item that goes to quarantine: as it was given, so that a cursor takes note of it like of others.

    Args:
        item: The item.
        refusal: Why it goes there.
        model: Name of the Pydantic model that refused it.
    """

    def __init__(self, item: Mapping[str, TDataItem], refusal: Refusal, model: str) -> None:
        super().__init__(item)
        self.refusal, self.model = refusal, model


def parted(page: TDataItems) -> tuple[list[QuarantinedItem], TDataItems]:
    """Return the items of a page that go to quarantine, and the page without them; None if no other is left.

    Args:
        page: A page, or an item.
    """
    rows = page if isinstance(page, list) else [page]
    refused = [row for row in rows if isinstance(row, QuarantinedItem)]
    # nearly all pages have none, and stay what they are
    if not refused:
        return [], page
    others = [row for row in rows if not isinstance(row, QuarantinedItem)]
    return refused, page_like(page, others) if others else None


class ExtractQuarantine:
    """What an extract puts into quarantine.

    Args:
        write: Takes rows of the table of the quarantine.
    """

    def __init__(self, write: Callable[[str, Sequence[TDataItem]], None]) -> None:
        self._write = write
        self._tables: dict[str, tuple[str, Mapping[str, str]]] = {}
        self.counts: dict[str, int] = {}
        """Items by root table."""

    def hold_table(
        self,
        name: str,
        declared: Sequence[TableSchema],
        contract: ContractHint | None,
        modes: Mapping[str, str],
        is_masked: bool,
    ) -> None:
        """Take all items of a table that is new from now on.

        Args:
            name: Its name.
            declared: The table and its nested ones, as the resource declares them.
            contract: The contract of its resource, None for that of the schema.
            modes: The contract that counts, by entity.
            is_masked: It has values that nobody may see.

        Raises:
            InvalidHint: it has such values.
        """
        if is_masked:
            # masks belong to tables of the schema, and this one is not let in
            raise InvalidHint(
                f"table {name}: it is new and has masked columns, and the contract puts items of new tables into "
                "quarantine, where their values would stand as they came. Set schema_contract={'tables': 'evolve'} for "
                "its resource.",
                hint="schema_contract",
            )
        own = {"schema_contract": contract} if contract and not callable(contract) else {}
        tables = [{**declared[0], **own}, *declared[1:]]
        self._tables[name] = json.dumps(tables, default=str), modes

    def holds(self, table: str) -> bool:
        """Tell whether all items of a table go to quarantine."""
        return table in self._tables

    def take_page(self, table: str, page: TDataItems) -> int:
        """Take items of a table that is new; return their number.

        Args:
            table: Its name.
            page: An item, a page of them, or a frame.
        """
        # what its resource declares waits with each item: the schema knows nothing of the table
        tables, modes = self._tables[table]
        refusal = Refusal("tables", "", f"the table {table} is new")
        frame = None if isinstance(page, (list, dict)) else tabular(page, table)
        if frame is not None:
            texts = [
                (item, {"arrow": row, "tables": json.loads(tables)})
                for batch in frame.to_batches()
                for item, row in single_rows(batch)
            ]
        else:
            texts = [(_text(table, item), {"tables": json.loads(tables)}) for item in one_by_one(page)]
        self._put([Quarantined(table, refusal, modes, item, json.dumps(origin)) for item, origin in texts])
        return len(texts)

    def take(self, table: str, refused: QuarantinedItem, item: TDataItem, modes: Mapping[str, str]) -> None:
        """Take an item that a model refused.

        Args:
            table: Its table.
            refused: The item, with the reason.
            item: The item as it is written: masked, where its table has masks.
            modes: The contract that counts, by entity.
        """
        origin = json.dumps({"model": refused.model})
        # which model it was, so that a replay knows that no column says what it asks
        self._put([Quarantined(table, refused.refusal, modes, _text(table, item), origin)])

    def _put(self, rows: Sequence[Quarantined]) -> None:
        # they are not among the items of their table, and are counted apart
        for row in rows:
            self.counts[row.table_name] = self.counts.get(row.table_name, 0) + 1
        if rows:
            self._write(QUARANTINE_TABLE, [row.as_row() for row in rows])


def _text(table: str, item: TDataItem) -> str:
    try:
        return dump_row(item).decode("ascii")
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidDataItem(
            f"table {table}: an item that the contract puts into quarantine cannot be stored: {error}. Turn it into "
            "dicts, lists and scalars in the resource or with add_map.",
            table=table,
        ) from error

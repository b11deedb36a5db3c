"""What is in the quarantine of a pipeline, as it is read there, and what became of it."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING

from dlt.late_dataclass import dataclass
from dlt.pipeline.parts import Parts
from dlt.schema.quarantine import Quarantined
from dlt.schema.system_tables import QUARANTINE_TABLE

if TYPE_CHECKING:
    from dlt.schema.schema import Schema


@dataclass(frozen=True)
class QuarantineGroup:
    """Items of one table that one load put into quarantine for one reason.

    Attributes:
        table_name: Root table that they are for.
        load_id: The load.
        quarantined_at: When.
        entity: What the contract keeps as it is: "tables", "columns", "data_type"; "model" for a Pydantic model.
        path: Place of the value in the item; list items stand in it without their number.
        reason: What is wrong.
        rows: How many items there are.
        schema_name: Their schema.
    """

    table_name: str
    load_id: str
    quarantined_at: datetime.datetime
    entity: str
    path: str
    reason: str
    rows: int
    schema_name: str


@dataclass(frozen=True)
class Replayed:
    """What became of items that were in quarantine.

    Attributes:
        loads_ids: Loads that took them out, none where nothing was done.
        loaded: Items that are in their tables now, by root table.
        quarantined: Items that the contract of today keeps out as well; they stay, with the reason of today.
        waiting: Items that a Pydantic model refused and that nothing checked: `replay` needs their resource.
        outdated: Items of tables that a later load replaced: they went, as a run without fault had lost them by now.
        discarded: Items that the contract of today discards.
    """

    loads_ids: Sequence[str] = ()
    loaded: Mapping[str, int] = field(default_factory=dict)
    quarantined: Mapping[str, int] = field(default_factory=dict)
    waiting: Mapping[str, int] = field(default_factory=dict)
    outdated: Mapping[str, int] = field(default_factory=dict)
    discarded: Mapping[str, int] = field(default_factory=dict)

    @property
    def stayed(self) -> int:
        """Return how many items are in quarantine still."""
        return sum(self.quarantined.values()) + sum(self.waiting.values())


def is_asked(row: Quarantined, table: str | None, load_id: str | None) -> bool:
    """Tell whether an item is of a table and a load; None stands for any."""
    return table in (None, row.table_name) and load_id in (None, row.load_id)


def schemas_of(parts: Parts) -> list[Schema]:
    """Return the schemas of a pipeline whose datasets hold a quarantine."""
    from dlt.pipeline.reading import sync_if_new

    home = parts.home
    sync_if_new(parts)
    # a schema has the table from the first item on
    found = [home.schemas[name] for name in home.schemas]
    return [schema for schema in found if QUARANTINE_TABLE in schema.tables]


def read(parts: Parts, schema: Schema) -> Iterator[Quarantined]:
    """Yield the rows of the quarantine that belong to a schema.

    Args:
        parts: The pipeline.
        schema: The schema.
    """
    from dlt.pipeline.reading import dataset_of

    # asked before it is read: the schema may know of a table that its load did not make yet
    with parts.target.connect(parts.target.dataset_for(schema.name), schema) as client:
        if not client.has_dataset() or not client.stored_tables([QUARANTINE_TABLE]):
            return
    names = list(schema.get_table_columns(QUARANTINE_TABLE))
    for values in dataset_of(parts, schema, None)[QUARANTINE_TABLE].select(*names).fetchall():
        row = Quarantined.of_row(dict(zip(names, values, strict=True)))
        # schemas may share a dataset
        if row.schema_name == schema.name:
            yield row

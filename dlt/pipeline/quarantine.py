"""What contracts keep out of the tables of a pipeline: to look at, to send through normalize again, or to drop."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from dlt.pipeline import replaying
from dlt.pipeline.parts import Parts
from dlt.pipeline.quarantined import QuarantineGroup, Replayed, is_asked, read, schemas_of
from dlt.schema.quarantine import Quarantined

if TYPE_CHECKING:
    from dlt.extract.vocabulary import ContractHint


class Quarantine:
    """The quarantine of a pipeline.

    Args:
        parts: The pipeline.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def list(self, table: str | None = None, load_id: str | None = None) -> Sequence[QuarantineGroup]:
        """Return what is in quarantine, by table, load and reason.

        Args:
            table: Items of this root table only.
            load_id: Items that this load brought only.
        """
        counts: Counter[tuple[str, str, datetime.datetime, str, str, str, str]] = Counter()
        for row in self.rows(table, load_id):
            # the items of a list are told by their list
            path = ".".join(part.partition("[")[0] for part in row.refusal.path.split("."))
            at = row.quarantined_at
            assert at is not None and row.load_id is not None, "rows that were read have both"
            key = (row.table_name, row.load_id, at, row.refusal.entity, path, row.refusal.reason, row.schema_name)
            counts[key] += 1
        return [QuarantineGroup(*key[:6], count, key[6]) for key, count in sorted(counts.items())]

    def rows(self, table: str | None = None, load_id: str | None = None) -> Sequence[Quarantined]:
        """Return the items in quarantine, each with the reason; `value` gives an item as it came.

        Args:
            table: Items of this root table only.
            load_id: Items that this load brought only.
        """
        found = (row for schema in schemas_of(self._parts) for row in read(self._parts, schema))
        return [row for row in found if is_asked(row, table, load_id)]

    def replay(
        self,
        table: str | None = None,
        load_id: str | None = None,
        *,
        schema_contract: ContractHint | None = None,
        source: object = None,
    ) -> Replayed:
        """Send items through normalize again, with the schema and the contract of today, and load them.

        The load takes them out of the quarantine in its own transaction. What the contract keeps out again stays, with
        the reason of today. Packages that wait are loaded first.

        Args:
            table: Items of this root table only.
            load_id: Items that this load brought only.
            schema_contract: A contract for this replay only.
            source: Resources, or sources with them, whose Pydantic models check the items that a model refused.

        Raises:
            PipelineStepFailed: a step failed; what was in quarantine is there still, or waits in a package.
            DestinationHasFailedJobs: the destination refused the items; the package waits.
        """
        return replaying.replay(self._parts, lambda row: is_asked(row, table, load_id), schema_contract, source)

    def drop(self, table: str | None = None, load_id: str | None = None) -> dict[str, int]:
        """Delete items for good; return how many, by root table. Packages that wait are loaded first.

        Args:
            table: Items of this root table only.
            load_id: Items that this load brought only.

        Raises:
            PipelineStepFailed: a step failed; the items are there still, or a package waits that deletes them.
        """
        return replaying.drop(self._parts, lambda row: is_asked(row, table, load_id))

"""Fences: rows that transactions change so that BigQuery aborts all but one of those that must not overlap."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from functools import partial
from typing import Any

from dlt.clock import utc_now
from dlt.destinations.client import WorkDone
from dlt.destinations.impl.bigquery.jobs import Jobs
from dlt.destinations.impl.bigquery.script import Script
from dlt.destinations.ledger import FENCES_TABLE, first_epoch, load_fence, pipeline_fence, taken_over
from dlt.destinations.sql.client import SqlDestinationClient
from dlt.destinations.work import work_done, work_name
from dlt.schema.typing import ColumnSchema
from dlt.schema.x_keys import X_BIGQUERY

_PARTS = 1_000
"""Partitions of the table of fences; a table has at most 10,000."""


class Fencing(SqlDestinationClient):
    """The part of the client that keeps tries of tasks, and loads into one table, apart.

    What was read before the transaction is compared when it begins.
    """

    jobs: Jobs
    _script: Script
    _holds: bool
    _locked: list[str]

    def _lock_tables(self) -> None:
        """Let loads that delete and insert in one table clash: BigQuery sees no conflict where nothing was deleted."""
        if not self._locked:
            return
        self._create_fences()
        self._add_fences({name: 0 for name in self._locked})
        for name in self._locked:
            self._script.first(*self._touch(name))

    def claim(self, pipeline_name: str, load_id: str, attempt: int) -> int:
        """Take a load over from older tries, in one statement; return the epoch that now may commit it.

        Raises:
            Superseded: a later attempt has it.
        """
        self.create_dataset()
        self._create_fences()
        given, mine = first_epoch(attempt), load_fence(load_id)
        self._check_attempt(pipeline_name, load_id, attempt)
        self._add_fences({pipeline_fence(pipeline_name): 0, mine: given})
        return self._check_attempt(pipeline_name, load_id, attempt)

    def _add_fences(self, epochs: Mapping[str, int]) -> None:
        """Add rows that are not there; raise the others to an epoch, or by one, where one is given."""
        fences = self.qualified(FENCES_TABLE)
        known = ", ".join("%s" for _ in epochs)
        if not any(epochs.values()):
            found = self.query(f"SELECT fence_key FROM {fences} WHERE fence_key IN ({known})", tuple(epochs)).fetchall()
            epochs = {name: epoch for name, epoch in epochs.items() if (name,) not in found}
        if not epochs:
            return
        rows = " UNION ALL ".join(["SELECT %s AS fence_key, %s AS epoch, %s AS part"] * len(epochs))
        merge = (
            f"MERGE {fences} AS f USING ({rows}) AS s ON f.part = s.part AND f.fence_key = s.fence_key "
            "WHEN MATCHED AND s.epoch > 0 THEN UPDATE SET epoch = GREATEST(f.epoch + 1, s.epoch) "
            "WHEN NOT MATCHED THEN INSERT (fence_key, epoch, part) VALUES (s.fence_key, s.epoch, s.part)"
        )
        values = [value for name, epoch in epochs.items() for value in (name, epoch, _part(name))]
        # a load of another pipeline may change the table at this moment
        self.jobs.patiently(partial(self.query, merge, values))

    def _touch(self, name: str) -> tuple[str, tuple[Any, ...]]:
        fences = self.qualified(FENCES_TABLE)
        return f"UPDATE {fences} SET epoch = epoch + 1 WHERE part = %s AND fence_key = %s", (_part(name), name)

    def _epoch(self, name: str) -> int | None:
        if not self.stored_tables([FENCES_TABLE]):
            return None
        # two that came first at once may both have added the row
        sql = f"SELECT MAX(epoch) FROM {self.qualified(FENCES_TABLE)} WHERE part = %s AND fence_key = %s"
        row = self.query(sql, (_part(name), name)).fetchone()
        return None if row is None or row[0] is None else int(row[0])

    def hold_state(self, pipeline_name: str, dataset_name: str | None = None) -> None:
        """Let the transaction fail if another load of the pipeline changed its state after this call."""
        client = self if dataset_name in (None, self.dataset_name) else self.for_dataset(str(dataset_name))
        client.create_dataset()
        client._create_fences()
        client._come_first(pipeline_fence(pipeline_name))

    def hold(self, pipeline_name: str, load_id: str, epoch: int) -> None:
        """Let the transaction fail if another load of the pipeline was committed after this call.

        Raises:
            Superseded: another try took the load over.
        """
        if self._epoch(load_fence(load_id)) != epoch:
            raise taken_over(pipeline_name, load_id)
        if self._holds:
            return
        self._holds = True
        self._now = utc_now()
        self._come_first(pipeline_fence(pipeline_name))
        self._guard(load_fence(load_id), epoch, "another try took the load over")

    def _come_first(self, name: str) -> None:
        """Let the transaction fail if another one that does this for the same fence ends before it."""
        epoch = self._epoch(name)
        if epoch is None:
            self._add_fences({name: 0})
            epoch = self._epoch(name)
        self._guard(name, epoch, "a load of the pipeline came first")
        # the row that all of them change: of two transactions at once BigQuery aborts one
        self._script.first(*self._touch(name))

    def _guard(self, name: str, epoch: int | None, text: str) -> None:
        same = f"(SELECT MAX(epoch) FROM {self.qualified(FENCES_TABLE)} WHERE part = %s AND fence_key = %s) = %s"
        self._script.guard(same, text, _part(name), name, epoch)

    # -- the work of runs

    def read_work(self, key: str) -> WorkDone | None:
        """Return what is known of the work of one part of a run; None if it was never loaded."""
        if not self.stored_tables([FENCES_TABLE]):
            return None
        sql = f"SELECT fence_key FROM {self.qualified(FENCES_TABLE)} WHERE part = %s AND fence_key LIKE %s"
        found = [work_done(str(name)) for (name,) in self.query(sql, (_part(key), f"work {key} %")).fetchall()]
        return max(found, key=lambda done: done.revision, default=None)

    def record_work(self, key: str, done: WorkDone) -> None:
        """Add the record of what load holds the work of one part of a run."""
        self._create_fences()
        fences, part = self.qualified(FENCES_TABLE), _part(key)
        self._script.add(f"DELETE FROM {fences} WHERE part = %s AND fence_key LIKE %s", (part, f"work {key} %"))
        sql = f"INSERT INTO {fences} (fence_key, epoch, part) VALUES (%s, 0, %s)"
        self._script.add(sql, (work_name(key, done), part))

    def _create_fences(self) -> None:
        if not self.stored_tables([FENCES_TABLE]):
            columns: dict[str, ColumnSchema] = {
                "fence_key": {"name": "fence_key", "data_type": "text", "nullable": False},
                "epoch": {"name": "epoch", "data_type": "bigint", "nullable": False},
                "part": {"name": "part", "data_type": "bigint", "nullable": False},
            }
            # transactions clash where they change the same partition of a table
            partition = {"column": "part", "start": 0, "end": _PARTS, "interval": 1}
            fences: Any = {"name": FENCES_TABLE, "columns": columns, X_BIGQUERY: {"partition": partition}}
            self._create(fences)


def _part(name: str) -> int:
    return zlib.crc32(name.encode()) % _PARTS

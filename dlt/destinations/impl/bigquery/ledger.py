"""The ledger of a dataset of BigQuery: rows that transactions change, so that BigQuery aborts all but one of two.

What was read before the transaction is compared when it begins.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from functools import partial
from typing import cast

from dlt.clock import utc_now
from dlt.destinations.impl.bigquery.catalog import BigQueryCatalog
from dlt.destinations.impl.bigquery.session import BigQuerySession
from dlt.destinations.ledger import FENCES_TABLE, VersionRow, first_epoch, load_fence, pipeline_fence, taken_over
from dlt.destinations.sql.ledger import Ledger, Where
from dlt.schema.schema import Schema
from dlt.schema.system_tables import LOADS_TABLE, VERSION_TABLE, version_table
from dlt.schema.typing import ColumnSchema, TableSchema
from dlt.schema.x_keys import X_BIGQUERY

_PARTS = 1_000
"""Partitions of the table of fences; a table has at most 10,000."""


class BigQueryLedger(Ledger):
    """Records of one dataset.

    Attributes:
        load_id: Load that the transaction completes.
    """

    session: BigQuerySession
    catalog: BigQueryCatalog
    load_id = ""
    _holds = False

    def begin(self) -> None:
        """Begin without a load."""
        self.load_id, self._holds = "", False

    # -- loads

    def has_load_now(self, load_id: str) -> bool:
        """Tell whether a load is complete, asked anew."""
        self.catalog.forget(LOADS_TABLE)
        return self.has_load(load_id)

    def record_load(self, load_id: str, schema: Schema) -> None:
        """Add the record that the load is complete, and the version of its schema."""
        super().record_load(load_id, schema)
        self.load_id = load_id
        # two tries may both have seen that the load is missing: the one that commits second fails by this
        loads = self.catalog.qualified(LOADS_TABLE)
        self.session.script.guard(
            f"NOT EXISTS (SELECT 1 FROM {loads} WHERE load_id = %s)", "the load is there", load_id
        )

    def insert_version(self, row: VersionRow) -> None:
        """Add a version of a schema, unless it is there when the transaction begins."""
        versions = self.catalog.qualified(VERSION_TABLE)
        names = ", ".join(map(self.dialect.quote, version_table()["columns"]))
        self.session.change(
            # GoogleSQL takes a WHERE behind a FROM only
            f"INSERT INTO {versions} ({names}) SELECT %s, %s, %s, %s, %s, %s FROM (SELECT 1) "
            f"WHERE NOT EXISTS (SELECT 1 FROM {versions} WHERE version_hash = %s AND schema_name = %s)",
            (*row.values(), row.version_hash, row.schema_name),
        )

    # -- fences

    def lock_tables(self, tables: Sequence[str]) -> None:
        """Let loads that delete and insert in one table clash: BigQuery sees no conflict where nothing was deleted."""
        if not tables:
            return
        names = [f"table {name}" for name in tables]
        self.create_fences()
        self._add_fences(dict.fromkeys(names, 0))
        for name in names:
            self.touch(name)

    def touch(self, name: str) -> None:
        """Change a fence at the beginning of the transaction."""
        where, values = self.fence(name)
        self.session.script.first(f"UPDATE {self.fences} SET epoch = epoch + 1 WHERE {where}", values)

    def fence(self, name: str) -> Where:
        """Return the condition for the row of a fence."""
        return "part = %s AND fence_key = %s", (_part(name), name)

    def claim(self, pipeline_name: str, load_id: str, attempt: int) -> int:
        """Take a load over from older tries, in one statement; return the epoch that now may commit it.

        Raises:
            Superseded: a later attempt has it.
        """
        self.catalog.create_dataset()
        self.create_fences()
        given, mine = first_epoch(attempt), load_fence(load_id)
        self.check_attempt(pipeline_name, load_id, attempt)
        self._add_fences({pipeline_fence(pipeline_name): 0, mine: given})
        return self.check_attempt(pipeline_name, load_id, attempt)

    def _add_fences(self, epochs: Mapping[str, int]) -> None:
        """Add rows that are not there; raise the others to an epoch, or by one, where one is given."""
        fences = self.fences
        known = ", ".join("%s" for _ in epochs)
        # rows that are there need no MERGE, which is a change that others clash with
        if not any(epochs.values()):
            found = self.session.query(
                f"SELECT fence_key FROM {fences} WHERE fence_key IN ({known})", tuple(epochs)
            ).fetchall()
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
        self.session.jobs.patiently(partial(self.session.query, merge, values))

    def hold_state(self, pipeline_name: str, dataset_name: str | None = None) -> None:
        """Let the transaction fail if another load of the pipeline changed its state after this call."""
        ledger = self.for_dataset(dataset_name)
        ledger.catalog.create_dataset()
        ledger.create_fences()
        ledger.come_first(pipeline_fence(pipeline_name))

    def hold(self, pipeline_name: str, load_id: str, epoch: int) -> None:
        """Let the transaction fail if another load of the pipeline was committed after this call.

        Raises:
            Superseded: another try took the load over.
        """
        if self.epoch(load_fence(load_id)) != epoch:
            raise taken_over(pipeline_name, load_id)
        # asked again before the commit: the guards of the first call stand in the script
        if self._holds:
            return
        self._holds = True
        self.session.now = utc_now()
        self.come_first(pipeline_fence(pipeline_name))
        self._guard(load_fence(load_id), epoch, "another try took the load over")

    def come_first(self, name: str) -> None:
        """Let the transaction fail if another one that does this for the same fence ends before it."""
        epoch = self.epoch(name)
        if epoch is None:
            self._add_fences({name: 0})
            epoch = self.epoch(name)
        self._guard(name, epoch, "a load of the pipeline came first")
        # the row that all of them change: of two transactions at once BigQuery aborts one
        self.touch(name)

    def _guard(self, name: str, epoch: int | None, text: str) -> None:
        same = f"(SELECT MAX(epoch) FROM {self.fences} WHERE part = %s AND fence_key = %s) = %s"
        self.session.script.guard(same, text, _part(name), name, epoch)

    def create_fences(self) -> None:
        """Make the table of fences if it is not there."""
        if not self.catalog.has_table(FENCES_TABLE):
            columns: dict[str, ColumnSchema] = {
                "fence_key": {"name": "fence_key", "data_type": "text", "nullable": False},
                "epoch": {"name": "epoch", "data_type": "bigint", "nullable": False},
                "part": {"name": "part", "data_type": "bigint", "nullable": False},
            }
            # transactions clash where they change the same partition of a table
            partition = {"column": "part", "start": 0, "end": _PARTS, "interval": 1}
            fences = {"name": FENCES_TABLE, "columns": columns, X_BIGQUERY: {"partition": partition}}
            # the type of a table has no keys of single destinations
            self.catalog.create(cast(TableSchema, fences))

    # -- the work of runs

    def work(self, key: str) -> Where:
        """Return the condition for the row of the work of one part of a run."""
        return "part = %s AND fence_key LIKE %s", (_part(key), f"work {key} %")

    def insert_work(self, key: str, name: str) -> None:
        """Add the row of the work of one part of a run."""
        self.session.change(
            f"INSERT INTO {self.fences} (fence_key, epoch, part) VALUES (%s, 0, %s)", (name, _part(key))
        )


def _part(name: str) -> int:
    # not hash(), which is another one in each process
    return zlib.crc32(name.encode()) % _PARTS

"""What a load does at the destination that loads nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dlt.destinations.client import WorkDone
from dlt.schema.schema import Schema
from dlt.schema.typing import ColumnSchema, TableSchema
from dlt.schema.update import SchemaUpdate
from dlt.states.model import State


class DummyClient:
    """Accept all, keep nothing."""

    def has_dataset(self) -> bool:
        """Tell that it is there."""
        return True

    def create_dataset(self) -> None:
        """Keep nothing."""

    def drop_dataset(self) -> None:
        """Keep nothing."""

    def stored_tables(self, names: Sequence[str]) -> dict[str, dict[str, ColumnSchema]]:
        """Return no tables."""
        return {}

    def begin(self) -> None:
        """Keep nothing."""

    def commit(self) -> None:
        """Keep nothing."""

    def rollback(self) -> None:
        """Keep nothing."""

    def apply_ddl(self, update: SchemaUpdate) -> None:
        """Keep nothing."""

    def ddl(self, update: SchemaUpdate) -> tuple[str, ...]:
        """Return nothing: no table is made."""
        return ()

    def remove_tables(self, drop: Sequence[str], truncate: Sequence[str]) -> None:
        """Keep nothing."""

    def stage(self, chain: Sequence[TableSchema], load_id: str) -> dict[str, str]:
        """Return the tables' own names."""
        return {table["name"]: table["name"] for table in chain}

    def load_files(self, table: TableSchema, target: str, paths: Sequence[str], file_format: str) -> None:
        """Keep nothing."""

    def publish(self, chain: Sequence[TableSchema], load_id: str) -> None:
        """Keep nothing."""

    def has_load(self, load_id: str) -> bool:
        """Tell that no load is there."""
        return False

    def is_undone(self, load_id: str) -> bool:
        """Tell that none was."""
        return False

    def undoing(self) -> None:
        """Return nothing: nothing is kept that could be undone."""

    def loaded_schema(self, load_id: str) -> str | None:
        """Return none."""
        return None

    def record_load(self, load_id: str, schema: Schema) -> None:
        """Keep nothing."""

    def record_state(self, dataset_name: str, load_id: str, state: State) -> None:
        """Keep nothing."""

    def read_schema(self, name: str | None = None, version_hash: str | None = None) -> None:
        """Return none."""
        return None

    def read_state(self, pipeline_name: str, dataset_name: str | None = None) -> str | None:
        """Return none."""
        return None

    def hold_state(self, pipeline_name: str, dataset_name: str | None = None) -> None:
        """Keep nothing."""

    def claim(self, pipeline_name: str, load_id: str, attempt: int) -> int:
        """Let everyone load: nothing is kept that a second load could spoil."""
        return attempt

    def hold(self, pipeline_name: str, load_id: str, epoch: int) -> None:
        """Keep nothing."""

    def read_work(self, key: str) -> WorkDone | None:
        """Return none."""
        return None

    def record_work(self, key: str, done: WorkDone) -> None:
        """Keep nothing."""

    def note_parts(self, loads: Mapping[str, str]) -> None:
        """Keep nothing."""

    def remove_load(self, chain: Sequence[TableSchema], load_id: str) -> None:
        """Keep nothing."""

    def checking_client(self) -> None:
        """Return none."""

    def sql_client(self) -> None:
        """Return none."""

"""The records that a destination keeps of loads, and who may commit one: values and rules, the same for SQL and files.

An epoch is the number of the attempt times `TRIES_PER_ATTEMPT`, plus how often that attempt began: of two tries of one
load the one with the greater epoch may commit.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import astuple

import orjson

from dlt.errors import Superseded
from dlt.ids import random_id
from dlt.late_dataclass import dataclass
from dlt.schema.schema import Schema
from dlt.schema.stored import ENGINE_VERSION
from dlt.schema.system_tables import state_table
from dlt.states.model import State, encode

STATES_KEPT = 5
"""States of a pipeline that stay when newer ones come."""
UNDONE = -1
"""Status of a load that was undone; 0 is complete, and larger numbers are those of programs that go on from there."""
FENCES_TABLE = "_dlt_fences"
TRIES_PER_ATTEMPT = 1_000_000


@dataclass(frozen=True)
class LoadRow:
    """A row of `_dlt_loads`, with its columns in their order: the load is complete."""

    load_id: str
    schema_name: str
    status: int
    inserted_at: datetime.datetime
    schema_version_hash: str

    @classmethod
    def of(cls, load_id: str, schema: Schema, now: datetime.datetime) -> LoadRow:
        """Return the row for a load.

        Args:
            load_id: The load.
            schema: Schema of its tables.
            now: Moment of the load.
        """
        # status 0 says in PyPI dlt 1.x, too, that the load is complete
        return cls(load_id, schema.name, 0, now, _hash_of(schema))

    def values(self) -> tuple[object, ...]:
        """Return the row as SQL takes it."""
        return astuple(self)

    def document(self) -> dict[str, object]:
        """Return the row as JSON has it, under the names of its columns."""
        return {**vars(self), "inserted_at": self.inserted_at.isoformat()}


@dataclass(frozen=True)
class VersionRow:
    """A row of `_dlt_version`, with its columns in their order: one version of a schema."""

    version: int
    engine_version: int
    inserted_at: datetime.datetime
    schema_name: str
    version_hash: str
    schema: Mapping[str, object]

    @classmethod
    def of(cls, schema: Schema, now: datetime.datetime) -> VersionRow:
        """Return the row for a schema as it is.

        Args:
            schema: The schema.
            now: Moment of the load.
        """
        document = schema.to_dict(bump_version=False)
        return cls(schema.stored_version, ENGINE_VERSION, now, schema.name, _hash_of(schema), document)

    def values(self) -> tuple[object, ...]:
        """Return the row as SQL takes it, with the schema as a text."""
        text = orjson.dumps(self.schema, default=str).decode()
        return (self.version, self.engine_version, self.inserted_at, self.schema_name, self.version_hash, text)

    def document(self) -> dict[str, object]:
        """Return the row as JSON has it, under the names of its columns."""
        return {**vars(self), "inserted_at": self.inserted_at.isoformat()}


@dataclass(frozen=True)
class StateRow:
    """A row of `_dlt_pipeline_state`, with its columns in their order: what a pipeline remembers."""

    version: int
    engine_version: int
    pipeline_name: str
    state: str
    created_at: datetime.datetime
    version_hash: str
    load_id: str
    row_id: str

    @classmethod
    def of(cls, load_id: str, state: State, now: datetime.datetime) -> StateRow:
        """Return the row for a state.

        Args:
            load_id: Load that brings it.
            state: The state.
            now: Moment of the load.
        """
        return cls(
            version=int(state["_state_version"]),
            engine_version=int(state.get("_state_engine_version") or 1),
            pipeline_name=str(state["pipeline_name"]),
            state=encode(state),
            created_at=now,
            version_hash=state["_version_hash"],
            load_id=load_id,
            row_id=random_id(),
        )

    def values(self) -> tuple[object, ...]:
        """Return the row as SQL takes it."""
        return astuple(self)

    def document(self) -> dict[str, object]:
        """Return the row as JSON has it, under the names of its columns."""
        columns = state_table()["columns"]
        # two of the columns begin with _dlt, so the names of the fields do not fit
        return {**dict(zip(columns, self.values(), strict=True)), "created_at": self.created_at.isoformat()}


def _hash_of(schema: Schema) -> str:
    return schema.stored_version_hash or schema.version_hash


# -- fences


def load_fence(load_id: str) -> str:
    """Return the name of the fence around a load."""
    # with a word before it: loads, pipelines and works are rows of one table
    return f"load {load_id}"


def pipeline_fence(pipeline_name: str) -> str:
    """Return the name of the fence around the loads of a pipeline."""
    return f"pipeline {pipeline_name}"


def first_epoch(attempt: int) -> int:
    """Return the epoch with which an attempt begins."""
    return attempt * TRIES_PER_ATTEMPT


def check_attempt(pipeline_name: str, load_id: str, attempt: int, taken: int) -> None:
    """Make sure that no later attempt has a load.

    Args:
        pipeline_name: The pipeline, for messages.
        load_id: The load.
        attempt: Number of the attempt that wants it.
        taken: The greatest epoch that is known.

    Raises:
        Superseded: a later attempt has it.
    """
    if taken >= first_epoch(attempt + 1):
        raise Superseded(
            f"load {load_id} of pipeline {pipeline_name}: try {taken // TRIES_PER_ATTEMPT} took it over from this one, "
            f"which is try {attempt}. Nothing of this one was loaded; see the other one.",
            load_id=load_id,
        )


def taken_over(pipeline_name: str, load_id: str) -> Superseded:
    """Return the error for a try whose load another try has taken over.

    Args:
        pipeline_name: The pipeline, for messages.
        load_id: The load.
    """
    return Superseded(
        f"load {load_id} of pipeline {pipeline_name}: another try of the same task took it over while this one ran. "
        "Nothing of this one was loaded; see the other one.",
        load_id=load_id,
    )

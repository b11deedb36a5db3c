"""Rows of the system tables, as programs get them."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import NamedTuple, TypedDict


class StorageSchemaInfo(NamedTuple):
    """A version of a schema as a destination stores it.

    Attributes:
        version_hash: Hash of the schema.
        schema_name: Its name.
        version: Number of the version.
        engine_version: Version of the engine that stored it.
        inserted_at: When it was stored.
        schema: The schema as JSON text.
    """

    version_hash: str
    schema_name: str
    version: int
    engine_version: int
    inserted_at: datetime.datetime
    schema: str


class _StateDocument(TypedDict):
    """What every row of the table with the states of pipelines has."""

    version: int
    engine_version: int
    pipeline_name: str
    state: str
    created_at: datetime.datetime


class StateDocument(_StateDocument, total=False):
    """A row of the table with the states of pipelines."""

    version_hash: str
    _dlt_load_id: str


@dataclass
class StateInfo:
    """A state of a pipeline as a destination stores it.

    Attributes:
        version: Number of the version.
        engine_version: Version of the engine that stored it.
        pipeline_name: The pipeline.
        state: The state as text.
        created_at: When it was stored.
        version_hash: Hash of the state.
    """

    version: int
    engine_version: int
    pipeline_name: str
    state: str
    created_at: datetime.datetime
    version_hash: str | None = None
    _dlt_load_id: str | None = None

    def as_doc(self) -> StateDocument:
        """Return the row as a dict, without what is not known."""
        found: StateDocument = {
            "version": self.version,
            "engine_version": self.engine_version,
            "pipeline_name": self.pipeline_name,
            "state": self.state,
            "created_at": self.created_at,
        }
        if self.version_hash is not None:
            found["version_hash"] = self.version_hash
        if self._dlt_load_id is not None:
            found["_dlt_load_id"] = self._dlt_load_id
        return found

"""The state of a pipeline: a dict with a version that grows with every change."""

from __future__ import annotations

import base64
import hashlib
import zlib
from typing import Any, cast

from dlt.errors import PipelineStateEngineNoUpgradePathException
from dlt.io import typed_json
from dlt.io.tagged_json import untagged

STATE_ENGINE_VERSION = 4
State = dict[str, Any]
"""What a pipeline keeps. It stays a dict: programs change it in place, with values that `dlt.io.typed_json` knows."""


def new_state(pipeline_name: str) -> State:
    """Return the state of a pipeline that never ran."""
    return {
        "_state_version": 0,
        "_version_hash": None,
        "_state_engine_version": STATE_ENGINE_VERSION,
        "pipeline_name": pipeline_name,
        "dataset_name": None,
        "default_schema_name": None,
        "schema_names": [],
        "destination_name": None,
        "destination_type": None,
        "_local": {"first_run": True},
    }


def content_hash(state: State) -> str:
    """Return the hash of all that belongs to the destination; what is local stays out."""
    # what is local may differ between folders that agree on all that counts
    content = {k: v for k, v in state.items() if k not in ("_state_version", "_version_hash", "_local")}
    return base64.b64encode(hashlib.sha3_256(typed_json.dumps(_sorted(content)).encode()).digest()).decode("ascii")


def _sorted(value: object) -> object:
    if isinstance(value, dict):
        # sorted, as a dict that was filled in another order is no change
        return {str(key): _sorted(value[key]) for key in sorted(value, key=str)}
    if isinstance(value, (list, tuple)):
        return [_sorted(item) for item in value]
    return value


def bump(state: State) -> bool:
    """Count a change since the last call; tell whether there was one."""
    found = content_hash(state)
    if found == state.get("_version_hash"):
        return False
    state["_state_version"] = int(state.get("_state_version") or 0) + 1
    state["_version_hash"] = found
    return True


def encode(state: State) -> str:
    """Return the text that a destination stores: compressed, without what is local."""
    # another folder that takes the state over has paths and marks of its own
    content = {key: value for key, value in state.items() if key != "_local"}
    return base64.b64encode(zlib.compress(typed_json.dumps(content).encode(), 6)).decode("ascii")


def loads(text: str | bytes) -> State:
    """Return a state from its JSON text, of this library or of PyPI `dlt` 1.x.

    Args:
        text: What `dlt.io.typed_json` wrote, or the JSON with tags of PyPI `dlt`.
    """
    state: State = typed_json.loads(text)
    # ours is written for people too, line by line; that of PyPI dlt has its tags where ours has objects
    if text[:2] in ("{\n", b"{\n"):
        return state
    return cast("State", untagged(state))


def decode(text: str, pipeline_name: str) -> State:
    """Return the state from the text that a destination stored.

    Raises:
        PipelineStateEngineNoUpgradePathException: a later version of the library stored it.
    """
    state = loads(zlib.decompress(base64.b64decode(text)))
    engine = int(state.get("_state_engine_version", STATE_ENGINE_VERSION))
    if engine > STATE_ENGINE_VERSION:
        raise PipelineStateEngineNoUpgradePathException(
            f"pipeline {pipeline_name}: its state at the destination has engine version {engine}, this library reads "
            f"up to {STATE_ENGINE_VERSION}. Upgrade the library.",
            pipeline_name=pipeline_name,
        )
    # a state that is at the destination came there with a load
    state["_local"] = {"first_run": False}
    return state

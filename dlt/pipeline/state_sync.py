"""The state of a pipeline and its text at a destination, under the names of PyPI `dlt` 1.x."""

from __future__ import annotations

from dlt.absent import absent_names
from dlt.states.model import STATE_ENGINE_VERSION as PIPELINE_STATE_ENGINE_VERSION
from dlt.states.model import State, bump, new_state
from dlt.states.model import content_hash as generate_pipeline_state_version_hash

__all__ = [
    "PIPELINE_STATE_ENGINE_VERSION",
    "bump_pipeline_state_version_if_modified",
    "default_pipeline_state",
    "generate_pipeline_state_version_hash",
]
__getattr__ = absent_names(
    __name__,
    "pipeline.sync_destination() takes the state from the destination; pipeline.state has it.",
    "load_pipeline_state_from_destination migrate_pipeline_state migrate_state_to_current state_resource state_doc "
    "force_state_extract mark_state_extracted",
)


def default_pipeline_state() -> State:
    """Return the state of a pipeline that never ran."""
    return new_state("")


def bump_pipeline_state_version_if_modified(state: State) -> tuple[int, str, str | None]:
    """Count a change of a state since the last call.

    Args:
        state: The state; its version and its hash are set.

    Returns:
        The version, its hash, and the hash before.
    """
    before = state.get("_version_hash")
    bump(state)
    return int(state["_state_version"]), str(state["_version_hash"]), before

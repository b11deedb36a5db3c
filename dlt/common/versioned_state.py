"""The version of a state, and its text at a destination, under the names of PyPI `dlt` 1.x."""

from __future__ import annotations

from dlt.states.model import STATE_ENGINE_VERSION, State, bump, content_hash, decode, encode

__all__ = [
    "STATE_ENGINE_VERSION",
    "bump_state_version_if_modified",
    "compress_state",
    "decompress_state",
    "default_versioned_state",
    "generate_state_version_hash",
]


def generate_state_version_hash(state: State, exclude_attrs: list[str] | None = None) -> str:
    """Return the hash of all in a state that belongs to the destination.

    Args:
        state: The state.
        exclude_attrs: Further keys that do not count.
    """
    return content_hash({key: value for key, value in state.items() if key not in (exclude_attrs or ())})


def bump_state_version_if_modified(state: State, exclude_attrs: list[str] | None = None) -> tuple[int, str, str | None]:
    """Count a change of a state since the last call.

    Args:
        state: The state; its version and its hash are set.
        exclude_attrs: Without effect: what is local never counts.

    Returns:
        The version, its hash, and the hash before.
    """
    del exclude_attrs
    before = state.get("_version_hash")
    bump(state)
    return int(state["_state_version"]), str(state["_version_hash"]), before


def default_versioned_state() -> State:
    """Return what the version of a new state is."""
    return {"_state_version": 0, "_state_engine_version": STATE_ENGINE_VERSION}


def compress_state(state: State) -> str:
    """Return the text that a destination stores for a state."""
    return encode(state)


def decompress_state(state_str: str) -> State:
    """Return the state that a destination stores as this text."""
    return decode(state_str, "")

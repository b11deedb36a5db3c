"""Telemetry under the names of PyPI `dlt` 1.x: this library sends nothing to anybody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

__all__ = ["always_track", "disable_anon_tracker", "get_anonymous_id", "init_anon_tracker", "track"]


def init_anon_tracker(config: object) -> None:
    """Send nothing.

    Args:
        config: Taken for programs that pass it.
    """
    del config


def disable_anon_tracker() -> None:
    """Go on sending nothing."""


def get_anonymous_id() -> str:
    """Return the id of nobody: none is made, as nothing is sent."""
    return ""


def track(event_category: str, event_name: str, properties: Mapping[str, object]) -> None:
    """Send nothing.

    Args:
        event_category: Taken for programs that pass it, as all others.
        event_name: What happened.
        properties: More about it.
    """
    del event_category, event_name, properties


@contextmanager
def always_track() -> Iterator[None]:
    """Send nothing inside the block either."""
    yield

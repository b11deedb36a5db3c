"""Telemetry under the names of PyPI `dlt` 1.x: this library sends nothing to anybody."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

__all__ = ["is_telemetry_started", "start_telemetry", "stop_telemetry", "with_telemetry"]

TFunction = TypeVar("TFunction")


def start_telemetry(config: object) -> None:
    """Send nothing.

    Args:
        config: Taken for programs that pass it.
    """
    del config


def stop_telemetry() -> None:
    """Go on sending nothing."""


def is_telemetry_started() -> bool:
    """Tell that nothing is sent."""
    return False


def with_telemetry(
    category: str, command: str, track_before: bool, *args: str, **kwargs: object
) -> Callable[[TFunction], TFunction]:
    """Return a decorator that leaves a function as it is.

    Args:
        category: Taken for programs that pass it, as all others.
        command: Its name.
        track_before: When it would be told.
        *args: Names of parameters.
        **kwargs: More of what would be told.
    """
    del category, command, track_before, args, kwargs
    return lambda function: function

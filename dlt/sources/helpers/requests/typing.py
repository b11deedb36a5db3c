"""Types of the arguments of clients and sessions."""

from __future__ import annotations

from datetime import timedelta

TimedeltaSeconds = int | float | timedelta
"""A length of time: seconds, or as Python has it."""
TRequestTimeout = TimedeltaSeconds | tuple[TimedeltaSeconds, TimedeltaSeconds]
"""How long a server may take to let itself be connected to and to send the next bytes: one limit for both, or two."""

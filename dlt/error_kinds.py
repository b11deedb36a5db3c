"""What kinds of errors destinations have, and which of them may pass: the one place that decides it.

The module of a driver tells the kind of each of its errors; what kind may pass is the same for all of them.
"""

from __future__ import annotations

import re
from typing import Literal

from dlt.errors import (
    DatabaseTerminalException,
    DatabaseTransientException,
    DatabaseUndefinedRelation,
    DestinationConnectionError,
    DestinationException,
    DestinationTerminalException,
    DestinationTransientException,
)

Kind = Literal[
    "disk_full",
    "connection",
    "clash",
    "busy",
    "timeout",
    "overloaded",
    "interrupted",
    "memory",
    "constraint",
    "right",
    "credentials",
    "read_only",
    "undefined",
    "refused",
]
"""What an error of a destination is; the last one is all that it does not take, such as wrong SQL or values."""
TRANSIENT: frozenset[Kind] = frozenset(
    {"disk_full", "connection", "clash", "busy", "timeout", "overloaded", "interrupted"}
)
"""Kinds that may pass without a change of the program, its settings or its data: the package waits for the next run."""
_ADVICE: dict[Kind, str] = {
    "disk_full": "The disk of the destination is full. Free or add space there, and run again; the package waits.",
    "right": "The user of the destination lacks a right. Grant it, or use other credentials.",
    "read_only": "The destination can only be read. Load where it can be written, or with a user who may write.",
}
# the first one that is found counts: a role that does not exist comes before all else that does not
_REFUSALS: tuple[tuple[str, Kind], ...] = (
    ("too many|connection slots", "overloaded"),
    ("authentication failed|no password supplied|no pg_hba.conf entry|access denied|login failed", "credentials"),
    ('certificate|role ".*" does not exist', "credentials"),
    ("not permitted|permission denied", "right"),
    ("does not exist|unknown database", "undefined"),
    ("does not support ssl|invalid|definition of service", "refused"),
)
"""Words by which servers tell why they let nobody in, where a driver gives no code."""


def is_transient(kind: Kind) -> bool:
    """Tell whether another try may succeed."""
    return kind in TRANSIENT


def database_error(kind: Kind, message: str, *, advice: str | None = None) -> DestinationException:
    """Return the exception for an error of a database.

    Args:
        kind: What it is; the exception bears it as `kind`.
        message: What the driver said, and of what.
        advice: What to do, if there is something better to say than what the kind tells.
    """
    text = _with_advice(kind, message, advice)
    if kind == "undefined":
        return DatabaseUndefinedRelation(text, kind=kind)
    if is_transient(kind):
        # what was in the way of another load may be repeated at once
        return DatabaseTransientException(text, kind=kind, clash=kind in ("clash", "busy"))
    return DatabaseTerminalException(text, kind=kind)


def store_error(kind: Kind, message: str, *, advice: str | None = None) -> DestinationException:
    """Return the exception for an error of a file system or object store.

    Args:
        kind: What it is; the exception bears it as `kind`.
        message: What was said, and of what.
        advice: What to do, if there is something better to say than what the kind tells.
    """
    text = _with_advice(kind, message, advice)
    if is_transient(kind):
        return DestinationTransientException(text, kind=kind)
    return DestinationTerminalException(text, kind=kind)


def refusal_kind(text: str) -> Kind:
    """Return what the text of an error of connecting is; one that says nothing of it is of a server out of reach."""
    return next((kind for signs, kind in _REFUSALS if re.search(signs, text, re.IGNORECASE)), "connection")


def connecting_error(kind: Kind, where: str, text: str, check: str) -> DestinationException:
    """Return the exception for a connection that cannot be made.

    Args:
        kind: What the error is.
        where: Names the destination.
        text: What was said, without secrets.
        check: What to look at, where the next try fails as well.
    """
    if is_transient(kind):
        return DestinationConnectionError(
            f"{where}: no connection: {text}. Check host, port and path, and that the server runs.", kind=kind
        )
    return DatabaseTerminalException(f"{where}: the connection is refused: {text}. Check {check}.", kind=kind)


def _with_advice(kind: Kind, message: str, advice: str | None) -> str:
    found = _ADVICE.get(kind) if advice is None else advice
    return f"{message.rstrip('.')}. {found}" if found else message

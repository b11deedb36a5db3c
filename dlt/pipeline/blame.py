"""Which package an error is about and what can be done about it, noted on the error itself, whatever its class."""

from __future__ import annotations

from typing import NamedTuple


class Blame(NamedTuple):
    """What is noted on an error; nothing on most."""

    load_id: str | None
    advice: str | None


def blame(error: BaseException, load_id: str, advice: str | None) -> None:
    """Note on an error which package could not be worked on.

    Args:
        error: What happened.
        load_id: Load id of the package.
        advice: What can be done, as a sentence; None where the error says it itself.
    """
    # errors of drivers have no place for it, and any exception takes attributes
    error.__dict__.update(load_id=load_id, advice=advice)


def blame_of(error: BaseException) -> Blame:
    """Return what is noted on an error."""
    return Blame(error.__dict__.get("load_id"), error.__dict__.get("advice"))

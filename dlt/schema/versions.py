"""How often a schema changed, and the hashes by which it was known."""

from __future__ import annotations

from typing import Protocol

_MOST = 10
"""Former hashes that are kept, as many as PyPI `dlt` keeps."""


class Versioned(Protocol):
    """What a schema knows of its versions.

    Attributes:
        stored_version: Number of the version that was stored last; it is 1 before that.
        stored_version_hash: Hash of that version; None where none was stored.
        imported_version_hash: Hash of the version that a person's file had.
        previous_hashes: Hashes of earlier versions, newest first.
    """

    stored_version: int
    stored_version_hash: str | None
    imported_version_hash: str | None
    previous_hashes: list[str]


def count_up(versioned: Versioned, found: str) -> tuple[int, str]:
    """Count a change since the last call, if there was one; return version and hash.

    Args:
        versioned: The versions so far; they are changed.
        found: Hash of the present content.
    """
    former = versioned.stored_version_hash
    # what was never stored is version 1, however often it changed before
    if former is not None and found != former:
        versioned.stored_version += 1
        versioned.previous_hashes = [former, *versioned.previous_hashes][:_MOST]
    versioned.stored_version_hash = found
    return versioned.stored_version, found


def take_over(versioned: Versioned, other: Versioned) -> None:
    """Go on with the versions of another schema of the same name."""
    versioned.stored_version, versioned.stored_version_hash = other.stored_version, other.stored_version_hash
    versioned.imported_version_hash = other.imported_version_hash
    versioned.previous_hashes = list(other.previous_hashes)

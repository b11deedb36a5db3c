"""The bucket of a filesystem destination, through which files go to a warehouse."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem


@runtime_checkable
class StagingBucket(Protocol):
    """What is used of a filesystem destination, which a destination need not know."""

    @property
    def bucket_url(self) -> str:
        """Return where it is."""

    def open_filesystem(self) -> tuple[AbstractFileSystem, str]:
        """Return the file system of fsspec, and the path of the bucket in it."""


def bucket_of(staging: object, schemes: Sequence[str]) -> StagingBucket | None:
    """Return the bucket, None for what is none, or for one that is somewhere else.

    Args:
        staging: What a program gave.
        schemes: Beginnings of the URLs from which the warehouse can read.
    """
    if isinstance(staging, StagingBucket) and staging.bucket_url.partition("://")[0] in schemes:
        return staging
    return None


def named(staging: object) -> str:
    """Return what a message calls it."""
    url = staging.bucket_url if isinstance(staging, StagingBucket) else ""
    return url or repr(staging)

"""Warnings that something will go, and the decorator that gives them."""

from __future__ import annotations

from typing_extensions import deprecated

__all__ = ["Dlt04DeprecationWarning", "Dlt100DeprecationWarning", "DltDeprecationWarning", "deprecated"]


class DltDeprecationWarning(DeprecationWarning):
    """Something works, and will go with a later version.

    Args:
        message: What is deprecated, and what to do instead.
        *args: Kept as arguments of the exception.
        since: The version that deprecates it.
        expected_due: The version that takes it away; the next major one when None.
    """

    def __init__(self, message: str, *args: object, since: str, expected_due: str | None = None) -> None:
        super().__init__(message, *args)
        self.message = message.rstrip(".")
        self.since = since
        self.expected_due = expected_due or f"{int(since.split('.')[0]) + 1}.0.0"

    def __str__(self) -> str:
        return f"{self.message}. Deprecated in dlt {self.since} to be removed in {self.expected_due}."


class Dlt100DeprecationWarning(DltDeprecationWarning):
    """Something is deprecated since version 1.0.0."""

    def __init__(self, message: str, *args: object, expected_due: str | None = None) -> None:
        super().__init__(message, *args, since="1.0.0", expected_due=expected_due)


class Dlt04DeprecationWarning(DltDeprecationWarning):
    """Something is deprecated since version 0.4.0."""

    def __init__(self, message: str, *args: object, expected_due: str | None = None) -> None:
        super().__init__(message, *args, since="0.4.0", expected_due=expected_due)

"""Errors of steps that run as separate tasks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dlt.errors.base import DltException, TerminalException


class OrchestrationException(DltException):
    """Base of errors of steps that run as separate tasks."""


class SpecInvalid(OrchestrationException, TerminalException):
    """A spec cannot be imported, or names something of another kind."""


class EmptyWindow(OrchestrationException, TerminalException):
    """A window ends where it begins, or before."""


class HandoffMissing(OrchestrationException, TerminalException):
    """A package is neither on this worker nor at the hand-off."""


class HandoffCorrupt(OrchestrationException, TerminalException):
    """A package at the hand-off is not what its token says."""


class PackageTooLarge(OrchestrationException, TerminalException):
    """A package is larger than the hand-off takes."""


class StaleExtract(OrchestrationException, TerminalException):
    """The state went on at the destination since the data was extracted."""


class ReloadUndecided(OrchestrationException, TerminalException):
    """A run that was loaded is to be loaded once more, and nobody can tell what becomes of the rows that it left."""


class StepFailedElsewhere(OrchestrationException):
    """A step that ran in another environment failed, and another try may help."""


class StepImpossibleElsewhere(StepFailedElsewhere, TerminalException):
    """A step that ran in another environment failed, and another try cannot help.

    Attributes:
        checks: What came of checks of data, as JSON, where the load failed by one of them.
    """

    checks: Sequence[Mapping[str, object]] = ()

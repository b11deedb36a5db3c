"""An orchestrator tries again what may pass, and nothing else."""

from __future__ import annotations

import pytest

from dlt.errors import (
    DestinationConnectionError,
    DltException,
    PipelineStepFailed,
    SchemaException,
    SpecInvalid,
    StaleExtract,
)
from dlt.tasks import is_terminal


def caused(error: BaseException, cause: BaseException) -> BaseException:
    """Return an error with its cause."""
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    "error",
    [
        SpecInvalid("no such source"),
        SchemaException("no such type"),
        ImportError("no such module"),
        KeyError("no such column"),
        TypeError("no such argument"),
        caused(PipelineStepFailed("failed at step extract"), AttributeError("no such name")),
    ],
)
def test_what_a_program_says_it_says_again(error: BaseException) -> None:
    """Also where it is the cause of an error that would pass by itself."""
    assert is_terminal(error)


@pytest.mark.parametrize(
    "error",
    [
        None,
        OSError("disk"),
        DltException("whatever"),
        DestinationConnectionError("no answer"),
        caused(PipelineStepFailed("failed at step load"), DestinationConnectionError("no answer")),
    ],
)
def test_what_a_machine_or_a_network_says_may_pass(error: BaseException | None) -> None:
    """Nothing is known to be wrong with the program."""
    assert not is_terminal(error)


def test_a_stale_extract_is_not_mended_by_its_own_task() -> None:
    """The load would find the same state again; the run has to extract once more."""
    assert is_terminal(StaleExtract("another run loaded"))

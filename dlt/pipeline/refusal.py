"""What becomes of a package whose data cannot be normalized."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlt.errors import (
    ConfigurationException,
    ReloadUndecided,
    StaleExtract,
    StorageException,
    Superseded,
    TransientException,
)
from dlt.packages.advice import waiting_advice
from dlt.pipeline.blame import blame, blame_of
from dlt.pipeline.giving_up import give_up

if TYPE_CHECKING:
    from dlt.packages.package import LoadPackage
    from dlt.pipeline.parts import Parts

_OF_THE_MACHINE = (OSError, MemoryError, StorageException, ConfigurationException, TransientException)
"""Errors that may be gone when the same package is normalized again."""


def is_fault_of_data(error: BaseException) -> bool:
    """Tell whether an error comes back whenever the same data meets the same schema."""
    return isinstance(error, Exception) and not isinstance(error, _OF_THE_MACHINE)


def tell_waiting(parts: Parts, package: LoadPackage, error: BaseException) -> None:
    """Give an error the load id of a package that could not be loaded, and say what can be done about it."""
    if blame_of(error).load_id is None:
        # these say themselves which task has to run again
        own = parts.is_task and isinstance(error, (ReloadUndecided, StaleExtract, Superseded))
        advice = None if own else _advice(parts, package)
        blame(error, package.load_id, advice)


def refuse(parts: Parts, package: LoadPackage, error: BaseException) -> None:
    """Say what became of a package that could not be normalized, after giving up what must not stay.

    Packages that the same run extracted are given up all together, as if the fault had been found in extract: they
    would be in the way of every later run. A package that an earlier step left stays, as its rows may be nowhere else.

    Args:
        parts: The pipeline.
        package: The package.
        error: What happened; it gets the load id and the advice as attributes.
    """
    if not isinstance(error, Exception):
        return
    advice = _advice(parts, package)
    if package.load_id in parts.extracted_now and is_fault_of_data(error):
        for load_id in parts.home.pending_load_ids():
            if load_id in parts.extracted_now:
                give_up(parts, load_id)
        advice = "Nothing of this run was kept, and the state is as it was before: run again once this is mended."
    blame(error, package.load_id, advice)


def _advice(parts: Parts, package: LoadPackage) -> str:
    return waiting_advice(None if parts.is_task else parts.pipeline_name, package.load_id)

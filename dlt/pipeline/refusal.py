"""What becomes of a package whose data cannot be normalized."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from dlt.errors import (
    ConfigurationException,
    ReloadUndecided,
    StaleExtract,
    StorageException,
    Superseded,
    TransientException,
)
from dlt.packages.advice import waiting_advice

if TYPE_CHECKING:
    from dlt.packages.package import LoadPackage

_OF_THE_MACHINE = (OSError, MemoryError, StorageException, ConfigurationException, TransientException)
"""Errors that may be gone when the same package is normalized again."""


def is_fault_of_data(error: BaseException) -> bool:
    """Tell whether an error comes back whenever the same data meets the same schema."""
    return isinstance(error, Exception) and not isinstance(error, _OF_THE_MACHINE)


def tell_waiting(pipeline: Any, package: LoadPackage, error: BaseException) -> None:
    """Give an error the load id of a package that could not be loaded, and say what can be done about it."""
    if getattr(error, "load_id", None) is None:
        # these say themselves which task has to run again
        own = pipeline.is_task and isinstance(error, (ReloadUndecided, StaleExtract, Superseded))
        advice = None if own else _advice(pipeline, package)
        error.__dict__.update(load_id=package.load_id, advice=advice)


def refuse(pipeline: Any, package: LoadPackage, error: BaseException, own: Collection[str]) -> None:
    """Say what became of a package that could not be normalized, after giving up what must not stay.

    Packages that the same run extracted are given up all together, as if the fault had been found in extract: they
    would be in the way of every later run. A package that an earlier step left stays, as its rows may be nowhere else.

    Args:
        pipeline: The pipeline.
        package: The package.
        error: What happened; it gets the load id and the advice as attributes.
        own: Load ids of what the run at work extracted.
    """
    if not isinstance(error, Exception):
        return
    advice = _advice(pipeline, package)
    if package.load_id in own and is_fault_of_data(error):
        for stage in ("extracted", "normalized"):
            for waiting in pipeline.workdir.packages(stage):
                if waiting.load_id in own:
                    pipeline.abort_packages(waiting.load_id)
        advice = "Nothing of this run was kept, and the state is as it was before: run again once this is mended."
    error.__dict__.update(load_id=package.load_id, advice=advice)


def _advice(pipeline: Any, package: LoadPackage) -> str:
    return waiting_advice(None if pipeline.is_task else pipeline.pipeline_name, package.load_id)

"""Packages of loads and their jobs under the names of PyPI `dlt` 1.x."""

from __future__ import annotations

from typing import Literal

from dlt.absent import absent_names
from dlt.clock import new_load_id
from dlt.current import destination_state, load_package_state
from dlt.destinations.stored import StateDocument as TPipelineStateDoc
from dlt.info import LoadJobInfo, LoadPackageInfo, ParsedLoadJobFileName

__all__ = [
    "LoadJobInfo",
    "LoadPackageInfo",
    "ParsedLoadJobFileName",
    "TJobState",
    "TLoadPackageStatus",
    "TPackageJobState",
    "TPipelineStateDoc",
    "create_load_id",
    "destination_state",
    "load_package_state",
]

TPackageJobState = TJobState = Literal["new_jobs", "failed_jobs", "started_jobs", "completed_jobs"]
TLoadPackageStatus = Literal["new", "extracted", "normalized", "loaded", "aborted"]


def create_load_id() -> str:
    """Return the id of a new package: seconds since the epoch, more at each call."""
    return new_load_id()


__getattr__ = absent_names(
    __name__,
    "A pipeline keeps its packages itself: ask pipeline.list_completed_load_packages(), get_load_package_info() and "
    "dlt.current.load_package_state().",
    "LoadPackageStateInjectableContext PackageStorage clear_destination_state commit_load_package_state",
)

"""Extract, normalize and load as separate tasks of any orchestrator, on workers that share nothing but a URL.

A spec names the source and the pipeline, a token says where the packages of a run are; both are small JSON.
"""

from __future__ import annotations

from dlt.errors import (
    EmptyWindow,
    HandoffCorrupt,
    HandoffMissing,
    OrchestrationException,
    PackageTooLarge,
    ReloadUndecided,
    SpecInvalid,
    StaleExtract,
    Superseded,
)
from dlt.tasks.report import LoadReport
from dlt.tasks.spec import Spec, StepContext
from dlt.tasks.steps import (
    cleanup_step,
    commit_step,
    extract_step,
    is_terminal,
    load_step,
    normalize_step,
    resource_names,
)
from dlt.tasks.token import PackageRef, Token
from dlt.tasks.windows import Window, moment, window_given

__all__ = [
    "EmptyWindow",
    "HandoffCorrupt",
    "HandoffMissing",
    "LoadReport",
    "OrchestrationException",
    "PackageRef",
    "PackageTooLarge",
    "ReloadUndecided",
    "Spec",
    "SpecInvalid",
    "StaleExtract",
    "StepContext",
    "Superseded",
    "Token",
    "Window",
    "cleanup_step",
    "commit_step",
    "extract_step",
    "is_terminal",
    "load_step",
    "moment",
    "normalize_step",
    "resource_names",
    "window_given",
]

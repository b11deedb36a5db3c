"""Extract, normalize and load as separate tasks of any orchestrator, on workers that share nothing but a URL.

A spec names the source and the pipeline, a token says where the packages of a run are; both are small JSON.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlt.lazy_names import lazy_names

if TYPE_CHECKING:
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
    from dlt.tasks.pruning import prune
    from dlt.tasks.report import LoadReport
    from dlt.tasks.spec import Spec, StepContext
    from dlt.tasks.steps import cleanup_step, commit_step, extract_step, load_step, normalize_step, resource_names
    from dlt.tasks.terminal import is_terminal
    from dlt.tasks.token import PackageRef, Token
    from dlt.tasks.undoing import undo_step
    from dlt.tasks.windows import Window, moment, window_given
else:
    # a program that only plans a fan-out, such as a DAG that is parsed, must not load the steps
    _ERRORS = (
        *("EmptyWindow", "HandoffCorrupt", "HandoffMissing", "OrchestrationException", "PackageTooLarge"),
        *("ReloadUndecided", "SpecInvalid", "StaleExtract", "Superseded"),
    )
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            **{name: f"dlt.errors:{name}" for name in _ERRORS},
            "LoadReport": "dlt.tasks.report:LoadReport",
            "PackageRef": "dlt.tasks.token:PackageRef",
            "Spec": "dlt.tasks.spec:Spec",
            "StepContext": "dlt.tasks.spec:StepContext",
            "Token": "dlt.tasks.token:Token",
            "Window": "dlt.tasks.windows:Window",
            "cleanup_step": "dlt.tasks.steps:cleanup_step",
            "commit_step": "dlt.tasks.steps:commit_step",
            "extract_step": "dlt.tasks.steps:extract_step",
            "is_terminal": "dlt.tasks.terminal:is_terminal",
            "load_step": "dlt.tasks.steps:load_step",
            "moment": "dlt.tasks.windows:moment",
            "normalize_step": "dlt.tasks.steps:normalize_step",
            "prune": "dlt.tasks.pruning:prune",
            "resource_names": "dlt.tasks.steps:resource_names",
            "undo_step": "dlt.tasks.undoing:undo_step",
            "window_given": "dlt.tasks.windows:window_given",
        },
    )

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
    "prune",
    "resource_names",
    "undo_step",
    "window_given",
]

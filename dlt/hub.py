"""`dlt.hub` of PyPI `dlt` 1.x: a closed plugin that is not here. It imports; what is asked of it says where to go."""

from __future__ import annotations

from dlt.errors import MissingDependencyException

__found__ = False
__exception__ = ModuleNotFoundError("No module named 'dlthub'")


def __getattr__(name: str) -> object:
    # Python looks for these on every module
    if name.startswith("__"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    raise MissingDependencyException(
        f"dlt.hub.{name} belongs to the plugin dlthub of PyPI dlt, which is not open and does not work with this "
        "library. Runs as tasks of an orchestrator are dlt.tasks; what was loaded is read by pipeline.dataset()."
    )

"""Packages that PyPI `dlt` 1.x left in a working folder: only it can load them, and their rows must not be lost."""

from __future__ import annotations

import os
import re
from contextlib import suppress

from dlt.errors import PipelineHasPendingDataException

# where its releases since 1.0 keep packages that wait to be normalized and to be loaded
_PLACES = (("normalize", "extracted"), ("load", "normalized"))
_LOAD_ID = re.compile(r"\d+\.\d+")


def pending_of_1x(path: str) -> list[str]:
    """Return the load ids of packages of PyPI `dlt` 1.x that wait in a working folder.

    Args:
        path: The folder of a pipeline, which both libraries may share.
    """
    found: set[str] = set()
    for place in _PLACES:
        # most folders never saw another library
        with suppress(FileNotFoundError, NotADirectoryError):
            found.update(name for name in os.listdir(os.path.join(path, *place)) if _LOAD_ID.fullmatch(name))
    return sorted(found)


def refuse_pending_of_1x(path: str, pipeline_name: str) -> None:
    """Do not go on from a state whose rows wait in packages that nobody here can load.

    Args:
        path: The folder of the pipeline.
        pipeline_name: Name of the pipeline.

    Raises:
        PipelineHasPendingDataException: such packages wait.
    """
    waiting = pending_of_1x(path)
    if waiting:
        raise PipelineHasPendingDataException(
            f"pipeline {pipeline_name}: PyPI dlt left packages in {path} that were not loaded: {', '.join(waiting)}. "
            "The state goes on behind their rows, so they would be lost. Run the program once more with PyPI dlt, "
            f"or give them up there, with dlt pipeline {pipeline_name} abort-packages. If their rows are not wanted, "
            f"delete {os.path.join(path, 'normalize')} and {os.path.join(path, 'load')}.",
            pipeline_name=pipeline_name,
        )

"""What a user can do about a package that waits: one wording for every message that names one."""

from __future__ import annotations

import errno
import os
import shutil
from contextlib import suppress

_LITTLE = 16 << 20
"""Bytes of free space on a disk that is full: a part of what did not fit was given back."""


def drop_advice(pipeline_name: str | None, load_id: str) -> str:
    """Say how to give a package up.

    Args:
        pipeline_name: Name of the pipeline; None for the package of a task.
        load_id: Load id of the package.
    """
    if pipeline_name is None:
        return "Run the task that made it again."
    return (
        f"Drop it and extract again: dlt pipeline {pipeline_name} abort-packages {load_id} (in Python: "
        f"pipeline.abort_packages({load_id!r})). What its extract changed in the state goes back with it, so that "
        "an incremental resource gives its rows again."
    )


def waiting_advice(pipeline_name: str | None, load_id: str) -> str:
    """Say what becomes of a package that could not be normalized or loaded, and how to load it or give it up.

    Args:
        pipeline_name: Name of the pipeline; None for the package of a task, which no pipeline's folder has.
        load_id: Load id of the package.
    """
    if pipeline_name is None:
        return (
            f"Package {load_id} is kept: run this task again once the cause is mended, or the extract task to have "
            "another package made."
        )
    return (
        f"Package {load_id} waits: the next run, or dlt pipeline {pipeline_name} run-pending, tries it "
        f"again once the cause is mended. {drop_advice(pipeline_name, load_id)}"
    )


def folder_advice(error: BaseException, folder: str) -> str | None:
    """Say what to do where the working folder cannot be written; None where that is not the cause."""
    if not isinstance(error, OSError):
        return None
    with suppress(OSError):
        if error.errno in (errno.ENOSPC, errno.EDQUOT) and shutil.disk_usage(folder).free < _LITTLE:
            return (
                f"The disk of the working folder {folder} is full. Free or add space there, or give the pipeline "
                "another pipelines_dir (DLT_DATA_DIR); then run again. What was committed before is whole."
            )
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM) and not os.access(folder, os.W_OK):
        return (
            f"The working folder {folder} cannot be written by this user. Give the rights, or another pipelines_dir "
            "(DLT_DATA_DIR)."
        )
    return None

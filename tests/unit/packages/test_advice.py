"""What a message says of a package that waits, and of a folder that cannot be written."""

from __future__ import annotations

import errno
import os
from collections import namedtuple
from pathlib import Path

import pytest

from dlt.packages.advice import drop_advice, folder_advice, waiting_advice


def test_a_package_of_a_pipeline_is_tried_again_or_given_up() -> None:
    """By commands that name pipeline and package."""
    text = waiting_advice("shop", "17.5")
    assert text.startswith("Package 17.5 waits: ") and "dlt pipeline shop run-pending" in text
    assert text.endswith(drop_advice("shop", "17.5"))
    assert "dlt pipeline shop abort-packages 17.5" in text and "pipeline.abort_packages('17.5')" in text


def test_a_package_of_a_task_is_kept_for_its_next_try() -> None:
    """There is no pipeline's folder from which it could be given up."""
    assert drop_advice(None, "17.5") == "Run the task that made it again."
    text = waiting_advice(None, "17.5")
    assert text.startswith("Package 17.5 is kept: run this task again") and "dlt pipeline" not in text


Usage = namedtuple("Usage", "total used free")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
@pytest.mark.parametrize(("free", "told"), [(0, True), ((16 << 20) - 1, True), (16 << 20, False), (1 << 40, False)])
def test_a_full_disk_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, number: int, free: int, told: bool
) -> None:
    """Only where the disk of the folder is the one that is full: another one may be, such as that of a destination."""
    monkeypatch.setattr("shutil.disk_usage", lambda folder: Usage(1, 1, free))
    text = folder_advice(OSError(number, "x"), str(tmp_path))
    assert (text is not None) is told
    if text:
        assert text.startswith(f"The disk of the working folder {tmp_path} is full.") and "DLT_DATA_DIR" in text


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES, errno.EPERM])
@pytest.mark.parametrize("writable", [True, False])
def test_a_folder_without_rights_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, number: int, writable: bool
) -> None:
    """Only where it is this folder that cannot be written."""
    monkeypatch.setattr(os, "access", lambda path, mode: writable and path == str(tmp_path) and mode == os.W_OK)
    text = folder_advice(OSError(number, "x"), str(tmp_path))
    assert (text is None) is writable
    if text:
        assert f"The working folder {tmp_path} cannot be written by this user." in text


@pytest.mark.parametrize("error", [ValueError("x"), OSError(errno.ENOENT, "x"), OSError("x"), KeyboardInterrupt()])
def test_other_errors_are_not_the_folders(tmp_path: Path, error: BaseException) -> None:
    """Nothing is said of it."""
    assert folder_advice(error, str(tmp_path)) is None


def test_a_folder_that_is_gone_is_not_full() -> None:
    """To ask how full it is must not hide the first error."""
    assert folder_advice(OSError(errno.ENOSPC, "x"), "/nowhere/at/all") is None

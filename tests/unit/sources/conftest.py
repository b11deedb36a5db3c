"""No test of a source works in the folder of another one."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give a test a home of its own: pipelines of one name, in two processes, would lock and follow each other."""
    monkeypatch.setenv("DLT_DATA_DIR", str(tmp_path / "data"))

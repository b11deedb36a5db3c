"""Folders in which commands run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dlt import context


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Work in an empty folder, with its DuckDB file configured."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DLT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("RUNTIME__USER_LOG", "false")
    monkeypatch.setenv("DESTINATION__DUCKDB__CREDENTIALS", str(tmp_path / "shop.duckdb"))
    context.activate(None)
    yield tmp_path
    context.activate(None)

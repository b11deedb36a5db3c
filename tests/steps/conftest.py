"""Every test runs in a folder of its own, with no pipeline active."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import dlt
from dlt import context


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Work in an empty folder; pipelines live in it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DLT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("RUNTIME__USER_LOG", "false")
    context.activate(None)
    yield tmp_path
    context.activate(None)


@pytest.fixture
def pipeline(tmp_path: Path) -> Any:
    """Return a pipeline into a DuckDB file."""
    return dlt.pipeline("spec", destination=dlt.destinations.duckdb(str(tmp_path / "spec.duckdb")), dataset_name="data")

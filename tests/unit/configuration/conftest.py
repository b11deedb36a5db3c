"""A project folder and a home folder of their own for every test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

Write = Callable[..., Path]


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty project folder, with an empty home folder beside it."""
    home, work = tmp_path / "home", tmp_path / "project"
    home.mkdir()
    work.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    monkeypatch.delenv("DLT_PROJECT_DIR", raising=False)
    monkeypatch.delenv("DLT_CONFIG_FOLDER", raising=False)
    monkeypatch.chdir(work)
    return work


@pytest.fixture
def write(project: Path) -> Write:
    """Write a file into `.dlt` of the project, or of another folder."""

    def written(name: str, text: str, folder: Path = project) -> Path:
        path = folder / ".dlt" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return written

"""What PyPI `dlt` reads and this library does not is refused or told, never swallowed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import dlt
from dlt import user_log


@pytest.fixture(autouse=True)
def nothing_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin as a new process does."""
    monkeypatch.setattr(user_log, "_told", set())


def test_a_resource_that_stands_alone_is_told_once(capfd: pytest.CaptureFixture[str]) -> None:
    """However many pass it."""
    for name in ("one", "two"):
        dlt.resource([1], name=name, standalone=True)
    assert capfd.readouterr().err == (
        "dlt: dlt.resource: standalone has no effect here: every resource can stand alone.\n"
    )


@pytest.mark.parametrize(
    ("told", "call"),
    [
        ("pipeline.extract: loader_file_format", lambda p: p.extract([1], table_name="t", loader_file_format="csv")),
        ("pipeline.normalize: workers", lambda p: p.normalize(workers=3)),
        ("pipeline.load: workers", lambda p: p.load(workers=3)),
        ("pipeline.drop_pending_packages: with_partial_loads=False", lambda p: p.drop_pending_packages(False)),
    ],
)
def test_what_a_step_does_not_read_is_told(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], told: str, call: Callable[[Any], Any]
) -> None:
    """By the name of the step and of the parameter."""
    there = dlt.destinations.duckdb(str(tmp_path / "p.duckdb"))
    call(dlt.pipeline("p", destination=there, pipelines_dir=str(tmp_path)))
    assert f"dlt: {told} has no effect here: " in capfd.readouterr().err

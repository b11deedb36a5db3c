"""What PyPI `dlt` reads and this library does not is refused or told, never swallowed."""

from __future__ import annotations

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

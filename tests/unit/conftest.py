"""No unit test sees what another one left in the process."""

from __future__ import annotations

import pytest

from dlt import context


@pytest.fixture(autouse=True)
def no_active_pipeline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin without an active pipeline: a resource that is read would begin where the run of another test ended."""
    context.activate(None)
    monkeypatch.setattr(context, "_active", None)

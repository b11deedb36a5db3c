"""No unit test sees what another one left in the process."""

from __future__ import annotations

import pytest

from dlt import redact


@pytest.fixture(autouse=True)
def own_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Know no secret yet: one of another test would be hidden in the messages of this one."""
    monkeypatch.setattr(redact, "_known", type(redact._known)())

"""The plain profile, from its first start to its end, with the commands of docker-compose.yml and a real Postgres."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.compose.conftest import Stack, can_have_namespaces, countries, loaded, wait_for_rows

pytestmark = pytest.mark.slow

PROGRAMS = Path(sys.executable).parent


@pytest.mark.parametrize("namespace", [True, False], ids=["namespaces", "loopback"])
def test_scheduled_load(stack: Callable[..., Stack], namespace: bool) -> None:
    """Runs load part by part; containers crash, stop and come again with empty disks; each row is there once."""
    if namespace and not can_have_namespaces():
        pytest.skip("needs root and unshare")
    plain = stack("plain", PROGRAMS, namespace)
    plain.do("up")
    wait_for_rows(plain, 100, "runner")
    before = plain.do("state")["runner"]["pid"]
    plain.do("kill", name="runner")
    wait_for_rows(plain, 200, "runner")
    again = plain.do("state")["runner"]
    assert again["running"] and again["pid"] != before and again["codes"] == [-9]
    assert plain.do("stop", name="runner") == {"code": 0, "killed": False}, plain.log("runner")
    assert len(loaded(plain)) < 250 or not namespace
    plain.do("start", name="runner")
    wait_for_rows(plain, 250, "runner")
    assert loaded(plain) == countries()
    assert [row[0] for row in plain.query("SELECT count(*) FROM world.countries__borders")] == ["649"]
    ended = plain.do("down")
    assert ended == {name: {"code": 0, "killed": False} for name in ("runner", "postgres")}, plain.log("runner")
    assert "restored state" in plain.log("runner") and "database system is shut down" in plain.log("postgres")

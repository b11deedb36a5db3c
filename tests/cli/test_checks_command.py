"""`dlt pipeline NAME checks` shows what came of checks, of loads and of packages that wait."""

from __future__ import annotations

import json
from typing import Any

import pytest

import dlt
from dlt import check
from dlt.cli import main
from dlt.errors import PipelineStepFailed

pytestmark = pytest.mark.usefixtures("folder")


def load(*ids: int) -> str:
    """Load orders with checks; return the load id."""
    checks = [check.unique("id"), check.between("id", 0, 9, severity="warn")]
    data = dlt.resource([{"id": number} for number in ids], name="orders", checks=checks, primary_key="id")
    return str(dlt.pipeline("shop", destination="duckdb").run(data).loads_ids[0])


def asked(capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, str]:
    """Run the command; return its code and what it printed."""
    capsys.readouterr()
    code = main(["pipeline", "shop", "checks", *options])
    return code, capsys.readouterr().out


def test_the_history_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    """The newest load first, each check with its result and its counts."""
    first, second = load(1, 2), load(10)
    code, out = asked(capsys)
    lines = [line.split() for line in out.splitlines() if line.startswith(("1", "2"))]
    assert code == 0 and [line[0] for line in lines] == [second, second, first, first]
    assert f"{second}  orders  between(id: 0 to 9)  load   warn          1        1" in out
    code, out = asked(capsys, "--load-id", first)
    assert code == 0 and second not in out and "unique(id)" in out


def test_a_package_that_waits_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    """With what failed, which rows, and what to do; the exit code tells it too."""
    load(1)
    with pytest.raises(PipelineStepFailed):
        load(5, 5)
    code, out = asked(capsys)
    assert code == 1
    assert "Not loaded, as a check failed:" in out and "table orders, check unique(id): 2 of 2 rows (id=5)" in out
    assert "dlt pipeline shop abort-packages" in out
    code, out = asked(capsys, "--json")
    found: dict[str, Any] = json.loads(out)
    assert code == 1 and len(found["loaded"]) == len(found["waiting"]) == 2
    assert found["waiting"][0]["passed"] is False and found["waiting"][0]["keys"] == [{"id": 5}]


def test_there_may_be_none(capsys: pytest.CaptureFixture[str]) -> None:
    """A pipeline without checks."""
    dlt.pipeline("shop", destination="duckdb").run([{"id": 1}], table_name="t")
    code, out = asked(capsys)
    assert code == 0 and "No check was done" in out
    assert json.loads(asked(capsys, "--json")[1]) == {"loaded": [], "waiting": []}

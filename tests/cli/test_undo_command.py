"""`dlt pipeline NAME undo`: it shows what it does, asks, does it, and says by its exit code whether it could."""

from __future__ import annotations

import json
from typing import Any

import pytest

import dlt
from dlt.cli import main

pytestmark = pytest.mark.usefixtures("folder")


def orders(last: int) -> Any:
    """Return orders behind a cursor."""

    @dlt.resource(name="orders")
    def found(at: Any = dlt.sources.incremental("id")) -> Any:
        yield [{"id": n, "lines": [{"sku": n}]} for n in range(1, last + 1)]

    return found()


@pytest.fixture
def loads() -> list[str]:
    """Return the ids of three loads of a pipeline `shop`."""
    return [str(dlt.pipeline("shop", destination="duckdb").run(orders(last)).loads_ids[0]) for last in (2, 4, 6)]


def ids() -> list[int]:
    """Return the ids of the orders that are there."""
    return sorted(row[0] for row in dlt.attach("shop").dataset()["orders"].select("id").fetchall())


def test_it_shows_asks_and_undoes(loads: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Without an answer nothing is done; with one the rows are gone."""
    assert main(["--non-interactive", "pipeline", "shop", "undo", loads[2]]) == 1
    assert ids() == [1, 2, 3, 4, 5, 6]
    capsys.readouterr()
    assert main(["pipeline", "shop", "undo", loads[2], "--yes"]) == 0
    shown = capsys.readouterr().out
    assert "orders with orders__lines        2         0  append: its rows go" in shown
    assert "orders.id  6  →  4" in shown and "The next run loads its rows again." in shown
    assert ids() == [1, 2, 3, 4]
    assert main(["pipeline", "shop", "load-package", loads[2], "row-counts"]) == 0
    assert "Package was UNDONE at the destination" in capsys.readouterr().out
    assert main(["pipeline", "shop", "undo", loads[2]]) == 0
    assert "It was undone before" in capsys.readouterr().out


def test_json_for_programs(loads: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """A dry run, a refusal with the loads in the way, and an undo of several."""
    assert main(["pipeline", "shop", "undo", loads[1], "--dry-run", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["blocking"] == [loads[2]] and "--cascade" in told["refused"]
    assert main(["pipeline", "shop", "undo", loads[1], "--cascade", "--dry-run", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["loads"] == [loads[2], loads[1]] and told["undo_id"] is None and ids() == [1, 2, 3, 4, 5, 6]
    assert main(["pipeline", "shop", "undo", loads[1], "--cascade", "--yes", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["undo_id"] and ids() == [1, 2]


def test_a_load_that_is_not_there(loads: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """One line that names the newest ones."""
    assert main(["pipeline", "shop", "undo", "1.5", "--yes"]) == 1
    assert loads[2] in capsys.readouterr().err
    assert main(["pipeline", "shop", "undo", "1.5", "--json"]) == 1
    assert "no load 1.5" in json.loads(capsys.readouterr().out)["refused"]

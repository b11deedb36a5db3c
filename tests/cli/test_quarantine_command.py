"""`dlt pipeline NAME quarantine`: what it shows and does, and how it ends."""

from __future__ import annotations

import json
from typing import Any

import pytest

import dlt
from dlt.cli import main

pytestmark = pytest.mark.usefixtures("folder")


@pytest.fixture
def load_id() -> str:
    """Return the load of a pipeline that put three items of two tables into quarantine."""
    pipeline = dlt.pipeline("shop", destination="duckdb")
    columns: Any = {"card no": {"x-secret": True}}
    pipeline.run([{"id": 1, "card no": "1234", "list": [{"n": 1}]}], table_name="orders", columns=columns)
    pipeline.run([{"id": 1}], table_name="users")
    bad = [{"id": 2, "card no": "5678", "shoe": 38}, {"id": "x", "list": [{"token": "abc"}]}]
    sources = [dlt.resource(bad, name="orders"), dlt.resource([{"id": "y"}], name="users")]
    info = pipeline.run(sources, schema_contract="quarantine")
    return str(info.loads_ids[0])


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """Run the command on the pipeline; return its exit code and what it printed."""
    code = main(["pipeline", "shop", "quarantine", *arguments])
    return code, capsys.readouterr().out


def test_list(load_id: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A line for each table, load and reason; without a word it is what the action does."""
    code, text = told(capsys)
    assert code == 0 and told(capsys, "list") == (0, text)
    lines = [line.split("  ") for line in text.splitlines()]
    assert [line[0].strip() for line in lines[2:]] == ["orders", "orders", "users"]
    assert load_id in text and "the column is new; its value is of type bigint" in text
    assert told(capsys, "--table", "users")[1].count("users") == 1
    code, text = told(capsys, "list", "--json", "--load-id", load_id)
    assert [(group["table_name"], group["path"], group["rows"]) for group in json.loads(text)] == [
        ("orders", "shoe", 1),
        ("orders", "id", 1),
        ("users", "id", 1),
    ]
    assert json.loads(told(capsys, "list", "--json", "--load-id", "1")[1]) == []


def test_show_keeps_secrets(load_id: str, capsys: pytest.CaptureFixture[str]) -> None:
    """By the hint of the column, and by names that say so, inside of items too."""
    for form in ((), ("--json",)):
        code, text = told(capsys, "show", "--table", "orders", *form)
        assert code == 0 and "5678" not in text and "abc" not in text and "***" in text
        assert "38" in text
    items = [row["item"] for row in json.loads(text)]
    assert {"id": "x", "list": [{"token": "***"}]} in items and {"id": 2, "card no": "***", "shoe": 38} in items
    assert len(json.loads(told(capsys, "show", "--json", "--limit", "1")[1])) == 1


def test_replay_ends_with_1_while_items_stay(load_id: str, capsys: pytest.CaptureFixture[str]) -> None:
    """With the contract of now, or one for this replay only."""
    code, text = told(capsys, "replay", "--table", "orders")
    assert code == 1 and text == "orders: 2 item(s) stay in quarantine: see list for the reasons\n"
    code, text = told(capsys, "replay", "--contract", "evolve", "--json")
    assert code == 0 and json.loads(text)["loaded"] == {"orders": 2, "users": 1}
    assert told(capsys, "replay") == (0, "Nothing to replay\n")
    assert told(capsys) == (0, "Nothing of pipeline shop is in quarantine\n")
    main(["pipeline", "shop", "quarantine", "show", "--table", "lost"])
    assert "Nothing of pipeline shop, table lost is in quarantine\n" in capsys.readouterr().out


def test_drop_asks(load_id: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Where nobody answers nothing is dropped."""
    assert told(capsys, "drop", "--table", "users")[0] != 0
    assert told(capsys, "drop", "--table", "users", "--yes") == (0, "users: 1 item(s) dropped\n")
    code, text = told(capsys, "drop", "--yes", "--json")
    assert code == 0 and json.loads(text) == {"dropped": {"orders": 2}}
    assert told(capsys, "drop") == (0, "Nothing to drop\n")

"""Every example that the help of a command or docs/cli.md gives does what it says."""

from __future__ import annotations

import argparse
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import dlt
from dlt import context
from dlt.cli import main, make_parser

PAGE = Path(__file__).parents[2] / "docs" / "cli.md"
# these run a script or a task, or look at settings of the whole machine; tests of their own run them
_ELSEWHERE = ("dlt schedule", "dlt step", "dlt config", "dlt plan")


def parsers(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """Return a parser with those of its commands."""
    yield parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for inner in action.choices.values():
                yield from parsers(inner)


def examples() -> list[str]:
    """Return the examples of all helps, and the shell blocks of the page."""
    helps = "\n".join(parser.epilog or "" for parser in parsers(make_parser()))
    found = re.findall(r"^(?:example:| ) +(dlt .*)$", helps, re.MULTILINE)
    for block in re.findall(r"```shell\n(.*?)```", PAGE.read_text(), re.DOTALL):
        found += block.strip().split("\n")
    return [line for line in dict.fromkeys(found) if not line.startswith(_ELSEWHERE)]


@dlt.source(name="shop")
def shop() -> Any:
    """Return orders with a cursor and lines, and customers."""

    @dlt.resource
    def orders(at: Any = dlt.sources.incremental("id")) -> Any:
        dlt.current.source_state()["archives"] = ["a"]
        yield [{"id": 1, "lines": [{"sku": 1}]}]

    return orders, dlt.resource([{"id": 1}], name="customers")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Work in an empty folder, where whoever is asked says yes."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setenv("DLT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("RUNTIME__USER_LOG", "false")
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda question: "y")
    context.activate(None)
    yield tmp_path / "work"
    context.activate(None)


def prepare(line: str) -> str:
    """Make what an example is about: a pipeline that ran, with one package waiting where it is about that.

    Returns:
        The example, with a load id that there is.
    """
    pipeline = dlt.pipeline("my_pipeline" if "my_pipeline" in line else "shop", destination="duckdb")
    pipeline.run(shop())
    load_id = pipeline.run([{"id": 1}], table_name="more", schema=dlt.Schema("other")).loads_ids[0]
    Path("shop.schema.yaml").write_text(pipeline.default_schema.to_pretty_yaml())
    if "pending" in line or "abort" in line:
        load_id = pipeline.extract([{"id": 2}], table_name="more").loads_ids[0]
    context.activate(None)
    return line.replace("1700000000.1234567 job orders", f"{load_id} job more").replace("1700000000.1234567", load_id)


@pytest.mark.parametrize("line", examples())
def test_an_example_works(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    """It ends well, tells no error, and has something to do."""
    if not line.startswith("dlt init"):
        line = prepare(line)
    capsys.readouterr()
    assert main(shlex.split(line)[1:]) == 0, capsys.readouterr().err
    told = capsys.readouterr()
    assert told.out.strip() and "error" not in told.err
    assert not re.search("No package|No pending|Could not select", told.out)


def test_there_are_examples_of_all_actions() -> None:
    """The list is not empty because of how help is written."""
    assert len(examples()) > 25 and "dlt init github duckdb" in examples()

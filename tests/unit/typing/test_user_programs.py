"""A checker finds the mistakes of a program that uses the library, and knows the types of what it gets back."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import dlt

PROGRAM = """
from collections.abc import Iterator
from typing import Any

import dlt


@dlt.resource(primary_key="id", write_disposition="merge")
def users(limit: int = 10) -> Iterator[dict[str, Any]]:
    yield {"id": limit}


@dlt.resource
def plain(page: str) -> Iterator[dict[str, Any]]:
    yield {"page": page}


@dlt.transformer(data_from=users)
def details(user: dict[str, Any], depth: int = 1) -> Iterator[dict[str, Any]]:
    yield {**user, "depth": depth}


@dlt.source
def shop(region: str, limit: int = 3) -> Any:
    return users(limit), details


@dlt.source(name="store", max_table_nesting=1)
def named(key: str = dlt.secrets.value) -> Any:
    return users


@dlt.destination(batch_size=5)
def sink(items: Any, table: Any) -> None: ...


def any_resource(given: dlt.sources.DltResource) -> dlt.sources.DltSource:
    return shop("north")


pipeline = dlt.pipeline("shop", destination="duckdb", dataset_name="data", progress="log")
info = pipeline.run(users(limit=5), write_disposition={"disposition": "merge", "strategy": "upsert"})
info = dlt.run([{"id": 1}], table_name="t", primary_key=["id"], columns={"id": {"data_type": "bigint"}})
any_resource(users)
any_resource(dlt.resource([{"id": 1}], name="rows"))
plain(page="one").add_limit(3).apply_hints(write_disposition="append")
"""

MISTAKES = {
    "users(limt=3)": "limt",
    'users(limit="three")': "int",
    "plain()": "page",
    "shop(3)": "str",
    'shop("north", limits=3)': "limits",
    "named(4)": "str",
    "details(depth=None)": "int",
    "pipeline.rnu()": "rnu",
    'pipeline.run([], write_disposition="mrege")': "write_disposition",
    'pipeline.run([], tablename="t")': "tablename",
    'dlt.run([], refresh="all")': "refresh",
    'dlt.resource([], name="x", write_disposition="apend")': "resource",
    'dlt.pipeline("x", dataset="d", full_refesh=True)': "full_refesh",
    'pipeline.extract([], schema_contract="freez")': "schema_contract",
    "info.has_failed_job": "has_failed_job",
    "dlt.pipelin()": "pipelin",
}
"""Statements with a mistake, each with a word of the message."""

REVEALED = {
    "users": "Resource[[limit: int",
    "users(limit=3)": "Resource[[limit: int",
    "shop": "SourceFactory[[region: str, limit: int",
    'shop("north")': "Source",
    "details": "Resource[[depth: int",
    "plain": "Resource[[page: str",
    "pipeline": "Pipeline",
    "info.has_failed_jobs": "bool",
    'dlt.resource([1], name="rows")': "Resource[[]]",
    "sink": "FunctionDestination",
}


def check(program: Path) -> str:
    """Return what mypy says of a program."""
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--cache-dir", ".mypy", program.name]
    return subprocess.run(command, cwd=program.parent, capture_output=True, text=True, check=False).stdout


@pytest.mark.slow
def test_a_checker_finds_every_mistake_and_nothing_else(tmp_path: Path) -> None:
    """Wrong arguments, names, dispositions and options are found where they stand; a right program is left alone."""
    program = tmp_path / "program.py"
    lines = [*PROGRAM.strip().splitlines(), *MISTAKES, *(f"reveal_type({what})" for what in REVEALED)]
    program.write_text("\n".join(lines) + "\n")
    said: dict[int, str] = {}
    for line in check(program).splitlines():
        found = re.match(r"program\.py:(\d+): (?:error|note): (.*)", line)
        if found:
            said[int(found[1])] = said.get(int(found[1]), "") + found[2]
    start = len(PROGRAM.strip().splitlines())
    assert {number: text for number, text in said.items() if number <= start} == {}
    for number, (statement, word) in enumerate(MISTAKES.items(), start + 1):
        assert word in said.get(number, ""), (statement, said.get(number))
    for number, (statement, kind) in enumerate(REVEALED.items(), start + len(MISTAKES) + 1):
        assert kind in said.get(number, ""), (statement, said.get(number))


def test_the_package_says_that_it_is_typed() -> None:
    """Checkers read the types of a package that has a file `py.typed`."""
    assert (Path(dlt.__file__).parent / "py.typed").is_file()


def test_run_shows_its_parameters() -> None:
    """`inspect.signature` and the help of `dlt.run` show the parameters of `Pipeline.run`."""
    method = list(inspect.signature(dlt.Pipeline.run).parameters)[1:]
    assert list(inspect.signature(dlt.run).parameters) == method
    assert {"data", "write_disposition", "refresh"} <= set(method)
    kinds = {parameter.kind for parameter in inspect.signature(dlt.run).parameters.values()}
    assert inspect.Parameter.VAR_KEYWORD not in kinds

"""A checker finds the mistakes of a program that uses the library, and knows the types of what it gets back."""

from __future__ import annotations

import inspect
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import dlt

ROOT = Path(__file__).parents[3]
Said = dict[int, str]
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


@dlt.resource
def growing(at: dlt.sources.incremental[int] = dlt.sources.incremental("at")) -> Iterator[dict[str, Any]]:
    yield {"at": at.last_value}


def fetched(page: int) -> dict[str, int]:
    return {"page": page}


@dlt.source
def shop(region: str, limit: int = 3) -> Any:
    return users(limit), details


@dlt.source(name="store", max_table_nesting=1)
def named(key: str = dlt.secrets.value) -> Any:
    return users


@dlt.destination(batch_size=5)
def sink(items: Any, table: Any, url: str = dlt.config.value) -> None: ...


@dlt.destination
def queue(items: list[dict[str, Any]], table: dict[str, Any], topic: str, *, retries: int = 3) -> None: ...


@dlt.destination(batch_size=0)
def drawer(items: str, table: Any, **more: Any) -> None: ...


def any_resource(given: dlt.sources.DltResource) -> dlt.sources.DltSource:
    return shop("north")


pipeline = dlt.pipeline("shop", destination="duckdb", dataset_name="data", progress="log")
info = pipeline.run(users(limit=5), write_disposition={"disposition": "merge", "strategy": "upsert"})
info = dlt.run([{"id": 1}], table_name="t", primary_key=["id"], columns={"id": {"data_type": "bigint"}})
any_resource(users)
any_resource(dlt.resource([{"id": 1}], name="rows"))
growing(dlt.sources.incremental("at", initial_value=3)).apply_hints(incremental="id")
dlt.resource([1], name="rows").apply_hints(nested_hints={"lines": dlt.mark.make_nested_hints(primary_key="id")})
dlt.pipeline("queued", destination=queue)
dlt.pipeline("sunk", destination=sink(url="https://example.com"))
dlt.pipeline("named", destination=queue("orders", retries=5) or queue(destination_name="other", topic="orders"))
dlt.pipeline("drawn", destination=drawer(depth=3))
plain(page="one").add_limit(3).apply_hints(write_disposition="append")
dlt.pipeline("here", destination=dlt.destinations.duckdb("here.duckdb", memory_limit="2GB", max_table_nesting=2))
dlt.pipeline("there", destination=dlt.destinations.postgres({"host": "h"}, create_indexes=False, environment="live"))
dlt.pipeline("files", destination=dlt.destinations.filesystem("bucket", kwargs={"anon": True}, table_format="delta"))
dlt.pipeline("lake", destination=dlt.destinations.ducklake(destination_name="lake"))
dlt.pipeline("tables", destination=dlt.destinations.sqlalchemy("sqlite:///a.db", engine_kwargs={"echo": True}))
dlt.pipeline("cloud", destination=dlt.destinations.bigquery(location="EU", http_timeout=3.5, staging="gs://b"))
dlt.pipeline("cluster", destination=dlt.destinations.redshift(staging_iam_role="arn", staging_bucket="s3://b"))
dlt.pipeline("nowhere", destination=dlt.destinations.dummy(fail_prob=0.5, loader_file_format="parquet"))
dlt.pipeline("later", destination=dlt.destinations.duckdb(replace_strategy="insert-from-staging"))
dlt.pipeline("named", destination=dlt.destinations.duckdb(dlt.secrets["duck"], naming_convention="direct"))
any_text: str = pipeline.destination.destination_name + pipeline.default_schema_name + info.destination_name
took = (info.finished_at - info.started_at).total_seconds()
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
    'dlt.pipeline("x", progress="tdqm")': "tdqm",
    'dlt.pipeline("x", refresh="drop_all")': "drop_all",
    'plain.apply_hints(write_disposition="mrege")': "mrege",
    'plain.apply_hints(write_disposition={"disposition": "merge", "strategy": "upsrt"})': "write_disposition",
    'plain.apply_hints(schema_contract={"columns": "frozen"})': "schema_contract",
    'plain.apply_hints(columns={"id": {"data_type": "int"}})': "type",
    'plain(page="a").add_limit("3")': "add_limit",
    'pipeline.load(workers="2")': "int",
    'dlt.sources.incremental("at", lag="3")': "float",
    'dlt.sources.incremental("at", row_order="ascending")': "row_order",
    'dlt.sources.incremental("at", range_end="opened")': "range_end",
    "plain.apply_hints(incremental=3)": "incremental",
    'plain.apply_hints(nested_hints=["lines"])': "nested_hints",
    'dlt.defer(fetched)("one")': "int",
    'dlt.source(schema_contract="evolv")': "source",
    "sink(url=3)": "__call__",
    'sink(ulr="https://example.com")': "__call__",
    "queue()": "__call__",
    'queue("orders", retries="3")': "__call__",
    'dlt.destinations.duckdb(credential="a.duckdb")': "credential",
    "dlt.destinations.duckdb(credentials=5)": "credentials",
    'dlt.destinations.duckdb(memory_limits="2GB")': "memory_limits",
    "dlt.destinations.duckdb(memory_limit=2)": "memory_limit",
    'dlt.destinations.motherduck(token="t")': "token",
    'dlt.destinations.ducklake(catalogue="c")': "catalogue",
    "dlt.destinations.postgres(credentials=5)": "credentials",
    'dlt.destinations.postgres(create_index="yes")': "create_index",
    'dlt.destinations.filesystem(buckt_url="data")': "buckt_url",
    'dlt.destinations.filesystem("data", layot="{table_name}")': "layot",
    'dlt.destinations.bigquery(http_timeout="3")': "float",
    'dlt.destinations.redshift(staging_buckets="s3://b")': "staging_buckets",
    'dlt.destinations.sqlalchemy("sqlite://", engine_kwarg={})': "engine_kwarg",
    'dlt.destinations.dummy(fail_probability="1")': "fail_probability",
    "dlt.destinations.duckbd()": "duckbd",
    "pipeline.destination.destination_nam": "destination_nam",
}
"""Statements with a mistake, each with a word of the message."""

REVEALED = {
    "users": {"mypy": "Resource[[limit: int", "pyright": "Resource[(limit: int"},
    "users(limit=3)": {"mypy": "Resource[[limit: int", "pyright": "Resource[(limit: int"},
    "shop": {"mypy": "SourceFactory[[region: str, limit: int", "pyright": "SourceFactory[(region: str, limit: int"},
    'shop("north")': {"mypy": "Source", "pyright": "Source"},
    "details": {"mypy": "Resource[[depth: int", "pyright": "Resource[(depth: int"},
    "plain": {"mypy": "Resource[[page: str", "pyright": "Resource[(page: str"},
    "pipeline": {"mypy": "Pipeline", "pyright": "Pipeline"},
    "info.has_failed_jobs": {"mypy": "bool", "pyright": "bool"},
    'dlt.resource([1], name="rows")': {"mypy": "Resource[[]]", "pyright": "Resource[()]"},
    "users | details": {"mypy": "Resource[[depth: int", "pyright": "Resource[(depth: int"},
    "users | str": {"mypy": "Resource[[limit: int", "pyright": "Resource[(limit: int"},
    'dlt.sources.incremental("at", 3).last_value': {"mypy": "int | None", "pyright": "int | None"},
    "dlt.defer(fetched)(3)": {"mypy": "def () -> dict[str, int]", "pyright": "() -> dict[str, int]"},
    "sink": {"mypy": "FunctionFactory[[url: str", "pyright": "FunctionFactory[(url: str"},
    'sink(url="a")': {"mypy": "FunctionDestination", "pyright": "FunctionDestination"},
    "drawer(depth=3)": {"mypy": "FunctionDestination", "pyright": "FunctionDestination"},
    "pipeline.destination.destination_name": {"mypy": "str", "pyright": "str"},
    "dlt.destinations.duckdb()": {"mypy": "DuckDb", "pyright": "DuckDb"},
    "info.finished_at - info.started_at": {"mypy": "timedelta", "pyright": "timedelta"},
}
"""Expressions, each with what a checker calls their type."""


@pytest.fixture(scope="module")
def checkers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the programs of a fresh environment with the wheel of this checkout, mypy and pyright."""
    folder = tmp_path_factory.mktemp("installed")
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)], cwd=ROOT, check=True)
    [wheel] = folder.glob("*.whl")
    environment = [sys.executable, str(ROOT / "tools" / "environment.py"), str(folder / "env")]
    packages = ["-c", str(ROOT / "constraints.txt"), str(wheel), "mypy", "pyright[nodejs]"]
    subprocess.run([*environment, *packages], check=True)
    return folder / "env" / "bin"


def said_by_mypy(checkers: Path, program: Path) -> Said:
    """Return what `mypy --strict` says of a program, by line."""
    command = ["mypy", "--strict", "--no-error-summary", "--cache-dir", ".mypy", program.name]
    said: Said = {}
    for line in run(checkers, command, program.parent).splitlines():
        found = re.match(r"program\.py:(\d+): (?:error|note): (.*)", line)
        if found:
            said[int(found[1])] = said.get(int(found[1]), "") + found[2]
    return said


def said_by_pyright(checkers: Path, program: Path) -> Said:
    """Return what pyright says of a program in its strict mode, by line."""
    program.with_name("pyrightconfig.json").write_text('{"typeCheckingMode": "strict"}')
    command = ["pyright", "--outputjson", "--pythonpath", str(checkers / "python"), program.name]
    said: Said = {}
    for finding in json.loads(run(checkers, command, program.parent))["generalDiagnostics"]:
        number = finding["range"]["start"]["line"] + 1
        said[number] = said.get(number, "") + finding["message"]
    return said


def run(checkers: Path, command: list[str], folder: Path) -> str:
    """Return what a program of the environment prints; nothing of this checkout is on its path."""
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    whole = [str(checkers / command[0]), *command[1:]]
    return subprocess.run(whole, cwd=folder, env=environment, capture_output=True, text=True, check=False).stdout


@pytest.mark.slow
@pytest.mark.parametrize("checker", ["mypy", "pyright"])
def test_a_checker_finds_every_mistake_and_nothing_else(checker: str, checkers: Path, tmp_path: Path) -> None:
    """Wrong arguments, names, dispositions and options are found where they stand; a right program is left alone."""
    program = tmp_path / "program.py"
    lines = [*PROGRAM.strip().splitlines(), *MISTAKES, *(f"reveal_type({what})" for what in REVEALED)]
    program.write_text("\n".join(lines) + "\n")
    said = {"mypy": said_by_mypy, "pyright": said_by_pyright}[checker](checkers, program)
    start = len(PROGRAM.strip().splitlines())
    assert {number: text for number, text in said.items() if number <= start} == {}
    for number, (statement, word) in enumerate(MISTAKES.items(), start + 1):
        assert word in said.get(number, ""), (statement, said.get(number))
    for number, (statement, kinds) in enumerate(REVEALED.items(), start + len(MISTAKES) + 1):
        assert kinds[checker] in said.get(number, ""), (statement, said.get(number))


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

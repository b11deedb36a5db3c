"""What PyPI `dlt` reads and this library does not is refused or told, never swallowed."""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import dlt
from dlt import user_log
from dlt.errors import InvalidHint
from dlt.schema.capabilities import WITHOUT_EFFECT, Capabilities

ROOT = Path(__file__).resolve().parents[2]


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


@pytest.mark.parametrize(
    ("told", "call"),
    [
        ("pipeline.extract: loader_file_format", lambda p: p.extract([1], table_name="t", loader_file_format="csv")),
        ("pipeline.normalize: workers", lambda p: p.normalize(workers=3)),
        ("pipeline.load: workers", lambda p: p.load(workers=3)),
        ("pipeline.drop_pending_packages: with_partial_loads=False", lambda p: p.drop_pending_packages(False)),
    ],
)
def test_what_a_step_does_not_read_is_told(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], told: str, call: Callable[[Any], Any]
) -> None:
    """By the name of the step and of the parameter."""
    there = dlt.destinations.duckdb(str(tmp_path / "p.duckdb"))
    call(dlt.pipeline("p", destination=there, pipelines_dir=str(tmp_path)))
    assert f"dlt: {told} has no effect here: " in capfd.readouterr().err


def test_every_capability_is_read_or_told() -> None:
    """None is declared, and then forgotten."""
    read: set[str] = set()
    for path in (ROOT / "dlt").rglob("*.py"):
        # names for programs read what nothing of the library reads
        if (ROOT / "dlt" / "common") in path.parents:
            continue
        module = ast.parse(path.read_text(encoding="utf-8"))
        read |= {node.attr for node in ast.walk(module) if isinstance(node, ast.Attribute)}
    unread = {field.name for field in dataclasses.fields(Capabilities)} - read
    assert unread == set(WITHOUT_EFFECT)


@pytest.mark.parametrize("field", WITHOUT_EFFECT)
def test_a_capability_without_effect_is_told(field: str, capfd: pytest.CaptureFixture[str]) -> None:
    """A destination that a program brings along may set it."""
    Capabilities()
    assert capfd.readouterr().err == ""
    made: Any = {field: "x"}
    Capabilities(**made)
    assert capfd.readouterr().err == f"dlt: capabilities: {field} has no effect here: {WITHOUT_EFFECT[field]}.\n"


@pytest.mark.parametrize("key", ["source_filter", "destination_scope"])
def test_limits_of_a_merge_that_would_be_ignored_are_refused(key: str) -> None:
    """Without them a merge deletes more than the program means."""
    with pytest.raises(InvalidHint, match=f"has no key '{key}'"):
        dlt.resource([{"a": 1}], name="t", write_disposition={"disposition": "merge", key: "a > 1"})


def test_unchanged_rows_are_merged_and_that_is_told(capfd: pytest.CaptureFixture[str]) -> None:
    """The outcome is the same."""
    dlt.resource([{"a": 1}], name="t", write_disposition={"disposition": "merge", "skip_unchanged_rows": True})
    assert "skip_unchanged_rows of write_disposition has no effect here" in capfd.readouterr().err


def test_no_function_swallows_what_it_does_not_know() -> None:
    """But where another library calls it: `**_` would take a misspelled argument without a word."""
    found: set[str] = set()
    for package in ("dlt", "dlt_airflow", "dlt_prefect"):
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.FunctionDef) and node.args.kwarg and node.args.kwarg.arg.startswith("_"):
                    found.add(f"{path.relative_to(ROOT)}: {node.name}")
    assert found == {
        "dlt/absent.py: __call__",
        "dlt/configuration/spec.py: dataclass_transform",
        "dlt/destinations/impl/filesystem/query.py: info",
        "dlt/destinations/impl/filesystem/query.py: open",
        # requests calls its hooks with what it gave to send
        "dlt/sources/rest_api/actions.py: _raise_unless_handled",
    }

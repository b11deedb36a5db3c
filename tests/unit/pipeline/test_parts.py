"""A pipeline is made of parts: classes are not towers, and parts are exchanged, not inherited."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from pathlib import Path

import pytest

import dlt
from dlt import context


def own_classes(package: str) -> set[type]:
    """Return the classes that the modules of a package define; names without anything behind them have no code."""
    found: set[type] = set()
    for info in pkgutil.iter_modules(importlib.import_module(package).__path__, f"{package}."):
        module = importlib.import_module(info.name)
        classes = [c for c in vars(module).values() if inspect.isclass(c) and c.__module__ == info.name]
        found.update(c for c in classes if not repr(c).startswith("<absent "))
    return found


def test_no_class_is_a_tower() -> None:
    """No base of a class of pipelines and tasks has a base of its own there, and none is longer than 300 lines."""
    kinds = own_classes("dlt.pipeline") | own_classes("dlt.tasks")
    for kind in kinds:
        assert not any(kinds.intersection(base.__mro__[1:]) for base in kind.__bases__), kind
        assert len(inspect.getsource(kind).splitlines()) <= 300, kind


def test_a_pipeline_goes_on_under_another_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`drop` with a name gives another pipeline, which is active; the one before keeps its name, and has no state."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RUNTIME__USER_LOG", "false")
    before = context.active_pipeline()
    pipeline = dlt.pipeline("one", pipelines_dir="work", destination="duckdb", dataset_name="data")
    pipeline.run([{"id": 1}], table_name="items")
    try:
        other = pipeline.drop("two")
        for name, found in (("one", pipeline), ("two", other)):
            assert (found.pipeline_name, found.first_run, found.schema_names) == (name, True, [])
            assert found.working_dir == str(tmp_path / "work" / name)
        assert other.is_active and not pipeline.is_active
        other.run([{"id": 2}], table_name="others")
        assert other.last_trace is not None and other.last_trace.pipeline_name == "two"
        assert pipeline.last_trace is None and pipeline.schema_names == []
    finally:
        context.activate(before)

"""Helpers that are names only say what to do instead."""

from __future__ import annotations

import importlib
import importlib.util

import pytest

from dlt.errors import NotOffered


@pytest.mark.skipif(importlib.util.find_spec("airflow") is not None, reason="Airflow is installed")
def test_without_airflow_its_names_say_what_to_install() -> None:
    """By an error of an import, which programs catch."""
    with pytest.raises(ImportError, match=r'pip install "dlt-tasks\[airflow\]"'):
        from dlt.helpers.airflow_helper import PipelineTasksGroup  # noqa: F401


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("ibis", "create_ibis_backend"),
        ("marimo", "render"),
        ("graphviz", "render_schema_with_graphviz"),
        ("dbml", "schema_to_dbml"),
        ("dbt.dbt_utils", "run_dbt_command"),
    ],
)
def test_each_is_where_programs_import_it_from(module: str, name: str) -> None:
    """A program that names it runs until it uses it."""
    with pytest.raises(NotOffered):
        getattr(importlib.import_module(f"dlt.helpers.{module}"), name)()

"""Where the file of a DuckDB destination is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import dlt


@pytest.mark.parametrize(
    ("name", "credentials", "expected"),
    [
        (None, None, "shop.duckdb"),
        ("pond", None, "pond.duckdb"),
        ("pond", ":pipeline:", "shop.duckdb"),
        ("pond", "lake.duckdb", "lake.duckdb"),
    ],
)
def test_the_file_is_named_after_the_destination_or_the_pipeline(
    name: str | None, credentials: str | None, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name of its own comes first, as in PyPI `dlt` 1.x; credentials say it in any case."""
    monkeypatch.chdir(tmp_path)
    destination = dlt.destinations.duckdb(credentials, destination_name=name)
    pipeline = dlt.pipeline("shop", destination=destination, pipelines_dir=str(tmp_path / "pipelines"))
    pipeline.run([{"id": 1}], table_name="items")
    assert [found for found in os.listdir() if found.endswith(".duckdb")] == [expected]


def test_a_destination_that_is_named_in_the_configuration_has_a_file_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two pipelines that load into it share the file."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DESTINATION__POND__DESTINATION_TYPE", "duckdb")
    for name in ("shop", "bank"):
        pipeline = dlt.pipeline(name, destination="pond", pipelines_dir=str(tmp_path / "pipelines"))
        pipeline.run([{"id": 1}], table_name="items")
    assert [found for found in os.listdir() if found.endswith(".duckdb")] == ["pond.duckdb"]

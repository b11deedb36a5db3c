"""What is so on DuckDB alone."""

from __future__ import annotations

from pathlib import Path

import pytest

import dlt


@pytest.mark.parametrize("name", ["shop", "Shop", "other"])
def test_a_dataset_that_bears_the_name_of_its_database_is_dropped(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it is by default: both are named after the pipeline. Newer versions of DuckDB call its full name ambiguous."""
    monkeypatch.chdir(tmp_path)
    pipeline = dlt.pipeline("shop", destination=dlt.destinations.duckdb(f"{name}.duckdb"), dataset_name="shop")
    pipeline.run([{"id": 1}], table_name="orders")
    with pipeline.sql_client() as client:
        assert client.has_dataset()
        client.drop_dataset()
        assert not client.has_dataset()
    with pipeline.destination_client() as client:
        client.initialize_storage()
        assert client.is_storage_initialized()
        client.drop_storage()
        assert not client.is_storage_initialized()
    pipeline.run([{"id": 2}], table_name="orders")
    assert pipeline.dataset().orders.select("id").fetchall() == [(2,)]

"""The clients that a pipeline gives out: names at once, the rest inside of a block, as with PyPI dlt 1.x."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import dlt
from dlt.errors import DatabaseUndefinedRelation, DatasetException, SqlClientNotAvailable


@pytest.fixture(params=["duckdb", "filesystem"])
def loaded(request: pytest.FixtureRequest, own_folder: Path) -> Any:
    """Return a pipeline that loaded a table."""
    destination = "duckdb" if request.param == "duckdb" else dlt.destinations.filesystem(str(own_folder / "bucket"))
    pipeline = dlt.pipeline("shop", destination=destination, dataset_name="data")
    pipeline.run([{"id": 1}], table_name="orders")
    return pipeline


def test_a_client_names_its_dataset_before_it_is_open(loaded: Any) -> None:
    """Without a connection; what needs one says so."""
    client = loaded.destination_client()
    assert (client.config.dataset_name, client.schema.name, client.dataset_name) == ("data", "shop", "data")
    assert f"dlt.destinations.{client.config.destination_type}" == loaded.destination.destination_type
    assert str(client.config) == loaded.destination.displayable_credentials()
    assert (client.sql_client.dataset_name, client.sql_client.staging_dataset_name) == ("data", "data_staging")
    assert "orders" in client.sql_client.make_qualified_table_name("orders")
    with pytest.raises(DatasetException, match="inside of a block"):
        client.is_storage_initialized()
    with pytest.raises(SqlClientNotAvailable, match="inside of a block"):
        client.sql_client.execute_sql("SELECT 1")


def test_an_open_client_tells_what_is_stored(loaded: Any) -> None:
    """Tables, schemas and states; None where there is none."""
    with loaded.destination_client() as client:
        assert client.is_storage_initialized() and client.sql_client.has_dataset()
        there, columns = client.get_storage_table("orders")
        assert there and "id" in columns
        assert [(name, bool(columns)) for name, columns in client.get_storage_tables(["orders", "other"])] == [
            ("orders", True),
            ("other", False),
        ]
        stored = client.get_stored_schema("shop")
        assert stored.version_hash == loaded.default_schema.version_hash
        assert client.get_stored_schema_by_hash(stored.version_hash) == client.get_stored_schema() == stored
        assert client.get_stored_schema("other") is None
        state = client.get_stored_state("shop")
        assert state.as_doc()["version"] == loaded.state["_state_version"] == state.version
        assert client.get_stored_state("other") is None
        with client.with_staging_dataset() as staging:
            assert staging.sql_client.dataset_name == "data_staging" and not staging.is_storage_initialized()
        assert client.sql_client.execute_sql("SELECT id FROM orders") == [(1,)]


def test_storage_goes_and_comes_again(loaded: Any) -> None:
    """Tables are made of the schema, all or some of them."""
    with loaded.destination_client() as client:
        assert client.update_stored_schema() == {}
        client.initialize_storage(truncate_tables=["orders"])
        assert client.sql_client.execute_sql("SELECT id FROM orders") == []
        client.drop_tables("orders")
        assert client.get_storage_table("orders") == (False, {})
        assert list(client.update_stored_schema()) == ["orders"]
        client.drop_storage()
        assert not client.is_storage_initialized()
        assert client.get_stored_schema() is None
        client.initialize_storage()
        assert client.is_storage_initialized()
        assert list(client.update_stored_schema(only_tables=["orders"])) == ["orders"]
        client.complete_load("12.5")
        assert client.sql_client.execute_sql("SELECT load_id, status FROM _dlt_loads") == [("12.5", 0)]


def test_sql_runs_in_a_block_or_between_open_and_close(loaded: Any) -> None:
    """Several statements, and statements in pieces, too."""
    client = loaded.sql_client()
    assert client.dataset_name == "data" and client.native_connection is None
    with client as opened:
        assert client.execute_sql("SELECT id FROM orders WHERE id = %s", 1) == [(1,)]
        assert opened.execute_many(["SELECT 1", "SELECT 2"]) == [[(1,)], [(2,)]]
        assert opened.execute_fragments(["SELECT ", "3"]) == [(3,)]
    client.open_connection()
    with client.execute_query("SELECT id FROM orders") as cursor:
        assert cursor.fetchall() == [(1,)]
    client.close_connection()
    assert client.native_connection is None


def test_a_block_may_end_its_transaction_by_itself(own_folder: Path) -> None:
    """What it did before is undone, or stays, as it says."""
    pipeline = dlt.pipeline("shop", destination="duckdb", dataset_name="data")
    pipeline.run([{"id": 1}], table_name="orders")
    with pipeline.sql_client() as client:
        with client.begin_transaction() as transaction:
            client.execute_sql("CREATE TABLE data.gone (a INT)")
            transaction.rollback_transaction()
        with client.begin_transaction() as transaction:
            client.truncate_tables("orders")
            transaction.commit_transaction()
        assert client.execute_sql("SELECT * FROM orders") == []
        with pytest.raises(DatabaseUndefinedRelation):
            client.execute_sql("SELECT * FROM gone")


def test_a_destination_without_sql_has_no_sql_client(own_folder: Path) -> None:
    """The client says so when SQL is asked for."""
    pipeline = dlt.pipeline("shop", destination="dummy")
    with pytest.raises(SqlClientNotAvailable, match="has no SQL"), pipeline.sql_client():
        pass

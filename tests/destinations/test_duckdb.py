"""What is so on DuckDB alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

import dlt
from dlt.destinations.impl.duckdb.configuration import DuckDbCredentials
from dlt.destinations.impl.duckdb.errors import translate
from dlt.destinations.impl.duckdb.exceptions import InvalidInMemoryDuckdbCredentials
from dlt.errors import DatabaseTransientException, DatabaseUndefinedRelation, PipelineStepFailed


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


def test_tables_are_told_alike_whether_they_are_asked_for_by_name_or_listed(tmp_path: Path) -> None:
    """Of the dataset only: with odd names, views too, and nothing of one that is in another dataset or database."""
    path = tmp_path / "shop.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "CREATE SCHEMA data; CREATE SCHEMA other; ATTACH ':memory:' AS aside; CREATE SCHEMA aside.data"
        )
        connection.execute("""CREATE TABLE data."a ""b"".c" ("Id" BIGINT, amount DECIMAL(10, 2), "at" TIMESTAMPTZ)""")
        connection.execute("CREATE TABLE other.elsewhere (x INT); CREATE TABLE aside.data.beside (x INT)")
        connection.execute("CREATE VIEW data.seen AS SELECT 1 AS one")
        pipeline = dlt.pipeline("by_name", destination=dlt.destinations.duckdb(connection), dataset_name="data")
        names = ['a "b".c', "elsewhere", "beside", "seen", "duckdb_columns", "missing"]
        with pipeline.destination_client_for() as client:
            few = client.stored_tables(names)
            # as many as are looked for in the list of all
            many = client.stored_tables([*names, *map(str, range(20))])
        assert few == many and list(few) == ['a "b".c', "seen"]
        assert [column["data_type"] for column in few['a "b".c'].values()] == ["bigint", "decimal", "timestamp"]


def test_a_first_run_asks_a_database_that_is_not_there_for_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One connection is one less; what is wrong with the place is still told before anything is extracted."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "new.duckdb"
    seen = []

    @dlt.resource
    def rows() -> Any:
        seen.append(path.exists())
        yield {"id": 1}

    place = dlt.destinations.duckdb(str(path))
    assert place.is_missing()
    dlt.pipeline("first", destination=place, dataset_name="d").run(rows())
    assert seen == [False] and path.exists() and not place.is_missing()
    # another folder, as on another machine: the state is found there
    again = dlt.pipeline("first", destination=place, dataset_name="d", pipelines_dir=str(tmp_path / "other"))
    again.sync_destination()
    assert not again.first_run
    nowhere = dlt.destinations.duckdb(str(tmp_path / "nowhere" / "x.duckdb"))
    with pytest.raises(PipelineStepFailed, match="nowhere"):
        dlt.pipeline("wrong", destination=nowhere, dataset_name="d").run(rows())
    assert seen == [False]
    with duckdb.connect() as connection:
        assert not dlt.destinations.duckdb(connection).is_missing()


@pytest.mark.parametrize("credentials", [":memory:", "duckdb:///:memory:", "", {"database": ":memory:"}], ids=str)
@pytest.mark.parametrize("dev_mode", [True, False])
def test_a_database_in_memory_is_one_that_the_program_opened(credentials: Any, dev_mode: bool) -> None:
    """That of a step would be gone with the rows, which is told before anything is extracted."""
    asked: list[int] = []

    def items() -> Iterator[Any]:
        asked.append(1)
        yield {"id": 1}

    pipeline = dlt.pipeline("memory", destination=dlt.destinations.duckdb(credentials), dev_mode=dev_mode)
    with pytest.raises(PipelineStepFailed, match=r"pass an open connection: .*connect\(\":memory:\"\)") as failure:
        pipeline.run(items, table_name="items")
    assert isinstance(failure.value.__cause__, InvalidInMemoryDuckdbCredentials) and not asked
    opened = dlt.destinations.duckdb(duckdb.connect(":memory:"))
    pipeline = dlt.pipeline("opened", destination=opened, dev_mode=dev_mode)
    pipeline.run(items, table_name="items")
    assert pipeline.dataset().items.select("id").fetchall() == [(1,)]


@pytest.mark.parametrize("key", ["global_config", "local_config", "pragmas", "extensions"])
@pytest.mark.parametrize("how", ["dict", "spec", "environment"])
def test_settings_of_connections_are_not_ignored(
    key: str, how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Credentials of 1.x may have them; the error says how a connection gets them."""
    value: Any = {"memory_limit": "200MB"} if "config" in key else ["enable_progress_bar"]
    path = str(tmp_path / "x.duckdb")
    given: Any = {"database": path, key: value}
    if how == "spec":
        given = DuckDbCredentials(path)
        setattr(given, key, value)
    elif how == "environment":
        monkeypatch.setenv("DESTINATION__DUCKDB__CREDENTIALS__DATABASE", path)
        monkeypatch.setenv(f"DESTINATION__DUCKDB__CREDENTIALS__{key.upper()}", json.dumps(value))
        given = None
    with pytest.raises(PipelineStepFailed, match=f"{key} in the credentials.*duckdb.connect"):
        dlt.pipeline("set", destination=dlt.destinations.duckdb(given)).run([{"id": 1}], table_name="items")
    assert not Path(path).exists()


def test_a_database_that_another_thread_is_opening_is_busy() -> None:
    """What reads Arrow is made known when DuckDB is opened: a load that began before goes again."""
    early = duckdb.CatalogException("Catalog Error: Table Function with name python_arrow_scan does not exist!")
    assert isinstance(translate(early), DatabaseTransientException)
    missing = duckdb.CatalogException("Catalog Error: Table with name t does not exist!")
    assert isinstance(translate(missing), DatabaseUndefinedRelation)

"""What DuckLake does beyond the conformance suite: catalogs, credentials, files, kills, loads at the same time."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import duckdb
import pytest

import dlt
from dlt.destinations.impl.ducklake.configuration import DuckLakeCredentials
from dlt.errors import (
    DatabaseTerminalException,
    DatabaseTransientException,
    DestinationConnectionError,
    InvalidConnectionString,
    MissingDependencyException,
    PipelineStepFailed,
)
from tests.destinations.cases import lake_in
from tests.destinations.killed import POINTS, ROWS, check_kills
from tests.servers.postgres import PostgresServer
from tests.servers.process import running


@pytest.fixture
def lake(own_folder: Path) -> dict[str, str]:
    """Return the credentials of a lake in the folder of the test."""
    return lake_in(own_folder)


def make(credentials: Any = None, name: str = "spec", **options: Any) -> Any:
    """Return a pipeline into a lake."""
    destination = dlt.destinations.ducklake(credentials)
    return dlt.pipeline(name, destination=destination, **{"dataset_name": "data", **options})


def query(pipeline: Any, sql: str) -> list[tuple[Any, ...]]:
    """Return the rows of a query in the dataset."""
    with pipeline.sql_client() as client:
        return list(client.execute_sql(sql) or [])


# -- where a lake is


def test_a_lake_of_a_pipeline_lives_in_its_folder(lake: Any, own_folder: Path) -> None:
    """Without credentials catalog and files bear the pipeline's name; rows of a larger load are Parquet files."""
    pipeline = make(None, "birds")
    pipeline.run([{"id": n} for n in range(100)], table_name="t")
    assert query(pipeline, "SELECT count(*) FROM t") == [(100,)]
    assert (own_folder / "birds.sqlite").exists()
    assert list((own_folder / "birds.files" / "data" / "t").glob("*.parquet"))


def test_forms_of_credentials(lake: Any, own_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A dict, the class, a connection string, a name, secrets.toml and the environment all lead to a lake."""
    url = f"sqlite:///{own_folder}/one.sqlite"
    given = DuckLakeCredentials(ducklake_name="pond", catalog=url, storage="one.files")
    make({"ducklake_name": "pond", "catalog": url, "storage": "one.files"}).run([{"id": 1}], table_name="t")
    assert query(make(given, "two"), "SELECT id FROM pond.data.t") == [(1,)]
    make("sqlite:///two.sqlite", "three").run([{"id": n} for n in range(20)], table_name="t")
    assert Path("two.sqlite").exists() and list(Path("three.files").rglob("*.parquet"))
    make("river").run([{"id": n} for n in range(20)], table_name="t")
    assert Path("river.sqlite").exists() and list(Path("river.files").rglob("*.parquet"))
    (own_folder / ".dlt").mkdir()
    text = f'[destination.ducklake.credentials]\nducklake_name = "pond"\ncatalog = "{url}"\n'
    text += '[destination.ducklake.credentials.storage]\nbucket_url = "one.files"\n'
    (own_folder / ".dlt" / "secrets.toml").write_text(text)
    assert query(make(name="four"), "SELECT id FROM t") == [(1,)]
    (own_folder / ".dlt" / "secrets.toml").unlink()
    monkeypatch.setenv("DESTINATION__DUCKLAKE__CREDENTIALS__CATALOG", url)
    monkeypatch.setenv("DESTINATION__DUCKLAKE__CREDENTIALS__STORAGE", "one.files")
    assert query(make(name="five"), "SELECT id FROM t") == [(1,)]


def test_the_schema_of_a_catalog_tells_lakes_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """`metadata_schema` comes before the name of the lake, in code and from the environment."""
    url = "postgresql://loader@localhost:5432/lakes"

    def of(**fields: Any) -> str:
        return dlt.destinations.ducklake(DuckLakeCredentials(catalog=url, storage="files", **fields)).fingerprint()

    named = of(ducklake_name="pond")
    assert of(ducklake_name="other", metadata_schema="pond") == named
    assert of(ducklake_name="pond", metadata_schema="public") != named
    monkeypatch.setenv("DESTINATION__DUCKLAKE__CREDENTIALS__METADATA_SCHEMA", "public")
    assert of(ducklake_name="pond") != named


def test_an_open_connection(lake: Any, own_folder: Path) -> None:
    """A connection of DuckDB that uses a lake serves as credentials; one that uses none is refused."""
    make(lake).run([{"id": 1}], table_name="t")
    with make(lake).sql_client() as client:
        connection = client.native_connection
        open_one = make(connection, "other")
        open_one.run([{"id": 2}], table_name="t")
        assert query(open_one, "SELECT id FROM t ORDER BY id") == [(1,), (2,)]
    with pytest.raises(PipelineStepFailed, match=r"uses memory, which is a database of type duckdb. Attach a lake"):
        make(duckdb.connect()).run([{"id": 1}], table_name="t")


@pytest.mark.parametrize("disposition", ["append", "replace", "merge"])
def test_a_catalog_in_duckdb(lake: Any, own_folder: Path, disposition: str) -> None:
    """One connection at a time has the catalog, and the others wait; pipelines load at the same time all the same."""
    credentials = lake_in(own_folder, f"duckdb:///{own_folder}/catalog.duckdb")
    loads_at_the_same_time(credentials, disposition)


@pytest.mark.parametrize("disposition", ["append", "replace", "merge"])
def test_a_catalog_in_postgres(lake: Any, own_folder: Path, postgres: PostgresServer, disposition: str) -> None:
    """Pipelines load at the same time; a lake with a name has a schema of the catalog's database for itself."""
    url = postgres.new_database()
    credentials = {**lake_in(own_folder, url), "ducklake_name": "Lake 'one'"}
    loads_at_the_same_time(credentials, disposition)
    second = {"catalog": url, "storage": str(own_folder / "second"), "ducklake_name": "two"}
    make(second).run([{"id": 7}], table_name="t")
    assert query(make(second), "SELECT id FROM t") == [(7,)]
    # another name for the same schema of the catalog
    third = {**second, "ducklake_name": "three", "metadata_schema": "two"}
    assert query(make(third), "SELECT id FROM t") == [(7,)]


def loads_at_the_same_time(credentials: Any, disposition: str) -> None:
    """Two pipelines write the same keys at once: the result is that of one load after the other."""
    errors: list[BaseException] = []
    barrier = threading.Barrier(2)
    resource = {"name": "t", "write_disposition": disposition, "primary_key": "id"}
    make(credentials, "first").run(dlt.resource([{"id": 0, "of": 9, "list": [1]}], **resource))

    def run(number: int) -> None:
        try:
            pipeline = make(credentials, f"p{number}", retry={"attempts": 20, "backoff": 0.01})
            items = [{"id": n, "of": number, "list": [number]} for n in range(1, 31)]
            barrier.wait(60)
            pipeline.run(dlt.resource(items, **resource))
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    found = query(make(credentials, "reader"), "SELECT of, count(*) FROM t WHERE id > 0 GROUP BY of ORDER BY of")
    last = query(make(credentials, "reader"), "SELECT count(*) FROM t__list")[0][0]
    if disposition == "append":
        assert found == [(0, 30), (1, 30)] and last == 61
    else:
        assert found in ([(0, 30)], [(1, 30)]) and last == 30 + (disposition == "merge")


def test_wide_tables_fit_into_a_catalog_in_postgres(lake: Any, own_folder: Path, postgres: PostgresServer) -> None:
    """A thousand columns are more than a page of Postgres holds, so that even few rows go into files."""
    pipeline = make(lake_in(own_folder, postgres.new_database()))
    pipeline.run([{f"c{n}": n for n in range(1_000)}], table_name="t")
    assert query(pipeline, "SELECT c0, c999 FROM t") == [(0, 999)]
    assert list((own_folder / "lake.files" / "data" / "t").glob("*.parquet"))


# -- errors


def test_merges_of_new_keys_clash(lake: Any) -> None:
    """Of two loads that merge the same new keys the later one to commit is refused, and says what to do."""
    make(lake).run([{"id": 0}], table_name="t", write_disposition="merge", primary_key="id")
    one, two = (make(lake, name) for name in ("one", "two"))
    for pipeline in (one, two):
        pipeline.extract([{"id": 1}], table_name="t", write_disposition="merge", primary_key="id")
        pipeline.normalize()
    with one.destination_client_for() as client:
        client.begin()
        client.stage([{"name": "t", "columns": {}, "write_disposition": "merge"}], "load")
        two.load()
        with pytest.raises(DatabaseTransientException, match=r"another load was faster.*run it again") as failure:
            client.commit()
        assert getattr(failure.value, "clash", False)
        client.rollback()
    one.load()
    assert query(make(lake), "SELECT id FROM t ORDER BY id") == [(0,), (1,)]


def test_a_load_that_is_refused_deletes_its_files(lake: Any, own_folder: Path) -> None:
    """Parquet files of a load that clashed, and of one that was rolled back, are gone when it ends."""
    credentials = {**lake, "ducklake_name": "pond"}
    pipeline = make(credentials)
    pipeline.run([{"id": n, "list": [n]} for n in range(20)], table_name="t")
    with pipeline.destination_client_for() as client:
        insert = f"INSERT INTO {client.catalog.qualified('t')} SELECT * FROM {client.catalog.qualified('t')}"
        client.begin()
        client.query(insert)
        assert orphans(make(credentials, "reader"), own_folder / "lake.files")
        client.rollback()
        assert not orphans(make(credentials, "reader"), own_folder / "lake.files")
        client.begin()
        client.query(insert)
        make(credentials, "other").run([{"id": 100}], table_name="t")
        with pytest.raises(DatabaseTransientException, match="another load was faster"):
            client.commit()
        client.rollback()
    assert not orphans(make(credentials, "reader"), own_folder / "lake.files")


def test_errors_say_what_to_do(lake: Any, own_folder: Path) -> None:
    """An unknown kind of catalog, other files than those of the lake, and a server that is not there."""
    with pytest.raises(PipelineStepFailed, match=r"lake spec \(oracle://.*of type oracle. Known are duckdb") as failure:
        make({"catalog": "oracle://u:geheim@db/x"}).run([{"id": 1}], table_name="t")
    assert isinstance(failure.value.__cause__, InvalidConnectionString) and "geheim" not in str(failure.value)
    make(lake).run([{"id": 1}], table_name="t")
    with pytest.raises(PipelineStepFailed, match="DATA_PATH") as failure:
        make({**lake, "storage": "elsewhere"}).run([{"id": 1}], table_name="t")
    assert isinstance(failure.value.__cause__, DatabaseTerminalException)
    with pytest.raises(PipelineStepFailed, match="Connection refused") as failure:
        make({**lake, "catalog": "postgresql://u:geheim@127.0.0.1:1/x"}).run([{"id": 1}], table_name="t")
    assert isinstance(failure.value.__cause__, DestinationConnectionError) and "geheim" not in str(failure.value)


def test_a_server_that_crashes_in_mid_load_loses_nothing(lake: Any, own_folder: Path) -> None:
    """The catalog's server dies before the commit; the error is transient, and the next try exact."""
    with running(PostgresServer()) as server:
        credentials = lake_in(own_folder, server.new_database())
        pipeline = make(credentials)
        pipeline.run([{"id": 0}], table_name="t")
        pipeline.extract([{"id": n} for n in range(1, 100)], table_name="t")
        pipeline.normalize()
        with pipeline.destination_client_for() as client:
            client.begin()
            client.query(f"UPDATE {client.catalog.qualified('t')} SET id = 7")
            server.crash()
            with pytest.raises(DatabaseTransientException) as failure:
                client.commit()
            assert not getattr(failure.value, "clash", False)
            client.rollback()
        server.start()
        pipeline.load()
        assert query(pipeline, "SELECT count(*), count(DISTINCT id) FROM t") == [(100, 100)]


PROGRAM_WITHOUT_EXTENSION = """
import sys, dlt

sys.modules["duckdb_extension_ducklake"] = None  # as if the package were not installed
try:
    with dlt.destinations.ducklake("pond").connect("data"):
        print("attached")
except Exception as error:
    print(type(error).__name__, error)
"""


def test_an_extension_that_is_not_there(own_folder: Path) -> None:
    """Without the extension, and without a network, the error names it, the version of DuckDB and the package."""
    environment = {**os.environ, "HOME": str(own_folder)}
    command = [sys.executable, "-c", PROGRAM_WITHOUT_EXTENSION]
    found = subprocess.run(command, capture_output=True, text=True, env=environment, check=True).stdout
    if found.startswith("attached"):
        pytest.skip("DuckDB could download the extension")
    assert found.startswith(MissingDependencyException.__name__)
    assert f"the extension ducklake of DuckDB v{duckdb.__version__} is not installed" in found
    assert "duckdb-extension-ducklake" in found


# -- kills


def orphans(pipeline: Any, files: Path) -> set[str]:
    """Return the names of Parquet files that the catalog does not know."""
    known: set[str] = set()
    for table in ("t", "t__list"):
        name = pipeline.destination.resolved().ducklake_name
        listed = query(
            pipeline, f"SELECT data_file, delete_file FROM ducklake_list_files('{name}', '{table}', schema => 'data')"
        )
        known |= {Path(path).name for row in listed for path in row if path}
    return {path.name for path in files.rglob("*.parquet")} - known


@pytest.mark.parametrize("disposition", ["append", "merge"])
def test_a_killed_load_is_exact_after_the_next_run(lake: Any, own_folder: Path, disposition: str) -> None:
    """All or nothing: SIGKILL at each point of a load, one more run, and no row is lost or there twice.

    Files that a killed load wrote are not part of the lake, and DuckLake deletes them when it is told to.
    """
    credentials = {**lake, "ducklake_name": "pond"}
    reader = make(credentials, "reader")
    check_kills(
        {"destination": ("ducklake", {"credentials": credentials})},
        disposition,
        lambda: [value for (value,) in query(reader, "SELECT v FROM t")],
        lambda: int(query(reader, "SELECT count(*) FROM t__list")[0][0]),
    )
    if disposition == "append":
        assert orphans(reader, own_folder / "lake.files")
        query(reader, "CALL ducklake_delete_orphaned_files('pond', cleanup_all => true)")
        assert not orphans(reader, own_folder / "lake.files")
        # one run at the beginning, and two for each point
        assert query(reader, "SELECT count(*) FROM t") == [(ROWS * (1 + 2 * len(POINTS)),)]


# -- stores


def test_files_in_a_bucket(lake: Any, own_folder: Path) -> None:
    """Keys of S3 are handed to DuckDB: files are in the bucket, and a merge rewrites none that is there."""
    pytest.importorskip("duckdb_extension_httpfs", reason="duckdb-extension-httpfs is not installed")
    from tests.servers.s3 import SECRET, S3Server

    with running(S3Server()) as server:
        bucket = server.new_bucket()
        storage = {"bucket_url": f"{bucket}/lake", "credentials": {**server.credentials(), "region_name": "us-east-1"}}
        pipeline = make({**lake, "storage": storage})
        for value in (1, 2):
            items = [{"id": n, "v": value} for n in range(50 * value)]
            pipeline.run(items, table_name="t", write_disposition="merge", primary_key="id")
        assert query(pipeline, "SELECT v, count(*) FROM t GROUP BY v") == [(2, 100)]
        assert {Path(key).suffix for key in server.keys(bucket)} == {".parquet"}
        assert SECRET not in pipeline.destination.displayable_credentials()

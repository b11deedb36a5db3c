"""Files in stores: what is listed, read, and loaded once, on each kind of server."""

from __future__ import annotations

import datetime
import gzip
import io
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import dlt
from dlt.errors import ConfigFieldMissingException
from dlt.extract.exceptions import ResourceExtractionError
from dlt.sources.filesystem import filesystem, read_csv, read_csv_duckdb, read_jsonl, read_parquet
from dlt.sources.filesystem.helpers import fsspec_from_resource
from tests.servers import sftp
from tests.servers.azurite import AzuriteServer
from tests.servers.gcs import GcsServer
from tests.servers.process import running
from tests.servers.s3 import KEY, SECRET, S3Server
from tests.servers.seaweedfs import SeaweedServer

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("stores")]
ABSENT = "no-such-bucket-of-ours"
STORES = ["s3", "seaweedfs", "gcs", "azurite", "sftp"]


@dataclass
class Store:
    """An empty folder in a store.

    Attributes:
        url: Its URL.
        options: Arguments of `filesystem` that let one in.
    """

    url: str
    options: dict[str, Any]

    def files(self, pattern: str = "**/*", **more: Any) -> Any:
        """Return what lists files."""
        return filesystem(self.url, file_glob=pattern, **self.options, **more)

    def put(self, name: str, content: bytes) -> None:
        """Write a file."""
        client = fsspec_from_resource(self.files())
        path = f"{client._strip_protocol(self.url)}/{name}"
        client.makedirs(path.rpartition("/")[0], exist_ok=True)
        with client.open(path, "wb") as file:
            file.write(content)
        client.invalidate_cache()


def _s3(server: S3Server) -> Store:
    credentials = {
        "aws_access_key_id": KEY,
        "aws_secret_access_key": SECRET,
        "endpoint_url": server.url,
        "region_name": "us-east-1",
    }
    return Store(f"{server.new_bucket()}/in put", {"credentials": credentials})


def _seaweedfs(server: SeaweedServer) -> Store:
    return Store(f"{server.new_folder()}/in put", {"credentials": server.credentials()})


def _gcs(server: GcsServer) -> Store:
    import gcsfs
    from gcsfs.extended_gcsfs import BucketType

    bucket = server.new_bucket()
    client = gcsfs.GCSFileSystem(**server.kwargs())
    # it asks Google itself, and not the emulator, what kind of a bucket this is
    for name in (bucket.removeprefix("gs://"), ABSENT):
        client._storage_layout_cache[name] = BucketType.NON_HIERARCHICAL
    return Store(f"{bucket}/in put", {"credentials": client})


def _azure(server: AzuriteServer) -> Store:
    return Store(f"{server.new_container()}/in put", {"credentials": server.credentials()})


def _sftp(server: sftp.SftpServer) -> Store:
    return Store(server.new_folder(), {"credentials": server.credentials()})


MAKERS: dict[str, Callable[[Any], Store]] = {
    "s3": _s3,
    "seaweedfs": _seaweedfs,
    "gcs": _gcs,
    "azurite": _azure,
    "sftp": _sftp,
}


@pytest.fixture(scope="module")
def servers(request: pytest.FixtureRequest) -> Iterator[Callable[[str], Any]]:
    """Return what starts a server, or skips the test where there is none."""
    with ExitStack() as stack:
        own: dict[str, Any] = {}

        def server(name: str) -> Any:
            if name in ("s3", "sftp"):
                lacks = sftp.lacks() if name == "sftp" else None
                if lacks is not None:
                    pytest.skip(lacks)
                if name not in own:
                    own[name] = stack.enter_context(running(S3Server() if name == "s3" else sftp.SftpServer()))
                return own[name]
            return request.getfixturevalue(name)

        yield server


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, servers: Callable[[str], Any]) -> Store:
    """Return an empty folder with some files."""
    made = MAKERS[request.param](servers(request.param))
    sink = io.BytesIO()
    pq.write_table(pa.table({"n": list(range(100))}), sink, row_group_size=10)
    made.put("a.csv", b"code,n\n007,1\n")
    made.put("deep/er/b.csv", b"code,n\n008,2\n")
    made.put("year=2026/c.jsonl.gz", gzip.compress(b'{"n": 3}\n\n{"n": 4}\n'))
    made.put("d.parquet", sink.getvalue())
    return made


def test_a_store_is_listed_and_read(store: Store) -> None:
    """By patterns at any depth; URLs open what they name."""
    before = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=1)
    found = {file["relative_path"]: file for file in store.files("**/*")}
    assert sorted(found) == ["a.csv", "d.parquet", "deep/er/b.csv", "year=2026/c.jsonl.gz"]
    assert [file["relative_path"] for file in store.files("*.csv")] == ["a.csv"]
    assert [file["relative_path"] for file in store.files("deep/*/b.csv")] == ["deep/er/b.csv"]
    assert [file["relative_path"] for file in store.files("a.csv")] == ["a.csv"]
    assert list(store.files("no/**/*")) == [] and list(store.files("no.csv")) == []
    first = found["a.csv"]
    assert first["file_url"] == f"{store.url}/a.csv" and first["size_in_bytes"] == 13
    assert first["modification_date"] > before and first.read_bytes() == b"code,n\n007,1\n"
    assert next(iter(store.files("a.csv", extract_content=True, fetch_file_info=True)))["file_content"].endswith(b"1\n")


@pytest.mark.parametrize("pattern", ["*.csv", "**/*", "a.csv"])
def test_a_place_that_is_not_there_is_no_empty_one(store: Store, pattern: str) -> None:
    """A bucket or a folder must be there; in stores without folders a prefix without files is an empty one."""
    parts = urlsplit(store.url)
    # a server with folders, and one with buckets
    absent = f"{store.url}/nowhere" if parts.scheme == "sftp" else f"{parts.scheme}://{ABSENT}/files"
    told = "nowhere: there is no such folder" if parts.scheme == "sftp" else f"no bucket '{ABSENT}'"
    with pytest.raises(ResourceExtractionError, match=told):
        list(filesystem(absent, file_glob=pattern, **store.options))
    if parts.scheme != "sftp":
        assert list(filesystem(f"{store.url}/nowhere", file_glob=pattern, **store.options)) == []


def test_every_reader_reads_from_a_store(store: Store) -> None:
    """Also what is compressed, and Parquet in parts."""
    assert list(store.files("**/*.csv") | read_csv()) == [{"code": "007", "n": 1}, {"code": "008", "n": 2}]
    assert list(store.files("a.csv") | read_csv_duckdb()) == [{"code": "007", "n": 1}]
    lines = store.files("**/*.jsonl.gz") | read_jsonl(hive_partitions=True)
    assert list(lines) == [{"n": 3, "year": "2026"}, {"n": 4, "year": "2026"}]
    assert [row["n"] for row in store.files("*.parquet") | read_parquet(chunksize=7)] == list(range(100))
    store.put("broken.parquet", b"PAR1 and nothing else")
    with pytest.raises(ResourceExtractionError, match=r"broken\.parquet cannot be read as a Parquet file"):
        list(store.files("broken.parquet") | read_parquet())


def test_each_file_of_a_store_is_loaded_once(store: Store, tmp_path: Path) -> None:
    """And one that is changed in place again."""
    pipeline = dlt.pipeline(
        "stores", pipelines_dir=str(tmp_path / "p"), destination=dlt.destinations.duckdb(str(tmp_path / "d.duckdb"))
    )

    def load() -> list[int]:
        files = store.files("**/*.csv", incremental=dlt.sources.incremental("modification_date"))
        pipeline.run((files | read_csv()).with_name("t"))
        with pipeline.sql_client() as client:
            return [row[0] for row in client.execute_sql("SELECT n FROM t ORDER BY n")]

    assert load() == [1, 2] and load() == [1, 2]
    store.put("new.csv", b"code,n\n009,3\n")
    assert load() == [1, 2, 3]
    store.put("a.csv", b"code,n\n007,1000\n")
    assert load() == [1, 2, 3, 1000]


def test_credentials_are_configured(servers: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """In the section of the source; what is missing is told with where it was looked for, and no secret is shown."""
    store = _s3(servers("s3"))
    store.put("a.csv", b"a,b\n1,2\n")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    for name, value in store.options["credentials"].items():
        monkeypatch.setenv(f"SOURCES__FILESYSTEM__CREDENTIALS__{name.upper()}", value)
    monkeypatch.setenv("SOURCES__FILESYSTEM__BUCKET_URL", store.url)
    monkeypatch.setenv("SOURCES__FILESYSTEM__FILE_GLOB", "*.csv")
    assert list(filesystem() | read_csv()) == [{"a": 1, "b": 2}]
    assert SECRET not in repr(filesystem())
    monkeypatch.delenv("SOURCES__FILESYSTEM__BUCKET_URL")
    with pytest.raises(ConfigFieldMissingException, match="bucket_url"):
        list(filesystem())


def test_urls_of_a_store_are_data(
    servers: Callable[[str], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the credentials of the source."""
    store = _s3(servers("s3"))
    store.put("orders.csv", b"a,b\n1,2\n")
    for name, value in store.options["credentials"].items():
        monkeypatch.setenv(f"SOURCES__FILESYSTEM__CREDENTIALS__{name.upper()}", value)
    pipeline = dlt.pipeline("urls", pipelines_dir=str(tmp_path / "p"), destination="dummy")
    pipeline.extract([f"{store.url}/orders.csv", f"{store.url}/*.csv"])
    counts = pipeline.normalize().row_counts
    assert (counts["orders"], counts["in_put"]) == (1, 1)


def test_a_password_in_a_url_stays_there(servers: Callable[[str], Any]) -> None:
    """No row and no message has it."""
    store = _sftp(servers("sftp"))
    store.put("a.csv", b"a,b\n1,2\n")
    store.put("bad.jsonl", b"{no")
    user = store.options["credentials"]["sftp_username"]
    url = store.url.replace("sftp://", f"sftp://{user}:a-secret-word@")
    (file,) = filesystem(url, file_glob="*.csv", **store.options)
    assert file["file_url"] == f"{store.url}/a.csv" and file.read_bytes() == b"a,b\n1,2\n"
    with pytest.raises(ResourceExtractionError) as caught:
        list(filesystem(url, file_glob="*.jsonl", **store.options) | read_jsonl())
    assert "a-secret-word" not in str(caught.value) and "bad.jsonl" in str(caught.value)

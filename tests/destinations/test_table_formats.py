"""Tables in the formats of Delta Lake and Iceberg, as other programs see them."""

from __future__ import annotations

import datetime
import json
import os
import re
import signal
import sys
import threading
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import fsspec
import pyarrow as pa
import pytest
from deltalake import DeltaTable
from pyiceberg.table import StaticTable

import dlt
from dlt import user_log
from dlt.common.libs.deltalake import get_delta_tables
from dlt.common.libs.pyiceberg import get_iceberg_tables
from dlt.destinations.impl.filesystem.lake.object_store import storage_options
from dlt.destinations.impl.filesystem.lake.tables import open_index
from dlt.errors import DestinationTerminalException, PipelineStepFailed, SchemaUpdateTerminalError
from dlt.io import failpoints
from dlt.io.store import Store
from tests.processes import run_python
from tests.waiting import wait_until

KINDS = ["delta", "iceberg"]
BUCKET = "bucket"


def make(name: str = "spec", **options: Any) -> Any:
    """Return a pipeline into the bucket."""
    return dlt.pipeline(name, destination=dlt.destinations.filesystem(BUCKET), dataset_name="data", **options)


def load(pipeline: Any, kind: str, items: Any, name: str = "t", **options: Any) -> Any:
    """Load rows into a table of a format."""
    info = pipeline.run(items, table_name=name, table_format=kind, **options)
    assert not info.has_failed_jobs, str(info)
    return info


def refused(pipeline: Any, kind: str, items: Any, why: str, name: str = "t") -> None:
    """Load rows; it must fail with a reason, and leave nothing behind."""
    info = pipeline.run(items, table_name=name, table_format=kind)
    assert info.has_failed_jobs and re.search(why, str(info)), str(info)
    pipeline.drop_pending_packages()


def outside(kind: str, name: str = "t") -> pa.Table:
    """Return a table as a program sees it that knows nothing of ours."""
    path = Path(BUCKET, "data", name).absolute()
    if kind == "delta":
        return DeltaTable(str(path)).to_pyarrow_table()
    return StaticTable.from_metadata(str(path)).scan().to_arrow()


def rows(kind: str, *columns: str, name: str = "t") -> list[tuple[Any, ...]]:
    """Return the rows that such a program sees, sorted."""
    found = outside(kind, name).select(list(columns)).to_pylist()
    return sorted((tuple(row.values()) for row in found), key=repr)


def inside(*columns: str, name: str = "t") -> list[tuple[Any, ...]]:
    """Return the rows that our readers see, sorted."""
    with make(pipelines_dir="reader").destination.connect("data") as client:
        names = ", ".join(f'"{column}"' for column in columns)
        return sorted(client.sql_client().execute_sql(f'SELECT {names} FROM "{name}"'), key=repr)


def commits(kind: str, name: str = "t") -> list[str | None]:
    """Return the load id of each commit of rows, oldest first."""
    path = Path(BUCKET, "data", name).absolute()
    if kind == "delta":
        found = reversed(DeltaTable(str(path)).history())
        return [entry.get("dlt_load_id") for entry in found if entry["operation"] == "WRITE"]
    return [snapshot.summary["dlt_load_id"] for snapshot in StaticTable.from_metadata(str(path)).snapshots()]


# -- what other programs see


@pytest.mark.parametrize("kind", KINDS)
def test_other_programs_see_every_load(kind: str) -> None:
    """Append, new columns, replace, merge and nested tables: the same rows inside and outside, one commit a load."""
    pipeline = make()
    ids = [load(pipeline, kind, [{"id": n, "v": 0, "l": [n, n]} for n in range(4)]).loads_ids[0]]
    ids += load(pipeline, kind, [{"id": 9, "new": "x", "l": [7]}]).loads_ids
    assert (
        rows(kind, "id", "v", "new")
        == inside("id", "v", "new")
        == sorted([*((n, 0, None) for n in range(4)), (9, None, "x")], key=repr)
    )
    changed = [{"id": 1, "v": 5, "l": []}, {"id": 9, "v": 6, "l": [8]}]
    merge = {"write_disposition": "merge", "primary_key": "id"}
    ids += load(pipeline, kind, changed, **merge).loads_ids
    assert rows(kind, "id", "v") == inside("id", "v") == [(0, 0), (1, 5), (2, 0), (3, 0), (9, 6)]
    assert rows(kind, "value", name="t__l") == [(0,), (0,), (2,), (2,), (3,), (3,), (8,)]
    ids += load(pipeline, kind, [{"id": 1, "l": [1]}], write_disposition="replace").loads_ids
    assert rows(kind, "id", "v", "new") == inside("id", "v", "new") == [(1, None, None)]
    assert rows(kind, "value", name="t__l") == [(1,)]
    assert commits(kind) == commits(kind, "t__l") == ids


@pytest.mark.parametrize("kind", KINDS)
def test_types_as_other_programs_see_them(kind: str) -> None:
    """Values keep their types; Delta Lake has no time of day, and Iceberg no whole numbers below 32 bits."""
    item = {
        "text": "ünï",
        "double": 1.5,
        "flag": True,
        "whole": 2**63 - 1,
        "small": 7,
        "price": Decimal("12.345"),
        "wei": 10**37,
        "at": datetime.datetime(2024, 2, 29, 1, 2, 3, 4, tzinfo=datetime.timezone.utc),
        "naive": datetime.datetime(2024, 2, 29, 1, 2, 3, 4),
        "day": datetime.date(2024, 2, 29),
        "clock": datetime.time(1, 2, 3, 4),
        "raw": b"\x00\xff",
        "doc": {"a": [1]},
    }
    columns: Any = {
        "small": {"data_type": "bigint", "precision": 16},
        "price": {"data_type": "decimal", "precision": 12, "scale": 3},
        "wei": {"data_type": "wei"},
        "naive": {"data_type": "timestamp", "timezone": False},
        "doc": {"data_type": "json"},
    }
    load(make(), kind, [item], columns=columns)
    found = outside(kind)
    (row,) = found.to_pylist()
    expected = {**item, "doc": '{"a":[1]}', "wei": Decimal(10**37)}
    if kind == "delta":
        expected["clock"] = "01:02:03.000004"
    assert {name: row[name] for name in expected} == expected
    types = {name: str(found.schema.field(name).type).replace("large_", "") for name in item}
    assert types == {
        "text": "string",
        "double": "double",
        "flag": "bool",
        "whole": "int64",
        "small": "int16" if kind == "delta" else "int32",
        "price": "decimal128(12, 3)",
        "wei": "decimal128(38, 0)",
        "at": "timestamp[us, tz=UTC]",
        "naive": "timestamp[us]",
        "day": "date32[day]",
        "clock": "string" if kind == "delta" else "time64[us]",
        "raw": "binary",
        "doc": "string",
    }
    assert inside("clock") == [(item["clock"],)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("disposition", ["append", "replace", "merge"])
def test_another_program_never_sees_a_part_of_a_table(kind: str, disposition: Any) -> None:
    """A program that polls sees whole loads: never an empty table, never rows of two generations mixed."""
    pipeline = make()

    def one(generation: int) -> None:
        items = [{"id": n, "generation": generation} for n in range(500)]
        load(pipeline, kind, items, write_disposition=disposition, primary_key="id")

    one(0)
    seen: list[tuple[int, int]] = []
    errors: list[BaseException] = []
    done = threading.Event()

    def poll() -> None:
        try:
            while not done.is_set():
                found = outside(kind)["generation"]
                seen.append((len(found), len(found.unique())))
        except BaseException as error:
            errors.append(error)

    reader = threading.Thread(target=poll)
    reader.start()
    try:
        for generation in range(1, 4):
            looks = len(seen)
            one(generation)
            wait_until(lambda looks=looks: len(seen) > looks or not reader.is_alive(), "a reader")
    finally:
        done.set()
        reader.join()
    assert not errors and len(seen) >= 3
    for count, generations in seen:
        assert (count, generations) == ((500 * generations, generations) if disposition == "append" else (500, 1))


@pytest.mark.parametrize("kind", KINDS)
def test_older_versions_stay_readable(kind: str) -> None:
    """Files that a newer load no longer needs stay for readers of older versions, until these are taken away."""
    pipeline = make()
    load(pipeline, kind, [{"id": 1}])
    load(pipeline, kind, [{"id": 2}], write_disposition="replace")
    path = str(Path(BUCKET, "data", "t").absolute())
    if kind == "delta":
        assert DeltaTable(path, version=1).to_pyarrow_table()["id"].to_pylist() == [1]
        (table,) = get_delta_tables(pipeline).values()
        gone = table.vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False)
        assert len(gone) == 1
    else:
        (table,) = get_iceberg_tables(pipeline).values()
        first, _ = table.snapshots()
        assert table.scan(snapshot_id=first.snapshot_id).to_arrow()["id"].to_pylist() == [1]
        table.maintenance.expire_snapshots().by_id(first.snapshot_id).commit()
    load(pipeline, kind, [{"id": 3}])
    assert rows(kind, "id") == inside("id") == [(2,), (3,)]


@pytest.mark.parametrize("kind", KINDS)
def test_a_table_that_is_made_anew(kind: str) -> None:
    """A refresh drops columns and types too; a table that is gone is empty; a table may then change its format.

    Its index stays: a process that slept since it wanted to delete it would delete what was made meanwhile.
    """
    pipeline = make()

    @dlt.source
    def shop(items: Any, table_format: str, last: bool = False) -> Any:
        first = dlt.resource(items, name="t", table_format=table_format)
        return [first] if last else [first, dlt.resource([{"id": 1}], name="u", table_format=table_format)]

    pipeline.run(shop([{"id": 1, "old": 1}], kind))
    pipeline.run(shop([{"id": "text"}], kind, last=True), refresh="drop_sources")
    assert rows(kind, "id") == inside("id") == [("text",)]
    assert "old" not in outside(kind).column_names
    assert rows(kind, "id", name="u") == []
    other = "delta" if kind == "iceberg" else "iceberg"
    pipeline.run(shop([{"id": 3}], other), refresh="drop_sources")
    assert rows(other, "id") == inside("id") == [(3,)]
    assert outside(kind).num_rows == 0
    pipeline.run(shop([{"id": 4, "old": "x"}], kind), refresh="drop_sources")
    assert rows(kind, "id", "old") == inside("id", "old") == [(4, "x")]
    assert outside(other).num_rows == 0


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_table_and_one_of_another_pipeline(kind: str) -> None:
    """A table without rows is there for other programs, and another pipeline may add to it."""
    load(make(), kind, [], columns={"id": {"data_type": "bigint"}}, write_disposition="replace")
    load(make("other"), kind, [{"id": 1, "x": 1.5}])
    load(make(), kind, [{"id": 2}])
    assert rows(kind, "id", "x") == inside("id", "x") == [(1, 1.5), (2, None)]


# -- kills and races


PROGRAM = """
import sys, dlt

@dlt.source
def rows(last, disposition, kind):
    @dlt.resource(name="t", primary_key="id", write_disposition=disposition, table_format=kind)
    def one(cursor=dlt.sources.incremental("id", initial_value=0)):
        yield [{"id": n, "l": [n], f"c{last}": 1} for n in range(1, last + 1)]
    return one

last, disposition, kind = sys.argv[1:]
dlt.pipeline(
    "killed", destination=dlt.destinations.filesystem("bucket"), dataset_name="data", pipelines_dir="pipelines"
).run(rows(int(last), disposition, kind))
"""


def program(last: int, disposition: str, kind: str, **environment: str) -> int:
    """Run the program in a process of its own; return its exit code."""
    return run_python(["-c", PROGRAM, str(last), disposition, kind], env={**os.environ, **environment}).returncode


def points(kind: str, disposition: str) -> list[str]:
    """Return points of a load of a table with a nested one: for appended rows all of them."""
    few = ["filesystem.before_manifest", f"{kind}.before_commit#1", f"{kind}.after_commit#1"]
    more = [*(f"filesystem.file_written#{n}" for n in (1, 2)), "filesystem.after_manifest"]
    more += [f"{kind}.before_commit#2", f"{kind}.after_commit#2", *(["iceberg.before_hint#1"] * (kind == "iceberg"))]
    return [*few, *more] if disposition == "append" else few


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("disposition", ["append", "merge", "replace"])
def test_a_killed_load_is_exact_after_the_next_run(kind: str, disposition: str) -> None:
    """Wherever it dies, the next run leaves what a clean one would have left, inside and outside."""
    assert program(2, disposition, kind) == 0
    expected = [(1,), (2,)]
    for last, point in enumerate(points(kind, disposition), 3):
        assert program(last, disposition, kind, DLT_CRASH_POINT=point) == -signal.SIGKILL, point
        # until the manifest nobody sees it; then our readers do, and other programs at the latest after the next run
        assert max(rows(kind, "id")) in ((last - 1,), (last,)), point
        make("killed", pipelines_dir="pipelines").run()
        # the cursor begins again where all of the table is replaced
        expected = [*expected, (last,)]
        assert rows(kind, "id") == inside("id") == sorted(expected, key=repr), point
        assert rows(kind, "value", name="t__l") == inside("value", name="t__l") == sorted(expected, key=repr)


@pytest.mark.parametrize("kind", KINDS)
def test_a_slow_load_does_not_undo_a_faster_one(kind: str) -> None:
    """Two loads at once: the one that writes the index last may have the older snapshot."""
    pipeline, other = make(), make("other")
    load(pipeline, kind, [{"id": 0}])
    pipeline.extract([{"id": 1}], table_name="t", table_format=kind)
    pipeline.normalize()
    original = failpoints.point

    def overtake(name: str) -> None:
        if name == "filesystem.after_manifest":
            failpoints.point = original
            load(other, kind, [{"id": 2}])

    failpoints.point = overtake
    try:
        pipeline.load()
    finally:
        failpoints.point = original
    assert rows(kind, "id") == inside("id") == [(0,), (1,), (2,)]


# -- other programs that write


def delete_outside(kind: str, id_: int) -> None:
    """Delete a row as another program does."""
    if kind == "delta":
        DeltaTable(str(Path(BUCKET, "data", "t").absolute())).delete(f"id = {id_}")
    else:
        next(iter(get_iceberg_tables(make(), "t").values())).delete(f"id == {id_}")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("disposition", ["append", "merge"])
def test_what_another_program_deleted_stays_deleted(kind: str, disposition: Any) -> None:
    """Our next load builds on what another program made of the table."""
    pipeline = make()
    load(pipeline, kind, [{"id": n} for n in range(4)])
    delete_outside(kind, 2)
    load(pipeline, kind, [{"id": 9}], write_disposition=disposition, primary_key="id")
    assert rows(kind, "id") == inside("id") == [(0,), (1,), (3,), (9,)]
    load(pipeline, kind, [{"id": 10}])
    assert rows(kind, "id") == inside("id") == [(0,), (1,), (10,), (3,), (9,)]


@pytest.mark.parametrize("kind", KINDS)
def test_a_delete_between_a_kill_and_the_next_load(kind: str) -> None:
    """The index is behind and changed: the next load joins both."""
    assert program(2, "append", kind) == 0
    assert program(3, "append", kind, DLT_CRASH_POINT="filesystem.after_manifest") == -signal.SIGKILL
    pipeline = make("killed", pipelines_dir="pipelines")
    if kind == "delta":
        DeltaTable(str(Path(BUCKET, "data", "t").absolute())).delete("id = 1")
    else:
        with pipeline.destination_client_for() as client:
            open_index(kind, client.store, "t").open().delete("id == 1")
    pipeline.run()
    assert program(4, "append", kind) == 0
    assert rows(kind, "id") == inside("id") == [(2,), (3,), (4,)]


def test_files_that_another_program_compacted() -> None:
    """OPTIMIZE and VACUUM of Delta Lake take files away that our snapshots named."""
    pipeline = make()
    for number in range(4):
        load(pipeline, "delta", [{"id": number}])
    table = get_delta_tables(pipeline, "t")["t"]
    table.optimize.compact()
    table.vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False)
    load(pipeline, "delta", [{"id": 4}])
    assert rows("delta", "id") == inside("id") == [(n,) for n in range(5)]
    load(pipeline, "delta", [{"id": 0, "x": 1}], write_disposition="merge", primary_key="id")
    assert rows("delta", "id", "x") == inside("id", "x") == [(0, 1), *((n, None) for n in range(1, 5))]


def test_features_that_our_readers_lack_are_refused() -> None:
    """Column mapping, which another program turned on, is named before anything is written."""
    pipeline = make()
    load(pipeline, "delta", [{"id": 1}])
    log = Path(BUCKET, "data", "t", "_delta_log")
    metadata = next(line for line in (log / f"{0:020d}.json").read_text().splitlines() if "metaData" in line)
    mapped = metadata.replace('"configuration":{}', '"configuration":{"delta.columnMapping.mode":"name"}')
    (log / f"{2:020d}.json").write_text('{"commitInfo":{"operation":"SET TBLPROPERTIES"}}\n' + mapped + "\n")
    with pytest.raises(PipelineStepFailed, match="column mapping") as failure:
        load(pipeline, "delta", [{"id": 2}])
    assert isinstance(failure.value.__cause__, DestinationTerminalException)
    assert inside("id") == [(1,)]


# -- settings


def test_the_format_of_a_table_stays() -> None:
    """A table of one format is not loaded in another one; the message says what to do."""
    pipeline = make()
    load(pipeline, "delta", [{"id": 1}])
    refused(pipeline, "iceberg", [{"id": 2}], "kept in table format delta, and iceberg is asked for.*drop_resources")
    load(pipeline, "native", [{"id": 1}], name="plain")
    refused(pipeline, "delta", [{"id": 1}], "kept in table format native, and delta", name="plain")
    assert rows("delta", "id") == inside("id") == inside("id", name="plain") == [(1,)]


def test_formats_that_are_not_there(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """An unknown format is refused by name; one on a destination that has none is told, and left out."""
    monkeypatch.setenv("RUNTIME__USER_LOG", "true")
    monkeypatch.setattr(user_log, "_told", set())
    with pytest.raises(PipelineStepFailed, match=r"table_format=.hudi.\. Known are"):
        load(make(), "hudi", [{"id": 1}])
    duck = dlt.pipeline("duck", destination=dlt.destinations.duckdb("x.duckdb"), dataset_name="data")
    load(duck, "delta", [{"id": 1}])
    assert "table t: table_format 'delta'" in capfd.readouterr().err
    assert duck.dataset().t.select("id").fetchall() == [(1,)]


def test_tables_by_name() -> None:
    """Helpers give the tables of one format; a wrong name is answered with the right ones."""
    pipeline = make()
    load(pipeline, "delta", [{"id": 1, "l": [1]}], name="d")
    load(pipeline, "iceberg", [{"id": 1}], name="i")
    load(pipeline, "native", [{"id": 1}], name="n")
    assert set(get_delta_tables(pipeline)) == {"d", "d__l"} and set(get_iceberg_tables(pipeline)) == {"i"}
    assert get_delta_tables(pipeline, "d")["d"].to_pyarrow_table()["id"].to_pylist() == [1]
    with pytest.raises(ValueError, match=r"table n is not a delta table\. Those are: d, d__l"):
        get_delta_tables(pipeline, "n")


def test_a_column_whose_type_another_program_changed() -> None:
    """Its name is in the message, and the load can go on once it is changed back."""
    pipeline = make()
    load(pipeline, "iceberg", [{"id": 1, "n": 1.5}])
    table = get_iceberg_tables(pipeline, "t")["t"]
    with table.update_schema(allow_incompatible_changes=True) as update:
        update.delete_column("n")
    with table.update_schema() as update:
        from pyiceberg.types import StringType

        update.add_column("n", StringType())
    with pytest.raises(PipelineStepFailed, match="type of column n"):
        load(pipeline, "iceberg", [{"id": 2, "n": 2.5}])


# -- object stores


def _s3(server: Any) -> tuple[str, dict[str, Any]]:
    return server.new_folder(), {"credentials": server.credentials()}


def _gcs(server: Any) -> tuple[str, dict[str, Any]]:
    return server.new_bucket(), {"kwargs": server.kwargs()}


def _azure(server: Any) -> tuple[str, dict[str, Any]]:
    return server.new_container(), {"credentials": server.credentials()}


STORES: dict[str, Callable[[Any], tuple[str, dict[str, Any]]]] = {"seaweedfs": _s3, "gcs": _gcs, "azurite": _azure}


LACKS = {
    ("gcs", "delta"): "the emulator of Google Cloud Storage refuses the uploads of deltalake (invalid uploadType)",
    ("azurite", "delta"): "deltalake makes one commit on Azurite, and the second one fails (Invalid table version: 1)",
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("store", STORES)
def test_tables_in_object_stores(kind: str, store: str, request: pytest.FixtureRequest) -> None:
    """The same in S3, Google Cloud Storage and Azure, with the credentials of the destination."""
    if (store, kind) in LACKS:
        pytest.skip(LACKS[store, kind])
    url, options = STORES[store](request.getfixturevalue(store))
    destination = dlt.destinations.filesystem(url, **options)
    pipeline = dlt.pipeline("spec", destination=destination, dataset_name="data")
    load(pipeline, kind, [{"id": n, "l": [n]} for n in range(3)])
    load(pipeline, kind, [{"id": 9, "new": 1}])
    load(pipeline, kind, [{"id": 1, "new": 2, "l": [7]}], write_disposition="merge", primary_key="id")
    tables: Any = get_delta_tables(pipeline) if kind == "delta" else get_iceberg_tables(pipeline)
    found = {}
    for name, table in tables.items():
        read = table.to_pyarrow_table() if kind == "delta" else table.scan().to_arrow()
        found[name] = sorted(read["id" if name == "t" else "value"].to_pylist())
    assert found == {"t": [0, 1, 2, 9], "t__l": [0, 2, 7]}
    assert sorted(pipeline.dataset().t.select("id").fetchall()) == [(0,), (1,), (2,), (9,)]


def test_delta_tables_need_a_store_that_deltalake_knows() -> None:
    """A file system of fsspec that deltalake lacks is named, with what to do."""
    store = Store(fsspec.filesystem("memory"), "/lake/data")
    with pytest.raises(DestinationTerminalException, match=r"memory.*table_format='iceberg'"):
        open_index("delta", store, "t").publish({"id": {"name": "id", "data_type": "bigint"}}, [], 1, "load")


def test_type_errors_are_those_of_the_schema() -> None:
    """A column keeps the type of its first load, as everywhere."""
    pipeline = make()
    load(pipeline, "delta", [{"id": 1}])
    with pytest.raises(PipelineStepFailed) as failure:
        load(make("other"), "delta", [{"id": "text"}], columns={"id": {"data_type": "text"}})
    assert isinstance(failure.value.__cause__, SchemaUpdateTerminalError)


# -- credentials for deltalake


def _options(protocol: str, **arguments: Any) -> dict[str, str] | None:
    filesystem = type("Files", (), {"protocol": protocol, "storage_options": arguments})()
    return storage_options(Store(filesystem, "bucket/data"))


def test_keys_of_s3_as_deltalake_takes_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys, endpoint and region; without keys those of the machine."""
    found = _options("s3", key="AKIA1", secret="s", endpoint_url="http://host:1", client_kwargs={"region_name": "eu"})
    assert found == {
        "aws_access_key_id": "AKIA1",
        "aws_secret_access_key": "s",
        "aws_region": "eu",
        "aws_endpoint": "http://host:1",
        "aws_allow_http": "true",
        "aws_virtual_hosted_style_request": "false",
        "aws_conditional_put": "etag",
    }
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIA2")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of the machine")
    monkeypatch.setenv("AWS_REGION", "us-west-1")
    assert _options("s3") == {
        "aws_access_key_id": "AKIA2",
        "aws_secret_access_key": "of the machine",
        "aws_region": "us-west-1",
        "aws_conditional_put": "etag",
    }
    assert (_options("s3", anon=True) or {})["aws_skip_signature"] == "true"


def test_credentials_of_google_and_azure_as_deltalake_takes_them() -> None:
    """The key of a service account, the machine, nobody; an account with its key, a token or a principal."""
    key = {"private_key": "p", "client_email": "loader@shop"}
    google = _options("gs", token=key) or {}
    assert json.loads(google["google_service_account_key"]) == {"private_key_id": "", **key}
    assert _options("gs", token="google_default") == {} and _options("gs", token="anon") == {
        "google_skip_signature": "true"
    }
    with pytest.raises(DestinationTerminalException, match="need the key of a service account"):
        _options("gs", token=object())
    text = "DefaultEndpointsProtocol=http;AccountName=a;AccountKey=k==;BlobEndpoint=http://host/a"
    assert _options("abfs", connection_string=text) == {
        "azure_storage_account_name": "a",
        "azure_storage_account_key": "k==",
        "azure_storage_endpoint": "http://host/a",
        "azure_allow_http": "true",
    }
    assert _options("abfs", account_name="a", tenant_id="t", client_id="c", client_secret="s") == {
        "azure_storage_account_name": "a",
        "azure_storage_tenant_id": "t",
        "azure_storage_client_id": "c",
        "azure_storage_client_secret": "s",
    }


@pytest.mark.parametrize(("kind", "package"), [("delta", "deltalake"), ("iceberg", "pyiceberg")])
def test_the_package_of_a_format_is_missing(kind: str, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message says what to install; the package of the load waits."""
    for name in [name for name in sys.modules if name.partition(".")[0] == package or "filesystem.lake.ic" in name]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(PipelineStepFailed, match=rf'pip install "dlt-tasks\[{package}\]"'):
        load(make(), kind, [{"id": 1}])
    assert make().has_pending_data

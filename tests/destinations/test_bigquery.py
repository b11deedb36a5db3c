"""BigQuery: jobs that run once, one transaction, readers that never see a part.

All tests run on the emulator local-bigquery, those with `world` on BigQuery itself too, where DLT_TEST_BIGQUERY_PROJECT
names a project and the machine has credentials. The emulator cannot tell: rights, quotas, streaming buffers, the limit
of tables in a transaction, conflicts by table (it finds them when it commits), BIGNUMERIC beyond 20 digits before the
point, sizes of STRING and BYTES, NULL in REQUIRED columns of load jobs, expiration, partitions that are really cut.
"""

from __future__ import annotations

import datetime
import os
import shutil
import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import orjson
import pytest

import dlt
from dlt.destinations.adapters import bigquery_adapter
from dlt.destinations.client import WorkDone
from dlt.destinations.impl.bigquery.script import Script
from dlt.errors import (
    DatabaseTerminalException,
    DatabaseTransientException,
    DestinationSchemaTampered,
    DestinationTransientException,
    PipelineStepFailed,
    SchemaUpdateTerminalError,
    Superseded,
)
from tests.destinations.conftest import MakePackage
from tests.destinations.killed import POINTS, ROWS, run_once
from tests.servers.bigquery import BigQueryEmulator
from tests.servers.cut_proxy import CutProxy
from tests.servers.process import running

pytest.importorskip("google.cloud.bigquery", reason="google-cloud-bigquery is not installed")
UTC = datetime.timezone.utc
LIVE = os.environ.get("DLT_TEST_BIGQUERY_PROJECT")
_numbers = count(1)


@dataclass
class World:
    """A place to load into, and Google's client to look at it as another program would."""

    destination: Any
    client: Any
    dataset: str

    def pipeline(self, name: str = "bq", **options: Any) -> Any:
        """Return a pipeline into the dataset."""
        return dlt.pipeline(name, destination=self.destination, dataset_name=self.dataset, **options)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Return what a query gives; tables are named bare."""
        from google.cloud.bigquery import QueryJobConfig

        config = QueryJobConfig(default_dataset=f"{self.client.project}.{self.dataset}")
        return [tuple(row.values()) for row in self.client.query(sql, job_config=config).result()]

    def table(self, name: str) -> Any:
        """Return a table as BigQuery describes it."""
        return self.client.get_table(f"{self.dataset}.{name}")

    def tables(self) -> list[str]:
        """Return the names of all tables."""
        return sorted(table.table_id for table in self.client.list_tables(self.dataset))


def emulated(server: BigQueryEmulator, port: int | None = None, **options: Any) -> World:
    """Return a project of its own on the emulator."""
    project = server.new_project()
    url = f"http://127.0.0.1:{port or server.port}"
    destination = dlt.destinations.bigquery(project_id=project, api_endpoint=url, **{"retry_deadline": 5.0, **options})
    return World(destination, server.client(project), "data")


@pytest.fixture
def on_emulator(bigquery: BigQueryEmulator) -> World:
    """Return an empty project of the emulator."""
    return emulated(bigquery)


@pytest.fixture(params=["emulator", "live"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    """Return an empty place, on the emulator and on BigQuery."""
    if request.param == "emulator":
        yield emulated(request.getfixturevalue("bigquery"))
        return
    if not LIVE:
        pytest.skip("not verified on BigQuery itself: set DLT_TEST_BIGQUERY_PROJECT, and have credentials of Google")
    from google.cloud.bigquery import Client

    live = World(dlt.destinations.bigquery(project_id=LIVE), Client(LIVE), f"dlt_test_{os.getpid()}_{next(_numbers)}")
    yield live
    live.client.delete_dataset(live.dataset, delete_contents=True, not_found_ok=True)


def load(pipeline: Any, data: Any, disposition: Any = "append", name: str = "t", **hints: Any) -> Any:
    """Load rows into a table; the load must not fail."""
    info = pipeline.run(dlt.resource(data, name=name, write_disposition=disposition, **hints))
    assert not info.has_failed_jobs, str(info)
    return info


def jobs_named(world: World, prefix: str) -> list[Any]:
    """Return the jobs whose ids begin so."""
    return [job for job in world.client.list_jobs() if job.job_id.startswith(prefix)]


VALUES: dict[str, list[Any]] = {
    "text": ["", "a\"b,\n\r\\N 'c'", "ünï 漢字 🎉", "\\.", "NULL", " "],
    "double": [1.7976931348623157e308, -1e308, 1e-300, 0.1, None, -2.5],
    "bool": [True, False, True, False, None, True],
    "bigint": [2**63 - 1, -(2**63), 0, 1, -1, None],
    "wei": [10**18, 0, -(10**17), 2**60, None, 5],
    "decimal": [
        Decimal("12345678901234567890123456789.123456789"),
        Decimal("-0.000000001"),
        None,
        *map(Decimal, "123"),
    ],
    "timestamp": [
        datetime.datetime(1, 1, 1, tzinfo=UTC),
        datetime.datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
        datetime.datetime(2020, 2, 29, 1, 2, 3, 4, tzinfo=datetime.timezone(datetime.timedelta(hours=5, minutes=30))),
        None,
        datetime.datetime(1970, 1, 1, tzinfo=UTC),
        datetime.datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC),
    ],
    "date": [
        datetime.date(1, 1, 1),
        datetime.date(9999, 12, 31),
        None,
        *(datetime.date(2020, 1, n) for n in (1, 2, 3)),
    ],
    "time": [datetime.time(0), datetime.time(23, 59, 59, 999999), None, *(datetime.time(n) for n in (1, 2, 3))],
    "binary": [b"", b"\x00\xff\\x", bytes(range(256)), None, b"a", b"\n"],
}
DOCUMENTS: list[Any] = [{"a": [1, {"b": None}]}, [], ["text"], 1.5, None, {"ü": "\n"}]


@pytest.mark.parametrize("file_format", ["parquet", "jsonl", "arrow"])
def test_values_come_back_as_they_went(world: World, file_format: str) -> None:
    """Types with their extremes, NULL and empty text apart, through every file format."""
    items = [{"n": n, "doc": DOCUMENTS[n], **{f"c_{k}": v[n] for k, v in VALUES.items()}} for n in range(6)]
    hints: Any = {f"c_{name}": {"data_type": name} for name in VALUES} | {"doc": {"data_type": "json"}}
    pipeline = world.pipeline(loader_file_format=file_format)
    load(pipeline, items, columns=hints)
    found = world.rows(f"SELECT {', '.join(f'c_{name}' for name in VALUES)}, doc FROM t ORDER BY n")
    for (name, values), column in zip({**VALUES, "doc": DOCUMENTS}.items(), zip(*found, strict=True), strict=True):
        assert list(column) == values, name
    table = pipeline.dataset().t.order_by("n").arrow()
    assert table["c_bigint"].to_pylist() == VALUES["bigint"] and table["c_binary"].to_pylist() == VALUES["binary"]
    assert [None if text is None else orjson.loads(text) for text in table["doc"].to_pylist()] == DOCUMENTS
    kinds = {field.name: field.field_type for field in world.table("t").schema}
    assert kinds["doc"] == "JSON" and kinds["c_timestamp"] == "TIMESTAMP" and kinds["c_binary"] == "BYTES"


def test_sizes_and_naive_moments(on_emulator: World) -> None:
    """Precision and scale make NUMERIC or BIGNUMERIC; moments without a zone are DATETIME; texts have a length."""
    hints: Any = {
        "price": {"data_type": "decimal", "precision": 12, "scale": 3},
        "fine": {"data_type": "decimal", "precision": 30, "scale": 12},
        "naive": {"data_type": "timestamp", "timezone": False},
        "code": {"data_type": "text", "precision": 20, "nullable": False},
    }
    moment = datetime.datetime(2021, 5, 6, 7, 8, 9, 123456)
    item = {"price": Decimal("123456789.125"), "fine": Decimal("1.000000000001"), "naive": moment, "code": "x"}
    load(on_emulator.pipeline(), [item], columns=hints)
    assert on_emulator.rows("SELECT price, fine, naive, code FROM t") == [tuple(item.values())]
    fields = {field.name: field for field in on_emulator.table("t").schema}
    assert (fields["price"].field_type, fields["price"].precision, fields["price"].scale) == ("NUMERIC", 12, 3)
    assert fields["fine"].field_type == "BIGNUMERIC" and fields["naive"].field_type == "DATETIME"
    assert (fields["code"].max_length, fields["code"].mode) == (20, "REQUIRED")


def test_tables_grow(world: World) -> None:
    """New columns and nested tables; a column of another type is an error that names it."""
    pipeline = world.pipeline()
    load(pipeline, [{"id": 1}])
    load(pipeline, [{"id": 2, "new": 1.5, "list": [{"x": 1}]}])
    assert world.rows("SELECT id, new FROM t ORDER BY id") == [(1, None), (2, 1.5)]
    assert world.rows("SELECT x FROM t__list") == [(1,)]
    with pytest.raises(PipelineStepFailed, match=r"data\.t\.id|\.t\.id: the schema says text") as failure:
        load(world.pipeline("other"), [{"id": "text"}])
    assert isinstance(failure.value.__cause__, SchemaUpdateTerminalError)


RESULTS: list[tuple[Any, list[tuple[Any, ...]]]] = [
    ("append", [(1, "a"), (1, "c"), (2, "b"), (3, "d")]),
    ("replace", [(1, "c"), (3, "d")]),
    ({"disposition": "merge", "strategy": "delete-insert"}, [(1, "c"), (2, "b"), (3, "d")]),
    ({"disposition": "merge", "strategy": "upsert"}, [(1, "c"), (2, "b"), (3, "d")]),
    ({"disposition": "merge", "strategy": "insert-only"}, [(1, "a"), (2, "b"), (3, "d")]),
]


@pytest.mark.parametrize(("disposition", "expected"), RESULTS)
def test_dispositions(world: World, disposition: Any, expected: list[tuple[Any, ...]]) -> None:
    """Append, replace and every merge, with a nested table and a document, from two working folders."""
    for n, data in enumerate(([(1, "a"), (2, "b")], [(1, "c"), (3, "d")])):
        items = [{"id": i, "v": v, "doc": {"v": v}, "tags": [{"of": v}, {"of": v}]} for i, v in data]
        columns: Any = {"doc": {"data_type": "json"}}
        load(world.pipeline(pipelines_dir=f"p{n}"), items, disposition, primary_key="id", columns=columns)
    assert world.rows("SELECT id, v FROM t ORDER BY 1, 2") == expected
    assert world.rows("SELECT count(*) FROM t WHERE JSON_VALUE(doc, '$.v') = v") == [(len(expected),)]
    nested = "SELECT t.id, g.of FROM t JOIN t__tags AS g ON g._dlt_parent_id = t._dlt_id ORDER BY 1, 2"
    assert world.rows(nested) == [row for row in expected for _ in range(2)]
    assert not [name for name in world.tables() if name.startswith("_dlt_staged")]


def test_history_hard_delete_and_dedup(world: World) -> None:
    """scd2 keeps versions; hard_delete deletes; dedup_sort chooses."""
    pipeline = world.pipeline()
    for items in ([(1, "a"), (2, "b")], [(1, "x")], [(1, "a")]):
        data = [{"id": i, "v": v, "l": [v]} for i, v in items]
        load(pipeline, data, {"disposition": "merge", "strategy": "scd2"}, "h")
    found = world.rows("SELECT id, v, _dlt_valid_to IS NULL FROM h ORDER BY id, _dlt_valid_from")
    assert found == [(1, "a", False), (1, "x", False), (1, "a", True), (2, "b", False)]
    hints: Any = {"gone": {"hard_delete": True}, "rank": {"dedup_sort": "desc"}}
    first = [{"id": 1, "gone": False, "rank": 1}, {"id": 2, "gone": False, "rank": 1}]
    second = [{"id": 2, "gone": True, "rank": 2}, *({"id": 3, "gone": False, "rank": r} for r in (5, 4))]
    for items in (first, second):
        load(pipeline, items, "merge", "d", columns=hints, primary_key="id")
    assert world.rows("SELECT id, rank FROM d ORDER BY id") == [(1, 1), (3, 5)]


def test_merge_finds_nested_rows_that_were_appended(on_emulator: World) -> None:
    """Nested tables that were made without root ids get them in the transaction of the merge."""
    pipeline = on_emulator.pipeline()
    load(pipeline, [{"id": n, "l": [{"m": [1, 2]}]} for n in (1, 2)], primary_key="id")
    load(pipeline, [{"id": 1, "l": [{"m": [3]}]}], "merge", primary_key="id")
    assert on_emulator.rows("SELECT value FROM t__l__m ORDER BY 1") == [(1,), (2,), (3,)]


def test_what_others_removed(on_emulator: World) -> None:
    """Ids of roots are filled in again, and a merge finds its rows; without the ids of rows it is refused."""
    pipeline = on_emulator.pipeline()
    for value in (1, 2, 1):
        load(pipeline, [{"id": 1, "l": [{"m": [value]}]}], {"disposition": "merge", "strategy": "scd2"}, "h")
    load(pipeline, [{"id": n, "l": [{"m": [n]}]} for n in (1, 2)], "merge", primary_key="id")
    for table in ("t__l", "t__l__m", "h__l", "h__l__m"):
        on_emulator.rows(f"ALTER TABLE {table} DROP COLUMN _dlt_root_id")
    load(pipeline, [{"id": 1, "l": [{"m": [3]}]}], "merge", primary_key="id")
    load(pipeline, [{"id": 1, "l": [{"m": [1]}]}], {"disposition": "merge", "strategy": "scd2"}, "h")
    for table, values in (("t__l__m", [(2,), (3,)]), ("h__l__m", [(1,), (2,)])):
        assert on_emulator.rows(f"SELECT value FROM {table} WHERE _dlt_root_id IS NOT NULL ORDER BY 1") == values
        assert on_emulator.rows(f"SELECT count(*) FROM {table}") == [(2,)]
    on_emulator.rows("UPDATE t__l SET _dlt_root_id = NULL WHERE TRUE")
    load(pipeline, [{"id": 1, "l": [{"m": [4]}]}], "merge", primary_key="id")
    assert on_emulator.rows("SELECT count(*) FROM t__l") == [(2,)]
    on_emulator.rows("ALTER TABLE t DROP COLUMN _dlt_id")
    with pytest.raises(PipelineStepFailed, match="table t in dataset data: the column _dlt_id") as failure:
        load(pipeline, [{"id": 1, "l": [{"m": [5]}]}], "merge", primary_key="id")
    assert isinstance(failure.value.__cause__, DestinationSchemaTampered)


def test_a_load_that_is_taken_back(on_emulator: World) -> None:
    """The rows that a load appended go with their nested rows in the transaction that tells who holds the work."""
    pipeline = on_emulator.pipeline()
    infos = [load(pipeline, [{"id": n, "l": [{"m": [n]}]}]) for n in (1, 2)]
    chain: Any = [pipeline.default_schema.get_table(name) for name in ("t", "t__l", "t__l__m")]
    with pipeline.destination_client_for() as client:
        for revision, info in enumerate(infos):
            client.begin()
            client.remove_load(chain, info.loads_ids[0])
            client.record_work("abc", WorkDone(revision, 0, info.loads_ids[0]))
            (client.commit if revision == 0 else client.rollback)()
        assert client.read_work("abc") == WorkDone(0, 0, infos[0].loads_ids[0])
    for table, column in (("t", "id"), ("t__l__m", "value")):
        assert on_emulator.rows(f"SELECT {column} FROM {table}") == [(2,)]
    assert on_emulator.rows("SELECT count(*) FROM t__l") == [(1,)]


def test_the_tables_of_one_transaction() -> None:
    """A load changes as many tables as BigQuery allows in one transaction, with room for those of dlt."""
    script = Script()
    for number in range(96):
        script.changes(f"t{number}")
    script.changes("t0")
    with pytest.raises(DatabaseTerminalException, match="more than 96 tables"):
        script.changes("one more")


def test_state_and_schema_come_back_on_an_empty_worker(world: World) -> None:
    """The cursor goes on where the destination says."""

    @dlt.resource(name="t", primary_key="id")
    def grow(last: int, at: Any = dlt.sources.incremental("id", initial_value=0)) -> Any:
        yield [{"id": n} for n in range(1, last + 1)]

    load(world.pipeline(pipelines_dir="one"), grow(3))
    load(world.pipeline(pipelines_dir="two"), grow(5))
    assert world.rows("SELECT count(*), count(DISTINCT id) FROM t") == [(5, 5)]


def test_names_that_bigquery_makes_hard(on_emulator: World) -> None:
    """Reserved words, letters beyond ASCII, and names longer than the limit of a column."""
    long = "a_very_long_name_" * 20
    items = [{"id": 1, "select": 1, "order": 2, "größe": 3, long: 4, long + "x": 5, "user": {"table": 6}}]
    pipeline = on_emulator.pipeline()
    for disposition in ("append", "merge"):
        load(pipeline, items, disposition, "group", primary_key="id")
    assert on_emulator.rows("SELECT `select`, `order`, user__table FROM `group`") == [(1, 2, 6)]
    names = [field.name for field in on_emulator.table("group").schema]
    assert len(names) == 9 and all(len(name) <= 300 for name in names)


def test_refresh_keeps_the_rows_until_the_transaction(on_emulator: World) -> None:
    """A refresh empties with the load, drops columns that are gone after it, and may change a type."""

    @dlt.source
    def shop(value: Any) -> Any:
        return dlt.resource([{"id": 1, "v": value, f"is_{type(value).__name__}": True}], name="orders")

    pipeline = on_emulator.pipeline()
    pipeline.run(shop(1))
    pipeline.run(shop(2), refresh="drop_sources")
    assert on_emulator.rows("SELECT v FROM orders") == [(2,)]
    pipeline.run(shop("text"), refresh="drop_sources")
    assert on_emulator.rows("SELECT v FROM orders") == [("text",)]
    assert "is_int" not in [field.name for field in on_emulator.table("orders").schema]


# -- hints


def test_the_adapter(world: World) -> None:
    """Partition, cluster, descriptions, labels, expiration and rounding are as the adapter says."""
    columns: Any = {
        "at": {"data_type": "timestamp", "description": "when"},
        "price": {"data_type": "decimal", "precision": 10, "scale": 2},
    }
    data = dlt.resource(
        [{"id": 1, "At": datetime.datetime.now(UTC), "price": 1, "shop": "x"}], name="t", columns=columns
    )
    expires = datetime.datetime.now(UTC).replace(microsecond=0) + datetime.timedelta(days=3)
    hinted = bigquery_adapter(
        data,
        partition="At",
        cluster=["shop", "id"],
        table_description="all sales",
        table_expiration_datetime=expires,
        partition_expiration_days=2,
        round_half_even="price",
        labels={"team": "sales"},
    )
    load(world.pipeline(), hinted)
    table = world.table("t")
    assert (table.time_partitioning.field, table.time_partitioning.type_) == ("at", "DAY")
    assert table.time_partitioning.expiration_ms == 2 * 24 * 3600 * 1000
    assert table.clustering_fields == ["shop", "id"] and table.labels == {"team": "sales"}
    assert (table.description, table.expires) == ("all sales", expires)
    fields = {field.name: field for field in table.schema}
    assert fields["at"].description == "when" and fields["price"].rounding_mode == "ROUND_HALF_EVEN"
    ranged = {"column": "id", "start": 0, "end": 9, "interval": 3}
    assert not world.pipeline().run(bigquery_adapter([{"id": 5}], partition=ranged)).has_failed_jobs
    assert world.table("content").range_partitioning.range_.end == 9


def test_the_adapter_refuses_what_bigquery_has_not() -> None:
    """Each error says what is wrong."""
    with pytest.raises(ValueError, match="four columns"):
        bigquery_adapter([], cluster=list("abcde"))
    with pytest.raises(ValueError, match="neither 'default' nor 'streaming'"):
        bigquery_adapter([], insert_api="fast")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="is not supported"):
        bigquery_adapter([], partition="a", autodetect_schema=True)
    with pytest.raises(ValueError, match="two ways"):
        bigquery_adapter([], round_half_even="a", round_half_away_from_zero="a")
    with pytest.raises(ValueError, match="nothing is asked for"):
        bigquery_adapter([])


@pytest.mark.parametrize("disposition", ["append", "merge"])
def test_streaming_inserts(world: World, disposition: str) -> None:
    """Rows that are streamed become visible with the transaction, and no load job runs."""
    pipeline = world.pipeline()
    for version in (1, 2):
        items = [{"id": n, "v": version, "raw": b"\0", "doc": {"n": n}, "l": [n]} for n in range(1_200)]
        data = dlt.resource(items, name="t", columns={"doc": {"data_type": "json"}}, primary_key="id")
        load(pipeline, bigquery_adapter(data, insert_api="streaming"), disposition)
    expected = [(1_200, 2)] if disposition == "merge" else [(2_400, 2)]
    assert world.rows("SELECT count(*), max(v) FROM t") == expected
    assert world.rows(
        "SELECT count(*) FROM t WHERE TO_HEX(raw) = '00' AND JSON_VALUE(doc, '$.n') = CAST(id AS STRING)"
    ) == [(expected[0][0],)]
    kinds = [
        job.destination.table_id
        for job in jobs_named(world, "dlt_load_")
        if job.destination.dataset_id == world.dataset
    ]
    # nested tables have no hint of their own
    assert len(kinds) == 2


@pytest.mark.parametrize("file_format", ["parquet", "jsonl"])
def test_files_go_through_a_bucket(bigquery: BigQueryEmulator, on_emulator: World, file_format: str) -> None:
    """Staging: load jobs read gs:// URLs, and nothing stays in the bucket, which is a folder of the emulator here."""
    from fsspec.implementations.local import LocalFileSystem

    from dlt.destinations.impl.filesystem.factory import Filesystem

    class Folder(Filesystem):
        def open_filesystem(self) -> tuple[Any, str]:
            return LocalFileSystem(), str(bigquery.buckets / "bucket" / "loads")

    staging = Folder("gs://bucket/loads")
    pipeline = on_emulator.pipeline(staging=staging, loader_file_format=file_format)
    for disposition in ("append", "merge"):
        load(pipeline, [{"id": n, "l": [n]} for n in range(9)], disposition, primary_key="id")
    assert on_emulator.rows("SELECT count(*) FROM t") == [(9,)]
    jobs = [on_emulator.client.get_job(job.job_id) for job in jobs_named(on_emulator, "dlt_load_")]
    folder = "gs://bucket/loads/data/_dlt_staged/"
    assert len(jobs) == 4 and all(url.startswith(folder) for job in jobs for url in job.source_uris)
    assert not [path for path in (bigquery.buckets / "bucket").rglob("*") if path.is_file()]
    with pytest.raises(PipelineStepFailed, match="BigQuery loads files from gs:// only"):
        on_emulator.pipeline("other", staging=dlt.destinations.filesystem("folder")).run([{"a": 1}], table_name="t")


# -- queries


def test_queries_of_people(world: World) -> None:
    """Bare names, parameters, frames, and transactions of a session that roll back or commit."""
    pipeline = world.pipeline()
    load(pipeline, [{"id": n, "t": f"it's {n}"} for n in range(5)])
    assert pipeline.dataset().t.where("t", "eq", "it's 3").select("id").fetchall() == [(3,)]
    assert list(pipeline.dataset().t.order_by("id").df()["id"]) == list(range(5))
    with pipeline.sql_client() as client:
        assert client.execute_sql("SELECT count(*) FROM t WHERE id > %s AND t <> %s", 1, "x") == [(3,)]
        with pytest.raises(RuntimeError, match="stop"), client.begin_transaction():  # noqa: PT012 - what came before is undone
            client.execute_sql("DELETE FROM t WHERE id > 1")
            raise RuntimeError("stop")
        assert client.execute_sql("SELECT count(*) FROM t") == [(5,)]
        with client.begin_transaction():
            client.execute_sql("DELETE FROM t WHERE id > 1")
        assert client.execute_sql("SELECT count(*) FROM t") == [(2,)]


# -- all or nothing


def test_a_package_that_is_loaded_twice_counts_once(world: World) -> None:
    """The load id decides, also after later loads."""
    pipeline = world.pipeline(pipelines_dir="one")
    pipeline.extract([{"id": 1, "l": [1]}], table_name="t")
    pipeline.normalize()
    shutil.copytree("one", "two")
    pipeline.load()
    load(world.pipeline("later"), [{"id": 2}])
    world.pipeline(pipelines_dir="two").load()
    assert world.rows("SELECT id FROM t ORDER BY 1") == [(1,), (2,)]
    assert world.rows("SELECT count(*) FROM _dlt_loads") == [(2,)]


def test_a_dataset_that_was_dropped_begins_anew(on_emulator: World) -> None:
    """The jobs of a load that is gone with its dataset do not count: the same package loads again."""
    pipeline = on_emulator.pipeline(pipelines_dir="one")
    pipeline.extract([{"id": 1}], table_name="t")
    pipeline.normalize()
    shutil.copytree("one", "two")
    pipeline.load()
    on_emulator.client.delete_dataset("data", delete_contents=True)
    on_emulator.pipeline(pipelines_dir="two").load()
    assert on_emulator.rows("SELECT id FROM t") == [(1,)]
    assert len(jobs_named(on_emulator, "dlt_publish_")) == 2


def test_a_reader_never_sees_a_part(on_emulator: World) -> None:
    """Atomic visibility: a reader that polls during replace sees whole loads only, of parent and child alike."""
    pipeline = on_emulator.pipeline()

    def replace(generation: int) -> None:
        load(pipeline, [{"id": n, "g": generation, "list": [generation]} for n in range(500)], "replace")

    replace(0)
    seen: list[tuple[Any, ...]] = []
    done = threading.Event()

    def poll() -> None:
        while not done.is_set():
            seen.extend(
                on_emulator.rows(
                    "SELECT (SELECT count(*) FROM t), (SELECT count(DISTINCT g) FROM t), "
                    "(SELECT count(*) FROM t__list), (SELECT min(g) FROM t), (SELECT min(value) FROM t__list)"
                )
            )

    reader = threading.Thread(target=poll)
    reader.start()
    for generation in (1, 2):
        replace(generation)
    done.set()
    reader.join()
    assert len(seen) > 3
    for count_, generations, nested, of_parent, of_child in seen:
        assert (count_, generations, nested) == (500, 1, 500) and of_parent == of_child


@pytest.mark.parametrize("disposition", ["append", "merge"])
@pytest.mark.parametrize("point", POINTS)
def test_a_killed_load_is_exact_after_the_next_run(
    own_folder: Path, bigquery: BigQueryEmulator, on_emulator: World, disposition: str, point: str
) -> None:
    """SIGKILL at each point of a load, one more run: no row is lost or there twice, and no job runs twice."""
    options = {"project_id": on_emulator.client.project, "api_endpoint": bigquery.url}
    places = {"destination": ("bigquery", options)}
    assert run_once(places, 1, disposition, point) == -signal.SIGKILL
    # the next run finishes the package that was killed, and then loads its own
    assert run_once(places, 2, disposition) == 0
    expected = [(1, ROWS), (2, ROWS)] if disposition == "append" else [(2, ROWS)]
    assert on_emulator.rows("SELECT v, count(*) FROM t GROUP BY v ORDER BY v") == expected
    assert on_emulator.rows("SELECT count(*) FROM t__list") == [(ROWS * len(expected),)]
    assert on_emulator.rows("SELECT count(*) FROM _dlt_loads") == [(2,)]
    assert len(jobs_named(on_emulator, "dlt_load_")) == 4 and len(jobs_named(on_emulator, "dlt_publish_")) == 2
    assert not [name for name in on_emulator.tables() if name.startswith("_dlt_staged")]


def test_two_pipelines_load_at_the_same_time(on_emulator: World) -> None:
    """Transactions that clash are repeated; all rows are there once."""
    errors: list[BaseException] = []
    barrier = threading.Barrier(2)

    def run(number: int) -> None:
        try:
            pipeline = on_emulator.pipeline(f"p{number}")
            data = dlt.resource([{"id": n, f"own_{number}": n} for n in range(50)], name="t", primary_key="id")
            pipeline.extract(data, write_disposition="merge")
            pipeline.normalize()
            barrier.wait()
            pipeline.load()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert on_emulator.rows("SELECT count(*), count(DISTINCT id) FROM t") == [(50, 50)]
    assert on_emulator.rows("SELECT count(*) FROM _dlt_loads") == [(2,)]


def test_tries_of_a_task_are_fenced(world: World) -> None:
    """Of two loads of one pipeline that began together one clashes; a try that was taken over cannot commit."""
    with world.destination.connect(world.dataset) as first, world.destination.connect(world.dataset) as second:
        epochs = [client.claim("pipe", f"load{n}", 1) for n, client in enumerate((first, second))]
        for n, client in enumerate((first, second)):
            client.begin()
            client.hold("pipe", f"load{n}", epochs[n])
            client.record_load(f"load{n}", dlt.Schema("s"))
        first.commit()
        with pytest.raises(DatabaseTransientException) as clash:
            second.commit()
        assert clash.value.clash
        second.rollback()
        second.begin()
        second.hold("pipe", "load1", epochs[1])
        second.record_load("load1", dlt.Schema("s"))
        assert first.claim("pipe", "load1", 2) > epochs[1]
        with pytest.raises(Superseded):
            second.hold("pipe", "load1", epochs[1])
        with pytest.raises(DatabaseTransientException):
            second.commit()
        second.rollback()
        with pytest.raises(Superseded):
            second.claim("pipe", "load1", 1)
    assert world.rows("SELECT load_id FROM _dlt_loads") == [("load0",)]


def test_loads_that_went_on_from_one_state(world: World) -> None:
    """Of two loads of one pipeline that end at once, from two folders, the second is refused and repeated by nobody."""
    state = {"pipeline_name": "pipe", "_version_hash": "h"}
    with world.destination.connect(world.dataset) as first, world.destination.connect(world.dataset) as second:
        for version in (1, 3):
            for n, client in enumerate((first, second), version):
                client.begin()
                client.create_dataset()
                client.hold_state("pipe")
                client.record_state(world.dataset, f"load{n}", {**state, "_state_version": n})
                client.record_load(f"load{n}", dlt.Schema("s"))
            first.commit()
            with pytest.raises(DatabaseTransientException, match="concurrent update") as clash:
                second.commit()
            assert clash.value.clash
            second.rollback()
    assert world.rows("SELECT load_id FROM _dlt_loads ORDER BY 1") == [("load1",), ("load3",)]
    assert world.rows("SELECT version FROM _dlt_pipeline_state ORDER BY 1") == [(1,), (3,)]


# -- faults


def test_a_file_that_bigquery_refuses_is_a_failed_job(on_emulator: World, make_package: MakePackage) -> None:
    """The job names table, file and cause, and nothing is visible."""
    import pyarrow as pa

    from dlt.load.step import load_package

    table: Any = {"name": "t", "columns": {"id": {"name": "id", "data_type": "bigint"}}}
    package = make_package([table], {"t": [pa.table({"id": [1]}), pa.table({"id": ["abc"]})]})
    with on_emulator.destination.connect("data", package.schema) as client:
        result = load_package(package, client, "data", capabilities=on_emulator.destination.capabilities())
    assert [job.state for job in result.jobs] == ["new", "failed"]
    assert "table t, file t.00001.arrow" in str(result.jobs[1].error) and "'abc'" in str(result.jobs[1].error)
    assert on_emulator.rows("SELECT count(*) FROM t") == [(0,)] and "_dlt_loads" not in on_emulator.tables()


@pytest.mark.parametrize("by_reset", [True, False], ids=["rst", "fin"])
@pytest.mark.parametrize(("rows", "cut"), [(20_000, 50_000), (700_000, 3_000_000)], ids=["multipart", "resumable"])
def test_an_upload_that_is_cut_goes_on(bigquery: BigQueryEmulator, rows: int, cut: int, by_reset: bool) -> None:
    """The connection ends in the middle of an upload; the same load goes on, and is exact."""
    import random

    import pyarrow as pa

    proxy = CutProxy(bigquery.port)
    try:
        world = emulated(bigquery, proxy.port)
        pipeline = world.pipeline()
        table = pa.table({"id": pa.array(range(rows)), "x": pa.array([random.random() for _ in range(rows)])})
        pipeline.extract([table], table_name="t")
        pipeline.normalize()
        proxy.cut_after(cut, by_reset=by_reset)
        assert not pipeline.load().has_failed_jobs
        assert proxy.cuts == 1
        assert world.rows("SELECT count(*), count(DISTINCT id) FROM t") == [(rows, rows)]
    finally:
        proxy.close()


def test_a_server_that_is_gone_is_transient_and_the_retry_exact(own_folder: Path, bigquery: BigQueryEmulator) -> None:
    """The server dies after the files came and before the transaction; after its restart the load is exact."""
    from dlt.io import failpoints

    with running(BigQueryEmulator()) as server:
        world = emulated(server, retry_deadline=1.0)
        pipeline = world.pipeline()
        load(pipeline, [{"id": 0}])
        pipeline.extract([{"id": n} for n in range(1, 100)], table_name="t")
        pipeline.normalize()
        passed = failpoints.point

        def crash(name: str) -> None:
            if name == "load.before_commit":
                server.crash()

        failpoints.point = crash
        try:
            with pytest.raises(PipelineStepFailed) as failure:
                pipeline.load()
        finally:
            failpoints.point = passed
        assert isinstance(failure.value.__cause__, DestinationTransientException)
        server.start()
        pipeline.load()
        assert world.rows("SELECT count(*), count(DISTINCT id) FROM t") == [(100, 100)]


@pytest.mark.parametrize(
    ("reason", "text", "kind", "clash"),
    [
        ("quotaExceeded", "Exceeded rate limits", DatabaseTransientException, False),
        ("rateLimitExceeded", "too many", DatabaseTransientException, False),
        ("backendError", "try again", DatabaseTransientException, False),
        ("internalError", "try again", DatabaseTransientException, False),
        (
            "invalidQuery",
            "Transaction is aborted due to concurrent update against table x",
            DatabaseTransientException,
            True,
        ),
        ("accessDenied", "no", DatabaseTerminalException, False),
        ("invalid", "bad row", DatabaseTerminalException, False),
    ],
)
def test_reasons_tell_what_may_pass(reason: str, text: str, kind: type[Exception], clash: bool) -> None:
    """Quotas, rates and faults of BigQuery are transient; what is wrong with the request is not."""
    from google.api_core.exceptions import Forbidden

    from dlt.destinations.impl.bigquery.errors import by_reason, translate

    for error in (by_reason(reason, text, "table t"), translate(Forbidden(text, [{"reason": reason}]), "table t")):
        assert type(error) is kind and f"bigquery {reason}: table t: {text}" in str(error)
        assert getattr(error, "clash", False) is clash


def test_a_job_runs_once_under_its_name(on_emulator: World) -> None:
    """Whoever asks again gets the job that ran; one that failed is followed by another."""
    from google.cloud.bigquery import QueryJobConfig

    with on_emulator.destination.connect("data") as client:
        client.create_dataset()
        client.query("CREATE TABLE data.n (x INT64)")

        def begin(sql: str) -> Any:
            return lambda job_id: client.connection.query(sql, QueryJobConfig(), job_id=job_id, job_retry=None)

        insert = "INSERT INTO data.n (x) VALUES (1)"
        first = client.jobs.finish("once", begin(insert))
        assert client.jobs.finish("once", begin(insert)).job_id == first.job_id == "once_0"
        with pytest.raises(DatabaseTerminalException, match="boom"):
            client.jobs.finish("fails", begin("SELECT ERROR('boom')"))
        assert client.jobs.finish("fails", begin(insert)).job_id == "fails_1"
    assert on_emulator.rows("SELECT count(*) FROM n") == [(2,)]


def test_settings_come_from_the_environment(bigquery: BigQueryEmulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Endpoint, project and location are configured; what is missing is named."""
    monkeypatch.setenv("DESTINATION__BIGQUERY__API_ENDPOINT", bigquery.url)
    project = bigquery.new_project()
    with pytest.raises(PipelineStepFailed, match="no project is set"):
        dlt.pipeline("a", destination="bigquery", dataset_name="a").run([{"x": 1}], table_name="t")
    monkeypatch.setenv("DESTINATION__BIGQUERY__PROJECT_ID", project)
    monkeypatch.setenv("DESTINATION__BIGQUERY__LOCATION", "US")
    info = dlt.pipeline("b", destination="bigquery", dataset_name="b").run([{"x": 1}], table_name="t")
    assert info.destination_displayable_credentials == f"bigquery://{project}?location=US"

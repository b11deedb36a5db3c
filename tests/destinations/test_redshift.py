"""Redshift, emulated, not verified on Redshift: a wire proxy in front of PostgreSQL, and S3 by moto."""

from __future__ import annotations

import datetime
import re
import shutil
import threading
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg2
import pytest

import dlt
from dlt.destinations.impl.redshift.rows import insert_values
from dlt.errors import (
    DatabaseTransientException,
    PipelineStepFailed,
    SchemaUpdateTerminalError,
    Superseded,
)
from tests.destinations.killed import check_kills
from tests.servers.redshift import RedshiftEmulator
from tests.servers.redshift_copy import ROLE
from tests.servers.s3 import KEY, SECRET
from tests.waiting import wait_until

UTC = datetime.timezone.utc


@pytest.fixture
def emulator(redshift: RedshiftEmulator) -> RedshiftEmulator:
    """Return an emulator of Redshift; what it was asked is read by the last test."""
    return redshift


@pytest.fixture
def url(emulator: RedshiftEmulator) -> Iterator[str]:
    """Return the URL of an empty database; a fault that no statement met is an error of the test."""
    yield emulator.new_database()
    left, emulator.faults = emulator.faults, []
    assert not left


@pytest.fixture
def bucket(emulator: RedshiftEmulator) -> str:
    """Return the URL of an empty bucket."""
    return emulator.s3.new_bucket()


@pytest.fixture(params=["insert", "staged"])
def way(request: pytest.FixtureRequest, emulator: RedshiftEmulator) -> dict[str, Any]:
    """Return the options of a pipeline that sends rows by INSERT, or through S3."""
    return staged(emulator, emulator.s3.new_bucket()) if request.param == "staged" else {}


def staged(emulator: RedshiftEmulator, bucket: str) -> dict[str, Any]:
    """Return the options of a pipeline that stages in a bucket."""
    return {"staging": dlt.destinations.filesystem(bucket, credentials=emulator.s3.credentials())}


def make(url: str, name: str = "rs", role: str | None = None, **options: Any) -> Any:
    """Return a pipeline into a database."""
    settings = {"staging_iam_role": role} if role else {}
    return dlt.pipeline(name, destination=dlt.destinations.redshift(url, **settings), dataset_name="data", **options)


def rows(url: str, sql: str) -> list[tuple[Any, ...]]:
    """Return what a query of another program gives."""
    connection = psycopg2.connect(url.replace("redshift://", "postgresql://"))
    try:
        cursor = connection.cursor()
        cursor.execute(sql)
        return cursor.fetchall()
    finally:
        connection.close()


VALUES: dict[str, list[Any]] = {
    "text": ["", "a\"b,\n\r\\N 'c' %s %%", "ünï 漢字 🎉", "\\.", "NULL", "x" * 65_535],
    "double": [1.7976931348623157e308, -1e308, 1e-308, 5e-324, -0.0, 0.1],
    "bool": [True, False, True, False, None, True],
    "bigint": [2**63 - 1, -(2**63), 0, 1, -1, None],
    "wei": [10**38 - 1, 0, -(10**37), 2**64, None, 5],
    "decimal": [
        Decimal("12345678901234567890123456789.123456789"),
        Decimal("-0.000000001"),
        None,
        *map(Decimal, range(3)),
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
DOCUMENTS = [{"a": [1, {"b": None}]}, [], ["te'x\\t"], 1.5, None, {"ü": "\n"}]


@pytest.mark.parametrize("documents", [False, True], ids=["parquet", "json"])
def test_values_come_back_as_they_went(url: str, way: dict[str, Any], documents: bool) -> None:
    """Types round trip with their extremes; NULL and empty text stay apart; a table with documents goes as JSON."""
    items = [{"n": n, **{name: column[n] for name, column in VALUES.items()}} for n in range(6)]
    hints: dict[str, Any] = {name: {"data_type": name} for name in VALUES}
    if documents:
        hints["doc"] = {"data_type": "json"}
        for n, document in enumerate(DOCUMENTS):
            items[n]["doc"] = document
    pipeline = make(url, **way)
    info = pipeline.run(items, table_name="t", columns=hints)
    assert not info.has_failed_jobs, str(info)
    with pipeline.sql_client() as client:
        names = ", ".join(f'"{name}"' for name in hints)
        found = client.execute_sql(f"SELECT {names} FROM data.t ORDER BY n")
    for number, name in enumerate(VALUES):
        assert [row[number] for row in found] == VALUES[name], name
    if documents:
        assert [row[-1] for row in found] == DOCUMENTS
    kinds = dict(
        rows(
            url,
            "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attnum > 0 "
            "AND attrelid = (SELECT c.oid FROM pg_class c WHERE c.relname = 't' AND c.relkind = 'r')",
        )
    )
    assert kinds["text"] == "character varying(65535)" and kinds["binary"] == "varbyte"
    assert kinds["decimal"] == "numeric(38,9)" and kinds["time"] == "time without time zone"
    assert kinds.get("doc", "super") == "super"


def test_sizes_of_columns(url: str, way: dict[str, Any]) -> None:
    """Columns with sizes have those at Redshift, and files have the very types of the columns."""
    hints: dict[str, Any] = {
        "small": {"data_type": "bigint", "precision": 16},
        "middle": {"data_type": "bigint", "precision": 32},
        "naive": {"data_type": "timestamp", "timezone": False},
        "money": {"data_type": "decimal", "precision": 10, "scale": 2},
        "code": {"data_type": "text", "precision": 5},
    }
    moment = datetime.datetime(2020, 1, 2, 3, 4, 5)
    item = {"small": 1, "middle": 2, "naive": moment, "money": Decimal("1.25"), "code": "fünf"}
    pipeline = make(url, **way)
    for _ in range(2):
        assert not pipeline.run([item], table_name="t", columns=hints).has_failed_jobs
    found = rows(url, "SELECT small, middle, naive, money, code FROM data.t")
    assert found == [tuple(item.values())] * 2
    kinds = "SELECT data_type, character_maximum_length FROM information_schema.columns WHERE table_name = 't'"
    assert {("smallint", None), ("integer", None), ("timestamp without time zone", None)} < set(rows(url, kinds))
    assert ("character varying", 5) in rows(url, kinds)


def test_tables_grow(url: str, way: dict[str, Any]) -> None:
    """Columns and tables are added; a package that lacks columns leaves them NULL; variants get their own."""
    pipeline = make(url, **way)
    pipeline.run([{"id": 1}], table_name="t")
    pipeline.run([{"id": 2, "v": "x", "more": 1.5, "tags": ["a"]}], table_name="t")
    pipeline.run([{"id": "three"}, {"id": 4, "v": "y"}], table_name="t")
    found = rows(url, "SELECT id, id__v_text, v, more FROM data.t ORDER BY id")
    assert found == [(1, None, None, None), (2, None, "x", 1.5), (4, None, "y", None), (None, "three", None, None)]
    assert rows(url, "SELECT value FROM data.t__tags") == [("a",)]


@pytest.mark.parametrize(
    ("disposition", "expected"),
    [
        ("append", [(1, "a"), (1, "a"), (2, "b"), (2, "x"), (3, "c")]),
        ("replace", [(1, "a"), (2, "x"), (3, "c")]),
        ("merge", [(1, "a"), (2, "x"), (3, "c")]),
        ({"disposition": "merge", "strategy": "upsert"}, [(1, "a"), (2, "x"), (3, "c")]),
        ({"disposition": "merge", "strategy": "insert-only"}, [(1, "a"), (2, "b"), (3, "c")]),
    ],
    ids=str,
)
def test_dispositions(url: str, way: dict[str, Any], disposition: Any, expected: list[Any]) -> None:
    """Append, replace and merge give the rows that they promise, in nested tables too."""
    for data in ([(1, "a"), (2, "b")], [(1, "a"), (2, "x"), (3, "c")]):
        items = [{"id": i, "v": v, "tags": [{"of": v}, {"of": v}]} for i, v in data]
        make(url, **way).run(items, table_name="t", primary_key="id", write_disposition=disposition)
    assert rows(url, "SELECT id, v FROM data.t ORDER BY 1, 2") == expected
    nested = "SELECT t.id, g.of FROM data.t JOIN data.t__tags g ON g._dlt_parent_id = t._dlt_id ORDER BY 1, 2"
    assert rows(url, nested) == [row for row in expected for _ in range(2)]
    orphans = "SELECT count(*) FROM data.t__tags WHERE _dlt_parent_id NOT IN (SELECT _dlt_id FROM data.t)"
    assert rows(url, orphans) == [(0,)]


def test_keys_of_merges(url: str) -> None:
    """Merge: two columns of a key, a merge key, and none; without nested tables."""
    for n, (primary, merge) in enumerate([(["a", "b"], None), (None, "a"), (["b"], "a"), (None, None)]):
        pipeline = make(url, f"keys{n}")
        for value in (1, 2):
            items = [{"a": 1, "b": 1, "v": value}, {"a": 1, "b": value + 1, "v": value}]
            keys: dict[str, Any] = {"primary_key": primary, "merge_key": merge}
            pipeline.run(dlt.resource(items, name=f"t{n}", write_disposition="merge", **keys))
    assert rows(url, "SELECT a, b, v FROM data.t0 ORDER BY 1, 2") == [(1, 1, 2), (1, 2, 1), (1, 3, 2)]
    assert rows(url, "SELECT a, b, v FROM data.t1 ORDER BY 1, 2") == [(1, 1, 2), (1, 3, 2)]
    assert rows(url, "SELECT a, b, v FROM data.t2 ORDER BY 1, 2") == [(1, 1, 2), (1, 3, 2)]
    assert rows(url, "SELECT count(*) FROM data.t3") == [(4,)]


def test_history_hard_delete_and_dedup(url: str, way: dict[str, Any]) -> None:
    """scd2 keeps versions; hard_delete deletes; dedup_sort chooses."""
    pipeline = make(url, **way)
    for items in ([{"id": 1, "v": "a"}, {"id": 2, "v": "b"}], [{"id": 1, "v": "x"}], [{"id": 1, "v": "a"}]):
        pipeline.run(items, table_name="h", write_disposition={"disposition": "merge", "strategy": "scd2"})
    found = rows(url, "SELECT id, v, _dlt_valid_to IS NULL FROM data.h ORDER BY id, _dlt_valid_from")
    assert found == [(1, "a", False), (1, "x", False), (1, "a", True), (2, "b", False)]
    hints: Any = {"gone": {"hard_delete": True}, "rank": {"dedup_sort": "desc"}}
    for n in (
        [{"id": 1, "gone": False, "rank": 1}, {"id": 2, "gone": False, "rank": 1}],
        [{"id": 2, "gone": True, "rank": 2}, {"id": 3, "gone": False, "rank": 5}, {"id": 3, "gone": False, "rank": 4}],
    ):
        pipeline.run(n, table_name="d", columns=hints, primary_key="id", write_disposition="merge")
    assert rows(url, "SELECT id, rank FROM data.d ORDER BY id") == [(1, 1), (3, 5)]


def test_nested_rows_of_an_append_can_be_merged_later(url: str) -> None:
    """Nested rows get the ids of their roots once merge needs them."""
    pipeline = make(url)
    pipeline.run([{"id": 1, "tags": ["a", "b"]}, {"id": 2, "tags": ["c"]}], table_name="t")
    pipeline.run([{"id": 1, "tags": ["z"]}], table_name="t", primary_key="id", write_disposition="merge")
    found = "SELECT t.id, g.value FROM data.t JOIN data.t__tags g ON g._dlt_root_id = t._dlt_id ORDER BY 1, 2"
    assert rows(url, found) == [(1, "z"), (2, "c")]


def test_state_and_schema_come_back_on_an_empty_worker(url: str) -> None:
    """The cursor goes on where the destination says."""

    @dlt.resource(name="t", primary_key="id")
    def grow(last: int, at: Any = dlt.sources.incremental("id", initial_value=0)) -> Any:
        yield [{"id": n} for n in range(1, last + 1)]

    make(url, pipelines_dir="one").run(grow(3))
    fresh = make(url, pipelines_dir="two")
    fresh.run(grow(5))
    assert rows(url, "SELECT count(*), count(DISTINCT id) FROM data.t") == [(5, 5)]
    assert "t" in fresh.default_schema.tables


def test_a_schema_that_is_longer_than_a_text_is_packed(url: str) -> None:
    """Limits: the schema of a thousand columns is stored and comes back."""
    make(url, pipelines_dir="one").run([{f"column_{n}": n for n in range(1_000)}], table_name="wide")
    (text,) = rows(url, "SELECT schema FROM data._dlt_version")[0]
    assert len(text) < 65_535 and not text.startswith("{")
    fresh = make(url, pipelines_dir="two")
    fresh.sync_destination()
    assert len(fresh.default_schema.tables["wide"]["columns"]) == 1_002


def test_names_that_redshift_makes_hard(url: str, way: dict[str, Any]) -> None:
    """Reserved words, letters beyond ASCII, and names longer than 127 bytes."""
    long = "a_very_long_name_" * 9
    items = [{"select": 1, "order": 2, "größe": 3, long: 4, long + "x": 5, "user": {"table": 6}}]
    pipeline = make(url, **way)
    for _ in range(2):
        assert not pipeline.run(items, table_name="group", write_disposition="append").has_failed_jobs
    assert rows(url, 'SELECT "select", "order", user__table FROM data."group"') == [(1, 2, 6)] * 2
    names = list(pipeline.default_schema.tables["group"]["columns"])
    assert len(names) == 8 and {len(name) for name in names if name.startswith("a_very")} == {127}
    with pipeline.sql_client() as client:
        quoted = next(name for name in names if name.startswith("a_very"))
        assert client.execute_sql(f'SELECT "{quoted}" FROM "group"') in ([(4,), (4,)], [(5,), (5,)])


def test_names_with_upper_case_are_refused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names: Redshift would make them lower case, unless it is told to keep them."""
    monkeypatch.setenv("SCHEMA__NAMING", "duck_case")
    with pytest.raises(PipelineStepFailed, match="table Items: Redshift makes names lower case") as error:
        make(url).run([{"id": 1}], table_name="Items")
    assert isinstance(error.value.__cause__, SchemaUpdateTerminalError)


def test_sort_and_distribution_keys(url: str, emulator: RedshiftEmulator) -> None:
    """Hints: sort and cluster become the keys of the table; two distribution keys are an error."""
    hints: Any = {"at": {"sort": True}, "id": {"cluster": True}, "v": {"sort": True}}
    make(url).run([{"id": 1, "at": 2, "v": 3}], table_name="keyed", columns=hints)
    made = next(sql for sql in emulator.statements if 'CREATE TABLE "data"."keyed"' in sql)
    order = re.findall(r'"(at|v)" ', made)
    assert made.endswith(f') DISTKEY ("id") SORTKEY ("{order[0]}", "{order[1]}")')
    hints = {"id": {"cluster": True}, "v": {"cluster": True}}
    with pytest.raises(PipelineStepFailed, match="distributes rows by one column") as error:
        make(url, "two").run([{"id": 1, "v": 3}], table_name="twice", columns=hints)
    assert isinstance(error.value.__cause__, SchemaUpdateTerminalError)


def test_a_text_that_is_too_long_is_refused_before_the_load(url: str, way: dict[str, Any]) -> None:
    """Normalize names table, column and sizes; a contract may discard the value or the row instead.

    No package stays that could never be loaded, and the next run goes on.
    """
    pipeline = make(url, **way)
    items = [{"id": 1, "x": "é"}, {"id": 2, "x": "é" * 32_768}]
    with pytest.raises(PipelineStepFailed, match=r"t\.x: a text of 65,536 bytes, where .* 65,535 at most") as failure:
        pipeline.run(items, table_name="t")
    assert failure.value.step == "normalize" and not pipeline.has_pending_data
    assert not pipeline.run([{"id": 1, "x": "é" * 32_767 + "e"}], table_name="t").has_failed_jobs
    for mode, ids in (("discard_value", [1, 1, 2]), ("discard_row", [1, 1, 1, 2])):
        pipeline.run(items, table_name="t", schema_contract={"data_type": mode})
        assert [row[0] for row in rows(url, "SELECT id FROM data.t ORDER BY id")] == ids


@pytest.mark.parametrize(
    ("value", "hints", "column", "stored"),
    [
        ("größe", {"x": {"data_type": "text", "precision": 6}}, "x__v_text", "größe"),
        ("a\0b", {}, "x__v_binary", b"a\0b"),
        (40_000, {"x": {"data_type": "bigint", "precision": 16}}, "x__v_bigint", 40_000),
    ],
    ids=["bytes, not letters", "NUL", "too large"],
)
def test_what_a_column_cannot_store_goes_to_a_variant(
    url: str, way: dict[str, Any], value: Any, hints: Any, column: str, stored: Any
) -> None:
    """One value that its column at Redshift cannot hold costs neither the load nor the value."""
    pipeline = make(url, **way)
    first = value[:1] if isinstance(value, str) else 1
    assert not pipeline.run([{"x": first}, {"x": value}], table_name="t", columns=hints).has_failed_jobs
    with pipeline.sql_client() as client:
        found = client.execute_sql(f"SELECT x, {column} FROM data.t")
    assert sorted(found, key=repr) == sorted([(first, None), (None, stored)], key=repr)


def test_documents_longer_than_a_literal_need_staging(url: str, emulator: RedshiftEmulator, bucket: str) -> None:
    """Limits: INSERT refuses a document that only a file can hold, and says what to do."""
    items, hints = [{"doc": {"long": "x" * 70_000}}], {"doc": {"data_type": "json"}}
    info = make(url).run(items, table_name="t", columns=hints)
    assert "Set staging to a filesystem" in str(info.load_packages[0].jobs["failed_jobs"][0].failed_message)
    pipeline = make(url, "other", **staged(emulator, bucket))
    assert not pipeline.run(items, table_name="t", columns=hints).has_failed_jobs
    with pipeline.sql_client() as client:
        assert client.execute_sql("SELECT doc FROM t") == [({"long": "x" * 70_000},)]


def test_small_loads_go_by_insert_of_many_rows(url: str, emulator: RedshiftEmulator, monkeypatch: Any) -> None:
    """Limits: rows are sent many at a time, and no statement is longer than the limit."""
    monkeypatch.setattr("dlt.destinations.impl.redshift.rows._STATEMENT", 100_000)
    start = len(emulator.statements)
    make(url).run([{"id": n, "v": "x" * 100} for n in range(3_000)], table_name="t")
    sent = [sql for sql in emulator.statements[start:] if sql.startswith('INSERT INTO "data"."t"')]
    assert 4 <= len(sent) <= 8 and max(map(len, sent)) <= 100_200
    assert rows(url, "SELECT count(*), count(DISTINCT id) FROM data.t") == [(3_000, 3_000)]


def test_a_row_longer_than_a_statement_is_refused() -> None:
    """Limits: such a row is an error that names the table."""
    import pyarrow as pa

    names = [f"c{n}" for n in range(300)]
    batch = pa.RecordBatch.from_arrays([pa.array(["x" * 60_000])] * 300, names=names)
    columns: Any = {name: {"name": name, "data_type": "text"} for name in names}
    with pytest.raises(Exception, match="table t: a row has 18,"):
        list(insert_values(iter([batch]), "t", columns))


# -- staging


@pytest.mark.parametrize("role", [ROLE, None], ids=["role", "keys"])
def test_files_go_through_the_bucket_and_are_gone_after(
    url: str, emulator: RedshiftEmulator, bucket: str, role: str | None
) -> None:
    """Staging: COPY with a role, else with keys; nothing stays in the bucket; other objects do."""
    emulator.s3.client().put_object(Bucket=bucket.removeprefix("s3://"), Key="data/mine", Body=b"x")
    start = len(emulator.statements)
    pipeline = make(url, role=role, **staged(emulator, bucket))
    pipeline.run([{"id": n, "list": [n]} for n in range(100)], table_name="t")
    sent = [sql for sql in emulator.statements[start:] if sql.startswith("COPY")]
    assert len(sent) == 2 and all(sql.endswith("FORMAT AS PARQUET MANIFEST") for sql in sent)
    assert all((f"IAM_ROLE '{ROLE}'" in sql) == (role is not None) for sql in sent)
    assert all((KEY in sql) == (role is None) for sql in sent)
    assert rows(url, "SELECT count(*) FROM data.t JOIN data.t__list ON id = value") == [(100,)]
    assert emulator.s3.keys(bucket) == ["data/mine"]


def test_a_bucket_by_its_url(
    url: str, emulator: RedshiftEmulator, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`staging_bucket`, role and further options of COPY come from the environment."""
    for key, value in emulator.s3.credentials().items():
        monkeypatch.setenv(f"DESTINATION__FILESYSTEM__CREDENTIALS__{key.upper()}", value)
    monkeypatch.setenv("DESTINATION__REDSHIFT__CREDENTIALS", url)
    monkeypatch.setenv("DESTINATION__REDSHIFT__STAGING_BUCKET", f"{bucket}/in/it")
    monkeypatch.setenv("DESTINATION__REDSHIFT__STAGING_IAM_ROLE", ROLE)
    destination = dlt.destinations.redshift(additional_copy_options={"STATUPDATE": "ON"})
    dlt.pipeline("env", destination=destination, dataset_name="data").run([{"id": 1}], table_name="t")
    copied = next(sql for sql in reversed(emulator.statements) if sql.startswith("COPY"))
    assert f"'{bucket}/in/it/data/_dlt_staged/" in copied and copied.endswith("MANIFEST STATUPDATE ON")
    assert rows(url, "SELECT id FROM data.t") == [(1,)]


def test_secrets_are_in_no_message(url: str, emulator: RedshiftEmulator, bucket: str) -> None:
    """Errors: what Redshift says of a COPY with keys is shown without them."""
    emulator.faults.append(("^COPY", "42601", f"syntax error in ... SECRET_ACCESS_KEY '{SECRET}'"))
    info = make(url, **staged(emulator, bucket)).run([{"id": 1}], table_name="t")
    message = str(info.load_packages[0].jobs["failed_jobs"][0].failed_message)
    assert "table t: redshift 42601" in message and "'***'" in message and SECRET not in message
    assert emulator.s3.keys(bucket) == []


def test_staging_that_cannot_be(url: str, own_folder: Path) -> None:
    """Redshift reads from S3 only; the job says so."""
    elsewhere = dlt.destinations.filesystem(str(own_folder / "lake"))
    info = make(url, staging=elsewhere).run([{"id": 1}], table_name="t")
    assert info.has_failed_jobs and "Redshift loads files from s3:// only" in str(info)


# -- all or nothing


def test_loads_take_turns(url: str, way: dict[str, Any]) -> None:
    """Four pipelines make the same schema, tables and columns at once."""
    errors: list[BaseException] = []
    barrier = threading.Barrier(4)

    def run(number: int) -> None:
        try:
            pipeline = make(url, f"p{number}", **way)
            pipeline.extract(
                [{"id": n, "of": number, f"own_{number}": n, "list": [n]} for n in range(50)], table_name="t"
            )
            pipeline.normalize()
            barrier.wait()
            pipeline.load()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert rows(url, "SELECT count(*), count(DISTINCT of) FROM data.t") == [(200, 4)]
    assert rows(url, "SELECT count(*) FROM data.t__list") == [(200,)]


def test_one_package_loaded_twice_at_once_is_there_once(own_folder: Path, url: str, way: dict[str, Any]) -> None:
    """Two workers with the same package load it at once; one counts, the other is a no-op."""
    make(url, pipelines_dir="one", **way).run([{"id": 0}], table_name="t")
    pipeline = make(url, pipelines_dir="one", **way)
    pipeline.extract([{"id": n} for n in range(1, 100)], table_name="t")
    pipeline.normalize()
    shutil.copytree("one", "two")
    blocker = psycopg2.connect(url.replace("redshift://", "postgresql://"))
    blocker.cursor().execute("LOCK TABLE data._dlt_turns")
    errors: list[BaseException] = []

    def load(folder: str) -> None:
        try:
            make(url, pipelines_dir=folder, **way).load()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=load, args=(folder,)) for folder in ("one", "two")]
    for thread in threads:
        thread.start()
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'data._dlt_turns'::regclass"
    probe = psycopg2.connect(re.sub(r":\d+/", f":{_port(blocker)}/", url.replace("redshift://", "postgresql://")))
    probe.autocommit = True
    cursor = probe.cursor()

    def both_wait() -> bool:
        cursor.execute(waiting)
        return cursor.fetchall() == [(2,)]

    wait_until(both_wait, "two loads that wait for their turn")
    probe.close()
    blocker.close()
    for thread in threads:
        thread.join()
    assert not errors
    assert rows(url, "SELECT count(*), count(DISTINCT id) FROM data.t") == [(100, 100)]
    assert rows(url, "SELECT count(*), count(DISTINCT load_id) FROM data._dlt_loads") == [(2, 2)]


def _port(connection: Any) -> int:
    # that of the real server: PostgreSQL tells it to clients of the proxy as well
    cursor = connection.cursor()
    cursor.execute("SELECT inet_server_port()")
    return int(cursor.fetchone()[0])


def test_readers_do_not_wait_for_a_load(url: str) -> None:
    """Locks: while a load has its turn, tables, states and fences can be read."""
    pipeline = make(url)
    pipeline.run([{"id": 1}], table_name="t")
    blocker = psycopg2.connect(url.replace("redshift://", "postgresql://"))
    blocker.cursor().execute("LOCK TABLE data._dlt_turns")
    assert rows(url, "SELECT id FROM data.t") == [(1,)]
    fresh = make(url, pipelines_dir="fresh")
    fresh.sync_destination()
    assert "t" in fresh.default_schema.tables
    blocker.close()


@pytest.mark.parametrize("disposition", ["append", "merge"])
def test_a_killed_load_is_exact_after_the_next_run(
    own_folder: Path, url: str, emulator: RedshiftEmulator, bucket: str, disposition: str
) -> None:
    """All or nothing: SIGKILL at each point of a load, one more run: no row is lost or twice; the bucket is empty."""

    def killed(point: str) -> None:
        assert point != "load.after_files" or emulator.s3.keys(bucket)

    def finished(point: str) -> None:
        assert emulator.s3.keys(bucket) == [], point

    staging = {"bucket_url": bucket, "credentials": emulator.s3.credentials()}
    check_kills(
        {"destination": ("redshift", {"credentials": url}), "staging": ("filesystem", staging)},
        disposition,
        lambda: [value for (value,) in rows(url, "SELECT v FROM data.t")],
        lambda: rows(url, "SELECT count(*) FROM data.t__list")[0][0],
        killed=killed,
        finished=finished,
    )


@pytest.mark.parametrize(
    ("pattern", "code", "text"),
    [
        ('^INSERT INTO "data"."_dlt_loads"', "XX000", "1023\nDETAIL: Serializable isolation violation on table - 1"),
        ("^COMMIT", "40001", "could not serialize access"),
    ],
    ids=["1023", "40001"],
)
def test_a_clash_is_transient_and_the_retry_exact(
    url: str, emulator: RedshiftEmulator, way: dict[str, Any], pattern: str, code: str, text: str
) -> None:
    """Another transaction was first; nothing is visible, the error is a clash, the next try is exact."""
    pipeline = make(url, **way)
    pipeline.extract([{"id": n} for n in range(100)], table_name="t")
    pipeline.normalize()
    emulator.faults.append((pattern, code, text))
    with pytest.raises(PipelineStepFailed) as failure:
        pipeline.load()
    cause = failure.value.__cause__
    assert isinstance(cause, DatabaseTransientException) and cause.clash
    assert rows(url, "SELECT tablename FROM pg_tables WHERE schemaname = 'data'") == [("_dlt_turns",)]
    pipeline.load()
    assert rows(url, "SELECT count(*), count(DISTINCT id) FROM data.t") == [(100, 100)]


def test_s3_that_has_a_bad_moment_is_transient(url: str, emulator: RedshiftEmulator, bucket: str) -> None:
    """COPY that S3 slows down is tried again; the bucket is empty in between."""
    pipeline = make(url, **staged(emulator, bucket))
    pipeline.extract([{"id": 1}], table_name="t")
    pipeline.normalize()
    emulator.faults.append(("^COPY", "XX000", "S3ServiceException:Please reduce your request rate.,Error SlowDown"))
    with pytest.raises(PipelineStepFailed) as failure:
        pipeline.load()
    assert isinstance(failure.value.__cause__, DatabaseTransientException)
    assert emulator.s3.keys(bucket) == []
    pipeline.load()
    assert rows(url, "SELECT id FROM data.t") == [(1,)]


# -- tasks


def test_a_later_try_ends_the_session_of_an_older_one(url: str) -> None:
    """A try that sleeps in its turn is ended by the next one, and may commit nothing."""
    destination = dlt.destinations.redshift(url)
    with destination.connect("data") as old, destination.connect("data") as new:
        first = old.claim("p", "load1", 1)
        old.begin()
        old.create_dataset()
        old.hold("p", "load1", first)
        second = new.claim("p", "load1", 2)
        assert second > first
        with pytest.raises(DatabaseTransientException):
            old.commit()
        new.begin()
        new.create_dataset()
        new.hold("p", "load1", second)
        new.commit()
    with destination.connect("data") as late, pytest.raises(Superseded):
        late.claim("p", "load1", 1)
    with destination.connect("data") as same:
        assert same.claim("p", "load1", 2) == second + 1


def test_another_load_of_the_pipeline_is_not_ended(url: str) -> None:
    """Sessions of other loads go on; a try that was taken over cannot commit."""
    destination = dlt.destinations.redshift(url)
    with destination.connect("data") as one, destination.connect("data") as two:
        epoch = one.claim("p", "load1", 1)
        two.claim("p", "load2", 1)
        one.begin()
        one.create_dataset()
        one.hold("p", "load1", epoch)
        one.commit()
        one.begin()
        one.create_dataset()
        with pytest.raises(Superseded):
            one.hold("p", "load1", epoch - 1)
        one.rollback()


# -- the SQL itself


REFUSED = [
    "INSERT INTO t VALUES (1) ON CONFLICT DO NOTHING",
    "INSERT INTO t VALUES (1) RETURNING id",
    'CREATE TABLE "t" ("a" jsonb)',
    'CREATE INDEX i ON "t" ("a")',
    'ALTER TABLE "t" ADD COLUMN a int, ADD COLUMN b int',
    "SELECT pg_advisory_xact_lock(1)",
    "SELECT pg_terminate_backend(pid) FROM sys_session_history",
    'DELETE FROM "t" AS d WHERE 1 = 1',
    'LOCK TABLE "t" IN SHARE MODE',
    "SELECT '" + "x" * 65_536 + "'",
]


@pytest.mark.parametrize("sql", REFUSED, ids=lambda sql: sql[:40])
def test_the_emulator_refuses(url: str, sql: str) -> None:
    """The double: what Redshift refuses is an error here, also in a transaction, which then is lost."""
    connection = psycopg2.connect(url.replace("redshift://", "postgresql://"))
    cursor = connection.cursor()
    with pytest.raises(psycopg2.Error) as error:
        cursor.execute(sql)
    assert error.value.pgcode not in (None, "42P01")
    with pytest.raises(psycopg2.errors.InFailedSqlTransaction):
        cursor.execute("SELECT 1")
    connection.close()


def test_all_sql_parses_as_redshift(emulator: RedshiftEmulator) -> None:
    """Lint: sqlfluff reads every kind of statement that these tests sent, in its dialect of Redshift."""
    from sqlfluff.core import Linter

    own = re.compile(r'"(data|dlt_)|^(BEGIN|COMMIT|ROLLBACK|SET )|sys_session_history|pg_backend_pid|pg_terminate')
    sent = [sql for sql in emulator.statements if own.search(sql) and sql not in REFUSED]
    kinds = {_shape(sql): sql for sql in sent}
    assert len(kinds) > 20, "run the whole module: the statements are those of the other tests"
    linter = Linter(dialect="redshift")
    wrong = []
    for sql in kinds.values():
        parsed = linter.parse_string(sql[:4_000] if not sql.startswith("INSERT") else _short(sql))
        wrong += [f"{violation.desc()}: {sql[:200]}" for violation in parsed.violations]
    assert not wrong, "\n".join(wrong)


def _shape(sql: str) -> str:
    """Return a statement without its names and values."""
    plain = re.sub(r"'(?:[^'\\]|''|\\.)*'", "'?'", sql, flags=re.DOTALL)
    plain = re.sub(r"-?\d[\d.e+-]*", "0", re.sub(r'"[^"]*"', '"?"', plain))
    return re.sub(r"(\(?\"\?\"[^,()]*, )+|\([^()]*\)(, \([^()]*\))*", "", plain)


def _short(sql: str) -> str:
    """Return an INSERT with its first row only."""
    head, found, rest = sql.partition(" VALUES (")
    if not found:
        return sql
    depth, quoted = 1, False
    for position, sign in enumerate(rest):
        if sign == "'" and rest[position - 1 : position] != "\\":
            quoted = not quoted
        elif not quoted:
            depth += {"(": 1, ")": -1}.get(sign, 0)
            if depth == 0:
                return head + found + rest[: position + 1]
    return sql

"""Replication of PostgreSQL: first a snapshot, then changes, each exactly once."""

from __future__ import annotations

import threading

import psycopg2
import pytest

import dlt
from tests.sources_on_servers.replicated import Replicated

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("logical_postgres")]


def test_inserts_updates_and_deletes_arrive_at_the_destination(replicated: Replicated) -> None:
    """Rows are those of the source after each run; what was deleted is gone."""
    replicated.sql("CREATE TABLE t (id int PRIMARY KEY, v text)")
    replicated.init("t")
    replicated.sql("INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c')")
    replicated.run()
    assert replicated.loaded("t", "id, v") == [(1, "a"), (2, "b"), (3, "c")]
    replicated.sql("UPDATE t SET v = 'A' WHERE id = 1; DELETE FROM t WHERE id = 2; UPDATE t SET id = 30 WHERE id = 3")
    replicated.sql("INSERT INTO t VALUES (4, 'd'); DELETE FROM t WHERE id = 4; INSERT INTO t VALUES (4, 'e')")
    replicated.run()
    assert replicated.loaded("t", "id, v") == [(1, "A"), (4, "e"), (30, "c")]
    columns = replicated.pipeline.default_schema.tables["t"]["columns"]
    assert columns["lsn"]["dedup_sort"] == "desc" and columns["deleted_ts"]["hard_delete"] is True
    assert columns["id"]["primary_key"] is True and columns["v"].get("nullable") is True


def test_a_run_without_changes_loads_nothing(replicated: Replicated) -> None:
    """It ends at once, and makes no package."""
    replicated.sql("CREATE TABLE t (id int PRIMARY KEY)")
    replicated.init("t")
    replicated.sql("INSERT INTO t VALUES (1)")
    replicated.run()
    assert replicated.run().loads_ids == []
    assert list(replicated.changes()) == []


def test_a_snapshot_and_the_stream_leave_no_gap_and_no_double_row(replicated: Replicated) -> None:
    """Rows that are inserted all the time come once each, by the one or the other; nothing is merged here."""
    replicated.sql("CREATE TABLE t (id serial, v text)")
    stop, writers = threading.Event(), []

    def insert() -> None:
        connection = psycopg2.connect(replicated.url)
        while not stop.is_set():
            connection.cursor().execute("INSERT INTO t (v) VALUES ('x'), ('y')")
            connection.commit()
        connection.close()

    for _ in range(2):
        writers.append(threading.Thread(target=insert))
        writers[-1].start()
    try:
        snapshot = replicated.init("t", publish="insert", persist_snapshots=True)
        replicated.pipeline.run(snapshot)
        replicated.run()
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    replicated.run()
    expected = replicated.sql("SELECT id, v FROM t ORDER BY 1")
    assert len(expected) > 10
    assert replicated.loaded("t", "id, v") == expected


def test_a_snapshot_is_of_the_moment_at_which_the_slot_began(replicated: Replicated) -> None:
    """What comes between the two calls is in the stream, and several tables are of one moment."""
    replicated.sql("CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY)")
    replicated.sql("INSERT INTO a VALUES (1); INSERT INTO b VALUES (1)")
    snapshots = replicated.init("a", "b", persist_snapshots=True)
    replicated.sql("INSERT INTO a VALUES (2); INSERT INTO b VALUES (2); DELETE FROM a WHERE id = 1")
    replicated.pipeline.run(snapshots)
    assert replicated.loaded("a", "id") == replicated.loaded("b", "id") == [(1,)]
    replicated.run()
    assert replicated.loaded("a", "id") == [(2,)] and replicated.loaded("b", "id") == [(1,), (2,)]
    # loaded once, and never over what is newer
    replicated.pipeline.run(snapshots)
    replicated.pipeline.run(replicated.init("a", "b", persist_snapshots=True))
    assert replicated.loaded("a", "id") == [(2,)]


def test_a_snapshot_that_was_not_loaded_is_taken_again(replicated: Replicated) -> None:
    """The process that held it ended: the next one takes a newer one, and no change is there twice."""
    replicated.sql("CREATE TABLE t (id int)")
    replicated.sql("INSERT INTO t VALUES (1)")
    replicated.init("t", publish="insert", persist_snapshots=True)
    replicated.sql("INSERT INTO t VALUES (2)")
    snapshot = replicated.init("t", publish="insert", persist_snapshots=True)
    replicated.sql("INSERT INTO t VALUES (3)")
    replicated.pipeline.run(snapshot)
    replicated.sql("INSERT INTO t VALUES (4)")
    replicated.run()
    replicated.run()
    assert replicated.loaded("t", "id") == [(1,), (2,), (3,), (4,)]


def test_a_table_that_is_added_later_brings_its_rows(replicated: Replicated) -> None:
    """Its snapshot is taken beside a slot that is at work."""
    replicated.sql("CREATE TABLE a (id int); CREATE TABLE b (id int); INSERT INTO b VALUES (1)")
    replicated.init("a", publish="insert")
    replicated.sql("INSERT INTO a VALUES (1)")
    replicated.run()
    _, snapshot = replicated.init("a", "b", persist_snapshots=True)
    replicated.sql("INSERT INTO b VALUES (2); INSERT INTO a VALUES (2)")
    replicated.pipeline.run(snapshot)
    replicated.sql("INSERT INTO b VALUES (3)")
    replicated.run()
    assert replicated.loaded("a", "id") == [(1,), (2,)] and replicated.loaded("b", "id") == [(1,), (2,), (3,)]


def test_a_reset_takes_a_new_snapshot(replicated: Replicated) -> None:
    """It is loaded into the same tables, and the stream goes on behind it."""
    replicated.sql("CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t VALUES (1, 1)")
    replicated.pipeline.run(replicated.init("t", persist_snapshots=True))
    replicated.sql("UPDATE t SET v = 2")
    replicated.pipeline.run(replicated.init("t", persist_snapshots=True, reset=True))
    assert replicated.loaded("t", "id, v") == [(1, 2)]
    replicated.sql("UPDATE t SET v = 3")
    replicated.run()
    assert replicated.loaded("t", "id, v") == [(1, 3)]


def test_values_outside_of_their_rows_stay(replicated: Replicated) -> None:
    """An update leaves them out of the log where they did not change; they are looked up, and are never NULL."""
    replicated.sql("CREATE TABLE t (id int PRIMARY KEY, v int, big text, more text)")
    replicated.sql("ALTER TABLE t ALTER big SET STORAGE EXTERNAL, ALTER more SET STORAGE EXTERNAL")
    replicated.init("t")
    replicated.sql("INSERT INTO t SELECT n, 0, repeat('x', 5000), repeat('y', 5000) FROM generate_series(1, 4) n")
    replicated.run()
    replicated.sql("UPDATE t SET v = 1; UPDATE t SET more = 'short' WHERE id = 2; UPDATE t SET id = 30 WHERE id = 3")
    # deleted behind it, and in one transaction with another change
    replicated.sql("DELETE FROM t WHERE id = 4")
    replicated.run(target_batch_size=1)
    expected = replicated.sql("SELECT id, v, md5(big), md5(more) FROM t ORDER BY 1")
    assert replicated.loaded("t", "id, v, md5(big), md5(more)") == expected


def test_a_full_identity_brings_all_values(replicated: Replicated) -> None:
    """The old row is in the log, so that nothing is looked up."""
    replicated.sql("CREATE TABLE t (id int PRIMARY KEY, v int, big text); ALTER TABLE t REPLICA IDENTITY FULL")
    replicated.sql("ALTER TABLE t ALTER big SET STORAGE EXTERNAL")
    replicated.init("t")
    replicated.sql("INSERT INTO t VALUES (1, 0, repeat('x', 5000)), (2, 0, repeat('x', 5000))")
    replicated.sql("UPDATE t SET v = 1; DELETE FROM t WHERE id = 2")
    rows = [row for page in replicated.changes() for row in (page if isinstance(page, list) else [page])]
    assert [(row["id"], row["v"], row["big"]) for row in rows if not row.get("deleted_ts")][-2:] == [
        (1, 1, "x" * 5000),
        (2, 1, "x" * 5000),
    ]
    assert rows[-1]["deleted_ts"] is not None and rows[-1]["big"] == "x" * 5000


def test_truncate_empties_the_table_at_its_place_in_the_stream(replicated: Replicated) -> None:
    """Rows before it go, also those of the same run and the same transaction; rows behind it stay."""
    replicated.sql("CREATE TABLE t (id int PRIMARY KEY, v int); CREATE TABLE other (id int PRIMARY KEY)")
    replicated.init("t", "other", publish="insert, update, delete, truncate")
    replicated.sql("INSERT INTO t VALUES (1, 1), (2, 2); INSERT INTO other VALUES (1)")
    replicated.run()
    replicated.sql("INSERT INTO t VALUES (3, 3)")
    replicated.sql("BEGIN; INSERT INTO t VALUES (4, 4); TRUNCATE t; INSERT INTO t VALUES (1, 10); COMMIT")
    replicated.sql("UPDATE t SET v = 11")
    replicated.run(target_batch_size=1)
    assert replicated.loaded("t", "id, v") == [(1, 11)] and replicated.loaded("other", "id") == [(1,)]
    replicated.sql("TRUNCATE t, other")
    replicated.run()
    assert replicated.loaded("t", "id, v") == replicated.loaded("other", "id") == []


def test_columns_come_go_and_change_their_types(replicated: Replicated) -> None:
    """What is new is there; what is gone is NULL from then on; a value that does not fit goes beside its column."""
    replicated.sql("CREATE TABLE t (id int PRIMARY KEY, a int, b int, c text)")
    replicated.init("t")
    replicated.sql("INSERT INTO t VALUES (1, 1, 1, 'x')")
    replicated.run()
    replicated.sql("INSERT INTO t VALUES (2, 2, 2, 'y')")
    replicated.sql("ALTER TABLE t ADD d numeric(10, 2), DROP b")
    replicated.sql("INSERT INTO t VALUES (3, 3, 'z', 1.25)")
    replicated.sql("ALTER TABLE t ALTER a TYPE text USING a || '?'")
    replicated.sql("INSERT INTO t VALUES (4, 'four', 'z', 2.50)")
    replicated.run()
    rows = replicated.loaded("t", "id, a, b, c, d::text, a__v_text")
    assert rows == [
        (1, 1, 1, "x", None, None),
        (2, 2, 2, "y", None, None),
        (3, 3, None, "z", "1.25", None),
        (4, None, None, "z", "2.50", "four"),
    ]


def test_partitions_generated_columns_filters_and_column_lists(replicated: Replicated) -> None:
    """What is published comes, from the snapshot and from the stream alike, under the name of the table."""
    replicated.sql(
        "CREATE TABLE p (id int PRIMARY KEY, twice int GENERATED ALWAYS AS (id * 2) STORED) PARTITION BY RANGE (id)"
    )
    replicated.sql("CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10)")
    replicated.sql("CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (10) TO (20)")
    replicated.sql("CREATE TABLE f (id int PRIMARY KEY, seen int, hidden int)")
    replicated.sql("INSERT INTO p VALUES (1), (11); INSERT INTO f VALUES (1, 1, 1), (-1, 1, 1)")
    replicated.sql(
        "CREATE PUBLICATION pub FOR TABLE p, TABLE f (id, seen) WHERE (id > 0)"
        " WITH (publish_via_partition_root, publish_generated_columns = stored)"
    )
    snapshots = replicated.init("p", "f", persist_snapshots=True)
    replicated.sql("INSERT INTO p VALUES (2), (12); INSERT INTO f VALUES (2, 2, 2), (-2, 2, 2)")
    replicated.sql("UPDATE p SET id = 13 WHERE id = 1")
    replicated.pipeline.run(snapshots)
    replicated.run()
    assert replicated.loaded("p", "id, twice") == [(2, 4), (11, 22), (12, 24), (13, 26)]
    assert replicated.loaded("f", "id, seen") == [(1, 1), (2, 2)]
    assert "hidden" not in replicated.pipeline.default_schema.tables["f"]["columns"]
    assert "p1" not in replicated.pipeline.default_schema.tables


def test_columns_are_chosen_and_hinted_by_table(replicated: Replicated) -> None:
    """Hints of one table do not reach another one, and a key stays among the columns."""
    replicated.sql("CREATE TABLE a (id int PRIMARY KEY, x int, y int); CREATE TABLE b (id int PRIMARY KEY, x int)")
    replicated.init("a", "b")
    replicated.sql("INSERT INTO a VALUES (1, 2, 3); INSERT INTO b VALUES (1, 2)")
    replicated.run(include_columns={"a": ["x"]}, columns={"a": {"x": {"data_type": "double"}}})
    tables = replicated.pipeline.default_schema.tables
    assert {name for name in tables["a"]["columns"] if name[0] != "_"} == {"id", "x", "lsn", "deleted_ts"}
    assert tables["a"]["columns"]["x"]["data_type"] == "double"
    assert tables["b"]["columns"]["x"]["data_type"] == "bigint"


def test_a_schema_as_a_whole_with_tables_that_come_later(replicated: Replicated) -> None:
    """Tables of pipelines' own are left out."""
    replicated.sql("CREATE SCHEMA s; CREATE TABLE s.a (id int PRIMARY KEY); CREATE TABLE s._dlt_loads (id int)")
    replicated.init(schema_name="s")
    replicated.sql("CREATE TABLE s.b (id int PRIMARY KEY); INSERT INTO s.a VALUES (1); INSERT INTO s.b VALUES (1)")
    replicated.sql("INSERT INTO s._dlt_loads VALUES (1)")
    replicated.run()
    assert replicated.loaded("a", "id") == replicated.loaded("b", "id") == [(1,)]


def test_one_large_transaction_is_one_load(replicated: Replicated) -> None:
    """It goes through memory in pages, and is never split between two loads."""
    replicated.sql("CREATE TABLE t (id int PRIMARY KEY, v text)")
    replicated.init("t")
    replicated.sql("INSERT INTO t SELECT n, 'some text' FROM generate_series(1, 20000) n")
    pages = list(replicated.changes(target_batch_size=500))
    assert len(pages) == 20000
    assert len(replicated.run(target_batch_size=500).loads_ids) == 1
    assert replicated.loaded("t", "count(*), count(DISTINCT id)") == [(20000, 20000)]


def test_rows_of_a_table_without_a_key_are_appended(replicated: Replicated) -> None:
    """The server lets nobody update them, and who makes it do so is told why it cannot be."""
    replicated.sql("CREATE TABLE t (id int)")
    replicated.init("t")
    replicated.sql("INSERT INTO t VALUES (1), (1)")
    replicated.run()
    assert replicated.loaded("t", "id") == [(1,), (1,)]
    replicated.sql("ALTER TABLE t REPLICA IDENTITY FULL; UPDATE t SET id = 2")
    with pytest.raises(dlt.errors.PipelineStepFailed, match=r"row of public\.t was updated, .* no primary key"):
        replicated.run()
    replicated.sql("ALTER TABLE t REPLICA IDENTITY DEFAULT")


def test_names_of_any_kind(replicated: Replicated) -> None:
    """They are quoted everywhere, and become those of the naming convention."""
    replicated.sql('CREATE SCHEMA "My %s"')
    replicated.sql('CREATE TABLE "My %s"."a ""%s"" b" ("an id%" int PRIMARY KEY, "x%s" text, v int)')
    table = 'a "%s" b'
    name = '"My %s"."a ""%s"" b"'
    replicated.sql(f'ALTER TABLE {name} ALTER "x%s" SET STORAGE EXTERNAL')
    replicated.sql(f"INSERT INTO {name} VALUES (1, repeat('x', 5000), 1)")
    snapshot = replicated.init(table, schema_name="My %s", persist_snapshots=True)
    replicated.sql(f"UPDATE {name} SET v = 2")
    replicated.pipeline.run(snapshot)
    replicated.run()
    (loaded,) = replicated.pipeline.default_schema.data_table_names()
    assert replicated.loaded(loaded, "v, length(x_s)") == [(2, 5000)]


def test_a_table_that_was_dropped_holds_nothing_up(replicated: Replicated) -> None:
    """Its changes are told still, and what only the table knew is not asked for."""
    replicated.sql(
        "CREATE TABLE t (id int PRIMARY KEY, v int, big text, gone text); CREATE TABLE u (id int PRIMARY KEY)"
    )
    replicated.sql("ALTER TABLE t ALTER big SET STORAGE EXTERNAL, ALTER gone SET STORAGE EXTERNAL")
    replicated.init("t", "u")
    replicated.sql("INSERT INTO t VALUES (1, 1, repeat('x', 5000), repeat('y', 5000)); INSERT INTO u VALUES (1)")
    replicated.run()
    replicated.sql("UPDATE t SET v = 2")
    replicated.sql("ALTER TABLE t DROP gone")
    replicated.run()
    assert replicated.loaded("t", "id, v") == [(1, 2)]
    replicated.sql("ALTER TABLE t REPLICA IDENTITY FULL; UPDATE t SET v = 3")
    replicated.sql("DROP TABLE t; INSERT INTO u VALUES (2)")
    replicated.run()
    assert replicated.loaded("t", "id, v") == [(1, 3)] and replicated.loaded("u", "id") == [(1,), (2,)]

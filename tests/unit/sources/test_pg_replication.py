"""What replication makes of the messages and texts of a server, without one."""

from __future__ import annotations

import struct
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dlt
from dlt.errors import ReplicationError
from dlt.extract.items import DataItemWithMeta, EmptiedTable, HintsMeta
from dlt.sources.pg_replication.changes import Position
from dlt.sources.pg_replication.pgoutput import UNCHANGED, Begin, Change, Commit, Relation, Truncate, parse
from dlt.sources.pg_replication.server import lsn_number, lsn_text
from dlt.sources.pg_replication.stream import Identity, parted_at
from dlt.sources.pg_replication.values import ServerType, column_hints, decoder_of


def tuple_of(*values: str | bytes | None) -> bytes:
    """Return a row as the server writes it."""
    parts = [struct.pack(">h", len(values))]
    for value in values:
        if value is None or value is UNCHANGED:
            parts.append(b"n" if value is None else b"u")
        else:
            text = value.encode() if isinstance(value, str) else value
            parts.append(b"t" + struct.pack(">I", len(text)) + text)
    return b"".join(parts)


def test_messages_say_what_changed() -> None:
    """Rows with what is NULL and what is left out, keys and whole rows as they were before."""
    oid = struct.pack(">I", 7)
    assert parse(b"I" + oid + b"N" + tuple_of("1", None, "é")) == Change("insert", 7, [b"1", None, "é".encode()])
    change = parse(b"U" + oid + b"N" + tuple_of("1", UNCHANGED))
    assert isinstance(change, Change) and change.new is not None and change.new[1] is UNCHANGED
    keyed = parse(b"U" + oid + b"K" + tuple_of("1", None) + b"N" + tuple_of("2", "x"))
    assert keyed == Change("update", 7, [b"2", b"x"], [b"1", None], False)
    whole = parse(b"U" + oid + b"O" + tuple_of("1", "y") + b"N" + tuple_of("1", "x"))
    assert whole == Change("update", 7, [b"1", b"x"], [b"1", b"y"], True)
    assert parse(b"D" + oid + b"K" + tuple_of("1", None)) == Change("delete", 7, None, [b"1", None], False)
    assert parse(b"T" + struct.pack(">IB", 2, 1) + oid + oid) == Truncate((7, 7))


def test_messages_say_where_transactions_begin_and_end() -> None:
    """With places in the log, and the moment of the commit."""
    begin = parse(b"B" + struct.pack(">QQI", 100, 1_000_000, 5))
    assert isinstance(begin, Begin) and (begin.final_lsn, begin.xid) == (100, 5)
    assert begin.committed_at.isoformat() == "2000-01-01T00:00:01+00:00"
    assert parse(b"C\x00" + struct.pack(">QQQ", 100, 140, 0)) == Commit(140)
    column = b"\x01id\x00" + struct.pack(">Ii", 23, -1)
    found = parse(b"R" + struct.pack(">I", 7) + b"public\x00t\x00d" + struct.pack(">h", 1) + column)
    assert isinstance(found, Relation) and (found.schema, found.name, found.identity) == ("public", "t", "d")
    assert found.columns[0].is_key and (found.columns[0].name, found.columns[0].modifier) == ("id", -1)
    assert parse(b"Y....") is None and parse(b"O....") is None


@pytest.mark.parametrize("data", [b"", b"S\x00", b"I\x00", b"R\x00\x00\x00\x07public"])
def test_what_is_no_message_is_an_error(data: bytes) -> None:
    """It is not taken for an empty change."""
    with pytest.raises(ReplicationError):
        parse(data)


def array_text(value: Any) -> str:
    """Return an array as the server may write it."""
    if isinstance(value, list):
        return "{" + ",".join(map(array_text, value)) + "}"
    return "NULL" if value is None else '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


@given(
    st.lists(st.recursive(st.none() | st.text(), lambda inner: st.lists(inner, min_size=1, max_size=3), max_leaves=6))
)
def test_arrays_are_read_as_they_were_written(value: list[Any]) -> None:
    """Whatever their texts hold, however deep they are."""
    assert decoder_of(ServerType("_text", ServerType("text")))(array_text(value)) == value


def test_documents_keep_the_digits_of_numbers_that_python_would_round() -> None:
    """Such a document is its text, and within an array such a number is one; all others are what they say."""
    long = '{"n": 0.12345678901234567890, "m": 12345678901234567890123, "t": "a b"}'
    for kind in ("json", "jsonb"):
        read = decoder_of(ServerType(kind))
        assert read(long) == long.replace(": ", ":").replace(", ", ",")
        assert read("12.00000000000000000001") == "12.00000000000000000001"
        assert read('{"m": 12345678901234567890123, "f": 0.1}') == {"m": 12345678901234567890123, "f": 0.1}
        assert read('"12"') == '"12"'
        listed = decoder_of(ServerType(f"_{kind}", ServerType(kind)))
        assert listed('{"{\\"n\\": 0.12345678901234567890}","[0.5]",NULL}') == [
            {"n": "0.12345678901234567890"}, [0.5], None
        ]  # fmt: skip


def test_texts_without_quotes_and_other_bounds_are_arrays_too() -> None:
    """As the server writes short ones."""
    numbers = decoder_of(ServerType("_numeric", ServerType("numeric")))
    digits = "0.1234567890123456789"
    assert numbers("[0:1]={1.50,NULL}") == [1.5, None]
    assert numbers(f"{{3,NaN,{digits},12345678901234567890}}") == [3, "NaN", digits, 12345678901234567890]
    assert decoder_of(ServerType("_box", ServerType("box"), delimiter=";"))("{(1,1),(0,0);(2,2),(1,1)}") == [
        "(1,1),(0,0)",
        "(2,2),(1,1)",
    ]
    assert decoder_of(ServerType("hstore"))('"a"=>"1", "b \\"q\\""=>NULL') == {"a": "1", 'b "q"': None}


@pytest.mark.parametrize(
    ("precision", "scale", "expected"), [(10, 2, (10, 2)), (3, -2, (5, 0)), (2, 5, (5, 5)), (50, 20, (50, 20))]
)
def test_precision_and_scale_are_those_of_the_type(precision: int, scale: int, expected: tuple[int, int]) -> None:
    """Also where the scale is negative, or larger than the precision."""
    hints = column_hints(ServerType("numeric"), (precision << 16 | scale & 0x7FF) + 4)
    assert (hints["precision"], hints["scale"]) == expected


@given(st.integers(0, 2**64 - 1))
def test_places_in_the_log_are_numbers(number: int) -> None:
    """Text and number say the same."""
    assert lsn_number(lsn_text(number)) == number


@given(st.lists(st.tuples(st.sampled_from("ab"), st.booleans()), max_size=30), st.lists(st.integers(0, 9), max_size=20))
def test_a_reader_that_stops_anywhere_takes_each_change_once(changes: list[tuple[str, bool]], stops: list[int]) -> None:
    """Changes of tables go out page by page, table by table; a commit ends some; a reader may stop behind any page."""
    state: dict[str, Any] = {}
    out: list[int] = []
    for stop in (*stops, None):
        position, pages, left = Position(state, Identity("1", 1)), {}, stop

        def flush(end: int | None, position: Position = position, pages: dict[str, list[int]] = pages) -> bool:
            nonlocal left
            for table in list(pages):
                position.take(table, len(pages[table]))
                out.extend(pages.pop(table))
                if left is not None:
                    left -= 1
                    if left <= 0:
                        return False
            if end is not None:
                position.reach(end)
            return True

        went_on = True
        for number, (table, commits) in enumerate(changes):
            if number < position.lsn:
                continue
            if not position.skips(table):
                pages.setdefault(table, []).append(number)
            # every third change fills a page
            went_on = flush(number + 1 if commits else None) if commits or number % 3 == 0 else True
            if not went_on:
                break
        if went_on:
            flush(None)
    assert sorted(out) == list(range(len(changes)))


def test_a_table_that_is_emptied_loses_what_came_before(tmp_path: Any) -> None:
    """Rows of the same extract, and with its load those at the destination, with nested tables."""
    pipeline = dlt.pipeline("emptied", destination="duckdb", dataset_name="data", pipelines_dir=str(tmp_path))

    def rows(*pages: Any) -> Any:
        mark = HintsMeta(dlt.mark.make_hints(table_name="t", write_disposition="append"), "t", True)
        return dlt.resource([DataItemWithMeta(mark, page) for page in pages], name="r")

    pipeline.run(rows([{"id": 1, "tags": [1, 2]}]))
    # large enough for several files
    info = pipeline.run(rows([{"id": 2, "tags": [3]}], EmptiedTable(), [{"id": 3, "tags": [4]}]))
    assert pipeline.dataset()["t"].select("id").fetchall() == [(3,)]
    assert pipeline.dataset()["t__tags"].select("value").fetchall() == [(4,)]
    assert len(info.loads_ids) == 1
    assert pipeline.last_trace.last_normalize_info.row_counts["t"] == 1
    pipeline.run(rows(EmptiedTable()))
    assert (
        pipeline.dataset()["t"].select("id").fetchall()
        == pipeline.dataset()["t__tags"].select("value").fetchall()
        == []
    )


def test_the_driver_is_imported_when_it_is_used() -> None:
    """A program that imports the source needs it only to connect."""
    program = "import sys, dlt.sources.pg_replication as m; sys.exit('psycopg2' in sys.modules or m is None)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_the_history_of_a_log_tells_where_it_was_left() -> None:
    """As the server keeps it, with an explanation behind."""
    history = "1\t0/3000000\tno recovery target specified\n\n2\t0/5000000\tbefore 2024\n"
    assert parted_at(history, 2) == 0x5000000
    assert parted_at(history, 3) is None


def test_another_server_has_places_of_its_own() -> None:
    """What is known of the first counts nothing there."""
    state: dict[str, Any] = {}
    first = Position(state, Identity("1", 1))
    first.reach(100)
    first.take("t", 2)
    other = Position(state, Identity("2", 1))
    assert (first.is_foreign, other.is_foreign, other.lsn, other.skips("t")) == (False, True, 0, False)
    promoted = Position(state, Identity("1", 2))
    assert (promoted.timeline, promoted.lsn) == (1, 100)
    promoted.go_back(50)
    assert (promoted.lsn, promoted.skips("t")) == (50, False)

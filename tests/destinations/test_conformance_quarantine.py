"""What contracts put into quarantine stands in the dataset of every destination, and comes out of it again."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa

from dlt.schema.capabilities import Capabilities
from dlt.schema.system_tables import QUARANTINE_TABLE
from tests.destinations.cases import needs
from tests.destinations.conftest import MakePipeline
from tests.destinations.test_conformance import load, merge, needs_merge, orphans, rows

VALUES: Any = {"columns": "quarantine", "data_type": "quarantine"}
"""A contract that lets new tables in."""
FIRST = {"id": 1, "n": 1, "list": [{"k": 1}]}


def aside(pipeline: Any) -> list[Any]:
    """Return the ids of the items in quarantine, sorted."""
    return sorted((row.value["id"] for row in pipeline.quarantine.rows()), key=str)


def test_items_wait_with_the_good_rows_and_are_replayed(make: MakePipeline) -> None:
    """They come with the load and go with the replay; what is not asked for, and what fails again, stays."""
    pipeline = make()
    load(pipeline, [FIRST])
    contract: Any = {"schema_contract": "quarantine"}
    load(pipeline, [{"id": 2, "n": 2}, {"id": 3, "n": "x"}, {"id": 4, "n": 4, "list": [{"k": "y"}]}], **contract)
    second = load(pipeline, [{"id": 5, "n": 5, "new": "z", "list": [{"k": 5}]}], **contract)
    assert rows(pipeline, "t", "id") == [(1,), (2,)] and aside(pipeline) == [3, 4, 5]
    found = pipeline.quarantine.replay(load_id=second.loads_ids[0], schema_contract={"data_type": "quarantine"})
    assert found.loaded == {"t": 1}
    assert rows(pipeline, "t", "id", "new") == [(1, None), (2, None), (5, "z")]
    assert rows(pipeline, "t__list", "k") == [(1,), (5,)] and orphans(pipeline, "t__list", "t") == 0
    found = pipeline.quarantine.replay(schema_contract="quarantine")
    assert found.quarantined == {"t": 2} and aside(pipeline) == [3, 4]
    assert pipeline.quarantine.replay(schema_contract="evolve").loaded == {"t": 2}
    assert [row[0] for row in rows(pipeline, "t", "id")] == [1, 2, 3, 4, 5] and aside(pipeline) == []


def test_values_come_back_as_they_went(make: MakePipeline, caps: Capabilities) -> None:
    """Through the text of the column, whatever the destination makes of texts."""
    item = {
        "id": 2,
        "new": [
            Decimal("12345678901234567890.123456789"),
            datetime.datetime(2024, 5, 6, 7, 8, 9, 10, tzinfo=datetime.timezone.utc),
            {"a": b"\x00\xff", "b": datetime.time(1, 2, 3, 4), "c": 2**80, "d": "\x00 \\ \ue000 ünï 🎉 ' \" %s\n\t"},
        ],
    }
    pipeline = make()
    load(pipeline, [{"id": 1}])
    load(pipeline, [item], schema_contract="quarantine")
    (row,) = pipeline.quarantine.rows()
    assert row.value == item and (row.table_name, row.refusal.path) == ("t", "new[0]")
    assert pipeline.quarantine.drop() == {"t": 1} and aside(pipeline) == []


def test_tables_of_arrow_wait_too(make: MakePipeline) -> None:
    """With the types of Arrow."""
    pipeline = make()
    load(pipeline, pa.table({"id": pa.array([1], pa.int32())}))
    load(pipeline, pa.table({"id": pa.array([2, 3], pa.int32()), "new": [None, 5]}), schema_contract="quarantine")
    assert rows(pipeline, "t", "id") == [(1,), (2,)] and aside(pipeline) == [3]
    pipeline.quarantine.replay(schema_contract="evolve")
    assert rows(pipeline, "t", "id", "new") == [(1, None), (2, None), (3, 5)] and aside(pipeline) == []


def test_a_replay_merges_and_appends_to_what_was_replaced(make: MakePipeline, caps: Capabilities) -> None:
    """Each table as its load would have done it, but for rows that a replace would remove."""
    needs_merge(caps, "delete-insert")
    pipeline = make()
    merged: Any = {"name": "m", "primary_key": "id", "disposition": merge("delete-insert")}
    for value in (1, "x"):
        load(pipeline, [{"id": 1, "v": value}, {"id": 2, "v": 2}], schema_contract=VALUES, **merged)
        load(pipeline, [{"id": 1, "v": value}, {"id": 2, "v": 2}], "replace", schema_contract=VALUES)
    assert aside(pipeline) == [1, 1]
    pipeline.quarantine.replay(schema_contract="evolve")
    assert [row[0] for row in rows(pipeline, "m", "id")] == [row[0] for row in rows(pipeline, "t", "id")] == [1, 2]
    assert rows(pipeline, "m", "v__v_text") == [("x",), (None,)] and aside(pipeline) == []


def test_a_dataset_without_it_has_no_table(make: MakePipeline) -> None:
    """The table is made with the first item."""
    pipeline = make()
    load(pipeline, [FIRST], schema_contract=VALUES)
    with pipeline.destination_client_for() as client:
        assert not client.stored_tables([QUARANTINE_TABLE])
    assert aside(pipeline) == []


def test_another_machine_replays(make: MakePipeline, tmp_path: Any, caps: Capabilities) -> None:
    """State and schema at the destination are all that it needs."""
    needs(caps.keeps_own_tables, "it keeps no tables of the library")
    pipeline = make()
    load(pipeline, [{"id": 1}])
    load(pipeline, [{"id": "x"}], schema_contract="quarantine")
    other = make(pipelines_dir=str(tmp_path / "elsewhere"))
    assert other.quarantine.replay(schema_contract="evolve").loaded == {"t": 1}
    assert aside(pipeline) == [] and len(rows(pipeline, "t", "id")) == 2

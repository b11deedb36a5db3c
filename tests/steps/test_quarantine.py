"""Contract mode `quarantine`: what does not fit stands beside the data, with the reason, and can be loaded later."""

from __future__ import annotations

import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pydantic import BaseModel, Field

import dlt
from dlt.errors import DestinationCapabilitiesException, PipelineStepFailed, UndoRefused
from dlt.formats.batches import batch_rows
from dlt.schema.system_tables import QUARANTINE_TABLE

UTC = datetime.timezone.utc
VALUES: Any = {"columns": "quarantine", "data_type": "quarantine"}
"""A contract that lets new tables in."""
MERGE: dict[str, Any] = {"primary_key": "id", "write_disposition": "merge"}


def run(pipeline: Any, rows: Any, contract: Any = "quarantine", table: str = "t", **hints: Any) -> Any:
    """Load rows under a contract."""
    info = pipeline.run(rows, table_name=table, schema_contract=contract, **hints)
    assert not info.has_failed_jobs
    return info


def values(pipeline: Any, *columns: str, table: str = "t") -> list[Any]:
    """Return the rows of a table."""
    return sorted(pipeline.dataset()[table].select(*columns).fetchall(), key=str)


def reasons(pipeline: Any) -> list[tuple[Any, ...]]:
    """Return table, entity, path and item of what is in quarantine."""
    found = pipeline.quarantine.rows()
    return sorted(((r.table_name, r.refusal.entity, r.refusal.path, r.value) for r in found), key=str)


@pytest.fixture
def known(pipeline: Any) -> Any:
    """Return a pipeline whose table has a number, a text and nested rows."""
    run(pipeline, [{"id": 1, "name": "a", "list": [{"n": 1}]}], None)
    return pipeline


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "columns": ({"id": 2, "new": "x"}, "new"),
    "data_type": ({"id": "x", "name": "b"}, "id"),
    "tables": ({"id": 2, "more": [1]}, "more[0]"),
}


@pytest.mark.parametrize("entity", list(BAD))
def test_an_item_that_does_not_fit_goes_beside_the_data(known: Any, entity: str) -> None:
    """With table, place, reason, contract, load and moment; the schema stays as it was, and good rows are loaded."""
    item, path = BAD[entity]
    columns = {name: set(table["columns"]) for name, table in known.default_schema.tables.items()}
    info = run(known, [{"id": 3, "name": "c"}, item, {"id": 4}], {entity: "quarantine"})
    assert values(known, "id") == [(1,), (3,), (4,)]
    (row,) = known.quarantine.rows()
    assert (row.table_name, row.refusal.entity, row.refusal.path, row.value) == ("t", entity, path, item)
    assert row.refusal.reason and row.contract[entity] == "quarantine" and row.load_id == info.loads_ids[0]
    assert abs(row.quarantined_at - datetime.datetime.now(UTC)) < datetime.timedelta(minutes=10)
    after = {name: set(table["columns"]) for name, table in known.default_schema.tables.items()}
    assert after.pop(QUARANTINE_TABLE) and after == columns


def test_a_nested_row_takes_its_whole_item_along(known: Any) -> None:
    """Loaded without it, nothing could put it back: the item is in its tables or in quarantine, as a whole."""
    item = {"id": 2, "list": [{"n": 2}, {"n": "x"}]}
    run(known, [item])
    assert reasons(known) == [("t", "data_type", "list[1].n", item)]
    assert values(known, "id") == [(1,)] and values(known, "n", table="t__list") == [(1,)]


def test_a_row_without_what_it_must_have_goes_too(pipeline: Any) -> None:
    """Also where no row of a load has it; a value that fits no variant column is no error either."""
    columns: Any = {"id": {"data_type": "bigint", "nullable": False}}
    run(pipeline, [{"id": 1, "v": 1}], None, columns=columns)
    run(pipeline, [{"v": 2}, {"id": 3, "v": 3}, {"id": "x", "v": 4}], columns=columns)
    run(pipeline, [{"v": 5}], columns=columns)
    assert values(pipeline, "id", "v") == [(1, 1), (3, 3)]
    assert [(path, item["v"]) for _, _, path, item in reasons(pipeline)] == [("id", 2), ("id", 4), ("id", 5)]


def test_a_new_root_table_goes_as_a_whole(known: Any) -> None:
    """Its hints wait with its items: a replay makes the table that a run without the contract had made."""
    rows = [{"id": 1, "list": [1]}, {"id": 1, "list": [2, 3]}]
    info = run(known, rows, {"tables": "quarantine"}, "other", **MERGE)
    assert "other" not in known.default_schema.tables and info.quarantined == {"other": 2}
    assert reasons(known) == [("other", "tables", "", rows[0]), ("other", "tables", "", rows[1])]
    again = known.quarantine.replay()
    assert again.quarantined == {"other": 2} and again.stayed == 2
    found = known.quarantine.replay(schema_contract="evolve")
    assert found.stayed == 0 and not known.quarantine.rows()
    assert values(known, "id", table="other") == [(1,)]
    assert values(known, "value", table="other__list") == [(2,), (3,)]
    assert known.default_schema.tables["other"]["write_disposition"] == "merge"


def test_infos_count_and_the_log_says_it_in_one_line(
    known: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Both infos have the numbers by root table."""
    monkeypatch.setenv("RUNTIME__USER_LOG", "true")
    told = dlt.pipeline("spec", destination=known.destination, dataset_name="data")
    told.extract([{"id": "x"}, {"id": 2}, {"new": 1}], table_name="t", schema_contract="quarantine")
    normalized = told.normalize()
    info = told.load()
    assert normalized.quarantined == info.quarantined == {"t": 2}
    assert normalized.row_counts == {"t": 1, QUARANTINE_TABLE: 2}
    assert "2 item(s) of t went to quarantine" in str(info) and "2 item(s) of t went" in str(normalized)
    lines = [line for line in capsys.readouterr().err.splitlines() if "item(s)" in line]
    assert lines == ["dlt: spec: 2 item(s) go to quarantine (t 2). See: dlt pipeline spec quarantine list"]


def test_all_that_came_is_loaded_discarded_or_in_quarantine(known: Any) -> None:
    """The numbers of each package agree."""

    class Model(BaseModel):
        id: int
        positive: int = Field(gt=0)

    checked = dlt.resource(
        [{"id": n, "positive": n - 2} for n in range(5)], name="checked", columns=Model, schema_contract=VALUES
    )
    plain = dlt.resource([{"id": n if n % 3 else "x"} for n in range(9)], name="t", schema_contract="quarantine")
    dropped = dlt.resource([{"id": n if n % 3 else "x"} for n in range(9)], name="u", schema_contract="discard_row")
    run(known, [{"id": 1}], None, "u")
    (package,) = known.run([checked, plain, dropped]).load_packages
    metrics = known.workdir.package(package.load_id).manifest.metrics
    extract, normalize = metrics["extract"], metrics["normalize"]
    came = {name: extract.rows[name] + extract.quarantined.get(name, 0) for name in ("checked", "t", "u")}
    assert came == {"checked": 5, "t": 9, "u": 9}
    assert normalize.quarantined == {"checked": 3, "t": 3}
    assert {name: normalize.rows[name] for name in came} == {"checked": 2, "t": 6, "u": 6}


def test_a_replay_loads_what_fits_now(known: Any) -> None:
    """By the schema and contract of now; what fails again stays a row of its load, with the reason of now."""
    items = [{"id": 2, "new": 1, "list": [{"n": 2}]}, {"id": "x"}]
    load_id = run(known, items).loads_ids[0]
    run(known, [{"id": 3}], "quarantine", columns={"new": {"data_type": "bigint"}})
    found = known.quarantine.replay()
    assert (dict(found.loaded), dict(found.quarantined), found.stayed) == ({"t": 1}, {"t": 1}, 1)
    assert values(known, "id", "new") == [(1, None), (2, 1), (3, None)]
    assert values(known, "n", table="t__list") == [(1,), (2,)]
    (row,) = known.quarantine.rows()
    assert (row.value, row.load_id, row.written_by) == ({"id": "x"}, load_id, found.loads_ids[0])
    # and once more, where nothing changed
    assert known.quarantine.replay().quarantined == {"t": 1}
    assert len(known.quarantine.rows()) == 1 and len(values(known, "id")) == 3


def test_values_are_what_they_were(known: Any) -> None:
    """Whatever type an item came with: a replay gives the rows of a run without the contract."""
    item = {
        "id": 2,
        "decimal": Decimal("12345678901234567890.123456789"),
        "at": datetime.datetime(2024, 5, 6, 7, 8, 9, 10, tzinfo=UTC),
        "day": datetime.date(1, 1, 1),
        "time": datetime.time(1, 2, 3, 4),
        "bytes": b"\x00\xff",
        "long": 2**80,
        "text": "\x00 \ue000 ünï 🎉",
        "float": 1e-300,
        "docs": [{"a": {"\ue000": ["date", "x"]}}],
    }
    columns = ("id", "decimal", "at", "day", "time", "bytes", "long", "text", "float")
    run(known, [item])
    assert known.quarantine.rows()[0].value == item
    known.quarantine.replay(schema_contract="evolve")
    run(known, [{**item, "id": 3}], "evolve")
    first, second = (known.dataset().t.where("id", "eq", n).select(*columns).fetchall() for n in (2, 3))
    assert [row[1:] for row in first] == [row[1:] for row in second] and len(first) == 1


def test_tables_and_loads_are_chosen(known: Any) -> None:
    """What is not chosen stays as it is, also of a load of which a part goes."""
    run(known, [{"k": 1}], None, "u")
    sources = [dlt.resource([{"id": "x"}], name="t"), dlt.resource([{"k": "y"}, {"k": "z"}], name="u")]
    first = known.run(sources, schema_contract="quarantine")
    second = run(known, [{"id": "w"}])
    groups = {(g.table_name, g.load_id): g.rows for g in known.quarantine.list()}
    a, b = first.loads_ids[0], second.loads_ids[0]
    assert groups == {("t", a): 1, ("u", a): 2, ("t", b): 1}
    assert known.quarantine.drop(table="u") == {"u": 2}
    assert {(r.table_name, r.load_id) for r in known.quarantine.rows()} == {("t", a), ("t", b)}
    assert known.quarantine.replay(load_id=b, schema_contract="evolve").loaded == {"t": 1}
    assert [(r.value, r.load_id) for r in known.quarantine.rows("t", a)] == [({"id": "x"}, a)]
    assert known.quarantine.drop() == {"t": 1} and known.quarantine.drop() == {}
    assert not known.quarantine.rows() and not known.quarantine.list()


def test_what_has_no_quarantine_costs_nothing(known: Any) -> None:
    """No table, no column, no file of it where no item went there."""
    run(known, [{"id": 5}])
    assert QUARANTINE_TABLE not in known.default_schema.tables
    with known.destination_client_for() as client:
        assert not client.stored_tables([QUARANTINE_TABLE])
    assert known.quarantine.rows() == known.quarantine.list() == [] and known.quarantine.drop() == {}
    assert known.quarantine.replay().loads_ids == ()


def test_a_replay_appends_to_what_a_load_replaced(pipeline: Any) -> None:
    """Rows of the last load stay; items of earlier ones are outdated, as their rows are."""
    hints: Any = {"write_disposition": "replace"}
    run(pipeline, [{"id": 1}], None, **hints)
    run(pipeline, [{"id": 2}, {"id": "old"}], **hints)
    run(pipeline, [{"id": 3}, {"id": "x"}], **hints)
    found = pipeline.quarantine.replay(schema_contract="evolve")
    assert (dict(found.loaded), dict(found.outdated)) == ({"t": 1}, {"t": 1})
    assert values(pipeline, "id", "id__v_text") == [(3, None), (None, "x")]
    assert pipeline.default_schema.tables["t"]["write_disposition"] == "replace"


def test_what_came_before_a_refresh_is_outdated(known: Any) -> None:
    """Its table begins anew, and the source gives the items again."""

    @dlt.resource(name="t", schema_contract=VALUES)
    def source() -> Any:
        yield [{"id": 2}, {"id": "x"}]

    known.run(source())
    known.run(source(), refresh="drop_resources")
    assert len(known.quarantine.rows()) == 2
    found = known.quarantine.replay()
    assert (dict(found.outdated), dict(found.quarantined)) == ({"t": 1}, {"t": 1})
    assert len(known.quarantine.rows()) == 1


@pytest.mark.parametrize("count", [3, 7_000])
def test_rows_of_arrow_tables_come_back_as_they_were(pipeline: Any, count: int) -> None:
    """With the types of Arrow, and without the columns that rows have."""
    ids = pa.array(range(count), pa.int32())
    good = pa.table({"id": ids, "d": pa.array([Decimal(n) for n in range(count)], pa.decimal128(20, 3))})
    run(pipeline, good, None)
    bad = good.append_column("new", pa.array([None if n % 3 else n for n in range(count)], pa.int16()))
    run(pipeline, bad, {"columns": "quarantine"})
    kept_out = len(range(0, count, 3))
    assert len(pipeline.quarantine.rows()) == kept_out
    assert len(values(pipeline, "id")) == 2 * count - kept_out
    assert pipeline.quarantine.replay(schema_contract="evolve").loaded == {"t": kept_out}
    clean = dlt.pipeline("clean", destination=pipeline.destination, dataset_name="clean")
    run(clean, good, None)
    run(clean, bad, None)
    assert pipeline.default_schema.tables["t"]["columns"] == clean.default_schema.tables["t"]["columns"]
    assert len(values(pipeline, "id")) == 2 * count


def test_values_and_gaps_of_arrow_tables(pipeline: Any) -> None:
    """Each row once, with the first reason; a table of the right types is linked as ever."""
    columns: Any = {"id": {"data_type": "bigint", "nullable": False}}
    good = pa.table({"id": [1, 2], "v": ["a", "b"]})
    run(pipeline, good, None, columns=columns)
    run(pipeline, pa.table({"id": [3, None, 4], "v": ["c", "d", "e"]}), columns=columns)
    run(pipeline, pa.table({"id": ["5", "x"], "v": ["f", "g"]}), columns=columns)
    assert values(pipeline, "id", "v") == [(1, "a"), (2, "b"), (3, "c"), (4, "e"), (5, "f")]
    assert reasons(pipeline) == [
        ("t", "data_type", "id", {"id": "x", "v": "g"}),
        ("t", "data_type", "id", {"v": "d"}),
    ]


def test_a_new_table_of_arrow_data(pipeline: Any) -> None:
    """Row by row, as they came."""
    run(pipeline, pa.table({"a": pa.array([1, 2], pa.uint8())}), {"tables": "quarantine"})
    assert pipeline.quarantine.replay(schema_contract="evolve").loaded == {"t": 2}
    assert list(pipeline.default_schema.tables["t"]["columns"]) == ["a"]
    assert values(pipeline, "a") == [(1,), (2,)]


def test_pages_agree_with_rows(pipeline: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page of which some rows are refused gives what these rows give one by one, with many pages and nested rows."""
    columns: Any = {"id": {"data_type": "bigint", "nullable": False}, "n": {"data_type": "bigint", "precision": 16}}
    rows = [
        {
            "id": None if n % 997 == 5 else n,
            "n": 2**20 if n % 1009 == 7 else n % 100,
            "at": datetime.datetime(2024, 1, 1, tzinfo=UTC) + datetime.timedelta(seconds=n),
            **({"new": n} if n % 991 == 3 else {}),
            "list": [{"k": n, **({"extra": n} if n % 983 == 9 else {})}] if n % 2 else [],
        }
        for n in range(30_000)
    ]
    first = [{"id": -1, "n": 1, "at": datetime.datetime(2024, 1, 1, tzinfo=UTC), "list": [{"k": 1}]}]
    run(pipeline, first, None, columns=columns)
    run(pipeline, rows, columns=columns)
    one_by_one = dlt.pipeline("single", destination=pipeline.destination, dataset_name="single")
    run(one_by_one, first, None, columns=columns)
    monkeypatch.setattr("dlt.normalize.step.take_apart", _row_by_row)
    run(one_by_one, rows, columns=columns)
    found = [(values(p, "id", "n", "at"), values(p, "k", table="t__list"), reasons(p)) for p in (pipeline, one_by_one)]
    assert found[0] == found[1]
    bad = [r for n, r in enumerate(rows) if n % 997 == 5 or n % 1009 == 7 or n % 991 == 3 or (n % 983 == 9 and n % 2)]
    assert len(found[0][2]) == len(bad) > 100 and len(found[0][0]) == 30_001 - len(bad)


def _row_by_row(_placement: Any, _required: Any, _shown: Any, _table: Any, batch: Any, by_rows: Any) -> None:
    by_rows(batch_rows(batch))


def test_the_last_of_rows_with_one_key_counts(pipeline: Any) -> None:
    """Also where rows that needed a look of their own stand between others of their page."""
    columns: Any = {"n": {"data_type": "bigint", "precision": 16}}
    run(pipeline, [{"id": -1, "n": 1, "v": 0}], None, columns=columns, **MERGE)
    rows = [{"id": n % 50, "n": 2**20 if n % 7 == 0 else 1, "v": n} for n in range(5_000)]
    run(pipeline, rows, columns=columns, **MERGE)
    last = {row["id"]: row["v"] for row in rows if row["n"] == 1}
    assert values(pipeline, "id", "v") == sorted([(-1, 0), *last.items()], key=str)


class Person(BaseModel):
    """A row with a rule of its own."""

    id: int
    age: int = Field(gt=0)


def people(rows: Any) -> Any:
    """Return a resource that a model checks."""
    return dlt.resource(rows, name="people", columns=Person, schema_contract=VALUES)


def test_what_a_model_refuses(pipeline: Any) -> None:
    """The item as it came, with the place and the reason of the model; also where it is the first of its table."""
    items = [{"id": 1, "age": -1}, {"id": "x", "age": 3}, {"id": 2, "age": 4, "extra": 1}, {"id": 3, "age": "5"}]
    info = pipeline.run(people(items))
    assert info.quarantined == {"people": 3} and values(pipeline, "id", "age", table="people") == [(3, 5)]
    assert [(path, item) for _, _, path, item in reasons(pipeline)] == [
        ("age", items[0]),
        ("extra", items[2]),
        ("id", items[1]),
    ]
    assert all("Person" in row.refusal.reason and row.refusal.entity == "model" for row in pipeline.quarantine.rows())


def test_a_replay_asks_the_model_again(pipeline: Any) -> None:
    """Without their resource such items wait: no column says what the model asks of them."""

    class Lenient(BaseModel):
        id: int
        age: int

    pipeline.run(people([{"id": 1, "age": -1}, {"id": "x", "age": 3}]))
    assert pipeline.quarantine.replay().waiting == {"people": 2}
    resource = dlt.resource([], name="people", columns=Lenient, schema_contract=VALUES)
    found = pipeline.quarantine.replay(source=resource)
    assert (dict(found.loaded), dict(found.quarantined)) == ({"people": 1}, {"people": 1})
    assert values(pipeline, "id", "age", table="people") == [(1, -1)]
    (row,) = pipeline.quarantine.rows()
    assert row.refusal.path == "id" and "Lenient" in row.refusal.reason


def test_a_cursor_takes_note_of_refused_items(pipeline: Any) -> None:
    """They come once, as other rows do: neither the next run nor a row at the cursor's end brings them again."""

    @dlt.resource(name="people", columns=Person, schema_contract=VALUES)
    def source(last: int, cursor: Any = dlt.sources.incremental("id")) -> Any:
        yield [{"id": n, "age": n if n % 2 else -1} for n in range(1, last + 1)]

    for last in (4, 4, 6):
        pipeline.run(source(last))
    assert values(pipeline, "id", table="people") == [(1,), (3,), (5,)]
    assert sorted(row.value["id"] for row in pipeline.quarantine.rows()) == [2, 4, 6]


def test_secrets_stay_out_of_what_is_told(pipeline: Any) -> None:
    """What a validator of the program says may hold the value."""
    from pydantic import field_validator

    class Login(BaseModel):
        password: str

        @field_validator("password")
        @classmethod
        def check(cls, value: str) -> str:
            raise ValueError(f"{value} is weak")

    pipeline.run(dlt.resource([{"password": "hunter2"}], name="l", columns=Login, schema_contract=VALUES))
    (row,) = pipeline.quarantine.rows()
    assert "hunter2" not in row.refusal.reason and row.value == {"password": "hunter2"}


def test_a_plan_tells_what_would_go_there(known: Any) -> None:
    """By root table, also what extract puts there; nothing is written."""
    first = dlt.resource([{"id": "x"}, {"id": 2}], name="t", schema_contract="quarantine")
    plan = known.plan([first, people([{"id": 1, "age": 0}])])
    assert dict(plan.quarantined) == {"t": 1, "people": 1} and not plan.discarded and plan.refused is None
    assert "Items that go to quarantine\n  people  1\n  t       1" in str(plan)
    assert plan.asdict()["quarantined"] == {"t": 1, "people": 1}
    assert not known.quarantine.rows() and values(known, "id") == [(1,)]


def test_a_function_has_no_place_for_it() -> None:
    """Nothing is lost: the run is refused, and says what to do."""
    got: list[Any] = []

    @dlt.destination(name="sink")
    def sink(items: Any, table: Any) -> None:
        got.extend(items)

    pipeline = dlt.pipeline("functions", destination=sink)
    pipeline.run([{"id": 1}], table_name="t")
    with pytest.raises(PipelineStepFailed, match="function, which holds no table") as failure:
        pipeline.run([{"id": "x"}], table_name="t", schema_contract="quarantine")
    assert isinstance(failure.value.__cause__, DestinationCapabilitiesException)
    pipeline.run([{"id": 2}], table_name="t", schema_contract="discard_row")
    assert [item["id"] for item in got] == [1, 2]


def test_two_folders_cannot_replay_the_same_items(known: Any, tmp_path: Path) -> None:
    """The one that comes later is refused, and its package is given up: no row is there twice."""
    run(known, [{"id": "x"}])
    other = dlt.pipeline(
        "spec", destination=known.destination, dataset_name="data", pipelines_dir=str(tmp_path / "two")
    )
    other.sync_destination()
    from dlt.pipeline import replaying

    asked: Any = lambda row: True  # noqa: E731 - as the parts of a replay take it
    found = [replaying._Sorted(s.clone()) for s in replaying.schemas_of(other.parts)]
    with other.parts.tracer.run(), other.parts.tracer.step("extract"):
        for each in found:
            each.replayed = [row for row in replaying.read(other.parts, each.schema) if asked(row)]
            each.removes = tuple(str(row.written_by) for row in each.replayed)
        replaying._packages(other.parts, found, '"evolve"')
    other.normalize()
    assert known.quarantine.replay(schema_contract="evolve").loaded == {"t": 1}
    with pytest.raises(PipelineStepFailed, match="another run of this pipeline"):
        other.load()
    assert values(known, "id__v_text") == [("x",), (None,)] and not known.quarantine.rows()


def test_several_schemas(pipeline: Any) -> None:
    """Each has its package; all of them go in one replay."""

    def source(name: str, rows: Any) -> Any:
        return dlt.pipeline, dlt.source(lambda: dlt.resource(rows, name="r"), name=name)()

    first, second = (source(name, [{"id": 1}])[1] for name in ("one", "two"))
    pipeline.run([first, second])
    bad = [source(name, [{"id": "x"}])[1] for name in ("one", "two")]
    pipeline.run(bad, schema_contract="quarantine")
    assert {row.schema_name for row in pipeline.quarantine.rows()} == {"one", "two"}
    found = pipeline.quarantine.replay(schema_contract="evolve")
    assert len(found.loads_ids) == 2 and not pipeline.quarantine.rows()


def test_reconcile_counts_what_is_in_quarantine(known: Any) -> None:
    """What came is loaded or there, also where extract itself put it aside."""
    rows = dlt.resource([{"id": 2}, {"id": "x"}, {"id": 3}], name="t", schema_contract=VALUES)
    known.run([rows, people([{"id": 1, "age": 1}, {"id": 2, "age": -1}])])
    found = known.reconcile()
    assert not found.differences
    counts = {(c.table, c.extracted, c.normalized, c.quarantined) for c in found.tables if c.quarantined}
    assert counts == {("t", 3, 2, 1), ("people", 2, 1, 1)}


def test_an_undo_takes_back_what_went_there(known: Any) -> None:
    """Its source gives it again; what a replay took out nothing puts back, so that it and loads before it stay."""
    info = run(known, [{"id": 2}, {"id": "x"}])
    known.undo(info.loads_ids[0])
    assert values(known, "id") == [(1,)] and not known.quarantine.rows()
    info = run(known, [{"id": 2}, {"id": "x"}])
    replayed = known.quarantine.replay(schema_contract="evolve").loads_ids[0]
    for load_id in (replayed, info.loads_ids[0]):
        with pytest.raises(UndoRefused, match=r"out of the quarantine|later loads"):
            known.undo(load_id)
    with pytest.raises(UndoRefused, match="out of the quarantine"):
        known.undo(info.loads_ids[0], cascade=True)
    assert len(values(known, "id")) == 3


@pytest.mark.parametrize("keys", [{}, {"primary_key": "id"}, {"merge_key": "id"}])
def test_a_replay_ends_no_version_that_is_absent(pipeline: Any, keys: Any) -> None:
    """It brings rows that were kept out, and not all of them: others are valid as before."""

    def load(rows: list[Any]) -> None:
        how: Any = {"disposition": "merge", "strategy": "scd2"}
        pipeline.run(dlt.resource(rows, name="t", write_disposition=how, schema_contract=VALUES, **keys))

    load([{"id": 1, "v": 1, "l": [{"k": 1}]}, {"id": 2, "v": 2, "l": []}])
    load([{"id": 1, "v": "x", "l": [{"k": 2}]}, {"id": 2, "v": 2, "l": []}, {"id": 3, "v": 3, "l": [{"k": 3}]}])
    assert pipeline.quarantine.replay(schema_contract="evolve").loaded == {"t": 1}
    with pipeline.sql_client() as client:
        valid = client.execute_sql("SELECT id, v, v__v_text FROM t WHERE _dlt_valid_to IS NULL ORDER BY id")
    assert valid == [(1, None, "x"), (2, 2, None), (3, 3, None)]
    assert pipeline.reconcile().is_equal


def test_a_replay_adds_to_what_a_replace_left_and_counts_stay_equal(pipeline: Any) -> None:
    """It takes no row of the load away that brought the item."""
    for value in (1, "x"):
        rows = [{"id": 1, "v": 0}, {"id": 2, "v": value}]
        pipeline.run(rows, table_name="t", write_disposition="replace", schema_contract=VALUES)
    assert pipeline.quarantine.replay(schema_contract="evolve").loaded == {"t": 1}
    found = pipeline.reconcile()
    assert found.is_equal, str(found)
    assert [(count.loaded, count.there) for count in found.tables if count.table == "t"] == [(2, 0), (1, 1), (1, 1)]


@pytest.mark.parametrize("as_arrow", [False, True])
@pytest.mark.parametrize("mode", ["quarantine", "discard_row"])
def test_a_replace_whose_items_are_all_kept_out_empties_the_table(pipeline: Any, mode: str, as_arrow: bool) -> None:
    """As one that gives no row; the items that wait are those of this load, until a later one replaces them."""

    def load(*values: Any) -> None:
        rows = [{"id": number, "v": value} for number, value in enumerate(values)]
        data: Any = pa.Table.from_pylist(rows) if as_arrow else rows
        info = pipeline.run(data, table_name="t", write_disposition="replace", schema_contract={"data_type": mode})
        assert pipeline.reconcile().is_equal and info.loads_ids

    def there() -> list[Any]:
        with pipeline.sql_client() as client:
            return client.execute_sql("SELECT id FROM t ORDER BY id")

    load(1)
    assert there() == [(0,)]
    load("old", "old", "old")
    assert pipeline.plan([{"id": 7, "v": 7}], table_name="t", write_disposition="replace").tables[0].removed == 0
    load("x", "y", "z", "w")
    assert there() == []
    if mode == "quarantine":
        waiting = [row.value["v"] for row in pipeline.quarantine.rows()]
        assert sorted(waiting) == ["old", "old", "old", "w", "x", "y", "z"]
        found = pipeline.quarantine.replay(schema_contract={"data_type": "quarantine"})
        assert found.outdated == {"t": 3} and found.quarantined == {"t": 4}
        assert pipeline.quarantine.replay(schema_contract="evolve").loaded == {"t": 4} and len(there()) == 4
        assert pipeline.reconcile().is_equal
        load(datetime.date(2024, 1, 1))
        load(5)
        assert pipeline.quarantine.replay(schema_contract="evolve").outdated == {"t": 1} and there() == [(0,)]


def test_the_place_of_what_a_model_refuses(pipeline: Any) -> None:
    """It is that of other items: with names as columns have them, and without the number of the item in a list."""

    class Line(BaseModel):
        n: int

    class Order(BaseModel):
        id: int
        lines: list[Line] = []
        shipTo: dict[str, int] = {}

    bad = [
        {"id": 1, "lines": [{"n": 1}, {"n": "x"}]},
        {"id": 2, "lines": [{"n": "x"}]},
        {"id": 3, "shipTo": {"zipCode": "x"}},
    ]
    contract: Any = {"data_type": "quarantine"}
    pipeline.run(dlt.resource(bad, name="orders", columns=Order, schema_contract=contract))
    paths = sorted(row.refusal.path for row in pipeline.quarantine.rows())
    assert paths == ["lines[0].n", "lines[1].n", "ship_to__zip_code"]
    assert [(group.path, group.rows) for group in pipeline.quarantine.list()] == [
        ("lines.n", 2),
        ("ship_to__zip_code", 1),
    ]

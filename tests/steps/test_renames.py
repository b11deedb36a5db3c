"""Columns that a hint gives another name: in every way in which rows come, with all that hangs on a column."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import dlt
from dlt.errors import InvalidHint, PipelineStepFailed

MAIL: Any = {"mail": {"from": "email"}}


def people(rows: Any, **hints: Any) -> Any:
    """Return a resource."""
    return dlt.resource(rows, name="people", **hints)


def stored(pipeline: Any, query: str) -> list[tuple[Any, ...]]:
    """Return what a query gives, sorted."""
    with pipeline.sql_client() as client:
        return sorted(client.execute_sql(query), key=repr)


def columns_of(pipeline: Any, table: str = "people") -> list[str]:
    """Return the columns of a table that are not the library's, as they are at the destination."""
    with pipeline.destination_client_for() as client:
        return [name for name in client.stored_tables([table])[table] if not name.startswith("_dlt")]


def refused(pipeline: Any, data: Any) -> str:
    """Return why a run is refused by its hints."""
    with pytest.raises(PipelineStepFailed) as failed:
        pipeline.run(data)
    error: BaseException | None = failed.value
    while error is not None and not isinstance(error, InvalidHint):
        error = error.__cause__
    assert error is not None
    return str(error)


# -- every way


WAYS = {
    "pages": lambda rows: [rows],
    "single rows": lambda rows: rows,
    "rows and exact values": lambda rows: [[{**row, "n": 2**70 if row["id"] % 2 else "x"} for row in rows]],
    "tables of Arrow": lambda rows: [pa.Table.from_pylist(rows)],
    "batches of Arrow": lambda rows: pa.Table.from_pylist(rows).to_batches(),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("contract", [None, {"columns": "freeze"}, {"columns": "discard_row"}, "quarantine"])
def test_the_column_goes_on_under_its_new_name(pipeline: Any, way: str, contract: Any) -> None:
    """Values that are there, values that come, and no contract takes it for a new column."""

    def rows(*keys: int) -> Any:
        return WAYS[way]([{"id": key, "Email": f"{key}@x"} for key in keys])

    pipeline.run(people(rows(1, 2)))
    for key in (3, 4):
        info = pipeline.run(people(rows(key), columns={"mail": {"from": "Email"}}, schema_contract=contract))
        assert not info.has_failed_jobs
    assert stored(pipeline, "SELECT id, mail FROM people") == [(n, f"{n}@x") for n in (1, 2, 3, 4)]
    assert "email" not in columns_of(pipeline)
    (origin,) = pipeline.lineage("people", "mail")
    assert origin.path == "Email"


@pytest.mark.parametrize("way", WAYS)
def test_a_column_that_was_never_loaded_has_the_name_at_once(pipeline: Any, way: str) -> None:
    """Nothing else is made; what is declared of the key is declared of the column."""
    hints: Any = {"mail": {"from": "email"}, "email": {"description": "of work"}}
    pipeline.run(people(WAYS[way]([{"id": 1, "email": "a@x"}]), columns=hints, primary_key="id"))
    assert set(columns_of(pipeline)) - {"n"} == {"id", "mail"}
    assert pipeline.default_schema.get_table_columns("people")["mail"]["description"] == "of work"


def test_a_frame(pipeline: Any) -> None:
    """Of pandas, too."""
    pd = pytest.importorskip("pandas")
    pipeline.run(people(pd.DataFrame({"id": [1], "email": ["a@x"]})))
    pipeline.run(people(pd.DataFrame({"id": [2], "email": ["b@x"]}), columns=MAIL))
    assert stored(pipeline, "SELECT id, mail FROM people") == [(1, "a@x"), (2, "b@x")]


# -- where the values are


def test_inside_of_documents_and_lists(pipeline: Any) -> None:
    """By the path that lineage shows; what stands beside them keeps its name."""
    row = {"id": 1, "address": {"City": "Ulm", "zip code": 7}, "items": [{"sku": "a", "to": {"x": 1}}], "tags": ["t"]}
    pipeline.run(people([row]))
    hints = {
        "town": {"from": "address.City"},
        "postcode": {"from": "address['zip code']"},
        "items[*].code": {"from": "items[*].sku"},
        "items[*].target": {"from": "to.x"},
        "tags[*].tag": {"from": "$"},
    }
    pipeline.run(people([{**row, "id": 2}], columns=hints))
    assert stored(pipeline, "SELECT id, town, postcode FROM people") == [(1, "Ulm", 7), (2, "Ulm", 7)]
    assert stored(pipeline, "SELECT code, target FROM people__items") == [("a", 1)] * 2
    assert stored(pipeline, "SELECT tag FROM people__tags") == [("t",)] * 2
    paths = {(o.table, o.column): o.path for o in pipeline.lineage() if o.path is not None}
    assert paths == {
        ("people", "id"): "id",
        ("people", "town"): "address.City",
        ("people", "postcode"): "address['zip code']",
        ("people__items", "code"): "items[*].sku",
        ("people__items", "target"): "items[*].to.x",
        ("people__tags", "tag"): "tags[*]",
    }


def test_documents_that_stay_whole(pipeline: Any) -> None:
    """A column of JSON is one column; a document that is spread keeps the names of its columns."""
    hints: Any = {"body": {"from": "doc", "data_type": "json"}, "spread": {"from": "other"}}
    pipeline.run(people([{"id": 1, "doc": {"a": [1]}, "other": {"b": 2}}], columns=hints))
    assert columns_of(pipeline) == ["id", "body", "other__b"]
    assert [json.loads(body) for (body,) in stored(pipeline, "SELECT body FROM people")] == [{"a": [1]}]


def test_values_of_another_type_go_beside_it(pipeline: Any) -> None:
    """Variants that are there get the new name too, and new ones have it."""
    pipeline.run(people([{"id": 1, "n": 1}, {"id": 2, "n": "two"}]))
    assert columns_of(pipeline) == ["id", "n", "n__v_text"]
    pipeline.run(people([{"id": 3, "n": "three"}, {"id": 4, "n": 1.5}], columns={"number": {"from": "n"}}))
    assert columns_of(pipeline) == ["id", "number", "number__v_text", "number__v_double"]
    found = stored(pipeline, "SELECT id, number, number__v_text, number__v_double FROM people")
    assert found == [(1, 1, None, None), (2, None, "two", None), (3, None, "three", None), (4, None, None, 1.5)]


# -- what hangs on a column


@pytest.mark.parametrize("strategy", ["delete-insert", "upsert", "insert-only", "scd2"])
@pytest.mark.parametrize("said", ["email", "mail"])
def test_keys_find_their_rows(pipeline: Any, strategy: Any, said: str) -> None:
    """By either name; of a history no row gets a new version by it."""
    disposition: Any = {"disposition": "merge", "strategy": strategy}
    rows = [{"email": "a", "v": 1, "l": [1]}, {"email": "b", "v": 1, "l": [2]}]
    pipeline.run(people(rows, primary_key="email", write_disposition=disposition))
    ids = stored(pipeline, "SELECT _dlt_id FROM people WHERE email = 'a'")
    later = [rows[0], {"email": "b", "v": 2, "l": [2]}, {"email": "c", "v": 1, "l": [3]}]
    for _ in range(2):
        pipeline.run(people(later, primary_key=said, write_disposition=disposition, columns=MAIL))
    expected = {
        "delete-insert": [("a", 1), ("b", 2), ("c", 1)],
        "upsert": [("a", 1), ("b", 2), ("c", 1)],
        "insert-only": [("a", 1), ("b", 1), ("c", 1)],
        "scd2": [("a", 1), ("b", 1), ("b", 2), ("c", 1)],
    }[strategy]
    assert stored(pipeline, "SELECT mail, v FROM people") == expected
    if strategy in ("upsert", "insert-only", "scd2"):
        assert stored(pipeline, "SELECT _dlt_id FROM people WHERE mail = 'a'") == ids
    columns = pipeline.default_schema.get_table_columns("people")
    assert columns["mail"]["primary_key"] is True and "email" not in columns


def test_hints_that_decide_which_rows_stay(pipeline: Any) -> None:
    """Deletions and orders, said of the key, go on under the new name."""
    hints: Any = {"deleted": {"hard_delete": True}, "ts": {"dedup_sort": "desc", "data_type": "bigint"}}
    more = {"gone": {"from": "deleted"}, "seen": {"from": "ts"}}
    options: Any = {"primary_key": "id", "write_disposition": "merge"}
    rows = [{"id": 1, "ts": 2, "deleted": False}, {"id": 1, "ts": 1, "deleted": False}, {"id": 2, "ts": 1}]
    pipeline.run(people(rows, columns=hints, **options))
    later = [{"id": 1, "ts": 9, "deleted": False}, {"id": 1, "ts": 3, "deleted": False}, {"id": 2, "deleted": True}]
    pipeline.run(people(later, columns={**hints, **more}, **options))
    assert stored(pipeline, "SELECT id, seen FROM people") == [(1, 9)]


@pytest.mark.parametrize("said", ["ts", "seen"])
def test_a_cursor_goes_on(pipeline: Any, said: str) -> None:
    """It reads items, which have the names of the source, and its state stays; so does the check of freshness."""

    @dlt.resource(name="people", primary_key="id")
    def found(last: int, cursor: Any = dlt.sources.incremental("ts")) -> Iterator[Any]:
        yield [{"id": n, "ts": n} for n in range(1, last + 1)]

    pipeline.run(found(2))
    resource = found(4)
    resource.apply_hints(columns={"seen": {"from": "ts"}}, checks=[dlt.check.between(said, 0, 9)])
    info = pipeline.run(resource)
    assert stored(pipeline, "SELECT id, seen FROM people") == [(n, n) for n in (1, 2, 3, 4)]
    assert [result.passed for result in info.checks] == [True]
    assert pipeline.default_schema.get_table_columns("people")["seen"]["incremental"] is True


def test_a_cursor_with_a_key_that_has_its_new_name(pipeline: Any) -> None:
    """Rows at the last value are told apart by the key as items have it."""

    @dlt.resource(name="people", primary_key="key", columns={"key": {"from": "id"}})
    def found(cursor: Any = dlt.sources.incremental("ts")) -> Iterator[Any]:
        yield [{"id": n, "ts": 1} for n in (1, 2)]

    pipeline.run(found())
    pipeline.run(found())
    assert stored(pipeline, "SELECT key FROM people") == [(1,), (2,)]


@pytest.mark.parametrize("said", ["email", "mail"])
@pytest.mark.parametrize("way", ["pages", "single rows", "tables of Arrow"])
def test_a_mask_hides_the_values_of_the_key(
    pipeline: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str, said: str
) -> None:
    """Whichever name it is said of, before or with the new one, in no file and not at the destination."""
    canary, told = "kanarienvogel@x", list[str]()
    monkeypatch.setattr(logging.getLogger("dlt"), "warning", lambda text, *values: told.append(text % values))
    masked: Any = {said: {"mask": "redact"}}
    rows = WAYS[way]([{"id": 1, "email": canary}])
    pipeline.run(people(rows, columns={**MAIL, said: {**MAIL.get(said, {}), **masked[said]}}))
    pipeline.run(people(rows, columns={"post": {"from": "email"}}))
    assert stored(pipeline, "SELECT post FROM people") == [("***",)] * 2
    assert not [text for text in told if "no item has the column" in text]
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files and not [path for path in files if canary.encode() in path.read_bytes()]


def test_a_mask_that_comes_with_the_name_is_late(pipeline: Any) -> None:
    """The plan says so of the new name."""
    pipeline.run(people([{"id": 1, "email": "a"}]))
    plan = pipeline.plan(people([{"id": 1, "email": "a"}], columns={"mail": {"from": "email", "mask": "redact"}}))
    assert [(late.table, late.column) for late in plan.late_masks] == [("people", "mail")]


def test_items_in_quarantine_are_replayed_under_the_new_name(pipeline: Any) -> None:
    """They wait as the source gave them."""
    contract: Any = {"data_type": "quarantine"}
    pipeline.run(people([{"id": 1, "n": 1}, {"id": 2, "n": "x"}], schema_contract=contract))
    pipeline.run(people([{"id": 3, "n": 3}], columns={"number": {"from": "n"}}, schema_contract=contract))
    pipeline.quarantine.replay(schema_contract="evolve")
    found = stored(pipeline, "SELECT id, number, number__v_text FROM people")
    assert found == [(1, 1, None), (2, None, "x"), (3, 3, None)]


# -- where it is said, and when


def test_it_stays_until_it_is_taken_back(pipeline: Any) -> None:
    """Code that forgets it goes on; several names, one after the other; at last that of the key again."""
    row = [{"id": 1, "email": "a"}]
    pipeline.run(people(row))
    hints: list[Any] = [MAIL, None, {"post": {"from": "mail"}}, {"post": {"from": "email"}}, None]
    for said in hints:
        pipeline.run(people(row, columns=said))
    assert columns_of(pipeline) == ["id", "post"]
    assert stored(pipeline, "SELECT count(post) FROM people") == [(6,)]
    pipeline.run(people(row, columns={"email": {"from": "email"}}))
    pipeline.run(people(row))
    assert columns_of(pipeline) == ["id", "email"] and stored(pipeline, "SELECT count(email) FROM people") == [(8,)]


def test_several_names_before_one_load(pipeline: Any) -> None:
    """Of a column that two packages rename only its last name is new."""
    pipeline.run(people([{"id": 1, "email": "a"}]))
    for said in ({"mail": {"from": "email"}}, {"post": {"from": "email"}}):
        pipeline.extract(people([{"id": 2, "email": "b"}], columns=said))
    pipeline.normalize()
    pipeline.load()
    assert columns_of(pipeline) == ["id", "post"]
    assert stored(pipeline, "SELECT post FROM people") == [("a",), ("b",), ("b",)]


def test_a_package_that_is_given_up_renames_nothing(pipeline: Any) -> None:
    """The schema has its former name again."""
    pipeline.run(people([{"id": 1, "email": "a"}]))
    pipeline.extract(people([{"id": 2, "email": "b"}], columns=MAIL))
    pipeline.drop_pending_packages()
    pipeline.run(people([{"id": 2, "email": "b"}]))
    assert columns_of(pipeline) == ["id", "email"] and stored(pipeline, "SELECT email FROM people") == [("a",), ("b",)]


def test_in_a_schema_file(tmp_path: Path) -> None:
    """A line of YAML is enough."""
    (tmp_path / "schemas").mkdir()

    def made() -> Any:
        return dlt.pipeline(
            "spec",
            destination=dlt.destinations.duckdb(str(tmp_path / "spec.duckdb")),
            dataset_name="data",
            import_schema_path=str(tmp_path / "schemas"),
        )

    made().run(people([{"id": 1, "email": "a", "x": 1}]))
    text = "name: spec\ntables:\n  people:\n    columns:\n      mail: {from: email, data_type: text}\n"
    (tmp_path / "schemas" / "spec.schema.yaml").write_text(text)
    made().run(people([{"id": 2, "email": "b", "x": 2}]))
    assert columns_of(made()) == ["id", "mail", "x"]
    assert stored(made(), "SELECT mail FROM people") == [("a",), ("b",)]


def test_a_new_machine_goes_on(pipeline: Any, tmp_path: Path) -> None:
    """Its schema comes from the destination, with the names."""
    pipeline.run(people([{"id": 1, "email": "a"}]))
    pipeline.run(people([{"id": 2, "email": "b"}], columns=MAIL))
    other = dlt.pipeline("spec", destination=pipeline.destination, dataset_name="data", pipelines_dir="other")
    other.run(people([{"id": 3, "email": "c"}]))
    assert columns_of(other) == ["id", "mail"] and len(stored(other, "SELECT mail FROM people")) == 3


def test_an_undo_leaves_the_name(pipeline: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows of the load go, what it replaced comes back under the new name, also of loads from before it."""
    monkeypatch.setenv("LOAD__KEEP_UNDO", "3")
    options: Any = {"primary_key": "id", "write_disposition": "merge"}
    pipeline.run(people([{"id": 1, "email": "a"}], **options))
    before = pipeline.run(people([{"id": 1, "email": "b"}], **options))
    info = pipeline.run(people([{"id": 1, "email": "c"}, {"id": 2, "email": "d"}], columns=MAIL, **options))
    pipeline.undo(info.loads_ids[0])
    assert stored(pipeline, "SELECT id, mail FROM people") == [(1, "b")]
    pipeline.undo(before.loads_ids[0])
    assert stored(pipeline, "SELECT id, mail FROM people") == [(1, "a")]
    pipeline.run(people([{"id": 3, "email": "e"}], **options))
    assert stored(pipeline, "SELECT id, mail FROM people") == [(1, "a"), (3, "e")]


def test_cases_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that differs in its letters' case only is another one, where names keep their case."""
    monkeypatch.setenv("SCHEMA__NAMING", "direct")
    pipeline = dlt.pipeline("spec", destination=dlt.destinations.duckdb(str(tmp_path / "s.duckdb")), dataset_name="d")
    pipeline.run(people([{"id": 1, "email": "a"}]))
    pipeline.run(people([{"id": 2, "email": "b"}], columns={"Email": {"from": "email"}}))
    assert columns_of(pipeline) == ["id", "Email"]
    assert stored(pipeline, 'SELECT "Email" FROM people') == [("a",), ("b",)]


# -- what is refused


def test_two_columns_with_values_are_not_joined(pipeline: Any) -> None:
    """The run is refused before anything is read or changed."""
    pipeline.run(people([{"id": 1, "email": "a", "mail": "b"}]))
    said = refused(pipeline, people([{"id": 2, "email": "c"}], columns=MAIL))
    assert "column 'mail': it has the hint from, and the table has it already, beside 'email'" in said
    assert columns_of(pipeline) == ["id", "email", "mail"]


@pytest.mark.parametrize("way", WAYS)
def test_two_keys_of_one_row(pipeline: Any, way: str) -> None:
    """They would be one column, and are named."""
    rows = WAYS[way]([{"id": 1, "email": "a", "mail": "b"}])
    with pytest.raises(PipelineStepFailed, match=r"keys '(e?mail)' and '(e?mail)' .* become one column, 'mail'"):
        pipeline.run(people(rows, columns=MAIL))


def test_a_column_that_another_program_added_under_the_former_name(pipeline: Any) -> None:
    """Stays as it is; one that an older version of the pipeline loaded is told."""
    pipeline.run(people([{"id": 1, "email": "a"}]))
    older = dlt.pipeline("spec", destination=pipeline.destination, dataset_name="data", pipelines_dir="older")
    older.sync_destination()
    older.extract(people([{"id": 9, "email": "old"}]))
    older.normalize()
    pipeline.run(people([{"id": 2, "email": "b"}], columns=MAIL))
    with pytest.raises(PipelineStepFailed, match="another run gave the column 'email' the name 'mail'"):
        older.load()
    with pipeline.sql_client() as client:
        client.execute_sql("ALTER TABLE people ADD COLUMN email VARCHAR")
    pipeline.run(people([{"id": 3, "email": "c"}]))
    assert stored(pipeline, "SELECT mail, email FROM people") == [("a", None), ("b", None), ("c", None)]


def test_a_type_that_the_column_does_not_have(pipeline: Any) -> None:
    """The hint is of the column that was loaded."""
    pipeline.run(people([{"id": 1, "email": "a"}]))
    hints: Any = {"mail": {"from": "email", "data_type": "bigint"}}
    said = refused(pipeline, people([{"id": 2, "email": "b"}], columns=hints))
    assert "column 'mail': the hint says bigint, and the table" in said


@pytest.mark.parametrize("hint", [{"from": 7}, {"from": ""}, {"from": "a..b"}, {"from": ["a"]}])
def test_what_is_no_path(hint: Any) -> None:
    """Is refused when the resource is made."""
    with pytest.raises(InvalidHint, match="column 'mail': found from="):
        people([], columns={"mail": hint})

"""Contracts: what may change, by entity, table, source and run."""

from __future__ import annotations

import json
from typing import Any, ClassVar

import pyarrow as pa
import pytest
from pydantic import BaseModel, ConfigDict, RootModel

import dlt
from dlt.errors import DataValidationError, NormalizeJobFailed, PipelineStepFailed
from dlt.formats.batches import batch_rows
from dlt.schema.x_keys import X_DECLARED_CONTRACT

MODES = ("freeze", "discard_row", "discard_value")


def run(pipeline: Any, rows: Any, contract: Any = None, table: str = "t") -> Any:
    """Load rows under a contract."""
    return pipeline.run(rows, table_name=table, schema_contract=contract)


def values(pipeline: Any, *columns: str) -> list[Any]:
    """Return the rows of the table."""
    return sorted(pipeline.dataset().t.select(*columns).fetchall())


@pytest.mark.parametrize("entity", ["columns", "data_type", "tables"])
def test_a_frozen_entity_raises_and_keeps_the_package_out(pipeline: Any, entity: str) -> None:
    """`freeze` raises; the error names table and column and says what to do."""
    run(pipeline, [{"id": 1}])
    bad = {"columns": [{"id": 2, "new": 1}], "data_type": [{"id": "x"}], "tables": [{"id": 2, "l": [1]}]}[entity]
    with pytest.raises(PipelineStepFailed, match="freezes") as failure:
        run(pipeline, bad, {entity: "freeze"})
    found = failure.value.__cause__
    assert isinstance(found, DataValidationError) and not pipeline.has_pending_data
    assert (found.schema_name, found.schema_entity, found.contract_mode) == ("spec", entity, "freeze")
    column = {"columns": "new", "data_type": "id__v_text", "tables": None}[entity]
    assert (found.table_name, found.column_name) == ("t__l" if entity == "tables" else "t", column)
    assert found.schema_contract[entity] == "freeze" and found.data_item is not None
    assert found.table_schema is None if entity == "tables" else found.table_schema["name"] == "t"
    run(pipeline, [{"id": 2}], {entity: "freeze"})
    run(pipeline, bad)
    assert len(pipeline.dataset().t.select("id").fetchall()) == 3


def test_what_normalize_refused_is_the_context_of_its_context(pipeline: Any) -> None:
    """Where programs for PyPI `dlt` look for it; what extract refused is the context itself."""
    run(pipeline, [{"id": 1}])
    with pytest.raises(PipelineStepFailed) as failure:
        run(pipeline, [{"id": 2, "new": 1}], {"columns": "freeze"})
    job = failure.value.__context__
    assert failure.value.step == "normalize" and isinstance(job, NormalizeJobFailed)
    assert job.__context__ is failure.value.__cause__ is failure.value.exception
    with pytest.raises(PipelineStepFailed) as failure:
        run(pipeline, [{"id": 2}], {"tables": "freeze"}, table="other")
    assert failure.value.step == "extract" and isinstance(failure.value.__context__, DataValidationError)


def test_a_contract_that_is_new_is_a_load_without_rows(pipeline: Any) -> None:
    """The schema at the destination has it at once, as the one on disk has."""
    run(pipeline, [{"id": 1}])
    (package,) = run(pipeline, [], {"columns": "freeze"}).load_packages
    assert not package.jobs["completed_jobs"]
    with pipeline.destination_client() as client:
        stored = dlt.Schema.from_dict(json.loads(client.get_stored_schema("spec").schema))
    assert stored.settings["schema_contract"] == {"columns": "freeze"}
    assert not run(pipeline, [], {"columns": "freeze"}).load_packages


def test_a_history_of_which_all_rows_are_discarded_stays(pipeline: Any) -> None:
    """A contract that refuses a whole load tells nothing of the rows that are there."""
    history = {"table_name": "t", "write_disposition": {"disposition": "merge", "strategy": "scd2"}}
    pipeline.run([{"id": 1}, {"id": 2}], **history)
    pipeline.run([{"id": 1, "new": 1}], schema_contract={"columns": "discard_row"}, **history)
    assert values(pipeline, "id", "_dlt_valid_to") == [(1, None), (2, None)]


@pytest.mark.parametrize("mode", ["freeze", "discard_row", "discard_value"])
def test_a_key_that_comes_later_counts_under_a_contract(pipeline: Any, mode: str) -> None:
    """A contract is about tables, columns and types: a merge that has one merges."""
    run(pipeline, [{"id": 1, "v": 1}])
    pipeline.run([{"id": 1, "v": 2}], table_name="t", write_disposition="merge", primary_key="id", schema_contract=mode)
    assert values(pipeline, "id", "v") == [(1, 2)]


def test_rows_that_are_discarded_leave_no_type_to_a_nested_table(pipeline: Any) -> None:
    """The first row that stays decides it."""
    run(pipeline, [{"id": 1}])
    nested = [{"k": 1, "a": 1}, {"b": 1, "k": "x"}, {"b": "text"}]
    run(pipeline, [{"id": 2, "l": nested}], {"data_type": "discard_row"})
    assert pipeline.dataset().t__l.select("k", "b").fetchall() == [(1, None), (None, "text")]


def test_rows_and_values_are_discarded(pipeline: Any) -> None:
    """`discard_row` drops the row with its nested rows, discard_value only what is new."""
    run(pipeline, [{"id": 1, "l": [1]}])
    run(pipeline, [{"id": 2}, {"id": 3, "new": 1, "l": [9]}], {"columns": "discard_row"})
    run(pipeline, [{"id": 4, "new": 1}], {"columns": "discard_value"})
    run(pipeline, [{"id": 5}, {"id": "x"}], {"data_type": "discard_row"})
    run(pipeline, [{"id": 6, "m": [1]}], {"tables": "discard_value"})
    assert values(pipeline, "id") == [(1,), (2,), (4,), (5,), (6,)]
    assert pipeline.dataset().t__l.select("value").fetchall() == [(1,)]
    assert "new" not in pipeline.default_schema.get_table_columns("t") and "t__m" not in pipeline.default_schema.tables


def test_a_new_table_takes_its_first_columns(pipeline: Any) -> None:
    """A contract on columns counts once the table has some."""
    run(pipeline, [{"id": 1, "v": 2}], {"columns": "freeze"})
    assert values(pipeline, "id", "v") == [(1, 2)]


def test_a_new_nested_table_takes_the_columns_of_a_whole_run(pipeline: Any) -> None:
    """As a root table does: which columns its first row happens to have decides nothing."""
    run(pipeline, [{"id": 1, "l": [{"a": 1}, {"b": 2}]}], {"columns": "freeze"})
    assert sorted(pipeline.dataset().t__l.select("a", "b").fetchall(), key=str) == [(1, None), (None, 2)]
    with pytest.raises(PipelineStepFailed):
        run(pipeline, [{"id": 1, "l": [{"c": 1}]}], {"columns": "freeze"})


def test_a_frozen_set_of_tables_refuses_a_new_root_table(pipeline: Any) -> None:
    """A table that is declared with types is known."""
    run(pipeline, [{"id": 1}])
    with pytest.raises(PipelineStepFailed, match="table other is new"):
        run(pipeline, [{"id": 1}], {"tables": "freeze"}, table="other")


def test_contracts_of_resource_source_and_run(pipeline: Any) -> None:
    """A resource's own contract comes before its source's; one given to run is for all."""
    run(pipeline, [{"id": 1}])

    @dlt.source(name="shop", schema_contract={"columns": "freeze"})
    def shop(extra: bool) -> Any:
        row = {"id": 1, "extra": 1} if extra else {"id": 1}
        yield dlt.resource([row], name="open", schema_contract="evolve")
        yield dlt.resource([{"id": 1}], name="shut")

    pipeline.run(shop(False))
    pipeline.run(shop(True))
    assert "extra" in pipeline.schemas["shop"].get_table_columns("open")


def test_an_unknown_mode_is_told(pipeline: Any) -> None:
    """The error lists entities and modes."""
    with pytest.raises(PipelineStepFailed, match="discard_row"):
        run(pipeline, [{"id": 1}], {"columns": "explode"})


def table_of(rows: list[dict[str, Any]], arrow: bool) -> Any:
    """Return a resource of rows or of an Arrow table."""
    return dlt.resource(pa.Table.from_pylist(rows) if arrow else rows, name="t")


@pytest.mark.parametrize("arrow", [False, True])
@pytest.mark.parametrize("mode", ["evolve", *MODES])
@pytest.mark.parametrize("entity", ["columns", "data_type", "tables"])
def test_every_mode_of_every_entity(pipeline: Any, entity: str, mode: str, arrow: bool) -> None:
    """Rows and Arrow data alike."""
    pipeline.run(table_of([{"id": 1}], arrow))
    if entity == "tables":
        resource = dlt.resource([{"id": 2}], name="u")
    else:
        rows = {"columns": [{"id": 2, "n": 1}, {"id": 3, "n": None}], "data_type": [{"id": "x"}]}[entity]
        resource = table_of(rows, arrow)
    resource.apply_hints(schema_contract={entity: mode})
    if mode == "freeze":
        with pytest.raises(PipelineStepFailed, match="freezes"):
            pipeline.run(resource)
        assert not pipeline.has_pending_data
    else:
        pipeline.run(resource)
    expected = {
        "columns": {"evolve": [1, 2, 3], "discard_row": [1, 3], "discard_value": [1, 2, 3]},
        "data_type": {"evolve": [1, None], "discard_row": [1], "discard_value": [1, None]},
        "tables": {},
    }[entity].get(mode, [1])
    assert [row[0] for row in pipeline.dataset().t.select("id").fetchall()] == expected
    assert ("u" in pipeline.default_schema.tables) == (entity == "tables" and mode == "evolve")
    assert ("n" in pipeline.default_schema.tables["t"]["columns"]) == (entity == "columns" and mode == "evolve")


@pytest.mark.parametrize("mode", MODES)
def test_columns_of_a_table_that_is_new_in_this_run_evolve(pipeline: Any, mode: str) -> None:
    """Also when hints declare some of them with a type, and for nested tables; afterwards the contract counts."""
    hints: Any = {"columns": {"key": {"data_type": "text"}}, "schema_contract": {"columns": mode}}
    nested = {"l": {"columns": {"y": {"data_type": "bigint"}}}}
    pipeline.run(dlt.resource([{"id": 1, "key": "a", "l": [{"x": 1, "y": 2}]}], name="t", nested_hints=nested, **hints))
    assert values(pipeline, "id", "key") == [(1, "a")]
    assert pipeline.dataset().t__l.select("x", "y").fetchall() == [(1, 2)]
    later = dlt.resource([{"id": 2, "new": 1}], name="t", **hints)
    if mode == "freeze":
        with pytest.raises(PipelineStepFailed, match=r"t\.new: a new column"):
            pipeline.run(later)
    else:
        pipeline.run(later)
    assert values(pipeline, "id") == ([(1,), (2,)] if mode == "discard_value" else [(1,)])


def test_the_contract_that_the_code_has_now_counts(pipeline: Any) -> None:
    """Not that of an earlier run, whether it was on the resource, the source or the run; one set by hand stays."""
    freeze = {"columns": "freeze"}
    pipeline.run(dlt.resource([{"id": 1}], name="t", schema_contract=freeze))
    pipeline.run(dlt.resource([{"id": 2, "a": 1}], name="t"))
    pipeline.run(dlt.resource([{"id": 3}], name="t"), schema_contract=freeze)
    pipeline.run(dlt.resource([{"id": 4, "b": 1}], name="t"))
    assert X_DECLARED_CONTRACT not in pipeline.default_schema.settings

    @dlt.source(name="shop", schema_contract=freeze)
    def shut(row: Any) -> Any:
        return dlt.resource([row], name="t")

    @dlt.source(name="shop")
    def open_(row: Any) -> Any:
        return dlt.resource([row], name="t")

    pipeline.run(shut({"id": 1}))
    with pytest.raises(PipelineStepFailed, match=r"t\.c: a new column"):
        pipeline.run(shut({"id": 2, "c": 1}))
    pipeline.run(shut({"id": 3, "c": 1}), schema_contract="evolve")
    pipeline.run(open_({"id": 4, "d": 1}))
    pipeline.default_schema.set_schema_contract(freeze)
    with pytest.raises(PipelineStepFailed, match=r"t\.e: a new column"):
        pipeline.run(dlt.resource([{"id": 5, "e": 1}], name="t"))
    pipeline.default_schema.set_schema_contract(None)
    pipeline.default_schema.tables["t"]["schema_contract"] = freeze
    with pytest.raises(PipelineStepFailed, match=r"t\.e: a new column"):
        pipeline.run(dlt.resource([{"id": 5, "e": 1}], name="t"))


def test_a_contract_given_to_run_comes_before_that_of_a_resource(pipeline: Any) -> None:
    """Both ways, for bare data and for sources; it does not stay with the objects."""
    source = dlt.source(lambda: dlt.resource([{"id": 2, "n": 1}], name="t", schema_contract="freeze"), name="spec")()
    run(pipeline, [{"id": 1}])
    pipeline.run(source, schema_contract="evolve")
    loose = dlt.resource([{"id": 3, "m": 1}], name="t", schema_contract="evolve")
    with pytest.raises(PipelineStepFailed, match=r"t\.m: a new column"):
        pipeline.run(loose, schema_contract="freeze")
    pipeline.run(loose)
    assert source.schema_contract is None


def test_a_package_that_waits_is_taken_under_the_contract_of_now(pipeline: Any) -> None:
    """What one step refused, the next run takes once the contract allows it; the message says how to give it up."""
    run(pipeline, [{"id": 1}])
    pipeline.extract(dlt.resource([{"id": 2, "new": 1}], name="t", schema_contract="freeze"))
    with pytest.raises(PipelineStepFailed, match=r"waits: the next run.*abort-packages") as failure:
        pipeline.normalize()
    assert failure.value.load_id in str(failure.value) and pipeline.has_pending_data
    with pytest.raises(PipelineStepFailed, match=r"t\.new: a new column"):
        pipeline.run(dlt.resource([{"id": 3}], name="t", schema_contract="freeze"))
    pipeline.run(dlt.resource([{"id": 3}], name="t", schema_contract={"columns": "discard_value"}))
    assert values(pipeline, "id") == [(1,), (2,), (3,)] and not pipeline.has_pending_data


def test_a_frozen_contract_loses_nothing(pipeline: Any) -> None:
    """The first row that breaks it is told, and its package waits with all rows for what the contract says then."""
    run(pipeline, [{"id": -1}])
    rows = [{"id": n, **({"new": n} if n in (5_000, 7_000) else {})} for n in range(10_000)]
    pipeline.extract(dlt.resource(rows, name="t", schema_contract="freeze"))
    for _ in range(2):
        with pytest.raises(PipelineStepFailed, match=r"t\.new: a new column .* 'id': 5000\}"):
            pipeline.normalize()
        assert pipeline.has_pending_data and values(pipeline, "id") == [(-1,)]
    pipeline.run(dlt.resource([{"id": 10_000}], name="t", schema_contract={"columns": "discard_row"}))
    assert values(pipeline, "id") == [(n,) for n in range(-1, 10_001) if n not in (5_000, 7_000)]


def test_a_cursor_stays_where_a_frozen_contract_stopped_a_run(pipeline: Any) -> None:
    """The next run takes the same rows, which were mended."""

    @dlt.resource(name="t", schema_contract={"data_type": "freeze"}, primary_key="id", write_disposition="merge")
    def things(rows: Any, _at: Any = dlt.sources.incremental("at")) -> Any:
        yield rows

    pipeline.run(things([{"id": 0, "at": 0}]))
    rows = [{"id": n, "at": n} for n in range(1, 1_000)]
    with pytest.raises(PipelineStepFailed, match=r"t\.at: a new data type .*'id': 998"):
        pipeline.run(things([*rows[:997], {"id": 998, "at": 998.5}, *rows[998:]]))
    assert not pipeline.has_pending_data
    pipeline.run(things(rows))
    assert values(pipeline, "id", "at") == [(n, n) for n in range(1_000)]


@pytest.mark.parametrize("mode", [*MODES, "quarantine"])
def test_a_nested_table_may_have_a_contract_of_its_own(pipeline: Any, mode: Any) -> None:
    """Also where everything of its root table evolves."""
    nested = {"l": {"schema_contract": {"columns": mode}}}

    def things(*rows: Any) -> Any:
        return dlt.resource(list(rows), name="t", nested_hints=nested)

    pipeline.run(things({"id": 1, "l": [{"k": 1}]}))
    broken = things({"id": 2, "more": 1, "l": [{"k": 2}, {"k": 3, "new": 1}]}, {"id": 3, "l": [{"k": 4}]})
    if mode == "freeze":
        with pytest.raises(PipelineStepFailed, match=r"t__l\.new: a new column"):
            pipeline.run(broken)
        return
    info = pipeline.run(broken)
    assert info.quarantined == ({"t": 1} if mode == "quarantine" else {})
    roots, items = {"discard_row": ([1, 2, 3], [1, 2, 4]), "quarantine": ([1, 3], [1, 4])}.get(
        mode, ([1, 2, 3], [1, 2, 3, 4])
    )
    assert values(pipeline, "id") == [(n,) for n in roots]
    assert sorted(pipeline.dataset().t__l.select("k").fetchall()) == [(n,) for n in items]
    assert "new" not in pipeline.default_schema.tables["t__l"]["columns"]


@pytest.mark.parametrize("mode", ["discard_row", "discard_value", "quarantine"])
@pytest.mark.parametrize("disposition", ["append", "merge"])
def test_large_pages_agree_with_rows_one_by_one(
    pipeline: Any, monkeypatch: pytest.MonkeyPatch, mode: Any, disposition: Any
) -> None:
    """With keys that repeat, masks, checks and nested rows; in each of them some rows break the contract."""
    hints: dict[str, Any] = {
        "columns": {"id": {"data_type": "bigint"}, "mail": {"mask": "hash"}},
        "primary_key": "id",
        "write_disposition": disposition,
        "checks": [dlt.check.not_null("id"), dlt.check.row_count(min=1)],
    }
    monkeypatch.setenv("MASK_SALT", "pepper" * 8)
    contract: Any = {"columns": mode, "data_type": mode}
    first = [{"id": -1, "n": 1, "mail": "a@example.com", "list": [{"k": 1}]}]
    rows = [
        {
            "id": n // 3,
            "n": "x" if n % 1009 == 7 else n,
            "mail": n if n % 2 else None,
            **({"new": n} if n % 991 == 3 else {}),
            "list": [{"k": "x" if n % 983 == 9 else n, **({"extra": n} if n % 977 == 9 else {})}] if n % 2 else [],
        }
        for n in range(9_000)
    ]
    found = []
    for name, by_rows in (("by_columns", False), ("by_rows", True)):
        one = dlt.pipeline(name, destination=pipeline.destination, dataset_name=name)
        one.run(dlt.resource(first, name="t", **hints))
        with monkeypatch.context() as patch:
            if by_rows:
                patch.setattr("dlt.normalize.step.take_apart", _one_by_one)
            info = one.run(dlt.resource(rows, name="t", schema_contract=contract, **hints))
        trees = "SELECT id, n, mail, k, r._dlt_id IS NULL FROM t LEFT JOIN t__list r ON r._dlt_parent_id = t._dlt_id"
        counts = (info.quarantined, one.last_trace.last_normalize_info.row_counts, str(one.default_schema.tables["t"]))
        found.append((sorted(one.dataset()(trees).fetchall(), key=repr), counts))
    assert found[0] == found[1]
    assert len(found[0][0]) >= (3_000 if disposition == "merge" else 8_900)


def _one_by_one(_placement: Any, _required: Any, _shown: Any, _table: Any, batch: Any, by_rows: Any) -> None:
    by_rows(batch_rows(batch))


def test_secrets_of_the_row_stay_out_of_the_message(pipeline: Any) -> None:
    """Columns marked as secret, and those whose names say it; the rest of the row is shown."""
    pipeline.run([{"id": 1, "pin": 1}], table_name="t", columns={"pin": {"x-secret": True}})
    with pytest.raises(PipelineStepFailed, match="'id': 7") as failure:
        run(pipeline, [{"id": 7, "pin": 4711, "api_key": "s3cr3t", "d": {"password": "hunter2"}}], "freeze")
    assert not [secret for secret in ("4711", "s3cr3t", "hunter2") if secret in str(failure.value)]


class Child(BaseModel):
    """A nested model."""

    a: int
    b: str | None = None


class Parent(BaseModel):
    """A model whose nested fields become columns with the data."""

    dlt_config: ClassVar[Any] = {"skip_nested_types": True}
    child: Child
    tags: list[int] = []
    name: str | None = None


@pytest.mark.parametrize("contract", [None, "discard_value", "freeze"])
def test_nested_fields_of_a_model_are_kept(pipeline: Any, contract: Any) -> None:
    """Also those whose first values come in a later run: the model has them."""

    def people(*found: Any) -> Any:
        hints = {"schema_contract": {"columns": contract}} if contract else {}
        return dlt.resource(list(found), name="t", columns=Parent, **hints)

    pipeline.run(people(Parent(child=Child(a=1))))
    pipeline.run(people({"child": {"a": 2, "b": "x"}, "tags": [1, 2], "name": "n"}))
    assert values(pipeline, "child__a", "child__b", "name") == [(1, None, None), (2, "x", "n")]
    assert sorted(pipeline.dataset().t__tags.select("value").fetchall()) == [(1,), (2,)]


@pytest.mark.parametrize("in_a_source", [True, False])
def test_the_contract_of_a_run_counts_for_items_of_a_model(pipeline: Any, in_a_source: bool) -> None:
    """Instead of what the model says itself, and for that run only, also where its resource is part of a source."""
    resource = dlt.resource(lambda: [{"a": 1, "new": 1}], name="t", columns=Child)
    data = dlt.source(lambda: resource, name="shop")() if in_a_source else resource
    found = []
    for contract in (None, "evolve", None):
        pipeline.run(data, schema_contract=contract, refresh="drop_resources")
        found.append("new" in pipeline.default_schema.tables["t"]["columns"])
    assert found == [False, True, False]
    with pytest.raises(PipelineStepFailed, match="new"):
        pipeline.run(data, schema_contract={"columns": "freeze"})


class Part(BaseModel):
    """A nested model that says nothing about other fields, and leads back to its root."""

    x: int
    whole: Whole | None = None


class Strict(BaseModel):
    """A nested model that forbids other fields by itself."""

    model_config = ConfigDict(extra="forbid")
    x: int = 0


class Codes(RootModel[list[int]]):
    """A model that is a value."""


class Whole(BaseModel):
    """A model with models inside of fields, lists and dicts."""

    id: int = 0
    part: Part | None = None
    parts: list[Part] = []
    named: dict[str, Part] = {}
    strict: Strict | None = None
    codes: Codes | None = None
    dlt_config: ClassVar[dict[str, Any]] = {"skip_nested_types": True}


class Open(Whole):
    """A model that lets other fields in."""

    model_config = ConfigDict(extra="allow")


NESTED: dict[str, Any] = {
    "id": 2,
    "codes": [1],
    "part": {"x": 1, "more": 2, "whole": {"more": 4, "part": {"x": 6, "more": 5}}},
}
NESTED |= {"parts": [{"x": 1, "more": 7}], "named": {"k": {"x": 1, "more": 8}}}
OPEN = {"part__more", "part__whole__more", "part__whole__part__more", "named__k__more"}


@pytest.mark.parametrize(
    ("model", "contract", "found"),
    [
        (Whole, {"columns": "evolve"}, OPEN),
        (Open, None, OPEN),
        (Whole, None, set()),
        (Whole, {"columns": "discard_value"}, set()),
        (Whole, {"columns": "discard_row"}, None),
        (Whole, {"columns": "freeze"}, "part.more"),
    ],
)
def test_other_fields_of_nested_models_follow_the_contract(
    pipeline: Any, model: Any, contract: Any, found: Any
) -> None:
    """Fields that a nested model does not have are kept, dropped or refused as those of the model itself."""
    resource = dlt.resource([{"id": 1}, NESTED], name="t", columns=model, schema_contract=contract)
    if isinstance(found, str):
        with pytest.raises(PipelineStepFailed, match=found):
            pipeline.run(resource)
        return
    pipeline.run(resource)
    assert len(pipeline.dataset()["t"].fetchall()) == (1 if found is None else 2)
    names = {name for name in pipeline.default_schema.tables["t"]["columns"] if name.endswith("more")}
    assert names == (found or set())
    if found:
        assert pipeline.dataset()["t__parts"].select("more").fetchall() == [(7,)]


def test_a_nested_model_that_forbids_other_fields_itself_drops_no_row(pipeline: Any) -> None:
    """Its own rule is an error that names the field, where the contract does not say that rows are dropped."""
    rows = [{"id": 1, "strict": {"x": 1, "more": 2}}]
    with pytest.raises(PipelineStepFailed, match=r"strict\.more"):
        pipeline.run(dlt.resource(rows, name="t", columns=Open))


@pytest.mark.parametrize("hint", [{"description": "l"}, {"data_type": "text"}], ids=["without a type", "with one"])
@pytest.mark.parametrize("since", [0, 1], ids=["from the start", "from the second run on"])
@pytest.mark.parametrize("mode", ["freeze", "discard_row", "discard_value"])
def test_a_column_that_hints_name_is_no_new_one(pipeline: Any, mode: Any, since: int, hint: Any) -> None:
    """Also without a type, also where its first value comes in a later run, and where the program names it later."""
    for run, row in enumerate(({"id": 1}, {"id": 2, "later": "x"})):
        named: Any = {"later": hint} if run >= since else {}
        made = dlt.resource([row], name="t", columns=named, schema_contract={"columns": mode})
        pipeline.run(made)
    assert sorted(pipeline.dataset().t.select("id", "later").fetchall()) == [(1, None), (2, "x")]


@pytest.mark.parametrize("mode", ["freeze", "discard_row", "discard_value"])
def test_a_resource_without_rows_makes_no_table_that_the_contract_keeps_out(pipeline: Any, mode: Any) -> None:
    """Nothing of it is new: the other resources of its source are loaded, and it is told once it has rows."""

    @dlt.source(name="shop")
    def shop(*rows: Any) -> Any:
        yield dlt.resource([{"id": 1}], name="orders")
        yield dlt.resource([*rows], name="returns", columns={"id": {"data_type": "bigint"}})

    pipeline.run(dlt.source(lambda: dlt.resource([{"id": 0}], name="orders"), name="shop")())
    pipeline.run(shop(), schema_contract={"tables": mode})
    assert sorted(pipeline.dataset().orders["id"].fetchall()) == [(0,), (1,)]
    assert "returns" not in pipeline.default_schema.tables
    if mode == "freeze":
        with pytest.raises(PipelineStepFailed, match="returns is new"):
            pipeline.run(shop({"id": 1}), schema_contract={"tables": mode})

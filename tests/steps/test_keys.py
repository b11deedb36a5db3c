"""Keys and columns that are not nullable: every row has them, or the run fails before anything is loaded or kept."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

import dlt
from dlt.errors import (
    CannotCoerceNullException,
    MergeDispositionException,
    PipelineStepFailed,
    SchemaException,
    SchemaIdentifierNormalizationCollision,
    TablePropertiesConflictException,
    UnboundColumnException,
    WriteDispositionNotSupported,
)
from dlt.extract import mark
from dlt.schema.naming import NamingConvention

STRATEGIES = ("delete-insert", "upsert", "insert-only", "scd2")


def merge(strategy: str = "delete-insert") -> Any:
    """Return a write disposition."""
    return {"disposition": "merge", "strategy": strategy}


def refused(pipeline: Any, data: Any, match: str, kind: type[Exception], **hints: Any) -> PipelineStepFailed:
    """Run what must fail; nothing of it is left."""
    with pytest.raises(PipelineStepFailed, match=match) as failure:
        pipeline.run(data, **hints)
    assert isinstance(failure.value.__cause__, kind) and not pipeline.has_pending_data
    assert failure.value.has_pending_data is False
    return failure.value


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("arrow", [False, True])
def test_a_key_that_the_data_does_not_have(pipeline: Any, strategy: str, arrow: bool) -> None:
    """The error names table, key as it was written, and the columns seen; with the right key the same code loads."""
    data: Any = pa.table({"id": [1, 2], "v": [1, 1]}) if arrow else [{"id": 1, "v": 1}, {"id": 2, "v": 1}]
    message = r"table t: 'ID_' \(the column 'idx'\) is the primary key.*did you mean 'id'.*columns id, v"
    wrong = dlt.resource(data, name="t", primary_key="ID_", write_disposition=merge(strategy))
    failure = refused(pipeline, wrong, message, UnboundColumnException)
    assert failure.step == "extract" and failure.exception.column_name == "idx"
    right = dlt.resource(data, name="t", primary_key="id", write_disposition=merge(strategy))
    pipeline.run(right)
    with pytest.raises(PipelineStepFailed, match="'ID_'"):
        pipeline.run(wrong)
    assert len(pipeline.dataset().t.select("id").fetchall()) == 2


WAYS: dict[str, Any] = {
    "merge key": lambda rows: dlt.resource(rows, name="t", merge_key="day", write_disposition="merge"),
    "one of several": lambda rows: dlt.resource(rows, name="t", primary_key=["id", "day"], write_disposition="merge"),
    "hint of a column": lambda rows: dlt.resource(
        rows, name="t", columns={"day": {"primary_key": True}}, write_disposition="merge"
    ),
    "apply_hints": lambda rows: dlt.resource(rows, name="t", write_disposition="merge").apply_hints(primary_key="day"),
    "mark": lambda rows: dlt.resource(
        [mark.with_hints(rows, mark.make_hints(primary_key="day", write_disposition="merge"))], name="t"
    ),
    "function": lambda rows: dlt.resource(
        rows, name="t", primary_key=lambda item: "day", write_disposition="merge", table_name=lambda item: "t"
    ),
    "append": lambda rows: dlt.resource(rows, name="t", primary_key="day"),
    "not nullable": lambda rows: dlt.resource(rows, name="t", columns={"day": {"nullable": False}}),
    "not nullable, typed": lambda rows: dlt.resource(
        rows, name="t", columns={"day": {"nullable": False, "data_type": "text"}}
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_every_way_to_name_a_column_that_rows_must_have(pipeline: Any, way: str) -> None:
    """Absent in all rows is found in extract, absent or None in some of them in normalize, with the row."""
    refused(pipeline, WAYS[way]([{"id": 1}]), "table t: 'day'.*columns id", UnboundColumnException)
    refused(pipeline, WAYS[way]([{"id": 1, "day": None}]), "table t: 'day'", UnboundColumnException)
    rows = [{"id": 1, "day": "a"}, {"id": 2, "day": None, "password": "hunter2"}, {"id": 3}]
    failure = refused(
        pipeline, WAYS[way](rows), r"table t, column 'day'.*2 of 3 rows.*row 1 .*'id': 2", CannotCoerceNullException
    )
    assert "hunter2" not in str(failure) and "Nothing of this run was kept" in str(failure)
    pipeline.run(WAYS[way](rows[:1]))
    assert pipeline.dataset().t.select("id").fetchall() == [(1,)]


@pytest.mark.parametrize("pages", [[{"id": 1}, {"day": 1, "id": 2}], [{"day": 1, "id": 2}, {"id": 1}]])
def test_pages_of_which_one_lacks_the_key(pipeline: Any, pages: Any) -> None:
    """Rows and Arrow tables alike; a file that is taken as it is, is looked at too."""
    tables = [pa.Table.from_pylist([page]) for page in pages]
    for data in ([[page] for page in pages], tables):
        made = dlt.resource(data, name="t", primary_key="day", write_disposition="merge")
        refused(pipeline, made, "column 'day'.*primary key", CannotCoerceNullException)
    gap = dlt.resource(pa.table({"id": [1, 2], "day": [1, None]}), name="t", primary_key="day")
    refused(pipeline, gap, "1 of 2 rows", CannotCoerceNullException)


def test_pandas_frames(pipeline: Any) -> None:
    """A frame is checked like Arrow data."""
    pandas = pytest.importorskip("pandas")
    made = dlt.resource(pandas.DataFrame({"id": [1]}), name="t", primary_key="day", write_disposition="merge")
    refused(pipeline, made, "table t: 'day'.*columns id", UnboundColumnException)


@pytest.mark.parametrize("value", [[1], {"a": 1}, [], {}, [{"a": 1}]])
def test_keys_that_are_lists_or_documents(pipeline: Any, value: Any) -> None:
    """A column of type json can be a key, and so can a part of a document; the message says so."""
    data = [{"id": value, "v": 1}]
    refused(
        pipeline, data, "table t: 'id'", UnboundColumnException,
        table_name="t", primary_key="id", write_disposition="merge",
    )  # fmt: skip
    hints: Any = {"table_name": "t", "primary_key": "id", "columns": {"id": {"data_type": "json"}}}
    pipeline.run(data, write_disposition="merge", **hints)
    pipeline.run([{"id": {"a": 1}, "n": 1}], table_name="u", primary_key="id__a", write_disposition="merge")
    assert pipeline.dataset().u.select("id__a").fetchall() == [(1,)]


def test_keys_under_other_names_than_written(pipeline: Any) -> None:
    """The naming convention decides, not the spelling."""
    for _ in range(2):
        pipeline.run(
            [{"ID_": 1, "userId": 2}], table_name="t", primary_key=["ID_", "userId"], write_disposition="merge"
        )
    assert pipeline.dataset().t.select("idx", "user_id").fetchall() == [(1, 2)]


def test_keys_of_nested_tables(pipeline: Any) -> None:
    """A nested table with a key of its own is checked like a root table, whether or not it has rows."""

    def made(lines: Any) -> Any:
        hints = {"lines": mark.make_nested_hints(primary_key="no")}
        return dlt.resource([{"id": 1, "lines": lines}], name="t", nested_hints=hints)

    refused(pipeline, made([{"n": 1}]), "table t__lines: 'no'.*did you mean|columns n", UnboundColumnException)
    refused(pipeline, made([{"no": 1}, {"n": 2}]), "table t__lines, column 'no'", CannotCoerceNullException)
    pipeline.run(made([]))
    pipeline.run(made([{"no": 1}]))


def test_a_key_of_which_one_column_is_declared_with_its_type(pipeline: Any) -> None:
    """Columns that come with the data take nothing from those that are declared, in root and nested tables."""
    typed: Any = {"cid": {"data_type": "bigint"}}
    nested = mark.make_nested_hints(primary_key=["cid", "y"], write_disposition="merge", columns=typed)
    hints: Any = {"primary_key": ["cid", "z"], "columns": typed, "nested_hints": {"c": nested}}
    for value in (1, 2):
        rows = [{"cid": 1, "z": z, "v": value, "c": [{"cid": 1, "y": 1, "v": value}]} for z in (1, 2)]
        info = pipeline.run(dlt.resource(rows, name="t", write_disposition="merge", **hints))
        assert not info.has_failed_jobs, str(info)
    tables = pipeline.default_schema.tables
    assert [name for name, column in tables["t"]["columns"].items() if column.get("primary_key")] == ["cid", "z"]
    assert [name for name, column in tables["t__c"]["columns"].items() if column.get("primary_key")] == ["cid", "y"]
    assert sorted(pipeline.dataset().t.select("z", "v").fetchall()) == [(1, 2), (2, 2)]
    assert pipeline.dataset().t__c.select("v").fetchall() == [(2,), (2,)]


def test_no_alarm_without_rows(pipeline: Any) -> None:
    """An empty resource, an empty frame and a table that other runs filled are no fault."""
    hints: Any = {"primary_key": "id", "write_disposition": "merge"}
    pipeline.run(dlt.resource([], name="t", **hints))
    pipeline.run(dlt.resource(pa.table({"v": pa.array([], pa.int64())}), name="t", **hints))
    pipeline.run(dlt.resource([{"id": 1}], name="t", **hints))
    pipeline.run(dlt.resource([], name="t", **hints))
    pipeline.run(dlt.resource([{"id": 1}], name="u", columns={"d": {"hard_delete": True}}, **hints))
    assert pipeline.dataset().t.select("id").fetchall() == [(1,)]


@pytest.mark.parametrize("strategy", ["upsert", "insert-only", "cdc"])
def test_a_strategy_that_cannot_be_is_told_in_extract(pipeline: Any, strategy: str) -> None:
    """It needs a key that there is not, or the destination does not have it; nothing waits afterwards."""
    kind = WriteDispositionNotSupported if strategy == "cdc" else MergeDispositionException
    made = dlt.resource([{"id": 1}], name="t", write_disposition=merge(strategy))
    assert refused(pipeline, made, f"table t.*{strategy}", kind).step == "extract"


@pytest.mark.parametrize("hint", [{"dedup_sort": "desc"}, {"hard_delete": True}])
def test_a_misspelt_column_that_decides_which_rows_stay(pipeline: Any, hint: Any) -> None:
    """Much like one that is there: an error; declared with a type, rows may lack it."""
    hints: Any = {"primary_key": "id", "write_disposition": "merge"}
    wrong = dlt.resource([{"id": 1, "changed_at": 1}], name="t", columns={"changd_at": hint}, **hints)
    refused(pipeline, wrong, "Did you mean 'changed_at'", UnboundColumnException)
    typed = {"changd_at": {**hint, "data_type": "bigint"}}
    pipeline.run(dlt.resource([{"id": 1, "changed_at": 1}], name="t", columns=typed, **hints))


def test_a_column_that_is_not_nullable_cannot_come_late(pipeline: Any) -> None:
    """Rows that are there have no value for it; with replace, or as a key, it may."""
    pipeline.run([{"a": 1}], table_name="t")
    late: Any = {"b": {"nullable": False, "data_type": "bigint"}}
    refused(
        pipeline, [{"a": 2, "b": 1}], "table t, column 'b'.*not nullable", CannotCoerceNullException,
        table_name="t", columns=late,
    )  # fmt: skip
    pipeline.run([{"a": 2, "c": 1}], table_name="t", primary_key="c", write_disposition="merge")
    pipeline.run([{"a": 2, "c": 1, "b": 1}], table_name="t", columns=late, write_disposition="replace")
    assert pipeline.dataset().t.select("a", "b").fetchall() == [(2, 1)]


def test_two_keys_of_one_row_that_become_one_column(pipeline: Any) -> None:
    """With different values an error in extract that names keys and item; otherwise nothing is lost."""
    clash = SchemaIdentifierNormalizationCollision
    filler = [{"aB": n} for n in range(3)]
    for row in ({"aB": 1, "a_b": 2}, {"a": {"b": 1}, "a__b": 2}, {"aB": [1], "a_b": [2]}, {"l": [{"aB": 1, "a_b": 2}]}):
        failure = refused(pipeline, [*filler, row], "item 3 .*become one column", clash, table_name="t")
        assert failure.step == "extract" and failure.exception.item_position == 3
    refused(pipeline, [{"aB": 1, "a_b": {1, 2}, "x": {3}}, {"aB": 1, "a_b": 2}], "item 1", clash, table_name="t")
    refused(pipeline, pa.table({"aB": [1], "a_b": [2]}), "'aB' and 'a_b' of the Arrow data", clash, table_name="t")
    pipeline.run([{"aB": 1}, {"a_b": 2}, {"aB": 3, "a_b": None}, {"aB": 4, "a_b": 4}], table_name="t")
    assert sorted(pipeline.dataset().t.select("a_b").fetchall()) == [(1,), (2,), (3,), (4,)]


class Bare(NamingConvention):
    """Changes nothing, shortens nothing."""

    def normalize_identifier(self, identifier: str) -> str:
        """Keep it."""
        return identifier

    def normalize_path(self, path: str) -> str:
        """Keep it."""
        return path


@pytest.mark.parametrize("name", ["a\0b", "x" * 70_000])
def test_names_that_nothing_stores(pipeline: Any, name: str) -> None:
    """A naming convention that lets them through is found out in extract, for tables and for keys."""
    schema = dlt.Schema("bare", {"names": Bare})
    refused(pipeline, [{name: 1}], "key.*(NUL|bytes)", SchemaException, table_name="t", schema=schema)
    if "\0" in name:
        refused(pipeline, [{"a": 1}], "table.*NUL", SchemaException, table_name=name, schema=schema)


@pytest.mark.parametrize("name", ["_dlt_loads", "_dlt_version", "_dlt_pipeline_state", "_dlt_mine", "_DltLoads"])
def test_tables_of_the_library_take_no_data(pipeline: Any, name: str) -> None:
    """Found in extract; a column with the name of a system column stays allowed."""
    failure = refused(pipeline, [{"a": 1}], "table '_.*begins with '_dlt'", SchemaException, table_name=name)
    assert failure.step == "extract"
    pipeline.run([{"_dlt_id": "mine", "a": 1}], table_name="t")
    assert pipeline.dataset().t.select("_dlt_id").fetchall() == [("mine",)]


def test_a_nested_table_and_another_one_of_its_name(pipeline: Any) -> None:
    """Whichever comes first, the other is told in extract."""
    refused(
        pipeline,
        [dlt.resource([{"x": 1}], name="t__l"), dlt.resource([{"l": [1]}], name="t")],
        "nested table 't__l'.*resource 't__l'",
        TablePropertiesConflictException,
    )
    pipeline.run([{"l": [1]}], table_name="u")
    refused(pipeline, [{"x": 1}], "nested rows of 'u'", TablePropertiesConflictException, table_name="u__l")


def test_a_run_that_was_refused_takes_its_cursor_back(pipeline: Any) -> None:
    """Rows that were extracted with the bad one come again."""

    def rows(data: Any) -> Any:
        incremental = dlt.sources.incremental("at")
        return dlt.resource(data, name="t", primary_key="id", write_disposition="merge", incremental=incremental)

    pipeline.run(rows([{"id": 1, "at": 1}]))
    refused(pipeline, rows([{"id": 2, "at": 2}, {"id": None, "at": 3}]), "primary key", CannotCoerceNullException)
    pipeline.run(rows([{"id": 2, "at": 2}, {"id": 3, "at": 3}]))
    assert sorted(pipeline.dataset().t.select("id").fetchall()) == [(1,), (2,), (3,)]


def test_a_package_of_an_earlier_step_stays_and_its_message_says_how_to_go_on(pipeline: Any) -> None:
    """Rows of an extract of its own may be nowhere else."""
    pipeline.extract([{"id": 1}, {"id": None}], table_name="t", primary_key="id")
    with pytest.raises(PipelineStepFailed, match=r"Package \S+ waits.*abort-packages (?P<id>\S+) ") as failure:
        pipeline.normalize()
    assert pipeline.list_extracted_load_packages() == [failure.value.load_id]
    pipeline.abort_packages(failure.value.load_id)
    pipeline.run([{"id": 1}], table_name="t", primary_key="id")


def test_rows_of_a_merge_wait_where_nobody_sees_them(pipeline: Any) -> None:
    """There is no dataset beside the pipeline's own, as PyPI dlt makes one."""
    for value in (1, 2):
        pipeline.run([{"id": 1, "value": value}], table_name="t", write_disposition="merge", primary_key="id")
    with pipeline.sql_client() as client:
        found = client.execute_sql("SELECT DISTINCT table_schema FROM information_schema.tables")
    assert found == [(pipeline.dataset_name,)]

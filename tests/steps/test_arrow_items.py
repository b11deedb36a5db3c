"""Arrow tables, record batches and frames as items."""

from __future__ import annotations

import datetime as dt
import decimal
import enum
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

import dlt
from dlt.errors import (
    DataValidationError,
    PipelineStepFailed,
    SchemaIdentifierNormalizationCollision,
)
from dlt.extract.steps import Step


def rows(pipeline: Any, table: str, *columns: str) -> list[tuple[Any, ...]]:
    """Return the rows of a table, sorted."""
    return sorted(pipeline.dataset()[table].select(*columns).fetchall(), key=repr)


def frames() -> list[Any]:
    """Return the same rows in every form that is taken whole."""
    table = pa.table({"id": [1, 2], "Name": ["a", None]})
    return [table, table.to_batches()[0], table.to_pandas(), [table.slice(0, 1), table.slice(1, 1)]]


@pytest.mark.parametrize("number", range(4))
def test_tables_batches_and_frames(pipeline: Any, number: int) -> None:
    """Every form gives the same rows; names are normalized; no row ids are added."""
    pipeline.run(dlt.resource(lambda: iter([frames()[number]]), name="items"))
    assert rows(pipeline, "items", "id", "name") == [(1, "a"), (2, None)]
    assert list(pipeline.default_schema.get_table_columns("items")) == ["id", "name"]


def test_polars_frames(pipeline: Any) -> None:
    """Polars frames load too, if polars is there."""
    polars = pytest.importorskip("polars")
    pipeline.run(dlt.resource(lambda: iter([polars.DataFrame({"id": [1, 2]})]), name="items"))
    assert rows(pipeline, "items", "id") == [(1,), (2,)]


def test_a_frame_as_data_of_run(pipeline: Any) -> None:
    """Frames and tables are data."""
    pipeline.run(pd.DataFrame({"id": [1]}), table_name="frame")
    pipeline.run(pa.table({"id": [2]}), table_name="arrow")
    assert rows(pipeline, "frame", "id") == [(1,)] and rows(pipeline, "arrow", "id") == [(2,)]


def test_ids_are_added_on_demand(pipeline: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """`normalize.parquet_normalizer.add_dlt_id` and `add_dlt_load_id` add the columns that they name."""
    monkeypatch.setenv("NORMALIZE__PARQUET_NORMALIZER__ADD_DLT_ID", "true")
    monkeypatch.setenv("NORMALIZE__PARQUET_NORMALIZER__ADD_DLT_LOAD_ID", "true")
    info = pipeline.run(pa.table({"id": [1, 2]}), table_name="items")
    assert len(set(rows(pipeline, "items", "_dlt_id"))) == 2
    assert set(rows(pipeline, "items", "_dlt_load_id")) == {(info.loads_ids[0],)}


def test_every_arrow_type_arrives(pipeline: Any) -> None:
    """Widths, units and nested types are kept."""
    moment = dt.datetime(2024, 1, 2, 3, 4, 5, tzinfo=dt.timezone.utc)
    table = pa.table(
        {
            "i8": pa.array([1], pa.int8()),
            "u32": pa.array([2], pa.uint32()),
            "f32": pa.array([1.5], pa.float32()),
            "large": pa.array(["x"], pa.large_string()),
            "code": pa.array(["y"]).dictionary_encode(),
            "s": pa.array([moment], pa.timestamp("s", "UTC")),
            "ns": pa.array([moment], pa.timestamp("ns", "Europe/Berlin")),
            "naive": pa.array([moment.replace(tzinfo=None)], pa.timestamp("ms")),
            "d32": pa.array([moment.date()], pa.date32()),
            "d64": pa.array([moment.date()], pa.date64()),
            "t": pa.array([moment.time()], pa.time32("s")),
            "dec": pa.array([decimal.Decimal("1.25")], pa.decimal128(10, 2)),
            "bin": pa.array([b"\x00"], pa.large_binary()),
            "doc": pa.array([{"a": [1]}]),
            "l": pa.array([[1, 2]]),
            "nothing": pa.nulls(1),
        }
    )
    pipeline.run(table, table_name="items")
    expected = {
        "i8": 1, "u32": 2, "f32": 1.5, "large": "x", "code": "y", "s": moment, "ns": moment,
        "naive": moment.replace(tzinfo=None), "d32": moment.date(), "d64": moment.date(), "t": moment.time(),
        "dec": decimal.Decimal("1.25"), "bin": b"\x00", "doc": '{"a":[1]}', "l": "[1,2]",
    }  # fmt: skip
    (found,) = rows(pipeline, "items", *expected)
    assert dict(zip(expected, found, strict=True)) == expected
    assert "nothing" not in pipeline.default_schema.get_table_columns("items")


def test_tables_evolve(pipeline: Any) -> None:
    """Later tables may bring columns, leave some out, and be of other widths."""
    pipeline.run(pa.table({"id": pa.array([1], pa.int32())}), table_name="items")
    pipeline.run(pa.table({"id": pa.array([2], pa.int64()), "more": ["x"]}), table_name="items")
    pipeline.run(pa.table({"more": ["y"]}), table_name="items")
    assert rows(pipeline, "items", "id", "more") == [(1, None), (2, "x"), (None, "y")]


def test_widths_differ_in_one_load(pipeline: Any) -> None:
    """Integers and floats of several widths, in tables that load unchanged and in others."""
    tables = [
        pa.table({"id": pa.array([1], pa.int32()), "v": pa.array([1.5], pa.float32())}),
        pa.table({"id": pa.array([2], pa.int64()), "v": pa.array([0.1], pa.float64())}),
        pa.table({"id": pa.array([3], pa.int8()), "more": ["x"]}),
    ]
    pipeline.run(dlt.resource(lambda: iter(tables), name="items"))
    assert rows(pipeline, "items", "id", "v", "more") == [(1, 1.5, None), (2, 0.1, None), (3, None, "x")]


def test_regular_pages_irregular_pages_and_tables_share_a_load(pipeline: Any) -> None:
    """What one page needs, be it taken row by row, does not stop the others of the same load."""
    odd = {"id": 3, "v": enum.Enum("Odd", {"ONE": "x"}).ONE}
    for pages in ([[{"id": 1}], [odd]], [pa.table({"id": [1]}), [odd]], [[{"id": 1}], pa.table({"id": [2]}), [odd]]):
        name = f"items_{len(pages)}_{type(pages[0]).__name__}".lower()
        info = pipeline.run(dlt.resource(lambda pages=pages: iter(pages), name=name))
        assert not info.has_failed_jobs
        assert rows(pipeline, name, "id")[-1] == (3,) and len(rows(pipeline, name, "id")) == len(pages)
        assert {load_id for (load_id,) in rows(pipeline, name, "_dlt_load_id")} == set(info.loads_ids)


def test_rows_and_tables_share_a_table(pipeline: Any) -> None:
    """A resource may change from rows to Arrow tables."""
    pipeline.run([{"id": 1, "at": "2024-01-01T00:00:00Z"}], table_name="items")
    pipeline.run(pa.table({"id": ["2"], "at": ["2024-01-02T00:00:00Z"]}), table_name="items")
    assert rows(pipeline, "items", "id") == [(1,), (2,)]
    assert pipeline.default_schema.get_table_columns("items")["at"]["data_type"] == "timestamp"


def test_values_that_do_not_fit_go_to_a_variant_column(pipeline: Any) -> None:
    """One value that does not fit costs neither the load nor the others of its column."""
    pipeline.run(pa.table({"id": [1]}), table_name="items")
    pipeline.run(pa.table({"id": ["x", "2", None]}), table_name="items")
    assert rows(pipeline, "items", "id", "id__v_text") == [(1, None), (2, None), (None, "x"), (None, None)]
    assert pipeline.default_schema.get_table_columns("items")["id__v_text"]["variant"]


def test_contracts_on_types_hold_for_arrow(pipeline: Any) -> None:
    """What would need a variant column is refused, or dropped as a value or with its row."""
    pipeline.run(pa.table({"id": [1]}), table_name="items")
    odd = pa.table({"id": ["x", "2"]})
    with pytest.raises(PipelineStepFailed, match=r"items\.id: a new data type") as failure:
        pipeline.run(odd, table_name="items", schema_contract={"data_type": "freeze"})
    assert isinstance(failure.value.__cause__, DataValidationError)
    pipeline.drop_pending_packages()
    pipeline.run(odd, table_name="items", schema_contract={"data_type": "discard_row"})
    assert rows(pipeline, "items", "id") == [(1,), (2,)]
    pipeline.run(odd, table_name="items", schema_contract={"data_type": "discard_value"})
    assert rows(pipeline, "items", "id") == [(1,), (2,), (2,), (None,)]
    assert "id__v_text" not in pipeline.default_schema.get_table_columns("items")


def test_what_has_no_column_is_told_at_extract(pipeline: Any) -> None:
    """An Arrow type that nothing stands for, and a frame that is no table, are found at once."""
    for items, message in (
        (pa.table({"span": pa.array([pa.MonthDayNano([1, 2, 3])])}), r"table items, column span: the Arrow type"),
        (pd.DataFrame({"mixed": [1, "x", b"y"]}), r"table items: the frame cannot .*mixed"),
    ):
        with pytest.raises(PipelineStepFailed, match=message) as failure:
            pipeline.run(items, table_name="items")
        assert failure.value.step == "extract"
    assert not pipeline.has_pending_data


def test_names_that_clash_are_told(pipeline: Any) -> None:
    """Two columns of one name lose nothing silently."""
    with pytest.raises(PipelineStepFailed) as failure:
        pipeline.run(pa.table({"a b": [1], "a_b": [1]}), table_name="clash")
    assert isinstance(failure.value.__cause__, SchemaIdentifierNormalizationCollision)


def test_filters_and_maps_see_whole_tables(pipeline: Any) -> None:
    """A step of an Arrow resource gets the table."""
    resource = dlt.resource(lambda: iter([pa.table({"id": [1, 2, 3]})]), name="items")
    pipeline.run(resource.add_map(lambda table: table.slice(1)))
    assert rows(pipeline, "items", "id") == [(2,), (3,)]


def test_contracts_hold_for_tables(pipeline: Any) -> None:
    """`freeze` raises; discard_value leaves the new column out; discard_row leaves rows out that have one."""
    pipeline.run(pa.table({"id": [1]}), table_name="items")
    new = pa.table({"id": [2, 3], "more": ["x", None]})
    with pytest.raises(PipelineStepFailed) as failure:
        pipeline.run(new, table_name="items", schema_contract={"columns": "freeze"})
    assert isinstance(failure.value.__cause__, DataValidationError)
    pipeline.drop_pending_packages()
    pipeline.run(new, table_name="items", schema_contract={"columns": "discard_value"})
    assert rows(pipeline, "items", "id") == [(1,), (2,), (3,)]
    pipeline.run(new, table_name="items", schema_contract={"columns": "discard_row"})
    assert rows(pipeline, "items", "id") == [(1,), (2,), (3,), (3,)]
    assert "more" not in pipeline.default_schema.get_table_columns("items")


def test_contracts_on_tables_hold_for_arrow(pipeline: Any) -> None:
    """A new table of Arrow data is a new table."""
    with pytest.raises(PipelineStepFailed) as failure:
        pipeline.run(pa.table({"id": [1]}), table_name="items", schema_contract={"tables": "freeze"})
    assert isinstance(failure.value.__cause__, DataValidationError)
    pipeline.drop_pending_packages()
    pipeline.run(pa.table({"id": [1]}), table_name="items", schema_contract={"tables": "discard_row"})
    assert "items" not in pipeline.default_schema.data_table_names()


def test_an_empty_table_declares_its_columns(pipeline: Any) -> None:
    """An Arrow table without rows still tells its columns."""
    pipeline.run(pa.table({"id": pa.array([], pa.int64())}), table_name="items")
    assert rows(pipeline, "items", "id") == []


def test_an_empty_table_replaces_what_was_there(pipeline: Any) -> None:
    """An Arrow table without rows replaces by nothing, as a list does."""
    for count in (2, 0):
        empty = pa.table({"id": pa.array([1, 2][:count], pa.int64())})
        pipeline.run(dlt.resource(empty, name="items", write_disposition="replace"))
        assert len(rows(pipeline, "items", "id")) == count


def test_filters_hold_for_tables(pipeline: Any) -> None:
    """Columns of Arrow data are filtered by name."""
    schema = dlt.Schema("mine")
    schema.update_table({"name": "items", "columns": {}, "filters": {"excludes": ["secret"]}})
    for _ in range(2):
        pipeline.run(pa.table({"id": [1], "secret": ["x"]}), table_name="items", schema=schema)
    assert "secret" not in pipeline.default_schema.get_table_columns("items")


def test_incremental_takes_lists_of_tables(pipeline: Any) -> None:
    """Each table of a list is filtered by the cursor."""

    @dlt.resource
    def items(at: Any = dlt.sources.incremental("id")) -> Any:
        yield [pa.table({"id": [1, 2]}), pa.table({"id": [3]})]

    pipeline.run(items())
    pipeline.run(items())
    assert rows(pipeline, "items", "id") == [(1,), (2,), (3,)]


class Watch(Step):
    """Remembers what it is called with."""

    placement_affinity = 2

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[Any] = []

    def __call__(self, item: Any, meta: Any = None) -> Any:
        """Let it pass."""
        self.seen.append(item)
        return item


def test_a_list_of_tables_stays_together_on_its_way(pipeline: Any) -> None:
    """Steps of a program and transformers get it as it was yielded; maps, filters and cursors take each table."""
    first, second = pa.table({"id": [1, 2]}), pa.table({"id": [3]})
    watch, received = Watch(), []

    @dlt.resource
    def items(at: Any = dlt.sources.incremental("id", initial_value=2, range_start="closed")) -> Any:
        yield [first, second]

    @dlt.transformer(data_from=items().add_filter(lambda table: table.num_rows > 0).add_step(watch))
    def counted(tables: Any) -> Any:
        received.append(tables)
        yield {"tables": len(tables)}

    pipeline.run(counted)
    assert [[table.to_pydict() for table in tables] for tables in watch.seen] == [[{"id": [2]}, {"id": [3]}]]
    assert rows(pipeline, "counted", "tables") == [(2,)] and len(received) == 1

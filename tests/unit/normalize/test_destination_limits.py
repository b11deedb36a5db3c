"""What one destination stores and another does not: values go where they stay whole, by rows and by Arrow data."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import dlt
from dlt.destinations.impl.duckdb.dialect import CAPABILITIES as DUCKDB
from dlt.destinations.impl.postgres.dialect import CAPABILITIES as POSTGRES
from dlt.destinations.impl.redshift.dialect import CAPABILITIES as REDSHIFT
from dlt.destinations.impl.sqlalchemy.capabilities import MYSQL, SQLITE
from dlt.errors import CannotCoerceColumnException
from dlt.normalize.casts import place
from dlt.normalize.placement import Placement
from dlt.normalize.tabular import conform
from dlt.schema.capabilities import Capabilities
from dlt.schema.schema import Schema
from dlt.schema.typing import ColumnSchema


@pytest.mark.parametrize(
    ("capabilities", "column", "value", "expected"),
    [
        (POSTGRES, {"data_type": "text"}, "a\0b", ("v__v_binary", b"a\0b")),
        (REDSHIFT, {"data_type": "text"}, "a\0b", ("v__v_binary", b"a\0b")),
        (DUCKDB, {"data_type": "text"}, "a\0b", ("v", "a\0b")),
        (POSTGRES, {"data_type": "json"}, '{"a":"\\u0000"}', ("v__v_text", '{"a":"\\u0000"}')),
        (POSTGRES, {"data_type": "json"}, '{"a":"\\\\u0000"}', ("v", '{"a":"\\\\u0000"}')),
        (POSTGRES, {"data_type": "text", "precision": 2}, "üü", ("v", "üü")),
        (REDSHIFT, {"data_type": "text", "precision": 2}, "üü", ("v__v_text", "üü")),
        (POSTGRES, {"data_type": "text", "precision": 2}, "abc", ("v__v_text", "abc")),
        (DUCKDB, {"data_type": "text", "precision": 2}, "abc", ("v", "abc")),
        (REDSHIFT, {"data_type": "binary", "precision": 2}, b"abc", ("v__v_binary", b"abc")),
        (SQLITE, {"data_type": "double"}, math.inf, ("v__v_text", "Infinity")),
        (MYSQL, {"data_type": "bigint"}, -math.inf, ("v__v_text", "-Infinity")),
        (POSTGRES, {"data_type": "bigint"}, -math.inf, ("v__v_double", -math.inf)),
        (DUCKDB, {"data_type": "bigint", "precision": 32}, 2**31, ("v__v_bigint", 2**31)),
        (DUCKDB, {"data_type": "decimal", "precision": 76}, Decimal(10**30), ("v__v_text", "1" + "0" * 30)),
        (POSTGRES, {"data_type": "decimal", "precision": 76}, Decimal(10**30), ("v", Decimal(10**30))),
        (
            DUCKDB,
            {"data_type": "timestamp", "precision": 9, "timezone": False},
            dt.datetime(1500, 1, 1),
            ("v__v_timestamp", dt.datetime(1500, 1, 1, tzinfo=dt.timezone.utc)),
        ),
        (
            DUCKDB,
            {"data_type": "timestamp", "precision": 3},
            dt.datetime(2024, 1, 1, 0, 0, 0, 1),
            ("v__v_timestamp", dt.datetime(2024, 1, 1, 0, 0, 0, 1, tzinfo=dt.timezone.utc)),
        ),
    ],
)
def test_a_value_goes_where_the_destination_holds_it(
    capabilities: Capabilities, column: ColumnSchema, value: Any, expected: tuple[str, Any]
) -> None:
    """NUL, lengths, NaN, bits, digits and years: by value and by whole arrays."""
    for arrow in (False, True):
        placement = Placement(Schema("s"), capabilities)
        placement.add_column("t", {**column, "name": "v"})
        if not arrow:
            assert placement.place("t", "v", value) == expected
            continue
        columns, _ = place(placement, "t", "v", pa.array([value, None]))
        assert {name: found.to_pylist()[0] for name, found in columns.items() if found.null_count < 2} == dict(
            [expected]
        )


@pytest.mark.parametrize(
    ("capabilities", "kind", "digits"),
    [
        (DUCKDB, pa.decimal256(76, 20), (38, 20)),
        (DUCKDB, pa.decimal256(76, 50), (38, 28)),
        (MYSQL, pa.decimal128(38, 35), (38, 28)),
        (POSTGRES, pa.decimal256(76, 20), (76, 20)),
    ],
)
def test_a_new_column_has_the_digits_of_the_destination(
    capabilities: Capabilities, kind: Any, digits: tuple[int, int]
) -> None:
    """Arrow's decimals may be wider than the destination's: what does not fit is text."""
    placement = Placement(Schema("s"), capabilities)
    values = [Decimal("1.5"), Decimal("0." + "0" * 18 + "1" * 2)]
    conform(placement, "t", pa.record_batch({"v": pa.array(values, kind)}))
    column = placement.columns("t")["v"]
    assert (column["precision"], column["scale"]) == digits


def test_a_stored_file_keeps_nan_and_infinities(tmp_path: Path) -> None:
    """JSON has no words for them: files of rows have the texts that readers take for them."""
    for kind in ("jsonl", "csv", "parquet"):
        pipeline = dlt.pipeline(
            kind, destination=dlt.destinations.filesystem(str(tmp_path / kind)), pipelines_dir=str(tmp_path)
        )
        items = dlt.resource([{"v": value} for value in (1.5, math.nan, -math.inf)], name="t", file_format=kind)
        pipeline.run(items)
        found = [row[0] for row in pipeline.dataset().t.select("v").fetchall()]
        assert (found[0], math.isnan(found[1]), found[2]) == (1.5, True, -math.inf)
    dlt.context.activate(None)


def test_lengths_count_only_where_they_are_enforced() -> None:
    """A destination that ignores the length of a text gets all of it."""
    placement = Placement(Schema("s"), replace(DUCKDB, enforces_length=True))
    placement.add_column("t", {"name": "v", "data_type": "text", "precision": 1})
    assert placement.place("t", "v", "ab") == ("v__v_text", "ab")


@pytest.mark.parametrize("as_arrow", [False, True], ids=["rows", "arrow"])
@pytest.mark.parametrize("column", [{"data_type": "text"}, {"data_type": "text", "precision": 100_000}], ids=str)
def test_a_text_longer_than_any_column_is_refused(as_arrow: bool, column: Any) -> None:
    """No variant would hold it either, so it is an error that tells both sizes, unless a contract discards it."""
    named: ColumnSchema = {"name": "v", **column}
    schema = Schema("spec")
    schema.update_table({"name": "t", "columns": {"v": named}})
    whole, long = "ü" * 32_767, "ü" * 32_768
    placement = Placement(schema, REDSHIFT)

    def placed(values: list[str]) -> Any:
        if as_arrow:
            return place(placement, "t", "v", pa.array(values))[0]["v"].to_pylist()
        return [(placement.place("t", "v", value) or (None, None))[1] for value in values]

    assert placed([whole]) == [whole]
    with pytest.raises(CannotCoerceColumnException, match=r"t\.v: a text of 65,536 bytes, where .* 65,535 at most"):
        placed(["a", long])
    schema.tables["t"]["schema_contract"] = {"data_type": "discard_value"}
    placement = Placement(schema, REDSHIFT)
    assert placed(["a", long]) == ["a", None]
    placement = Placement(schema, DUCKDB)
    assert placed(["a", long]) == ["a", long]

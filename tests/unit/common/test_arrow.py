"""Tables and rows as Arrow, under the names of PyPI dlt 1.x."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from dlt.common.destination import DestinationCapabilitiesContext
from dlt.common.libs import pyarrow as tables
from dlt.schema.naming import naming_from
from dlt.schema.typing import ColumnSchema

CAPS = DestinationCapabilitiesContext()
NAMING = naming_from("snake_case")
UTC = dt.timezone.utc


def columns(**found: Any) -> dict[str, ColumnSchema]:
    """Return columns of these hints."""
    return {name: {"name": name, **hints} for name, hints in found.items()}


@pytest.mark.parametrize(
    ("kind", "hints"),
    [
        (pa.int8(), {"data_type": "bigint", "precision": 8}),
        (pa.int64(), {"data_type": "bigint"}),
        (pa.float64(), {"data_type": "double"}),
        (pa.timestamp("ns"), {"data_type": "timestamp", "precision": 9, "timezone": False}),
        (pa.timestamp("us", "UTC"), {"data_type": "timestamp", "precision": 6}),
        (pa.time32("ms"), {"data_type": "time", "precision": 3}),
        (pa.binary(5), {"data_type": "binary", "precision": 5}),
        (pa.decimal128(10, 2), {"data_type": "decimal", "precision": 10, "scale": 2}),
        (pa.string(), {"data_type": "text"}),
    ],
)
def test_types_are_made_of_each_other(kind: pa.DataType, hints: Any) -> None:
    """The column of a type gives that type again."""
    assert tables.get_column_type_from_py_arrow(kind) == hints
    assert tables.get_py_arrow_datatype(hints, CAPS, "UTC") == kind


def test_columns_of_a_table_and_back() -> None:
    """Nested types come back where a destination takes them; columns that are all null have no type."""
    nested = pa.list_(pa.struct([pa.field("a", pa.int64())]))
    schema = pa.schema([pa.field("id", pa.int64(), False), pa.field("doc", nested), pa.field("n", pa.null())])
    found = tables.py_arrow_to_table_schema_columns(schema)
    assert found["id"] == {"name": "id", "nullable": False, "data_type": "bigint"}
    assert found["n"] == {"name": "n", "nullable": True}
    takes = DestinationCapabilitiesContext(supports_nested_types=True)
    assert tables.columns_to_arrow(found, takes).field("doc").type == nested
    assert tables.columns_to_arrow(found, CAPS).field("doc").type == pa.string()
    assert tables.deserialize_type(tables.serialize_type(nested)) == nested
    # as releases of this library before wrote it
    text = pa.schema([pa.field("", nested)]).serialize().to_pybytes().hex()
    assert tables.deserialize_type(text) == nested


def test_a_type_without_a_data_type() -> None:
    """The error names type and column."""
    with pytest.raises(
        tables.UnsupportedArrowTypeException, match="column 'c': the Arrow type month_day_nano"
    ) as raised:
        tables.py_arrow_to_table_schema_columns(pa.schema([pa.field("c", pa.month_day_nano_interval())]))
    assert raised.value.field_name == "c" and raised.value.arrow_type == pa.month_day_nano_interval()


def test_types_of_fields_are_replaced() -> None:
    """By a type, or by a function of the one that is there."""
    schema = pa.schema([pa.field("a", pa.int8()), pa.field("b", pa.timestamp("ns")), pa.field("c", pa.string())])
    made = tables.cast_arrow_schema_types(
        schema,
        {
            pa.types.is_integer: lambda kind: pa.int64(),
            pa.types.is_timestamp: lambda kind: pa.timestamp("us", kind.tz),
        },
    )
    assert made.types == [pa.int64(), pa.timestamp("us"), pa.string()]


def test_rows_of_a_cursor() -> None:
    """Types come from the columns; where they say none, from the values."""
    key, moment = uuid.uuid4(), dt.datetime(2024, 1, 2, 3, tzinfo=UTC)
    rows = [(1, key, moment, {"a": 1}, Decimal("1.5"), None), (None, None, "2024-01-02T03:00:00Z", None, "2.5", None)]
    wanted = columns(
        id={}, key={}, at={"data_type": "timestamp"}, doc={"data_type": "json"}, d={"data_type": "decimal"}, n={}
    )
    made = tables.row_tuples_to_arrow(rows, CAPS, wanted, "UTC")
    assert [str(kind) for kind in made.schema.types] == [
        "int64", "string", "timestamp[us, tz=UTC]", "string", "decimal128(38, 9)", "null",
    ]  # fmt: skip
    assert made.column("key").to_pylist() == [str(key), None]
    assert made.column("at").to_pylist() == [moment, moment]
    assert made.column("doc").to_pylist() == ['{"a":1}', None]
    assert made.column("d").to_pylist() == [Decimal("1.5"), Decimal("2.5")]
    assert tables.row_tuples_to_arrow([], CAPS, columns(a={"data_type": "bigint"}), "UTC").num_rows == 0


def test_values_that_are_none_of_their_type() -> None:
    """The error names column and type; nothing is cut."""
    with pytest.raises(tables.PyToArrowConversionException, match=r"column 'd'.*decimal") as raised:
        tables.row_tuples_to_arrow([(Decimal("0.1234567891"),)], CAPS, columns(d={"data_type": "decimal"}), "UTC")
    assert raised.value.data_type == "decimal" and raised.value.field_name == "d"
    with pytest.raises(tables.PyToArrowConversionException, match="column 'x'"):
        tables.row_tuples_to_arrow([(1,), ("a",)], CAPS, columns(x={}), "UTC")


TABLE = pa.table({"Id": [1, 2], "At": pa.array([dt.datetime(2024, 1, 1)] * 2), "n": pa.nulls(2)})


@pytest.mark.parametrize("item", [TABLE, TABLE.to_batches()[0]])
def test_a_table_in_the_shape_of_a_schema(item: Any) -> None:
    """Names, order, nulls where a column is missing, and time zones; a table of that shape is returned itself."""
    wanted = columns(
        at={"data_type": "timestamp"}, more={"data_type": "text"}, id={"data_type": "bigint", "nullable": False},
        _dlt_id={"data_type": "text"},
    )  # fmt: skip
    made = tables.normalize_py_arrow_item(item, wanted, NAMING, CAPS)
    assert made.schema.names == ["at", "more", "id"] and not made.schema.field("id").nullable
    assert made.column("at").to_pylist() == [dt.datetime(2024, 1, 1, tzinfo=UTC)] * 2
    assert made.column("more").to_pylist() == [None, None]
    assert made.schema.metadata == {b"dlt.null_columns": b'["n"]'}
    assert tables.normalize_py_arrow_item(made, wanted, NAMING, CAPS) is made
    assert not tables.should_normalize_arrow_schema(made.schema, wanted, NAMING).should_normalize
    of_load = tables.add_dlt_load_id_column(made, wanted, CAPS, NAMING, "1.5")
    again = tables.add_dlt_load_id_column(of_load, wanted, CAPS, NAMING, "2.5")
    assert again.schema.names == [*made.schema.names, "_dlt_load_id"]
    assert again.column("_dlt_load_id").to_pylist() == ["2.5", "2.5"]


def test_two_fields_of_one_name() -> None:
    """Joining them would lose one."""
    with pytest.raises(tables.NameNormalizationCollision, match="'A' and 'a' of a table become one column 'a'"):
        tables.normalize_py_arrow_item(pa.table({"A": [1], "a": [2]}), {}, NAMING, CAPS)


def test_values_get_the_types_of_columns() -> None:
    """As whole columns where that loses nothing; what does not fit is refused unless a program says otherwise."""
    table = pa.table({"id": ["1", "2"], "at": ["2024-01-01", None], "other": [1.5, 2.5]})
    wanted = columns(id={"data_type": "bigint"}, at={"data_type": "timestamp"})
    made = tables.cast_arrow_as_columns_schema(table, wanted, CAPS, "UTC")
    assert made.column("id").to_pylist() == [1, 2] and made.column("other").type == pa.float64()
    assert made.column("at").to_pylist() == [dt.datetime(2024, 1, 1, tzinfo=UTC), None]
    with pytest.raises(tables.PyToArrowConversionException, match="column 'id'"):
        tables.cast_arrow_as_columns_schema(pa.table({"id": ["x"]}), wanted, CAPS, "UTC")


def test_single_values() -> None:
    """Moments go to the time zone of their type and days forget the time."""
    moment = dt.datetime(2024, 1, 2, 3, tzinfo=dt.timezone(dt.timedelta(hours=-8)))
    naive, aware = tables.get_py_arrow_timestamp(6, None), tables.get_py_arrow_timestamp(6, "UTC")
    assert tables.from_arrow_scalar(tables.to_arrow_scalar(moment, naive)) == dt.datetime(2024, 1, 2, 11)
    assert tables.from_arrow_scalar(tables.to_arrow_scalar(moment, aware)) == moment
    assert tables.from_arrow_scalar(tables.to_arrow_scalar(moment, pa.date32())) == dt.date(2024, 1, 2)


def test_columns_of_a_kind() -> None:
    """UUIDs as text, days in milliseconds as moments, a text in place of an empty one."""
    keys = [uuid.uuid4(), None]
    assert tables.uuid_to_string(pa.array([k and k.bytes for k in keys], pa.binary(16))).to_pylist() == [
        k and str(k) for k in keys
    ]
    days = pa.table({"at": pa.array([1001, None], pa.date64()), "t": ["", "x"]})
    moments = tables.cast_date64_columns_to_timestamp(days)
    assert moments.column("at").cast(pa.int64()).to_pylist() == [1_001_000, None]
    assert tables.cast_date64_columns_to_timestamp(moments) is moments
    filled = tables.fill_empty_source_column_values_with_placeholder(days, ["t"], "none")
    assert filled.column("t").to_pylist() == ["none", "x"]
    assert tables.remove_null_columns_from_schema(TABLE.schema)[0].names == ["Id", "At"]

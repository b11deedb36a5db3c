"""Values of data types, and as SQL, as in PyPI `dlt` 1.x."""

from __future__ import annotations

import datetime
from decimal import Decimal
from enum import Enum
from typing import Any, NamedTuple

import pyarrow as pa
import pytest

from dlt.common import Wei
from dlt.common.data_types import DATA_TYPES, coerce_value, py_type_to_sc_type
from dlt.common.data_writers import DataWriter, escape, writers
from dlt.common.data_writers.configuration import CsvFormatConfiguration
from dlt.common.libs.hexbytes import HexBytes
from dlt.common.metrics import EMPTY_DATA_WRITER_METRICS, DataWriterMetrics
from dlt.errors import NotOffered

MOMENT = datetime.datetime(2024, 1, 2, 3, 4, 5, 123456, tzinfo=datetime.timezone.utc)


class Point(NamedTuple):
    """A tuple."""

    x: int


class Number(int, Enum):
    """Values of an enumeration."""

    ONE = 1


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (str, "text"),
        (bool, "bool"),
        (int, "bigint"),
        (Number, "bigint"),
        (Enum, "text"),
        (float, "double"),
        (bytes, "binary"),
        (HexBytes, "binary"),
        (Decimal, "decimal"),
        (Wei, "wei"),
        (datetime.datetime, "timestamp"),
        (datetime.date, "date"),
        (datetime.time, "time"),
        (dict, "json"),
        (tuple, "json"),
        (Point, "json"),
    ],
)
def test_types_of_classes(kind: type, expected: str) -> None:
    """Each is one that a column has."""
    assert py_type_to_sc_type(kind) == expected and expected in DATA_TYPES
    for other in (set, object, type(None), complex, datetime.timedelta):
        with pytest.raises(TypeError, match="is no class of values"):
            py_type_to_sc_type(other)


@pytest.mark.parametrize(
    ("found", "wanted", "value", "expected"),
    [
        ("text", "bigint", " 1 ", 1),
        ("text", "bigint", "0x1234", 4660),
        ("text", "double", "1e3", 1000.0),
        ("text", "decimal", "1.50", Decimal("1.50")),
        ("text", "wei", "0x1234", Wei(4660)),
        ("text", "bool", "yes", True),
        ("text", "binary", "YWJj", b"abc"),
        ("text", "binary", "0x1234", b"\x12\x34"),
        ("text", "json", '{"a":1}', {"a": 1}),
        ("text", "date", "2024-01-02T03:04:05Z", datetime.date(2024, 1, 2)),
        ("text", "time", "03:04:05", datetime.time(3, 4, 5)),
        ("text", "timestamp", "2024-01-02", datetime.datetime(2024, 1, 2)),
        ("bigint", "binary", 1704164645, b"%}\x93e"),
        ("bigint", "timestamp", 0, datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)),
        ("bigint", "text", 2**70, str(2**70)),
        ("double", "bigint", 2.0, 2),
        ("double", "decimal", 1.5, Decimal("1.5")),
        ("double", "wei", 1.5, Wei("1.5")),
        ("decimal", "bigint", Decimal(2), 2),
        ("wei", "double", Wei("1.5"), 1.5),
        ("bool", "text", True, "True"),
        ("timestamp", "text", MOMENT, "2024-01-02T03:04:05.123456+00:00"),
        ("timestamp", "date", MOMENT, datetime.date(2024, 1, 2)),
        ("date", "timestamp", datetime.date(2024, 1, 2), datetime.datetime(2024, 1, 2)),
        ("binary", "text", b"abc", "YWJj"),
        ("binary", "text", HexBytes("0x12"), "0x12"),
        ("json", "text", {"a": Decimal("1.5")}, '{"a":"1.5"}'),
        ("bigint", "bigint", Number.ONE, 1),
    ],
)
def test_values_of_another_type(found: Any, wanted: Any, value: Any, expected: Any) -> None:
    """As a program converts them."""
    result = coerce_value(wanted, found, value)
    assert result == expected and isinstance(result, type(expected))


@pytest.mark.parametrize(
    ("found", "wanted", "value"),
    [
        ("text", "bigint", "1.5"),
        ("text", "bool", "maybe"),
        ("text", "decimal", "x"),
        ("text", "binary", "x y"),
        ("text", "timestamp", "soon"),
        ("text", "json", "x"),
        ("double", "bigint", 1.5),
        ("double", "bigint", float("nan")),
        ("bigint", "timestamp", 10**20),
        ("bigint", "binary", -5),
        ("bool", "bigint", True),
        ("json", "bigint", {}),
    ],
)
def test_values_that_are_none_of_the_type(found: Any, wanted: Any, value: Any) -> None:
    """As a ValueError."""
    with pytest.raises(ValueError):  # noqa: PT011  # each reading has its own words
        coerce_value(wanted, found, value)


TEXT = "a'b\\c\n\t"


@pytest.mark.parametrize(
    ("dialect", "text", "data", "name"),
    [
        ("postgres", "E'a''b\\\\c\\n\t'", "'\\x6162'", '"a""`\\b"'),
        ("redshift", "'a''b\\\\c\\n\t'", "from_hex('6162')", '"a""`\\b"'),
        ("bigquery", "'a\\'b\\\\c\\n\\t'", "FROM_BASE64('YWI=')", '`a"\\`\\\\b`'),
        ("snowflake", "'a''b\\\\c\n\t'", "X'6162'", '"a""`\\b"'),
        ("databricks", "'a\\'b\\\\c\\n\t'", "X'6162'", '`a"``\\b`'),
        ("clickhouse", "'a''b\\\\c\\n\\t'", "'6162'", '`a"``\\\\b`'),
        ("duckdb", "E'a''b\\\\c\\n\t'", "from_base64('YWI=')", None),
        ("mssql", "N'a''b\\c' + CHAR(10) + N'' + CHAR(9) + N''", "0x6162", None),
        ("hive", None, None, '`a"\\`\\\\b`'),
    ],
)
def test_values_and_names_as_sql(dialect: str, text: str | None, data: str | None, name: str | None) -> None:
    """Of a dialect."""
    if text is not None:
        literal = getattr(escape, f"escape_{dialect}_literal")
        assert literal(TEXT) == text and literal(b"ab") == data
        assert (literal(None), literal(1.5), literal(Decimal("1.5"))) == ("NULL", "1.5", "1.5")
        assert literal(MOMENT) == "'2024-01-02T03:04:05.123456+00:00'"
        assert '{"a":1}' in literal({"a": 1}) and "'[]'" in literal([])
        assert literal(True) == {"mssql": "1", "bigquery": "TRUE"}.get(dialect, "True")
    if name is not None:
        assert getattr(escape, f"escape_{dialect}_identifier")('a"`\\b') == name


def test_moments_as_sql() -> None:
    """With as many digits as asked for."""
    assert escape.format_datetime_literal(MOMENT, 3) == "'2024-01-02 03:04:05.123+00:00'"
    assert escape.format_datetime_value(MOMENT, 0, no_tz=True) == "2024-01-02 03:04:05"
    assert escape.format_bigquery_datetime_literal(MOMENT) == "TIMESTAMP '2024-01-02 03:04:05.123456+00:00'"
    assert escape.format_clickhouse_datetime_literal(MOMENT, 3) == "toDateTime64('2024-01-02 03:04:05.123', 3, 'UTC')"


def test_figures_are_added() -> None:
    """Over the time of both files."""
    one, other = DataWriterMetrics("a", 1, 2, 3.0, 4.0), DataWriterMetrics("b", 10, 20, 1.0, 9.0)
    assert one + other == DataWriterMetrics("", 11, 22, 1.0, 9.0) and (one + one).file_path == "a"
    assert sum([one], EMPTY_DATA_WRITER_METRICS) == DataWriterMetrics("", 1, 2, 3.0, 4.0)


def test_writers_say_what_to_do() -> None:
    """They only import; rows are counted, and settings of files are there."""
    for use in (DataWriter, writers.JsonlWriter):
        with pytest.raises(NotOffered, match="loader_file_format"):
            use()
    assert writers.count_rows_in_items([{"a": 1}, pa.table({"a": [1, 2]})]) == 3
    assert CsvFormatConfiguration().delimiter == ","

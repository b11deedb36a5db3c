"""Files of an extracted package: what goes in comes out, whatever the values."""

import datetime as dt
import decimal
import pathlib
import uuid
import zlib
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt.errors import InvalidDataItem
from dlt.formats.spool import SpoolWriter
from dlt.io.typed_json import dump_row, read_rows

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters())
    | st.binary()
    | st.decimals(allow_nan=False)
    | st.dates()
    | st.times()
    | st.datetimes(timezones=st.none() | st.just(dt.timezone.utc))
)
DOCUMENTS = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters()), inner), max_leaves=20
)


@given(st.dictionaries(st.text(st.characters()), DOCUMENTS))
def test_exact_rows_keep_every_value(row: dict[str, Any]) -> None:
    """No value changes between extract and normalize, not even lone surrogates or integers beyond 64 bits."""
    assert list(read_rows([dump_row(row)])) == [row]


def spool(folder: pathlib.Path, *pages: Any) -> list[Any]:
    """Write pages of one table; return the files."""
    writer = SpoolWriter(str(folder))
    for page in pages:
        writer.write("t", page, {"columns": {}})
    return list(writer.close())


def test_flat_rows_are_spooled_as_arrow(tmp_path: pathlib.Path) -> None:
    """Pages of plain values keep their types and their number."""
    moment = dt.datetime(2024, 1, 1, tzinfo=dt.timezone.utc)
    rows = [{"id": i, "price": decimal.Decimal("1.10"), "at": moment} for i in range(3)]
    (file,) = spool(tmp_path, rows)
    assert (file.format, file.rows) == ("arrow", 3)
    assert pa.ipc.open_stream(tmp_path / file.name).read_all().to_pylist() == rows


def test_a_page_that_arrow_would_change_goes_row_by_row(tmp_path: pathlib.Path) -> None:
    """2**80 has no Arrow integer, so the rows are kept exactly."""
    rows = [{"id": 2**80, "u": uuid.UUID(int=7)}, {"id": 1, "tags": {"a", "b"}}]
    (file,) = spool(tmp_path, rows)
    assert file.format == "rows"
    with open(tmp_path / file.name, "rb") as lines:
        assert list(read_rows(lines)) == [{"id": 2**80, "u": str(uuid.UUID(int=7))}, {"id": 1, "tags": ["a", "b"]}]


def test_several_scalar_types_of_one_key_become_several_fields(tmp_path: pathlib.Path) -> None:
    """A clash of types stays visible, in order of first appearance."""
    (file,) = spool(tmp_path, [{"v": 1}, {"v": "x"}, {"v": 2}])
    table = pa.ipc.open_stream(tmp_path / file.name).read_all()
    assert [(field.name, str(field.type)) for field in table.schema] == [("v", "int64"), ("v", "string")]


def test_checksum_and_size_are_those_of_the_file(tmp_path: pathlib.Path) -> None:
    """The manifest of a package describes its files."""
    for file in spool(tmp_path, [{"a": 1}] * 50, [{"a": object}] * 0, [{"a": 2**70}]):
        data = (tmp_path / file.name).read_bytes()
        assert (len(data), zlib.crc32(data)) == (file.bytes, file.crc32)


def test_an_unserialisable_value_names_table_and_item(tmp_path: pathlib.Path) -> None:
    """Bad input gives a clear error."""
    with pytest.raises(InvalidDataItem, match=r"table t: item 1 .*object"):
        spool(tmp_path, [{"a": 1}, {"a": object()}])


def test_rows_with_large_values_do_not_wait_for_many_others(tmp_path: pathlib.Path) -> None:
    """What waits in memory is bounded in bytes too."""
    spool = SpoolWriter(str(tmp_path))
    table: Any = {"name": "t", "columns": {}}
    for number in range(20):
        spool.write("t", [{"id": number, "text": "x" * 4_000_000}], table)
    written = sum(file.stat().st_size for file in tmp_path.iterdir())
    assert written > 30_000_000
    assert sum(file.rows for file in spool.close()) == 20

"""Names that data brings: what would fail later, or lose values, is found page by page, in rows and in batches."""

from __future__ import annotations

import dataclasses
import datetime
import re
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt.errors import (
    CannotCoerceNullException,
    InvalidHint,
    SchemaException,
    SchemaIdentifierNormalizationCollision,
    TablePropertiesConflictException,
    UnboundColumnException,
)
from dlt.extract.names import NameCheck
from dlt.schema.capabilities import Capabilities
from dlt.schema.naming import NamingConvention
from dlt.schema.schema import Schema

CAPABILITIES = Capabilities()


def schema_of(*tables: Any) -> Schema:
    """Return a schema with tables as an earlier run left them."""
    schema = Schema("s")
    for table in tables:
        schema.update_table({"columns": {}, **table})
    return schema


class Bare(NamingConvention):
    """Leaves every name as it is, whatever the destination takes."""

    def normalize_identifier(self, identifier: str) -> str:
        """Return the name."""
        return identifier

    def normalize_path(self, path: str) -> str:
        """Return the path."""
        return path

    def normalize_table_identifier(self, identifier: str) -> str:
        """Return the name."""
        return identifier

    def normalize_tables_path(self, path: str) -> str:
        """Return the path."""
        return path


def bare_schema() -> Schema:
    """Return a schema whose names are not made shorter, for a destination that takes 30 bytes."""
    schema = schema_of()
    schema.naming = Bare(30)
    return schema


def check_of(*tables: Any, **options: Any) -> NameCheck:
    """Return a check on such a schema."""
    return NameCheck(schema_of(*tables), **options)


def batch_of(rows: list[dict[str, Any]]) -> pa.RecordBatch:
    """Return rows as a batch."""
    return pa.RecordBatch.from_struct_array(pa.array(rows))


CLASHES: list[tuple[list[dict[str, Any]], str | None]] = [
    ([{"Id": 1, "id": 2}], "id"),
    ([{"Id": 1, "id": 1}], None),
    ([{"Id": 1, "id": None}], None),
    ([{"Id": 1}, {"id": 2}], None),
    ([{"a": {"B": 1, "b": 2}}], "a__b"),
    ([{"a": {"b": 1}, "a__b": 2}], "a__b"),
    ([{"a": {"b": 1}, "A": {"b": 2}}], "a__b"),
    ([{"A": [1], "a": [2]}], "a"),
    ([{"list": [{"X": 1, "x": 2}]}], "x"),
    ([{"a": float("nan"), "A": float("nan")}], None),
]


@pytest.mark.parametrize("form", ["rows", "batch"])
@pytest.mark.parametrize(("rows", "column"), CLASHES)
def test_two_keys_of_one_row_that_become_one_column(form: str, rows: Any, column: str | None) -> None:
    """With different values an error that names both keys and the item; rows that lose nothing pass."""
    check = check_of()

    def look() -> None:
        check.rows("t", rows, 7) if form == "rows" else check.batch("t", batch_of(rows), 7)

    if column is None:
        look()
        return
    with pytest.raises(SchemaIdentifierNormalizationCollision, match=r"the keys .* and .* become one column") as caught:
        look()
    assert caught.value.column_name == column and caught.value.item_position == 7
    assert "Rename one of them with add_map" in str(caught.value)


@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(["a", "A", "b", "a__b"]),
            st.one_of(st.none(), st.integers(0, 1), st.dictionaries(st.sampled_from(["b", "B"]), st.integers(0, 1))),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_rows_and_batches_are_judged_alike(rows: list[dict[str, Any]]) -> None:
    """A page that becomes a batch is looked at by its columns, and refused exactly where its rows would be."""
    try:
        batch = batch_of(rows)
    except (pa.ArrowException, TypeError):
        return
    said: list[int | None] = []
    for look in (lambda c: c.rows("t", rows, 0), lambda c: c.batch("t", batch, 0)):
        try:
            look(check_of())
            said.append(None)
        except SchemaIdentifierNormalizationCollision as error:
            # which of its clashes is told first is a matter of the order of columns
            said.append(error.item_position)
    assert said[0] == said[1]


def test_columns_of_an_arrow_table_that_become_one() -> None:
    """The error names both; a column of nulls has no name to take."""
    check = check_of()
    check.tabular("t", pa.schema([("Id", pa.int64()), ("id", pa.null())]))
    with pytest.raises(SchemaIdentifierNormalizationCollision, match="'Id' and 'id' of the Arrow data"):
        check.tabular("t", pa.schema([("Id", pa.int64()), ("id", pa.int64())]))


def test_documents_that_stay_whole_have_no_names_inside() -> None:
    """A column of type json, and what lies below the nesting that is asked for, is one value."""
    row = {"doc": {"X": 1, "x": 2}, "deep": {"a": {"X": 1, "x": 2}}}
    json_column = {"name": "t", "columns": {"doc": {"name": "doc", "data_type": "json"}}}
    with pytest.raises(SchemaIdentifierNormalizationCollision, match="one column, 'deep__a__x'"):
        check_of(json_column).rows("t", [row], 0)
    check_of({**json_column, "x-normalizer": {"max_nesting": 1}}).rows("t", [row], 0)


@pytest.mark.parametrize(
    ("key", "advice"),
    [("a\x00b", "holds a NUL character"), ("x" * 40, "has 40 bytes, and the destination takes 30")],
)
def test_names_that_nothing_stores(key: str, advice: str) -> None:
    """A naming convention that leaves names as they are is found out in extract, for keys and for tables."""
    check = NameCheck(bare_schema())
    with pytest.raises(SchemaException, match=advice):
        check.rows("t", [{key: 1}], 0)
    with pytest.raises(SchemaException, match=r"table .*Rename it with add_map or table_name="):
        check.declare({"name": key, "columns": {}})


def test_a_long_name_is_cut_in_the_message() -> None:
    """A key may be a whole document by mistake."""
    with pytest.raises(SchemaException) as caught:
        NameCheck(bare_schema()).rows("t", [{"k" * 5000: 1}], 0)
    assert len(str(caught.value)) < 500 and "k…" in str(caught.value)


def test_tables_that_are_taken() -> None:
    """The library's own, those of nested rows, and nested ones whose name a root table has."""
    check = check_of({"name": "orders"}, {"name": "orders__lines", "parent": "orders"}, {"name": "a__b"})
    with pytest.raises(SchemaException, match="begins with '_dlt'"):
        check.declare({"name": "_dlt_things", "columns": {}})
    with pytest.raises(TablePropertiesConflictException, match="holds nested rows of 'orders'"):
        check.declare({"name": "orders__lines", "columns": {}})
    with pytest.raises(TablePropertiesConflictException, match="Give that one another table_name, or rename the key"):
        check.rows("a", [{"b": [1]}], 0)


def test_declarations_of_one_column_must_agree() -> None:
    """Under two spellings; the same said twice is no fault."""
    check = check_of()
    columns: Any = {"Id": {"name": "Id", "data_type": "text"}, "id": {"name": "id", "data_type": "text"}}
    assert check.declare({"name": "t", "columns": columns}) == "t"
    columns["id"]["data_type"] = "bigint"
    with pytest.raises(InvalidHint, match="the hints for 'Id' and 'id' are for one column"):
        check.declare({"name": "t", "columns": columns})


LOADED = {
    "name": "t",
    "x-normalizer": {"seen-data": True},
    "columns": {"n": {"name": "n", "data_type": "bigint"}},
}


@pytest.mark.parametrize(
    ("declared", "stored", "kind", "advice"),
    [
        ({"n": {"name": "n", "data_type": "text"}}, LOADED, InvalidHint, "refresh='drop_resources'"),
        ({"n": {"name": "n", "data_type": "text"}}, {**LOADED, "x-normalizer": {}}, None, ""),
        ({"n": {"name": "n", "data_type": None, "nullable": True}}, LOADED, None, ""),
        ({"new": {"name": "new", "nullable": False}}, LOADED, CannotCoerceNullException, "write_disposition 'replace'"),
        ({"new": {"name": "new", "nullable": False, "primary_key": True}}, LOADED, None, ""),
        ({"new": {"name": "new", "nullable": False}}, {**LOADED, "x-normalizer": {}}, None, ""),
        ({"n": {"name": "n", "nullable": False}}, LOADED, None, ""),
    ],
)
def test_a_loaded_table_is_not_declared_into_another_one(declared: Any, stored: Any, kind: Any, advice: str) -> None:
    """A type it cannot take and a column its rows lack are refused; a table without rows takes anything."""
    check = NameCheck(schema_of(stored), CAPABILITIES)
    if kind is None:
        check.declare({"name": "t", "columns": declared})
        return
    with pytest.raises(kind, match=re.escape(advice)):
        check.declare({"name": "t", "columns": declared})


def test_a_column_that_must_come_and_never_came() -> None:
    """The end of the package tells; a table without rows, or with objects of the program, is no fault."""
    keyed: Any = {
        "name": "t",
        "write_disposition": "merge",
        "columns": {"id": {"name": "id", "primary_key": True, "nullable": False}},
    }
    check = check_of(keyed)
    check.rows("t", [{"key": 1}], 0)
    check.close({})
    with pytest.raises(UnboundColumnException, match="id"):
        check.close({"t": 1})

    @dataclasses.dataclass
    class Point:
        x: int

    check = check_of(keyed)
    check.rows("t", [Point(1)], 0)
    check.close({"t": 1})


def test_plain_values_are_no_objects_of_the_program() -> None:
    """Dates, numbers and texts hide no column: a key that they do not have is told."""
    check = check_of({
        "name": "t",
        "write_disposition": "merge",
        "columns": {"id": {"name": "id", "primary_key": True, "nullable": False}},
    })  # fmt: skip
    check.rows("t", [{"at": datetime.datetime(2024, 1, 1), "day": datetime.date(2024, 1, 1), "raw": b"x"}], 0)
    with pytest.raises(UnboundColumnException):
        check.close({"t": 1})


def test_a_misspelt_column_that_decides_which_rows_stay() -> None:
    """One that is much like a column that came is an error; rows may lack a column that is like none."""
    declared: Any = {"name": "t", "columns": {"updatd_at": {"name": "updatd_at", "dedup_sort": "desc"}}}
    check = check_of(declared)
    check.rows("t", [{"updated_at": 1}], 0)
    with pytest.raises(UnboundColumnException, match="Did you mean 'updated_at'"):
        check.close({"t": 1})
    check = check_of(declared)
    check.rows("t", [{"id": 1}], 0)
    check.close({"t": 1})


def test_more_columns_than_the_destination_takes() -> None:
    """Counted as they come; what a contract leaves out does not count."""
    wide = [{f"c{number}": number for number in range(12)}]
    check = check_of(capabilities=Capabilities(max_columns=10))
    with pytest.raises(SchemaException, match="t"):
        check.rows("t", wide, 0)
    kept = {"name": "t", "columns": {"c0": {"name": "c0", "data_type": "bigint"}}, "schema_contract": "discard_value"}
    check_of(kept, capabilities=Capabilities(max_columns=10)).rows("t", wide, 0)

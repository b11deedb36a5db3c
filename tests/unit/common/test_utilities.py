"""Utilities of PyPI `dlt` 1.x: tables of Arrow, models, documents; names without anything behind them."""

from __future__ import annotations

from typing import Any, Literal, TypedDict

import pandas as pd
import pyarrow as pa
import pydantic
import pytest

from dlt.common.libs import pyarrow as tables
from dlt.common.libs.pandas import pandas_to_arrow
from dlt.common.libs.pydantic import BaseModel, pydantic_to_table_schema_columns
from dlt.common.libs.utils import is_instance_lib
from dlt.common.normalizers.utils import generate_dlt_id, generate_dlt_ids
from dlt.common.validation import validate_dict, validate_dict_ignoring_xkeys
from dlt.common.warnings import Dlt04DeprecationWarning, Dlt100DeprecationWarning, deprecated
from dlt.errors import DictValidationException

TABLE = pa.table({"a": [1, 2], "b": ["x", None], "n": pa.nulls(2)})


@pytest.mark.parametrize("item", [TABLE, TABLE.to_batches()[0]])
def test_tables_of_arrow(item: Any) -> None:
    """As whole tables and as batches."""
    assert tables.is_arrow_item(item) and not tables.is_arrow_item([item])
    assert tables.remove_columns(item, ["a"]).schema.names == ["b", "n"]
    assert tables.remove_null_columns(item).schema.names == ["a", "b"]
    assert tables.rename_columns(item, ["x", "y", "z"]).schema.names == ["x", "y", "z"]
    assert tables.rename_columns(item, ["a", "b", "n"]) is item
    assert tables.append_column(item, "c", pa.array([3, 4])).to_pydict()["c"] == [3, 4]
    first = tables.add_constant_column(item, "k", pa.int64(), 7, nullable=False, index=0, use_dictionary=False)
    assert first.schema.names[0] == "k" and not first.schema.field(0).nullable and first.to_pydict()["k"] == [7, 7]
    last = tables.add_constant_column(item, "k", pa.string(), "v")
    assert pa.types.is_dictionary(last.schema.field("k").type) and last.to_pydict()["k"] == ["v", "v"]


def test_types_of_arrow() -> None:
    """As columns, and as text."""
    assert tables.get_column_type_from_py_arrow(pa.decimal128(10, 2)) == {
        "data_type": "decimal",
        "precision": 10,
        "scale": 2,
    }
    columns = tables.py_arrow_to_table_schema_columns(pa.schema([pa.field("a", pa.int64(), nullable=False)]))
    assert columns == {"a": {"name": "a", "nullable": False, "data_type": "bigint"}}
    for kind in (pa.list_(pa.int8()), pa.timestamp("us", "UTC")):
        assert tables.deserialize_type(tables.serialize_type(kind)) == kind
    frame = pd.DataFrame({"a": [1, 2]}, index=[5, 6])
    assert pandas_to_arrow(frame).schema.names == ["a"]
    assert pandas_to_arrow(frame, preserve_index=True).num_columns == 2
    assert is_instance_lib(frame, class_ref="pandas.DataFrame") and not is_instance_lib(1, class_ref="pandas.DataFrame")


def test_models_are_columns() -> None:
    """By the class or an object; the package's own names are there."""

    class Item(pydantic.BaseModel):
        id: int

    columns = pydantic_to_table_schema_columns(Item(id=1))
    assert columns == pydantic_to_table_schema_columns(Item) and columns["id"]["data_type"] == "bigint"
    assert BaseModel is pydantic.BaseModel


def test_small_things() -> None:
    """Ids of rows, warnings with versions."""
    assert len(generate_dlt_id()) == 14 and len(set(generate_dlt_ids(9))) == 9
    assert str(Dlt100DeprecationWarning("gone.")) == "gone. Deprecated in dlt 1.0.0 to be removed in 2.0.0."
    assert str(Dlt04DeprecationWarning("gone", expected_due="0.9.0")).endswith("to be removed in 0.9.0.")

    @deprecated("use another", category=Dlt100DeprecationWarning)
    def old() -> int:
        return 1

    with pytest.warns(Dlt100DeprecationWarning, match=r"use another\. Deprecated in dlt 1\.0\.0"):
        assert old() == 1


class Inner(TypedDict, total=False):
    """In others."""

    x: int


class Outer(TypedDict, total=False):
    """What documents are checked against."""

    s: str
    o: int | None
    ls: list[list[str]]
    ol: list[str] | None
    li: list[Inner]
    d: dict[str, int]
    u: str | Inner
    w: Literal["a", "b"]
    a: Any
    b: float


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"s": "a", "o": None},
        {"ls": [["a"]], "li": [{"x": 1}], "d": {"k": 1}},
        {"u": {"x": 1}, "w": "a", "a": None, "b": 1.5},
        {"u": "text"},
    ],
)
def test_documents_that_are_right(document: dict[str, object]) -> None:
    """They pass, with keys of extensions where those are left out."""
    validate_dict(Outer, document, path=".")
    validate_dict_ignoring_xkeys(Outer, {**document, "x-more": 1}, path=".")


@pytest.mark.parametrize(
    ("document", "path", "field"),
    [
        ({"s": 1}, ".", "s"),
        ({"s": None}, ".", "s"),
        ({"z": 1}, ".", None),
        ({"ls": [["a"], [1]]}, ".", "ls[1][0]"),
        ({"ls": ("a",)}, ".", "ls"),
        ({"ol": [1]}, ".", "ol[0]"),
        ({"li": [{"x": "a"}]}, "./li[0]", "x"),
        ({"d": {"k": "a"}}, ".", "d[k]"),
        ({"d": {1: 1}}, ".", "d"),
        ({"u": {"x": "a"}}, ".", "u"),
        ({"w": "c"}, ".", "w"),
        ({"b": 1}, ".", "b"),
    ],
)
def test_documents_that_are_wrong(document: dict[str, object], path: str, field: str | None) -> None:
    """The error has the place."""
    with pytest.raises(DictValidationException) as caught:
        validate_dict(Outer, document, path=".")
    assert (caught.value.path, caught.value.field) == (path, field)
    if field == "u":
        inner, text = caught.value.nested_exceptions
        assert (inner.expected_type, inner.path, text.expected_type) == (Inner, "./u", str)


def test_fields_that_are_required() -> None:
    """Unless they may be None; a validator knows further types."""

    class Needed(TypedDict):
        a: str
        o: int | None

    validate_dict(Needed, {"a": "x"}, path=".")
    with pytest.raises(DictValidationException, match="a is missing of Needed"):
        validate_dict(Needed, {}, path=".")

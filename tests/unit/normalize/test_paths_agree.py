"""The fast path equals the exact path, on hostile data."""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import math
import tempfile
import uuid
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from dlt.errors import DltException
from dlt.io.typed_json import simplify
from dlt.normalize.placement import Placement
from dlt.schema.conversions import convert
from dlt.schema.inference import infer_column, infer_type
from dlt.schema.schema import Schema
from dlt.schema.typing import DATA_TYPES, ColumnSchema, DataType
from tests.unit.normalize.conftest import normalize_pages


class Colour(enum.Enum):
    """An enum as data."""

    RED = "red"


UTC = dt.timezone.utc
moments = st.datetimes(min_value=dt.datetime(1, 1, 2), max_value=dt.datetime(9999, 12, 30))
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.integers(-5, 5),
    st.floats(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=5),
    st.text(alphabet=st.characters(categories=("Cs", "Ll")), max_size=3),
    st.sampled_from(
        [
            "2024-01-02T03:04:05Z",
            "2024-01-02 03:04:05",
            "2024-01-02",
            "2024-01-02T03",
            "2024-02-30T00:00:00Z",
            "0000-01-01T00:00:00Z",
            "9999-12-31T23:59:59-10:00",
            "2024-01-02T03:04:05.123456789+01:30",
            "1.5",
            "nan",
            "",
        ]
    ),
    st.binary(max_size=4),
    moments,
    moments.map(lambda value: value.replace(tzinfo=UTC)),
    st.dates(),
    st.times(),
    st.decimals(allow_nan=True, allow_infinity=True),
    st.decimals(-(10**12), 10**12, places=4),
    st.uuids(),
    st.just(Colour.RED),
)
keys = st.sampled_from(["a", "b", "c", "A", "a__b", "key with space", "ключ", "list", "value", "_dlt_id"])
plain_keys = st.sampled_from(["a", "b", "c", "d"])
documents = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(plain_keys, inner, max_size=3)),
    max_leaves=8,
)
uniform = st.fixed_dictionaries(
    {"i": st.integers(-9, 9), "t": st.text(max_size=3)},
    optional={
        "n": st.fixed_dictionaries({"x": st.integers(0, 3)}, optional={"y": st.text(max_size=2)}),
        "l": st.lists(st.fixed_dictionaries({"v": st.integers(0, 3), "w": st.lists(st.integers(0, 3), max_size=2)})),
        "m": st.sampled_from([1, "2024-01-02T03:04:05Z", "x", 1.5, None]),
    },
)
rows = st.one_of(st.dictionaries(st.one_of(plain_keys, keys), documents, max_size=4), uniform)
pages = st.lists(st.lists(rows, min_size=1, max_size=6), min_size=1, max_size=3)


def outcome(folder: Path, data: Any, exact: bool, schema: Schema | None = None) -> Any:
    """Return tables and column types, or the class of the error."""
    try:
        schema, tables = normalize_pages(folder, data, exact=exact, schema=schema)
    except DltException as error:
        return type(error)
    for table in tables.values():
        for row in table:
            # NaN equals nothing, itself included
            row.update({name: "NaN" for name, value in row.items() if value != value})
    # lists under `a__b` and under `a`, `b` meet in one table, where those of one document have no order of their own
    if "t__a__b" in tables:
        tables["t__a__b"].sort(key=lambda row: row["_dlt_id"])
    columns = {
        name: {column: dict(spec) for column, spec in table["columns"].items()}
        for name, table in schema.tables.items()
        if not name.startswith("_dlt")
    }
    return tables, columns


@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@example([[{"_dlt_id": "\ud800"}]])
@example([[{"a": None, "b": 1, "A": []}, {"a": False}]])
@example([[{"A": {"a": None}, "a": False}]])
@example([[{"a__b": None}, {"a": [{"b": [None]}], "a__b": [None]}]])
@given(pages)
def test_the_fast_path_gives_what_the_exact_path_gives(data: list[list[dict[str, Any]]]) -> None:
    """Both paths give the same rows, ids and columns, or the same error."""
    with tempfile.TemporaryDirectory() as folder:
        exact = outcome(Path(folder), data, exact=True)
        assert outcome(Path(folder), data, exact=False) == exact


NAMED = {"t": {"a": "first", "n__x": "deep", "m": "more"}, "t__l": {"v": "inner"}}
"""Names of columns by those of their keys."""


def named() -> Schema:
    """Return a schema whose hints give columns other names."""
    schema = Schema("s")
    for table, names in NAMED.items():
        columns: Any = {new: {"from": key} for key, new in names.items()}
        parent: Any = {"parent": "t"} if "__" in table else {}
        schema.update_table({"name": table, "columns": columns, **parent})
    return schema


def renamed(table: str, name: str) -> str:
    """Return the name that hints give to a column, or to a variant of one."""
    key, variant, rest = name.partition("__v_")
    return NAMED.get(table, {}).get(key, key) + variant + rest


@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(pages)
def test_a_name_that_a_hint_gives_changes_nothing_else(data: list[list[dict[str, Any]]]) -> None:
    """Both paths give what they give without it, under the other name: values, ids, types and variants."""
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
        exact = outcome(Path(one), data, exact=True, schema=named())
        assert outcome(Path(one), data, exact=False, schema=named()) == exact
        plain = outcome(Path(two), data, exact=True)
    if isinstance(plain, type):
        assert exact is plain
        return
    tables = {
        table: [{renamed(table, name): value for name, value in row.items()} for row in found]
        for table, found in plain[0].items()
    }
    types = {
        (table, renamed(table, name)): column["data_type"]
        for table, columns in plain[1].items()
        for name, column in columns.items()
    }
    assert exact[0] == tables
    typed = ((table, name, column) for table, columns in exact[1].items() for name, column in columns.items())
    assert {(table, name): column["data_type"] for table, name, column in typed if "data_type" in column} == types


@pytest.mark.parametrize(
    "own",
    [
        decimal.Decimal("0.0000"),
        decimal.Decimal("1.50"),
        7,
        1.0,
        True,
        dt.datetime(2024, 1, 2, tzinfo=dt.timezone(dt.timedelta(hours=1))),
        dt.date(2024, 1, 2),
        b"id",
    ],
)
def test_an_id_that_comes_with_a_row_is_the_same_on_both(own: Any, tmp_path: Path) -> None:
    """As a column of text holds its value, whatever became of that on the way."""
    exact = outcome(tmp_path, [[{"_dlt_id": own}]], exact=True)
    assert outcome(tmp_path, [[{"_dlt_id": own}]], exact=False) == exact
    assert exact[0]["t"][0]["_dlt_id"] == convert(own, {"name": "_dlt_id", "data_type": "text"})


@settings(max_examples=200)
@given(st.lists(st.lists(uniform, min_size=1, max_size=8), min_size=1, max_size=3))
def test_regular_documents_agree_too(data: list[list[dict[str, Any]]]) -> None:
    """Pages that really take the fast path give the same tables."""
    with tempfile.TemporaryDirectory() as folder:
        assert outcome(Path(folder), data, exact=False) == outcome(Path(folder), data, exact=True)


@settings(max_examples=300)
@given(scalars.filter(lambda value: value is not None), st.sampled_from(DATA_TYPES), st.sampled_from([None, 2, 6, 16]))
def test_a_value_is_stored_whole_or_in_a_variant_column(value: Any, kind: DataType, precision: int | None) -> None:
    """Nothing is lost: what a column holds becomes the same again in the column that the value would have made."""
    column: ColumnSchema = {"name": "v", "data_type": kind}
    if precision is not None:
        column["precision"] = precision
    placement = Placement(Schema("s"))
    placement.add_column("t", column)
    value = simplify(value)
    name, stored = placement.place("t", "v", value) or ("", None)
    assert name == "v" or name.startswith("v__v_")
    again: ColumnSchema = infer_column("v", value, infer_type(value))
    direct = convert(value, again) if not isinstance(value, str) or utf8(value) else value
    if name == "v" and kind == "bool" and isinstance(value, (int, str)):
        assert str(stored) == str(bool(value) if isinstance(value, int) else value.strip().capitalize())
    elif name == "v" and isinstance(value, str) and kind in ("double", "bigint", "decimal", "wei"):
        assert decimal.Decimal(str(stored)) == decimal.Decimal(value)
    elif isinstance(value, str) and isinstance(stored, (dt.date, dt.time)):
        assert kind in ("timestamp", "date", "time") or name == "v__v_timestamp"  # examples show what such texts say
    elif name == "v" and isinstance(value, str) and kind == "json":
        assert stored == value.strip()
    elif isinstance(stored, bytes) and isinstance(value, str):
        # not every bytes are text, so the text is what is turned
        own = stored == value.encode("utf-8", "surrogatepass")
        assert own or value in (b64encode(stored).decode(), f"0x{stored.hex()}")
    elif isinstance(stored, str) and isinstance(value, bytes):
        assert b64decode(stored) == value
    elif isinstance(value, float) and not math.isfinite(value):
        assert repr(stored) == repr(value)
    elif isinstance(stored, str) and isinstance(value, decimal.Decimal):
        assert stored == str(value) or decimal.Decimal(stored) == value
    elif isinstance(stored, str) and isinstance(value, bool):
        assert stored.lower() == str(value).lower()
    elif isinstance(stored, str) and isinstance(value, (int, float)):
        assert type(value)(stored) == value
    elif isinstance(stored, str) and not isinstance(value, str):
        assert type(value).fromisoformat(stored) == value
    elif isinstance(value, (int, float, decimal.Decimal)) and isinstance(stored, dt.datetime):
        assert stored.replace(tzinfo=UTC).timestamp() == value
    elif isinstance(value, (int, float, decimal.Decimal)) and isinstance(stored, dt.date):
        assert dt.datetime(stored.year, stored.month, stored.day, tzinfo=UTC).timestamp() == value
    elif isinstance(direct, dt.datetime) and isinstance(stored, dt.date):
        found = stored if isinstance(stored, dt.datetime) else dt.datetime(stored.year, stored.month, stored.day)
        assert found.replace(tzinfo=UTC) == direct
    elif isinstance(value, dt.date) and isinstance(stored, dt.datetime):
        assert stored == dt.datetime(value.year, value.month, value.day, tzinfo=UTC)
    elif isinstance(value, float) and isinstance(stored, decimal.Decimal):
        assert float(stored) == value
    elif isinstance(value, decimal.Decimal) and isinstance(stored, float):
        assert decimal.Decimal(repr(stored)) == value
    else:
        assert stored == value


def utf8(value: str) -> bool:
    """Tell whether a text has no lone surrogates."""
    return not any("\ud800" <= letter <= "\udfff" for letter in value)


@pytest.mark.parametrize(
    ("values", "kinds"),
    [
        ([1, 2.5], {"v": "bigint", "v__v_double": "double"}),
        ([1.5, 2], {"v": "double"}),
        ([2**40, 2**70], {"v": "bigint", "v__v_wei": "wei"}),
        (["a", 1], {"v": "text"}),
        ([1, "a"], {"v": "bigint", "v__v_text": "text"}),
        ([None, None], {}),
        (["2024-01-02T03:04:05Z", "no date"], {"v": "timestamp", "v__v_text": "text"}),
        ([decimal.Decimal("1.25")], {"v": "decimal"}),
        ([dt.date(2024, 1, 2)], {"v": "date"}),
        ([dt.time(1, 2)], {"v": "time"}),
        ([b"x"], {"v": "binary"}),
        ([uuid.UUID(int=1)], {"v": "text"}),
        ([math.nan, math.inf], {"v": "double"}),
        ([1, math.nan], {"v": "bigint", "v__v_double": "double"}),
        (["a", math.inf], {"v": "text", "v__v_double": "double"}),
        ([decimal.Decimal("NaN")], {"v": "text"}),
        ([decimal.Decimal(1) / 3], {"v": "decimal"}),
        ([decimal.Decimal("1.5"), decimal.Decimal(1) / 3], {"v": "decimal", "v__v_decimal": "decimal"}),
        (["2024-01-02T03:04:05.1234567Z"], {"v": "text"}),
        (["a", "\ud800"], {"v": "text", "v__v_binary": "binary"}),
        ([True, 1], {"v": "bool"}),
        ([1, True], {"v": "bigint", "v__v_bool": "bool"}),
    ],
)
def test_the_first_value_decides_and_others_coerce_or_become_variants(
    normalized: Any, values: list[Any], kinds: dict[str, str]
) -> None:
    """Types come from the first value; what does not fit goes to `col__v_type`."""
    schema, _ = normalized([[{"v": value} for value in values]])
    found = {name: column["data_type"] for name, column in schema.get_table_columns("t").items()}
    assert {name: kind for name, kind in found.items() if not name.startswith("_dlt")} == kinds


def test_nested_documents_become_columns_and_tables(normalized: Any) -> None:
    """Dicts flatten, lists become child tables with parent ids and list indexes."""
    schema, tables = normalized([[{"id": 1, "a": {"b": 2}, "l": [{"x": 1, "m": [7, 8]}, {"x": 2}]}]])
    (root,) = tables["t"]
    assert (root["id"], root["a__b"], root["_dlt_load_id"]) == (1, 2, "1.0")
    assert [(row["x"], row["_dlt_parent_id"], row["_dlt_list_idx"]) for row in tables["t__l"]] == [
        (1, root["_dlt_id"], 0),
        (2, root["_dlt_id"], 1),
    ]
    assert [row["value"] for row in tables["t__l__m"]] == [7, 8]
    assert {row["_dlt_parent_id"] for row in tables["t__l__m"]} == {tables["t__l"][0]["_dlt_id"]}
    assert schema.tables["t__l__m"]["parent"] == "t__l"


def test_keys_that_collide_are_named(normalized: Any) -> None:
    """The clash check names both source keys."""
    with pytest.raises(DltException, match=r"'A' and 'a'.*'a'"):
        normalized([[{"A": 1, "a": 2}]])


def test_thousands_of_distinct_keys_stay_in_memory(normalized: Any) -> None:
    """A page of sparse keys is no dense table."""
    data = [{f"k{row}_{column}": column for column in range(3)} for row in range(700)]
    schema, tables = normalized([data])
    assert len(tables["t"]) == 700
    assert len(schema.get_table_columns("t")) == 2102


@pytest.mark.parametrize("values", [["x", b"\x80"], [b"\x80", "x"], [{"k": "x"}, {"k": b"\x00"}]])
def test_bytes_among_texts_of_documents_are_not_taken_for_text(tmp_path: Path, values: list[Any]) -> None:
    """Arrow's inference takes bytes behind text for text."""
    data = [[{"l": values}]]
    assert outcome(tmp_path, data, exact=False) == outcome(tmp_path, data, exact=True)
    tables, _ = outcome(tmp_path, [[{"l": ["x", b"\x80"]}]], exact=False)
    assert [row["value"] for row in tables["t__l"]] == ["x", "gA=="]

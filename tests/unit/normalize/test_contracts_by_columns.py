"""Under a contract, pages that are taken as columns give what their rows give one by one."""

from __future__ import annotations

import datetime as dt
import tempfile
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dlt.errors import CannotCoerceNullException, DataValidationError, DltException
from dlt.formats.batches import batch_rows
from dlt.formats.spool import SpoolWriter
from dlt.normalize.apart import RowsApart
from dlt.normalize.step import PackageNormalizer, normalize_package
from dlt.packages.manifest import Manifest
from dlt.schema.capabilities import GENERIC, Capabilities
from dlt.schema.schema import Schema

UTC = dt.timezone.utc
MODES = ("evolve", "freeze", "discard_row", "discard_value", "quarantine")
ENTITIES = ("tables", "columns", "data_type")
STRICT = replace(GENERIC, supports_nul=False, supports_nan=False, max_text_data_type_length=6, enforces_length=True)
_OWN_IDS = ("_dlt_id", "_dlt_parent_id", "_dlt_root_id")


class Case(NamedTuple):
    """What is normalized.

    Attributes:
        first: Rows that come without a contract; they make tables and columns known.
        pages: Pages that come under one.
        contract: Of the schema.
        nested: Of the nested table `t__l` alone.
        hints: Of the columns of the root table.
        merge: The table merges by `id`.
        filters: Columns and tables that are left out.
        strict: The destination stores less.
        as_in_1x: Columns and variants are those of PyPI dlt 1.x.
    """

    first: list[dict[str, Any]]
    pages: list[list[dict[str, Any]]]
    contract: Any
    nested: Any = None
    hints: Any = None
    merge: bool = False
    filters: Any = None
    strict: bool = False
    as_in_1x: bool = False


class Outcome(NamedTuple):
    """What came of it."""

    trees: Any
    counts: Any
    tables: Any


def normalized(folder: Path, schema: Schema, pages: list[list[Any]], case: Case, load_id: str) -> tuple[Any, Any]:
    """Return what normalize gives for pages, and the rows of each table."""
    source, target = folder / f"in{load_id}", folder / f"out{load_id}"
    source.mkdir()
    target.mkdir()
    spool = SpoolWriter(str(source), normalize=schema.naming.normalize_identifier)
    for page in pages:
        spool.write("t", list(page), schema.tables.get("t", {}))  # type: ignore[typeddict-item]
        spool._flush("t")
    package: Any = SimpleNamespace(path=source, load_id=load_id, manifest=Manifest("s", nonce="n"), files=spool.close())
    capabilities: Capabilities = STRICT if case.strict else GENERIC
    found = normalize_package(package, str(target), schema, capabilities, as_in_1x=case.as_in_1x)
    rows: dict[str, list[dict[str, Any]]] = {}
    for file in found.files:
        with pa.OSFile(str(target / file.name)) as stream:
            rows.setdefault(file.table, []).extend(pa.ipc.open_stream(stream).read_all().to_pylist())
    return found, rows


def outcome(case: Case) -> Outcome | tuple[type, str, Any]:
    """Return rows with their nested rows, counts and columns; or what the error says."""
    with tempfile.TemporaryDirectory() as folder:
        schema = Schema("s")
        table: Any = {
            "name": "t",
            "columns": {name: {"name": name, **hint} for name, hint in (case.hints or {}).items()},
        }
        if case.merge:
            table["write_disposition"] = "merge"
            table["columns"]["id"] = {"name": "id", **table["columns"].get("id", {}), "primary_key": True}
        schema.update_table(table)
        if case.first:
            known, _ = normalized(Path(folder), schema, [case.first], case, "1")
            schema = known.schema
            for entry in schema.tables.values():
                # columns that were loaded stay where they are
                entry["x-normalizer"] = {**entry.get("x-normalizer", {}), "seen-data": True}
        schema.set_schema_contract(case.contract)
        if case.filters:
            schema.tables["t"]["filters"] = case.filters
        if case.nested and "t__l" in schema.tables:
            schema.tables["t__l"]["schema_contract"] = case.nested
        try:
            found, rows = normalized(Path(folder), schema, case.pages, case, "2")
        except CannotCoerceNullException as error:
            # how many rows have a gap is counted in what was taken at once
            return type(error), (error.column_name, error.row), error.data_item and dict(sorted(shown(error.data_item)))
        except DltException as error:
            return type(error), str(error), getattr(error, "data_item", None)
    kept_out = [
        {name: value for name, value in row.items() if name not in ("_dlt_id", "quarantined_at")}
        for row in rows.pop("_dlt_quarantine", [])
    ]
    counts = (found.rows, found.quarantined, sorted(map(repr, kept_out)))
    tables = {
        name: (entry.get("parent"), shown({column: dict(hints) for column, hints in entry["columns"].items()}))
        for name, entry in found.schema.tables.items()
        if not name.startswith("_dlt")
    }
    return Outcome(trees_of(rows), counts, tables)


def shown(row: Any) -> Any:
    """Return the columns of a row that came with the data."""
    return [(name, value) for name, value in row.items() if not name.startswith("_dlt")]


def trees_of(rows: dict[str, list[dict[str, Any]]]) -> list[str]:
    """Return root rows with the rows below them, in no order, without ids; every row has its parent."""
    below: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    roots, total = [], sum(map(len, rows.values()))
    for name, found in rows.items():
        assert len({row["_dlt_id"] for row in found}) == len(found)
        for row in found:
            parent = row.get("_dlt_parent_id")
            (roots if parent is None else below.setdefault(parent, [])).append((name, row))
    seen = 0

    def tree(name: str, row: dict[str, Any], root: str) -> str:
        nonlocal seen
        seen += 1
        assert row.get("_dlt_root_id") in (None, root)
        own = {key: value for key, value in sorted(row.items()) if value is not None and key not in _OWN_IDS}
        inner = sorted(tree(child, values, root) for child, values in below.get(row["_dlt_id"], ()))
        return f"{name} {own} {inner}"

    trees = sorted(tree(name, row, row["_dlt_id"]) for name, row in roots)
    assert seen == total
    return trees


def one_by_one(_placement: Any, _required: Any, _shown: Any, _table: Any, batch: Any, by_rows: Any) -> None:
    """Take all rows of a page by themselves: the specification."""
    by_rows(batch_rows(batch))


def assert_both_agree(case: Case) -> None:
    """Compare both ways."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("dlt.normalize.step.take_apart", one_by_one)
        expected = outcome(case)
    assert outcome(case) == expected


numbers = st.integers(-5, 5)
texts = st.sampled_from(["x", "y", "1", "2024-01-02T03:04:05Z", "too long a text", "nul\0"])
odd = st.one_of(
    st.none(),
    numbers,
    st.sampled_from([2**40, 2**70]),
    st.sampled_from([0.5, float("inf")]),
    st.booleans(),
    texts,
    st.sampled_from([dt.datetime(2024, 1, 2, tzinfo=UTC), dt.date(2024, 1, 2), b"\x00"]),
)
usual_items = st.fixed_dictionaries({"k": numbers}, optional={"s": st.sampled_from(["x", "y"])})
odd_items = st.fixed_dictionaries(
    {"k": st.one_of(numbers, odd)},
    optional={"s": odd, "new": odd, "more": st.lists(st.fixed_dictionaries({"z": odd}), max_size=2)},
)
usual_rows = st.fixed_dictionaries(
    {"id": numbers, "n": numbers},
    optional={
        "t": st.sampled_from(["x", "y"]),
        "d": st.fixed_dictionaries({"a": numbers}),
        "l": st.lists(usual_items, max_size=2),
        "m": odd,
    },
)
odd_rows = st.fixed_dictionaries(
    {},
    optional={
        "new": odd,
        "id": odd,
        "n": odd,
        "t": odd,
        "d": st.one_of(odd, st.dictionaries(st.sampled_from(["a", "b"]), odd, max_size=2)),
        "l": st.lists(st.one_of(odd_items, usual_items), max_size=3),
        "m": odd,
        "n__v_text": texts,
        "p": st.lists(odd, max_size=2),
    },
)
first_rows = [{"id": 1, "n": 1, "t": "x", "d": {"a": 1}, "l": [{"k": 1, "s": "x"}], "m": 1}, {"id": 2, "m": "x"}]
pages = st.lists(st.lists(st.one_of(usual_rows, usual_rows, odd_rows), min_size=1, max_size=12), min_size=1, max_size=2)
modes = st.sampled_from(MODES)
contracts = st.one_of(modes, st.fixed_dictionaries({}, optional=dict.fromkeys(ENTITIES, modes)))
hints = st.fixed_dictionaries(
    {},
    optional={
        "id": st.sampled_from([{"nullable": False}, {"data_type": "bigint", "nullable": False}]),
        "n": st.sampled_from([{"data_type": "bigint", "precision": 8}, {"data_type": "text"}]),
        "t": st.just({"data_type": "text", "precision": 1}),
        "late": st.sampled_from([{"data_type": "text"}, {"description": "later"}]),
        "d": st.just({"data_type": "json"}),
    },
)
cases = st.builds(
    Case,
    first=st.sampled_from([first_rows, first_rows[:1], [{"id": 1}], []]),
    pages=pages,
    contract=contracts,
    nested=st.one_of(st.none(), contracts),
    hints=hints,
    merge=st.booleans(),
    filters=st.sampled_from([None, None, {"excludes": ["l"]}, {"excludes": ["re:^n"], "includes": ["n"]}]),
    strict=st.booleans(),
    as_in_1x=st.booleans(),
)
GOOD = [{"id": n, "n": n, "l": [{"k": n}]} for n in range(3)]


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], deadline=None)
@given(cases)
def test_columns_give_what_rows_give_one_by_one(case: Case) -> None:
    """The same rows below the same rows, columns in the same order, reasons and counts, or the same error."""
    assert_both_agree(case)


BROKEN_ITEM = {"id": 5, "l": [{"k": 1}, {"k": 2, "new": 1}]}
IN_ORDER = {"n": {"data_type": "bigint"}, "t": {"data_type": "text"}}
DOCUMENTS = [{"id": 1}, {"d": 0, "l": [{"k": 0.5}]}, {"n__v_text": "x", "d": 0.5}, {"id": 2}, {"d": 0.5}]


@pytest.mark.parametrize(
    "case",
    [
        # a row with a value for a variant column itself is told before a later one that breaks the contract
        Case(first_rows, [[*GOOD, {"m": "x", "m__v_text": "z"}, {"new": 1}]], {"columns": "freeze"}),
        # a key that does not fit leaves a gap, which has its place among all rows
        Case(
            first_rows,
            [[*GOOD, {"id": "x"}, BROKEN_ITEM]],
            {"columns": "discard_row", "data_type": "discard_value"},
            merge=True,
        ),
        # columns stand in the order of the rows that stay, whatever those that go had
        Case([], [[{"new": 1, "t": "x"}, {"n": 1}, {"t": "x"}]], {"columns": "discard_row"}, hints=IN_ORDER),
        Case(first_rows, [[{"m": 1, "n": 0.5}, {"m": 0.5}]], {"columns": "freeze"}),
        Case(first_rows, [DOCUMENTS], "evolve", "quarantine", {"late": {"description": "later"}}),
    ],
    ids=["a value for a variant", "a gap", "order of what stays", "order of variants", "order without a value"],
)
def test_cases_that_differ_easily(case: Case) -> None:
    """Each of them went wrong in one way of taking rows apart."""
    assert_both_agree(case)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("entity", ENTITIES)
def test_each_mode_of_each_entity(entity: str, mode: str) -> None:
    """With what breaks it in root rows and in nested ones, among rows that break nothing."""
    broken: list[dict[str, Any]] = {
        "tables": [{"id": 7, "p": [1]}, {"id": 8, "l": [{"k": 1, "more": [{"z": 1}]}]}],
        "columns": [{"id": 7, "new": 1}, {"id": 8, "l": [{"k": 1}, {"k": 2, "new": 1}]}],
        "data_type": [{"id": 7, "n": "x"}, {"id": 8, "l": [{"k": 1}, {"k": "x"}]}],
    }[entity]
    case = Case(first_rows, [[*GOOD, broken[1], *GOOD, broken[0], *GOOD]], {entity: mode})
    assert_both_agree(case)
    found = outcome(case)
    if mode == "freeze":
        assert found[0] is DataValidationError and "freezes" in found[1]
        return
    assert isinstance(found, Outcome)
    roots = [tree for tree in found.trees if tree.startswith("t ")]
    stay = {"discard_row": 11 if entity == "tables" else 10, "quarantine": 9}.get(mode, 11)
    assert len(roots) == stay and found.counts[1] == ({"t": 2} if mode == "quarantine" else {})


def looked_at(rows: list[dict[str, Any]], contract: Any) -> RowsApart:
    """Return what a look at a page finds, of which tables and columns are known."""
    with tempfile.TemporaryDirectory() as folder:
        case = Case(first_rows, [], contract)
        known, _ = normalized(Path(folder), Schema("s"), [case.first], case, "1")
        known.schema.set_schema_contract(contract)
        normalizer = PackageNormalizer(known.schema, "2", "n", GENERIC, SimpleNamespace())  # type: ignore[arg-type]
        spool = SpoolWriter(folder, normalize=known.schema.naming.normalize_identifier)
        spool.write("t", rows, {"name": "t", "columns": {}})
        (file,) = spool.close()
        with pa.OSFile(str(Path(folder) / file.name)) as stream:
            (batch,) = pa.ipc.open_stream(stream)
        required, columnar = normalizer._required.of, normalizer._table("t").columnar
        return RowsApart(normalizer.placement, columnar, required, lambda _table: (), "t", batch)


@pytest.mark.parametrize("mode", MODES[1:])
@pytest.mark.parametrize(
    ("entity", "broken"),
    [
        ("tables", {"id": 7, "p": [1]}),
        ("columns", {"id": 7, "new": 1}),
        ("columns", {"id": 7, "l": [{"k": 2, "new": 1}]}),
        ("data_type", {"id": 7, "n": 0.5}),
        ("data_type", {"id": 7, "l": [{"k": 0.5}]}),
    ],
)
def test_only_rows_that_break_the_contract_are_looked_at(entity: str, broken: dict[str, Any], mode: str) -> None:
    """And none where values alone are discarded, or rows of a new nested table: columns and lists are left out."""
    found = looked_at([*GOOD, broken, *GOOD], {entity: mode})
    left_out = mode == "discard_value" or (mode == "discard_row" and entity == "tables")
    assert found.mask.nonzero()[0].tolist() == ([] if left_out else [3])
    assert found.first == 7 and not found.has_gaps


def test_what_evolves_is_taken_as_columns_once_it_is_known() -> None:
    """The first row that brings a column opens it; values of a variant column that is there need no look."""
    assert looked_at([*GOOD, {"id": 1, "new": 1}, *GOOD, {"id": 2, "new": 2}], {"tables": "freeze"}).first == 3
    found = looked_at([*GOOD, {"m": "x"}], {"columns": "freeze"})
    assert (found.first, found.mask.any()) == (4, False)
    assert looked_at([*GOOD, {"m": 0.5}], {"columns": "freeze"}).first == 3


def test_a_gap_is_told_with_its_place(tmp_path: Path) -> None:
    """A row without its key fails the load; its page is taken row by row, and the row is counted among all of them."""
    rows = [*GOOD, {"n": "x", "id": 1}, {"n": 1}, *GOOD]
    assert_both_agree(Case(first_rows, [rows], {"data_type": "discard_row"}, merge=True))
    schema = Schema("s")
    schema.update_table({"name": "t", "columns": {"id": {"name": "id", "nullable": False}}})
    schema.set_schema_contract({"columns": "discard_row"})
    with pytest.raises(CannotCoerceNullException, match=r"1 of 8 rows .* The first is row 4"):
        normalized(tmp_path, schema, [rows], Case([], [], None), "1")

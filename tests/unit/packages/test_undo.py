"""What giving a package up takes back: of the state, of schemas, and nothing that others brought since."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt.io.codec import ABSENT
from dlt.packages.undo import (
    Undo,
    changed_tables,
    is_of,
    overlap,
    own_changes,
    reverted_schema,
    reverted_state,
    undo_of,
    with_more_tables,
)
from dlt.schema.schema import Schema
from dlt.states.delta import Change, difference
from dlt.states.model import bump, new_state

VALUES = st.none() | st.integers(0, 3) | st.lists(st.integers(0, 1), max_size=2)
NESTED = st.recursive(VALUES, lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3), max_leaves=6)
SOURCES = st.dictionaries(st.sampled_from("st"), st.dictionaries(st.sampled_from("kl"), NESTED), max_size=2)


def state(sources: Any) -> dict[str, Any]:
    """Return a state with these sources, beside one that was seen before."""
    return {**new_state("p"), "sources": {"seen": {"k": 0}, **sources}}


def without_empty(value: Any) -> Any:
    """Return a value without dicts that hold nothing: whoever looks for a key makes them."""
    if not isinstance(value, dict):
        return value
    found = {key: without_empty(item) for key, item in value.items()}
    return {key: item for key, item in found.items() if item != {}}


def schema(**tables: Any) -> Schema:
    """Return a schema of tables, each given by the letters of its columns."""
    made = Schema("shop")
    for name, columns in tables.items():
        named = {column: {"name": column, "data_type": "text"} for column in columns}
        made.update_table({"name": name, "columns": named})  # type: ignore[typeddict-item]
    made.bump()
    return made


def columns(found: Schema | None) -> dict[str, str] | None:
    """Return the letters of the columns of each table."""
    return found and {table["name"]: "".join(table["columns"]) for table in found.data_tables(include_incomplete=True)}


# -- state


@given(SOURCES, SOURCES)
def test_a_state_without_the_changes_is_the_state_before_them(before: Any, after: Any) -> None:
    """However deep they are."""
    changes = difference(state(before), state(after))
    found = reverted_state(state(after), changes)
    assert without_empty(found) == without_empty(state(before))
    assert reverted_state(found, changes) == found


@given(SOURCES, SOURCES, st.sampled_from("st"), st.sampled_from("kl"))
def test_what_someone_else_changed_since_stays(before: Any, after: Any, source: str, key: str) -> None:
    """Beside the changes, and in their places."""
    changes = difference(state(before), state(after))
    now = deepcopy(state(after))
    now.setdefault("sources", {}).setdefault(source, {})[key] = "theirs"
    assert reverted_state(now, changes)["sources"][source][key] == "theirs"


@pytest.mark.parametrize("theirs", [5, "text", [1], None])
def test_a_value_that_stands_where_a_changed_key_was_stays(theirs: Any) -> None:
    """Someone put it in the place of the dict; taking the changes back makes no dict of it again."""
    changes = difference(state({"s": {"k": {"a": 1, "c": 0}}}), state({"s": {"k": {"b": 2, "c": 0}}}))
    now = state({"s": {"k": theirs}})
    assert reverted_state(now, changes) == now


def test_dicts_that_led_to_a_value_go_with_it() -> None:
    """Unless there is something else in them, or they were there before."""
    gone = [Change(("sources", "s", "resources", "r", "k"), ABSENT, 1)]
    full = {"sources": {"s": {"resources": {"r": {"k": 1}}}}}
    assert reverted_state(full, gone) == {}
    assert full == {"sources": {"s": {"resources": {"r": {"k": 1}}}}}
    beside: Any = {"sources": {"s": {"resources": {"r": {"k": 1}}, "own": 2}}}
    assert reverted_state(beside, gone) == {"sources": {"s": {"own": 2}}}
    emptied = [Change(("sources", "s", "k"), {}, 1)]
    assert reverted_state({"sources": {"s": {"k": 1}}}, emptied) == {"sources": {"s": {"k": {}}}}


def test_keys_of_the_pipeline_as_a_whole_stay() -> None:
    """What is to become of names of schemas and datasets depends on more than one package."""
    changes = [Change(("schema_names",), [], ["s"]), Change(("dataset_name",), None, "d")]
    now = {"schema_names": ["s"], "dataset_name": "d"}
    assert reverted_state(now, changes) == now


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (("sources", "s", "k"), ("sources", "s", "k"), True),
        (("sources", "s"), ("sources", "s", "k"), True),
        (("sources", "s", "k"), ("sources", "s"), True),
        (("sources", "s", "k"), ("sources", "s", "l"), False),
        (("sources", "s", "k"), ("sources", "t", "k"), False),
        (("sources", "s", "kk"), ("sources", "s", "k"), False),
        (("schema_names",), ("schema_names",), False),
        (("schema_names",), ("sources", "s"), False),
    ],
)
def test_an_extract_builds_on_another_that_changed_the_same_part(first: Any, second: Any, expected: bool) -> None:
    """One above it, or one below it; keys of the pipeline as a whole are no such part."""
    assert overlap([Change(first)], [Change(second)]) is expected
    other = Change(("sources", "other", "x"))
    assert overlap([other, Change(first)], [Change(second)]) is expected
    assert overlap([], [Change(second)]) is overlap([Change(first)], []) is False


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (("sources", "s", "k"), True),
        (("sources", "s"), True),
        (("sources", "t", "k"), False),
        (("sources",), False),
        (("others", "s", "k"), False),
        (("schema_names",), False),
    ],
)
def test_a_change_belongs_to_its_source(path: Any, expected: bool) -> None:
    """Packages of several sources share an extract."""
    change = Change(path, 1, 2)
    assert is_of(change, {"s"}) is expected
    assert own_changes([change, Change(("sources", "x", "k"))], {"s", "u"}) == ([change] if expected else [])


# -- what is noted


def test_what_an_extract_brought_is_noted() -> None:
    """The state before it, whether the schema is new, and the tables as they were."""
    before, after = state({}), state({"s": {"k": 1}})
    bump(before)
    known, grown = schema(a="x"), schema(a="xy", b="z")
    changes = difference(before, after)
    undo = undo_of("e1", before, changes, known, grown)
    assert (undo.extract, undo.schema_name, undo.state) == ("e1", "shop", tuple(changes))
    assert (undo.state_version, undo.version_hash, undo.new_schema) == (1, before["_version_hash"], True)
    assert set(undo.tables) == {"a", "b"} and undo.tables["b"] is None
    assert undo.tables["a"] == known.tables["a"]
    before["schema_names"] = ["shop"]
    assert undo_of("e1", before, (), known, grown).new_schema is False
    assert undo_of("e1", {}, (), None, grown).state_version == 0


def test_the_tables_of_the_library_are_no_change_of_a_new_schema() -> None:
    """They come with the first schema; one that changes later is a change."""
    assert set(changed_tables(None, schema(a="x"))) == {"a"}
    assert changed_tables(schema(a="x"), schema(a="x")) == {}
    other = schema(a="x")
    other.tables["_dlt_loads"]["description"] = "x"
    assert set(changed_tables(schema(a="x"), other)) == {"_dlt_loads"}
    assert changed_tables(schema(a="x"), schema()) == {"a": schema(a="x").tables["a"]}


def test_of_two_steps_the_earlier_one_knows_what_was_before() -> None:
    """The later one adds tables that only it changed."""
    early, late = schema(a="x").tables["a"], schema(a="xy").tables["a"]
    found = with_more_tables(Undo(tables={"a": early, "b": None}), {"a": late, "c": None})
    assert found is not None and found.tables == {"a": early, "b": None, "c": None}
    assert with_more_tables(None, {"a": None}) is None


# -- schemas

CASES: list[tuple[str, dict[str, str], dict[str, str], dict[str, str], list[dict[str, str]], dict[str, str] | None]] = [
    ("a new table goes", {}, {"a": "x"}, {"a": "x"}, [], {}),
    ("a new column goes", {"a": "x"}, {"a": "xy"}, {"a": "xy"}, [], {"a": "x"}),
    ("a column that another brought stays", {"a": "x"}, {"a": "xy"}, {"a": "xyz"}, [], {"a": "xz"}),
    ("a new table that grew since keeps what is new", {}, {"a": "x"}, {"a": "xy"}, [], {"a": "y"}),
    ("a table that is gone stays gone", {"a": "x"}, {"a": "xy"}, {}, [], None),
    ("what a package that stays has stays", {}, {"a": "x", "b": "x"}, {"a": "x", "b": "x"}, [{"a": "x"}], {"a": "x"}),
    ("also single columns", {"a": "x"}, {"a": "xyz"}, {"a": "xyz"}, [{"a": "xz"}], {"a": "xz"}),
    ("a table that was taken comes back", {"a": "x"}, {}, {}, [], None),
    ("what is as before is left alone", {"a": "x"}, {"a": "xy"}, {"a": "x"}, [], None),
    ("other tables are of no concern", {"a": "x", "b": "z"}, {"a": "xy", "b": "z"}, {"a": "xy", "b": "zz"}, [],
     {"a": "x", "b": "z"}),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0])
def test_a_schema_loses_what_the_package_brought(case: Any) -> None:
    """And nothing beside it."""
    _, before, left, now, others, expected = case
    if case[0] == "a table that was taken comes back":
        # one that the package took out and that nobody made since: it is as the package left it, so it comes back
        expected = before
    tables = changed_tables(schema(**before), schema(**left))
    current = schema(**now)
    found = reverted_schema(current, schema(**left), tables, [schema(**other) for other in others])
    assert columns(found) == expected
    assert columns(current) == columns(schema(**now))


def test_a_reverted_schema_is_a_newer_version() -> None:
    """Than the one that the package left, so that nobody takes that for the newest."""
    current, left = schema(a="xy"), schema(a="xy")
    left.stored_version = current.stored_version = 7
    found = reverted_schema(current, left, {"a": schema(a="x").tables["a"]}, [])
    assert found is not None and found.stored_version == 8 and not found.is_modified
    current.stored_version = 20
    found = reverted_schema(current, left, {"a": None}, [])
    assert found is not None and found.stored_version == 21


def test_hints_of_a_table_that_changed_since_stay_and_its_old_columns_come_back() -> None:
    """Only columns are taken apart."""
    before, left, now = schema(a="wx"), schema(a="xy"), schema(a="xyz")
    now.tables["a"]["description"] = "since"
    found = reverted_schema(now, left, {"a": before.tables["a"]}, [])
    assert found is not None and found.tables["a"]["description"] == "since"
    assert sorted(found.tables["a"]["columns"]) == ["w", "x", "z"]


@given(st.data())
def test_without_others_a_schema_is_what_it_was(data: st.DataObject) -> None:
    """Whatever a package changed."""
    tables = st.dictionaries(st.sampled_from("ab"), st.sets(st.sampled_from("xyz"), min_size=1).map(sorted), max_size=2)
    before, left = data.draw(tables), data.draw(tables)
    changed = changed_tables(schema(**before), schema(**left))
    found = reverted_schema(schema(**left), schema(**left), changed, []) or schema(**left)
    assert found.tables == schema(**before).tables

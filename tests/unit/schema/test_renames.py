"""Columns that hints give other names, as values: paths, tables that are settled, and what is refused."""

from __future__ import annotations

from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt.errors import InvalidHint
from dlt.schema.naming import SnakeCase
from dlt.schema.paths import path_text
from dlt.schema.renames import keys_of_path, name_of_path, new_names, renames_at, settle
from dlt.schema.schema import Schema
from dlt.schema.table import merge_table, new_table
from dlt.schema.typing import TableSchema

NAMING = SnakeCase()
text = st.text(min_size=1, max_size=6)


def table(**columns: Any) -> TableSchema:
    """Return a table with columns; texts are types."""
    hints = {name: {"data_type": hint} if isinstance(hint, str) else hint for name, hint in columns.items()}
    return new_table(cast("TableSchema", {"name": "t", "columns": hints}))


def told(known: TableSchema | None, **columns: Any) -> TableSchema:
    """Return a table with what hints say in it."""
    found = settle(known, cast("TableSchema", {"name": "t", "columns": columns}), NAMING, is_named=False)
    return merge_table(found.known, found.said) if found.known is not None else new_table(found.said)


@given(st.lists(text, min_size=1, max_size=3).filter(lambda keys: keys != ["$"]))
def test_a_path_reads_back(keys: list[str]) -> None:
    """What lineage shows of keys is what the hint takes, whatever they hold."""
    assert keys_of_path(path_text(keys), "here") == keys


@pytest.mark.parametrize("path", ["", ".a", "a..b", "a.", "items[*].sku", "a[0]", "a['b", "['a']b]", 7])
def test_what_is_no_path_is_refused(path: Any) -> None:
    """With the place, and with what to write."""
    with pytest.raises(InvalidHint, match="here: found from="):
        keys_of_path(path, "here")


def test_names_of_paths() -> None:
    """They are those that normalize gives."""
    assert name_of_path(NAMING, "eMail", "") == "e_mail"
    assert name_of_path(NAMING, "address.City", "") == "address__city"
    assert name_of_path(NAMING, "address__city", "") == "address__city"
    assert name_of_path(NAMING, "a['zip code']", "") == "a__zip_code"
    assert name_of_path(NAMING, "$", "") == "value"


def test_a_column_takes_all_that_is_known_of_it_along() -> None:
    """Type, keys and place; variants and hints of the table as well."""
    known = table(id="bigint", email={"data_type": "text", "primary_key": True}, email__v_double="double", x="text")
    known["columns"]["email__v_double"]["variant"] = True
    known["references"] = [{"referenced_table": "u", "columns": ["email"], "referenced_columns": ["email"]}]
    known["x-row-version"] = "email"
    found = told(known, mail={"from": "email", "description": "of work"})
    assert list(found["columns"]) == ["id", "mail", "mail__v_double", "x"]
    assert found["columns"]["mail"] == {
        "name": "mail", "data_type": "text", "primary_key": True, "description": "of work",
        "from": "email", "x-former": ["email"], "x-path": "email",
    }  # fmt: skip
    assert found["columns"]["mail__v_double"]["x-former"] == ["email__v_double"]
    assert found["references"][0]["columns"] == ["mail"] and found["x-row-version"] == "mail"
    assert new_names(found["columns"]) == {"email": "mail", "email__v_double": "mail__v_double"}
    assert told(found, mail={"from": "email"}) == told(found) == found


def test_what_is_said_of_the_key_is_said_of_the_column() -> None:
    """Keys and types that a source declares by the names that it has; what the new name says counts more."""
    hints: Any = {
        "email": {"name": "email", "data_type": "text", "primary_key": True, "nullable": False},
        "mail": {"from": "email", "nullable": True},
    }
    found = told(None, **hints)
    assert found["columns"] == {
        "mail": {
            "name": "mail", "data_type": "text", "primary_key": True, "nullable": True,
            "from": "email", "x-former": ["email"], "x-path": "email",
        },
    }  # fmt: skip
    assert told(found, email={"merge_key": True})["columns"]["mail"]["merge_key"] is True


def test_a_column_may_get_several_names_one_after_the_other() -> None:
    """By its key or by its present name, and at last the name of its key again."""
    known = table(a="text")
    for hints in ({"b": {"from": "a"}}, {"c": {"from": "b"}}, {"d": {"from": "a"}}, {"d": {"from": "c"}}):
        known = told(known, **hints)
    assert list(known["columns"]) == ["d"] and known["columns"]["d"]["x-former"] == ["a", "b", "c"]
    assert renames_at(known, ["b"]) == {"b": "d"} and renames_at(known, ["a"]) == {"a": "d"}
    assert renames_at(known, ["d", "a"]) == renames_at(known, ["x"]) == {}
    again = told(known, a={"from": "a"})
    assert list(again["columns"]) == ["a"] and "from" not in again["columns"]["a"]
    assert renames_at(again, ["d"]) == {"d": "a"}


def test_a_column_may_come_from_another_key_from_now_on() -> None:
    """A source that calls its key otherwise goes on in the column that is there."""
    found = told(table(mail="text"), mail={"from": "email"})
    assert new_names(found["columns"]) == {"email": "mail"} and found["columns"]["mail"]["x-path"] == "email"
    assert renames_at(found, ["mail"]) == {}


@pytest.mark.parametrize(
    ("known", "hints", "message"),
    [
        ({"email": "text", "mail": "text"}, {"mail": {"from": "email"}}, "has it already, beside 'email'"),
        ({}, {"mail": {"from": "email"}, "post": {"from": "email"}}, "'email' are to come into 'mail' as well"),
        ({}, {"b": {"from": "a"}, "c": {"from": "b"}}, "is what 'c' was called before, or is called by its key"),
        ({"a": "text", "b": "text"}, {"a": {"from": "b"}, "b": {"from": "a"}}, "column 'a'"),
        ({}, {"mail": {"from": "a"}, "Mail": {"from": "b"}}, "two keys are to come into it, 'a' and 'b'"),
    ],
)
def test_two_columns_never_become_one(known: dict[str, Any], hints: dict[str, Any], message: str) -> None:
    """Nor one two, nor does a name mean another column than before."""
    with pytest.raises(InvalidHint, match=message):
        told(table(**known), **hints)


def test_a_former_name_is_given_to_no_other_column() -> None:
    """Values that are there under it are not those of another key."""
    known = told(table(email="text"), mail={"from": "email"})
    with pytest.raises(InvalidHint, match=r"column 'email': .* is what 'mail' was called before"):
        told(known, email={"from": "contact"})


def test_a_schema_that_a_person_wrote_is_completed() -> None:
    """In YAML the hint is enough, and what stands under the key is that of the column."""
    columns: Any = {"email": {"data_type": "text"}, "mail": {"from": "email"}}
    schema = Schema.from_dict({"name": "s", "tables": {"t": {"columns": columns}}})
    assert schema.tables["t"]["columns"]["mail"]["data_type"] == "text"
    assert schema.tables["t"]["columns"]["mail"]["x-former"] == ["email"] and len(schema.tables["t"]["columns"]) == 1
    assert Schema.from_dict(schema.to_dict()).tables == schema.tables


def test_schemas_are_joined_by_keys() -> None:
    """One that knows the former name only says it of the column."""
    older, newer = Schema("s"), Schema("s")
    older.update_table(table(email="text", id="bigint"))
    newer.update_table(table(mail={"data_type": "text", "from": "email"}))
    for first, second in ((older, newer), (newer, older)):
        joined = first.clone()
        joined.update_schema(second)
        assert set(joined.tables["t"]["columns"]) == {"mail", "id"}

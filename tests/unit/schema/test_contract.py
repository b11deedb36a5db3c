"""What data may change in a schema: contracts as users write them, expanded, declared and broken."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from dlt.errors import DataValidationError, InvalidHint
from dlt.schema.contract import (
    ENTITIES,
    EVOLVE,
    MODES,
    check_contract,
    declare,
    expand,
    is_marked_new,
    violation,
    with_row,
)
from dlt.schema.schema import Schema

PARTIAL = [
    {entity: mode for entity, mode in zip(ENTITIES, modes, strict=True) if mode is not None}
    for modes in product((None, "evolve", "freeze"), repeat=3)
]


@pytest.mark.parametrize("mode", MODES)
def test_one_mode_is_that_of_all_entities(mode: str) -> None:
    """Whatever the default is."""
    assert expand(mode) == expand(mode, dict.fromkeys(ENTITIES, "discard_row")) == dict.fromkeys(ENTITIES, mode)


@pytest.mark.parametrize("contract", PARTIAL, ids=str)
def test_what_a_contract_leaves_out_is_as_the_default_says(contract: Any) -> None:
    """Which is to evolve, unless another one is given."""
    default: Any = dict.fromkeys(ENTITIES, "discard_value")
    for entity in ENTITIES:
        assert expand(contract)[entity] == contract.get(entity, "evolve")
        assert expand(contract, default)[entity] == contract.get(entity, "discard_value")


def test_no_contract_is_the_default() -> None:
    """A copy of it, which may be changed."""
    found = expand(None)
    found["tables"] = "freeze"
    assert expand(None) == EVOLVE == dict.fromkeys(ENTITIES, "evolve")


@pytest.mark.parametrize(
    ("contract", "text"),
    [
        ("freez", "there is no mode 'freez'. Did you mean 'freeze'?"),
        ("", "there is no mode ''"),
        ({"table": "freeze"}, "there is no entity 'table'. Did you mean 'tables'? Known are tables, columns"),
        ({"tables": "frozen"}, "there is no mode 'frozen'"),
        ({"tables": None}, "there is no mode None"),
        ({"tables": "evolve", "data_type": "discard"}, "there is no mode 'discard'"),
        (5, "Give one of evolve, discard_value, freeze, discard_row, quarantine, or a dict of them"),
        (["freeze"], "Give one of evolve"),
        (True, "Give one of evolve"),
    ],
    ids=str,
)
def test_what_is_no_contract_is_refused(contract: Any, text: str) -> None:
    """The message names the place, where it is known, and what there is."""
    for call, before in ((check_contract, ""), (lambda c: check_contract(c, "table 't'"), "table 't': ")):
        with pytest.raises(InvalidHint) as caught:
            call(contract)
        assert str(caught.value).startswith(f"{before}schema_contract={contract!r}") and text in str(caught.value)
        assert caught.value.hint == "schema_contract" and caught.value.found == contract
    with pytest.raises(InvalidHint):
        expand(contract)


@pytest.mark.parametrize("contract", [None, *MODES, {}, *PARTIAL], ids=str)
def test_contracts_as_users_write_them_are_taken(contract: Any) -> None:
    """None, one mode, or modes by entity."""
    check_contract(contract)
    check_contract(contract, "resource 'r'")


def test_the_contract_of_code_takes_the_place_of_an_earlier_one_of_code() -> None:
    """Without one the earlier one is taken out again."""
    table: dict[str, Any] = {}
    declare(table, "freeze")
    assert table["schema_contract"] == "freeze"
    declare(table, {"columns": "evolve"})
    assert table["schema_contract"] == {"columns": "evolve"}
    declare(table, None)
    assert table == {}
    declare(table, None)
    assert table == {}


def test_a_contract_that_was_set_by_hand_stays_where_code_has_none() -> None:
    """Also where code had another one before."""
    by_hand: dict[str, Any] = {"schema_contract": "freeze"}
    declare(by_hand, None)
    assert by_hand == {"schema_contract": "freeze"}
    declare(by_hand, "evolve")
    by_hand["schema_contract"] = "discard_row"
    declare(by_hand, None)
    assert by_hand == {"schema_contract": "discard_row"}
    declare(by_hand, None)
    assert by_hand == {"schema_contract": "discard_row"}


@pytest.mark.parametrize(
    ("table", "new"),
    [
        (None, False),
        ({}, False),
        ({"x-normalizer": None}, False),
        ({"x-normalizer": {"seen-data": True}}, False),
        ({"x-normalizer": {"evolve-columns-once": False}}, False),
        ({"x-normalizer": {"evolve-columns-once": True}}, True),
    ],
    ids=str,
)
def test_a_table_is_new_while_the_data_that_made_it_is_on_its_way(table: Any, new: bool) -> None:
    """Its mark says so, and nothing else."""
    assert is_marked_new(table) is new


ROOT: Any = {"name": "t", "columns": {"token": {"data_type": "text"}, "v": {"data_type": "bigint"}}}


@pytest.mark.parametrize(
    ("entity", "column", "text"),
    [
        ("tables", None, "table t is new, but the contract of schema s freezes tables."),
        ("columns", "v", "t.v: a new column came with a value of type text, but"),
        ("data_type", "v__v_text", "t.v: a new data type came with a value of type text, but"),
        ("columns", "v__v_text", "t.v__v_text: a new column came"),
    ],
)
def test_a_broken_contract_is_told(entity: str, column: str | None, text: str) -> None:
    """With table, column, type, and the modes that would let the data in; programs read the same from the error."""
    error = violation("s", "t", entity, {entity: "freeze"}, column, ROOT, "text")
    assert isinstance(error, DataValidationError) and text in str(error) and f"{{'{entity}': 'evolve'}}" in str(error)
    assert (error.schema_name, error.table_name, error.column_name) == ("s", "t", column)
    assert (error.schema_entity, error.contract_mode, error.schema_contract) == (entity, "freeze", {entity: "freeze"})
    assert error.table_schema is ROOT and error.data_item is None


def test_the_row_is_told_once_and_without_secrets() -> None:
    """The first row stays; the column of the fault comes first, and values of secret columns are hidden."""
    error = violation("s", "t", "data_type", {}, "v__v_text", ROOT, "text")
    plain = str(error)
    assert str(with_row(error, None)) == plain and error.data_item is None
    row = {"a": 1, "token": "t0p", "v": "x"}
    assert with_row(error, row) is error
    assert str(error) == f"{plain} The row: {{'v': 'x', 'a': 1, 'token': ***}}"
    assert error.data_item is row and error.args == (str(error),)
    assert str(with_row(error, {"b": 2})) == str(error) and error.data_item is row


def test_the_contract_of_a_nested_table_is_that_of_its_root() -> None:
    """Its own comes first, then the root's, then the schema's, each for the entities that it names."""
    schema = Schema("s")
    for name, parent in (("t", None), ("t__a", "t"), ("t__a__b", "t__a")):
        schema.update_table({"name": name, "columns": {}, **({"parent": parent} if parent else {})})  # type: ignore[typeddict-item]
    assert schema.resolve_contract("t__a__b") == EVOLVE
    schema.set_schema_contract({"tables": "freeze", "columns": "freeze"})
    schema.tables["t"]["schema_contract"] = {"columns": "discard_row"}
    schema.tables["t__a"]["schema_contract"] = "evolve"
    expected = {"tables": "freeze", "columns": "discard_row", "data_type": "evolve"}
    assert schema.resolve_contract("t") == schema.resolve_contract("t__a__b") == expected
    assert schema.resolve_contract("t__a") == EVOLVE
    assert schema.resolve_contract("unheard_of") == {**EVOLVE, "tables": "freeze", "columns": "freeze"}
    schema.set_schema_contract(None)
    assert schema.resolve_contract("unheard_of") == EVOLVE and "schema_contract" not in schema.settings


@pytest.mark.parametrize("contract", ["freez", {"rows": "freeze"}, {"tables": "frozen"}, 5])
def test_a_contract_that_is_none_leaves_the_one_that_is_set(contract: Any) -> None:
    """It is refused before anything changes."""
    schema = Schema("s")
    schema.set_schema_contract("freeze")
    with pytest.raises(InvalidHint):
        schema.set_schema_contract(contract)
    assert schema.settings["schema_contract"] == "freeze"

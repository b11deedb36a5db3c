"""Root tables and the tables nested in them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dlt.schema.chains import chain_of, contract_of, max_nesting, root_of
from dlt.schema.typing import TableSchema

# the parent of the table with number n is one of a lower number, or none
PARENTS = st.lists(st.integers(-1, 8), min_size=1, max_size=9)


def tables_of(parents: list[int]) -> dict[str, TableSchema]:
    """Return tables named by their numbers."""
    tables: dict[str, TableSchema] = {}
    for number, parent in enumerate(parents):
        table: TableSchema = {"name": str(number), "columns": {}}
        if 0 <= parent < number:
            table["parent"] = str(parent)
        tables[str(number)] = table
    return tables


@given(PARENTS)
def test_every_table_is_in_the_chain_of_its_root_once_behind_its_parent(parents: list[int]) -> None:
    """So that rows of parents are there before those that refer to them."""
    tables = tables_of(parents)
    roots = [table for table in tables.values() if "parent" not in table]
    chains = {root["name"]: [table["name"] for table in chain_of(tables, root)] for root in roots}
    assert sorted(name for chain in chains.values() for name in chain) == sorted(tables)
    for name, table in tables.items():
        chain = chains[root_of(tables, name)]
        assert chain[0] == root_of(tables, name)
        assert "parent" not in table or chain.index(table["parent"]) < chain.index(name)


def test_a_table_that_is_not_known_is_a_root() -> None:
    """It may come with the data."""
    assert root_of({}, "orders") == "orders"


@given(PARENTS, st.sampled_from(["evolve", "freeze", "discard_row", "discard_value"]))
def test_the_contract_of_a_root_is_that_of_its_chain(parents: list[int], mode: str) -> None:
    """Unless a table has one of its own; what neither says the schema says."""
    tables = tables_of(parents)
    for table in tables.values():
        if "parent" not in table:
            table["schema_contract"] = {"columns": mode}  # type: ignore[typeddict-item]
    for name in tables:
        found = contract_of(tables, {"schema_contract": {"tables": "freeze"}}, name)
        assert found == {"tables": "freeze", "columns": mode, "data_type": "evolve"}
    tables["0"]["schema_contract"] = "discard_value"
    assert set(contract_of(tables, {}, "0").values()) == {"discard_value"}


def test_the_nesting_of_a_root_counts_before_that_of_the_schema() -> None:
    """Zero is a limit; without any there is none."""
    tables = tables_of([-1, 0])
    assert max_nesting(tables, {}, "1") is None
    assert max_nesting(tables, {"json": {"config": {"max_nesting": 3}}}, "1") == 3
    tables["0"]["x-normalizer"] = {"max_nesting": 0}
    assert max_nesting(tables, {"json": {"config": {"max_nesting": 3}}}, "1") == 0

"""The records that a destination keeps of loads, and who may commit one."""

from __future__ import annotations

import datetime
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt.destinations.ledger import TRIES_PER_ATTEMPT, LoadRow, StateRow, VersionRow, check_attempt, first_epoch
from dlt.errors import Superseded
from dlt.schema.schema import Schema
from dlt.schema.system_tables import loads_table, state_table, version_table
from dlt.states.model import bump, decode, new_state

NOW = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)


def shop() -> Schema:
    """Return a schema with one table."""
    made = Schema("shop")
    made.update_table({"name": "items", "columns": {"id": {"name": "id", "data_type": "bigint"}}})
    made.bump()
    return made


def state(**more: Any) -> dict[str, Any]:
    """Return a state with a version."""
    made = {**new_state("shop"), **more}
    bump(made)
    return made


@pytest.mark.parametrize(
    ("row", "table"),
    [
        (LoadRow.of("load1", shop(), NOW), loads_table()),
        (VersionRow.of(shop(), NOW), version_table()),
        (StateRow.of("load1", state(), NOW), state_table()),
    ],
    ids=["load", "version", "state"],
)
def test_a_row_has_the_columns_of_its_table(row: Any, table: Any) -> None:
    """SQL takes the values in the order of the columns, and JSON has them under their names."""
    assert len(row.values()) == len(table["columns"]) and list(row.document()) == list(table["columns"])
    assert json.loads(json.dumps(row.document())) == row.document()
    assert NOW in row.values() and NOW.isoformat() in row.document().values()


def test_the_schema_of_a_row_is_read_again() -> None:
    """As the text that SQL stores and as the document of a file."""
    row = VersionRow.of(shop(), NOW)
    assert json.loads(row.values()[-1]) == row.document()["schema"]
    assert Schema.from_dict(json.loads(row.values()[-1])).tables["items"] == shop().tables["items"]


def test_the_state_of_a_row_is_read_again() -> None:
    """Its id is that of no other row."""
    given_state = state(sources={"s": {"cursor": NOW}})
    one, other = (StateRow.of("load1", given_state, NOW) for _ in range(2))
    assert decode(one.state, "shop")["sources"] == {"s": {"cursor": NOW}} and one.row_id != other.row_id
    assert (one.version, one.version_hash) == (1, given_state["_version_hash"])


@given(st.integers(0, 1000), st.integers(0, 1000), st.integers(0, TRIES_PER_ATTEMPT - 1))
def test_a_later_attempt_supersedes_an_earlier_one(mine: int, theirs: int, beginnings: int) -> None:
    """However often each of them began: the attempt with the higher number has the load."""
    taken = first_epoch(theirs) + beginnings
    if theirs > mine:
        with pytest.raises(Superseded, match=f"load load1 of pipeline shop: try {theirs} took it over") as caught:
            check_attempt("shop", "load1", mine, taken)
        assert caught.value.load_id == "load1"
    else:
        check_attempt("shop", "load1", mine, taken)

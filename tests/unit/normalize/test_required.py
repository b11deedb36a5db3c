"""Rows without what they must have are told before anything of them is loaded."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from dlt.errors import CannotCoerceNullException
from dlt.normalize.placement import Placement
from dlt.normalize.required import RequiredColumns
from dlt.schema.schema import Schema


def required(disposition: str = "append", **columns: Any) -> RequiredColumns:
    """Return the check of a table with some columns."""
    schema = Schema("shop")
    named = {name: {"name": name, "data_type": "bigint", **hints} for name, hints in columns.items()}
    schema.update_table({"name": "t", "columns": named, "write_disposition": disposition})  # type: ignore[typeddict-item]
    return RequiredColumns(Placement(schema))


def arrays(**values: list[Any]) -> dict[str, pa.Array]:
    """Return arrays by column."""
    return {name: pa.array(found) for name, found in values.items()}


def test_rows_that_have_all_are_let_through() -> None:
    """And so are gaps in columns that may have them."""
    check = required(id={"nullable": False}, name={})
    check.check("t", arrays(id=[1, 2], name=[None, 1]), 2)
    check.check("t", arrays(), 0)
    check.check("unheard_of", arrays(x=[None]), 1)
    assert check.of("t") == {"id": "not nullable"} and check.of("unheard_of") == {}


@pytest.mark.parametrize(
    ("values", "position", "empty"),
    [([1, None, 3], 1, 1), ([None, None], 0, 2), ([1, 2, None, None], 2, 2)],
)
def test_the_first_row_with_a_gap_is_told(values: list[Any], position: int, empty: int) -> None:
    """Counted over all batches of the table, with what else it has."""
    check = required(id={"nullable": False})
    check.check("t", arrays(id=[1, 2, 3]), 3)
    count = len(values)
    with pytest.raises(CannotCoerceNullException) as caught:
        check.check("t", arrays(id=values, name=[f"n{n}" for n in range(count)]), count)
    text = str(caught.value)
    assert f"column 'id': it is not nullable, and {empty} of {count} rows have no value for it" in text
    assert f"row {3 + position} (counted from 0): {{'name': 'n{position}'}}." in text
    assert "['id']['nullable'] = True" in text
    assert (caught.value.table_name, caught.value.column_name, caught.value.row) == ("t", "id", 3 + position)
    assert caught.value.data_item == {"name": f"n{position}"}


def test_a_column_that_no_row_has_is_a_gap_of_all() -> None:
    """The first row is shown."""
    check = required("merge", id={"primary_key": True})
    with pytest.raises(
        CannotCoerceNullException, match=r"it is the primary key, and 2 of 2 rows .* choose another column"
    ):
        check.check("t", arrays(name=["a", "b"]), 2)


def test_a_value_that_went_to_a_variant_column_is_told() -> None:
    """It is the reason of the gap."""
    check = required(id={"nullable": False})
    with pytest.raises(CannotCoerceNullException, match="Its value did not fit bigint and went to 'id__v_text'"):
        check.check("t", arrays(id=[None], id__v_text=["x"]), 1)


def test_secrets_of_the_row_are_not_told() -> None:
    """By the name of their column."""
    check = required(id={"nullable": False})
    with pytest.raises(CannotCoerceNullException) as caught:
        check.check("t", arrays(id=[None], password=["hidden"]), 1)
    assert "hidden" not in str(caught.value)


def test_a_new_column_of_the_run_counts_too() -> None:
    """Placement knows the columns that were added since."""
    check = required("merge", id={})
    check._placement.add_column("t", {"name": "key", "data_type": "text", "merge_key": True})
    assert check.of("t") == {"key": "the merge key"}

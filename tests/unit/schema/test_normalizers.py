"""How documents become tables, as a schema says it."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dlt.schema.naming import SqlCiV1
from dlt.schema.normalizers import complete, json_config, merged, own_json_config, rename

CONFIG = st.fixed_dictionaries(
    {}, optional={"max_nesting": st.none() | st.integers(0, 9), "root_key_propagation": st.booleans()}
)
GIVEN = st.fixed_dictionaries(
    {}, optional={"json": st.fixed_dictionaries({"config": CONFIG}), "names": st.just("direct")}
)


@given(GIVEN)
def test_what_is_given_is_completed_and_stays_as_it_is(given_ones: dict[str, Any]) -> None:
    """A change of the completed one changes no other schema."""
    before = repr(given_ones)
    found, naming = complete(given_ones)
    assert found["names"] == given_ones.get("names", "snake_case") == naming.name()
    assert json_config(found) == (given_ones.get("json") or {}).get("config", {})
    own_json_config(found)["max_nesting"] = 77
    assert repr(given_ones) == before and json_config(found)["max_nesting"] == 77


@given(GIVEN, GIVEN)
def test_later_settings_come_on_top_and_the_names_stay(first: dict[str, Any], second: dict[str, Any]) -> None:
    """The convention of a schema is chosen once: its tables are named by it."""
    known, later = complete(first)[0], complete(second)[0]
    found = merged(known, later)
    assert found["names"] == known["names"]
    assert found["json"] == {**known["json"], **later["json"]}
    assert merged(known, known) == known


def test_a_class_is_a_convention_though_it_has_no_path() -> None:
    """It may stand in a function; what is stored is its name all the same."""

    class Own(SqlCiV1):
        """A convention of a test."""

    found, _ = complete({})
    naming = rename(found, Own, 20)
    assert type(naming) is Own and naming.max_length == 20
    assert found["names"].endswith("Own")
    assert complete({"names": SqlCiV1})[0]["names"] == "sql_ci_v1"

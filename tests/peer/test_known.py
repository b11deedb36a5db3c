"""A difference that is known explains what it names, and hides nothing else."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from tests.peer.known import why
from tests.peer.values import EASTERN

TEXT, NUMBER, MOMENT = ["VARCHAR", True], ["BIGINT", True], ["TIMESTAMP WITH TIME ZONE", True]


def outcome(columns: dict[str, Any], rows: dict[str, list[Any]]) -> dict[str, Any]:
    """Return what a pipeline left, as its process tells it."""
    told = {table: sorted(json.dumps(row, sort_keys=True) for row in found) for table, found in rows.items()}
    return {"failed": None, "columns": columns, "rows": told}


def case(**hints: Any) -> dict[str, Any]:
    """Return a pipeline of one run."""
    runs = [{"resources": [{"name": "t", "pages": [], "hints": hints}], "source": {}, "run": {}}]
    return {"compat": False, "runs": runs}


ROOT = {"a": 1}
HISTORY = {"a": NUMBER, "_dlt_valid_from": MOMENT}
UPSERT = case(write_disposition={"disposition": "merge", "strategy": "upsert"}, columns={"gone": {"hard_delete": True}})
KNOWN = {
    "scd2": (
        case(),
        outcome({"t": HISTORY, "t__l": {"b": NUMBER}}, {"t": [ROOT], "t__l": [{"b": 1, "_dlt_parent_id": ROOT}]}),
        outcome(
            {"t": HISTORY, "t__l": {"b": NUMBER, "_dlt_root_id": TEXT}},
            {"t": [ROOT], "t__l": [{"b": 1, "_dlt_parent_id": ROOT, "_dlt_root_id": ROOT}]},
        ),
    ),
    "deleted": (
        UPSERT,
        outcome({"t": {"a": NUMBER, "gone": TEXT}}, {"t": [{"a": 1, "gone": True}, {"a": 2, "gone": None}]}),
        outcome({"t": {"a": NUMBER, "gone": TEXT}}, {"t": [{"a": 2, "gone": None}]}),
    ),
    "variant": (
        case(),
        outcome({"t": {"a": NUMBER, "b": TEXT}}, {"t": [{"a": 1, "b": "x"}, {"a": 1, "b": "True"}]}),
        outcome(
            {"t": {"a": NUMBER, "b": TEXT, "b__v_bool": NUMBER}},
            {"t": [{"a": 1, "b": "x", "b__v_bool": None}, {"a": 1, "b": None, "b__v_bool": True}]},
        ),
    ),
    "variant in both": (
        case(),
        outcome(
            {"t": {"a": NUMBER, "b": TEXT, "b__v_bigint": NUMBER}},
            {"t": [{"a": 1, "b": "x", "b__v_bigint": None}, {"a": 1, "b": "2", "b__v_bigint": None}]},
        ),
        outcome(
            {"t": {"a": NUMBER, "b": TEXT, "b__v_bigint": NUMBER}},
            {"t": [{"a": 1, "b": "x", "b__v_bigint": None}, {"a": 1, "b": None, "b__v_bigint": 2}]},
        ),
    ),
    "direct names": (
        {**case(), "naming": "direct"},
        outcome({"t": {"a": NUMBER, "b▶v_text": TEXT}}, {"t": [{"a": 1, "b▶v_text": "x"}]}),
        outcome({"t": {"a": NUMBER, "b__v_text": TEXT}}, {"t": [{"a": 1, "b__v_text": "x"}]}),
    ),
    "narrow": (
        {**case(), "runs": [{"resources": [{"name": "t", "pages": [], "arrow": {"b": "int32"}}]}]},
        outcome({"t": {"a": NUMBER, "b": ["INTEGER", True]}}, {"t": [{"a": 1, "b": 2}]}),
        outcome({"t": {"a": NUMBER, "b": NUMBER}}, {"t": [{"a": 1, "b": 2}]}),
    ),
    "zones": (
        {**case(), "runs": [{"resources": [{"name": "t", "pages": [], "arrow": {"b": "naive"}}]}]},
        outcome({"t": {"a": NUMBER, "b": MOMENT}}, {"t": [{"a": 1, "b": ["datetime", "2024-01-01T00:00:00+00:00"]}]}),
        outcome(
            {"t": {"a": NUMBER, "b": ["TIMESTAMP", True]}}, {"t": [{"a": 1, "b": ["datetime", "2024-01-01T00:00:00"]}]}
        ),
    ),
    "orphans": (
        case(write_disposition={"disposition": "merge", "strategy": "scd2", "row_version_column_name": "v"}),
        outcome({"t": {"a": NUMBER}, "t__l": {}}, {"t": [{"a": 1}], "t__l": [{"a": 2, "_dlt_parent_id": "nobody"}]}),
        outcome({"t": {"a": NUMBER}, "t__l": {}}, {"t": [{"a": 1}], "t__l": []}),
    ),
    "texts": (
        case(),
        outcome({"t": {"a": NUMBER, "b": TEXT}}, {"t": [{"a": 1, "b": EASTERN}]}),
        outcome({"t": {"a": NUMBER, "b": TEXT}}, {"t": [{"a": 1, "b": "1999-12-31T18:29:59+00:00"}]}),
    ),
    "declared": (
        case(schema_contract={"columns": "discard_row"}),
        outcome({"t": {"a": NUMBER}, "t__l": {}}, {"t": [{"a": 1}, {"a": 1}], "t__l": []}),
        outcome(
            {"t": {"a": NUMBER, "typeless": NUMBER}, "t__l": {}},
            {
                "t": [{"a": 1, "typeless": None}, {"a": 1, "typeless": None}, {"a": 2, "typeless": 5}],
                "t__l": [{"_dlt_parent_id": {"a": 2, "typeless": 5}}],
            },
        ),
    ),
    "moments": (
        case(),
        outcome({"t": {"a": ["JSON", True]}}, {"t": [{"a": '{"m": "2024-01-01T02:00:00+02:00"}'}]}),
        outcome({"t": {"a": ["JSON", True]}}, {"t": [{"a": '{"m": "2024-01-01T00:00:00Z"}'}]}),
    ),
}


@pytest.mark.parametrize("known", KNOWN)
def test_what_is_known_is_explained(known: str) -> None:
    """By one reason."""
    reason = why(*KNOWN[known])
    assert reason and ";" not in reason


def test_rows_that_two_resources_give_are_there_once() -> None:
    """Each of them twice with PyPI `dlt`, and no other number of times."""
    hints = {"table_name": "shared", "write_disposition": {"disposition": "merge", "strategy": "insert-only"}}
    one, two, three = (outcome({"shared": {"a": NUMBER}}, {"shared": [{"a": 1}] * number}) for number in (1, 2, 3))
    assert why(case(**hints), two, one)
    assert why(case(**hints), three, one) is None
    assert why(case(**{**hints, "table_name": "t"}), two, one) is None


def test_what_a_library_fails_with_first_explains_that_the_other_goes_on() -> None:
    """To another failure too, as nothing is compared behind the first."""
    late, early = ({"failed": number, "error": "Integer exceeds 64-bit range"} for number in (1, 0))
    assert why(case(), early, late)
    assert why(case(), late, early) is None
    assert why(case(), outcome({}, {}), late) is None


@pytest.mark.parametrize("known", KNOWN)
@pytest.mark.parametrize("of", ["peer", "ours"])
def test_another_difference_beside_it_is_none_that_is_known(known: str, of: str) -> None:
    """A row that only one of them has, a value, a type."""
    found, peer, ours = copy.deepcopy(KNOWN[known])
    changed = peer if of == "peer" else ours
    for change in ("a row", "a value", "a type"):
        before = copy.deepcopy(changed)
        rows = changed["rows"]["t"]
        if change == "a row":
            rows.append(rows[0].replace("1", "7").replace("true", "false"))
        elif change == "a value":
            rows[-1] = json.dumps({**json.loads(rows[-1]), "a": "another"}, sort_keys=True)
        else:
            changed["columns"]["t"]["a"] = ["DOUBLE", True]
        assert why(found, peer, ours) is None, change
        changed.update(before)


def test_a_pipeline_that_cannot_show_a_difference_does_not() -> None:
    """Rows that say they are deleted are missing without `upsert`, and that is an error."""
    _, peer, ours = KNOWN["deleted"]
    assert why(case(write_disposition="append"), peer, ours) is None
    root, nested = ({"failed": None, "columns": {}, "rows": {}}, {"failed": 0, "error": "Parent table `t` not found"})
    assert why(case(table_name="x", nested_hints={"l": {}}), nested, root)
    assert why(case(), nested, root) is None

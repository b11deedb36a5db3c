"""Where this library knowingly leaves something else than PyPI `dlt` 1.x; docs/differences.md tells users why."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Outcome = dict[str, Any]


@dataclass(frozen=True)
class Known:
    """One difference: how it is recognized, and why it is meant."""

    reason: str
    holds: Callable[[Outcome, Outcome], bool]


def why(peer: Outcome, ours: Outcome) -> str | None:
    """Return the reason of a difference, or None for one that nobody meant."""
    return next((known.reason for known in KNOWN if known.holds(peer, ours)), None)


def _peer_fails(text: str) -> Callable[[Outcome, Outcome], bool]:
    return lambda peer, ours: peer["failed"] is not None and ours["failed"] is None and text in peer["error"]


def _equal_but_for(change: Callable[[Outcome, Outcome], Outcome]) -> Callable[[Outcome, Outcome], bool]:
    """Tell whether the outcomes are equal once one difference is taken out of ours."""

    def holds(peer: Outcome, ours: Outcome) -> bool:
        return peer["failed"] is None and ours["failed"] is None and change(peer, ours) == peer

    return holds


def _without_root_ids(peer: Outcome, ours: Outcome) -> Outcome:
    fewer = [
        table
        for table, columns in ours["columns"].items()
        if "_dlt_root_id" in columns and "_dlt_root_id" not in peer["columns"].get(table, {})
    ]
    return {
        **ours,
        "columns": {
            table: {name: kind for name, kind in columns.items() if not (table in fewer and name == "_dlt_root_id")}
            for table, columns in ours["columns"].items()
        },
        "rows": {
            table: sorted(_without(row, "_dlt_root_id") for row in rows) if fewer else rows
            for table, rows in ours["rows"].items()
        },
    }


def _without(row: str, key: str) -> str:
    def cut(value: Any) -> Any:
        return {name: cut(inner) for name, inner in value.items() if name != key} if isinstance(value, dict) else value

    return json.dumps(cut(json.loads(row)))


def _variants_named_by_text(peer: Outcome, ours: Outcome) -> Outcome:
    """Give a variant of moments the name that 1.x gives it, which is that of the text that was parsed."""
    text = json.dumps(ours)
    for columns in peer["columns"].values():
        for name, (kind, _) in columns.items():
            if name.endswith("__v_text") and kind.startswith("TIMESTAMP"):
                text = text.replace(name.replace("__v_text", "__v_timestamp"), name)
    renamed: Outcome = json.loads(text)
    rows = {
        table: sorted(json.dumps(json.loads(row), sort_keys=True) for row in found)
        for table, found in renamed["rows"].items()
    }
    return {**renamed, "rows": rows}


KNOWN = (
    Known("PyPI dlt cannot load a double beyond 38 digits beside integers", _peer_fails("BIGNUM value")),
    Known("nested tables of scd2 carry the id of their root row", _equal_but_for(_without_root_ids)),
    Known("a variant that holds moments is named by its type", _equal_but_for(_variants_named_by_text)),
)

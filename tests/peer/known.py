"""Where this library knowingly leaves something else than PyPI `dlt` 1.x; docs/differences.md tells users why."""

from __future__ import annotations

import json
import re
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
        if peer["failed"] is not None or ours["failed"] is not None:
            return False
        copied: Outcome = json.loads(json.dumps(peer))
        return change(copied, ours) == copied

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


def _without_variants(peer: Outcome, ours: Outcome) -> Outcome:
    """Take the variant columns out of ours that 1.x has not, because it changes the values that went there."""
    for table, columns in ours["columns"].items():
        more = {name for name in columns if "__v_" in name and name not in peer["columns"].get(table, columns)}
        # of the column itself nothing can be said: there 1.x has the changed values
        changed = more | {name.partition("__v_")[0] for name in more}
        if more:
            ours = _without_values(ours, table, changed, more)
            peer["rows"][table] = _without_values(peer, table, changed, set())["rows"][table]
    return ours


def _without_values(outcome: Outcome, table: str, values: set[str], columns: set[str]) -> Outcome:
    kept = {name: kind for name, kind in outcome["columns"][table].items() if name not in columns}
    rows = [
        {name: value for name, value in json.loads(row).items() if name not in values} for row in outcome["rows"][table]
    ]
    return {
        **outcome,
        "columns": {**outcome["columns"], table: kept},
        "rows": {**outcome["rows"], table: sorted(map(json.dumps, rows))},
    }


def _without_inserted_deletions(peer: Outcome, ours: Outcome) -> Outcome:
    """Take rows out of the peer that say they are deleted, and what is nested in them."""

    def is_gone(row: str) -> bool:
        found = json.loads(row)
        while isinstance(found, dict):
            if found.get("gone") is True:
                return True
            found = found.get("_dlt_parent_id")
        return False

    peer["rows"] = {table: [row for row in rows if not is_gone(row)] for table, rows in peer["rows"].items()}
    return ours


def _without_documents(peer: Outcome, ours: Outcome) -> Outcome:
    """Take columns of JSON out of ours, and out of the peer the columns and tables that it made of them."""
    for table, columns in ours["columns"].items():
        theirs = peer["columns"].get(table, columns)
        for name in [name for name, (kind, _) in columns.items() if kind == "JSON" and name not in theirs]:
            made = {other for other in theirs if other.startswith(f"{name}__")}
            ours = _without_values(ours, table, {name}, {name})
            peer.update(_without_values(peer, table, made, made))
            for nested in [other for other in peer["columns"] if other.startswith(f"{table}__{name}")]:
                del peer["columns"][nested], peer["rows"][nested]
    return ours


def _peer_froze_a_nested_table(peer: Outcome, ours: Outcome) -> bool:
    return _peer_fails("mode=freeze")(peer, ours) and re.search(r"In Table: `\w+__\w+`", peer["error"]) is not None


def _without_new_nested_tables(peer: Outcome, ours: Outcome) -> Outcome:
    """Take nested tables out of both that have more columns here, and what is nested in them."""
    more = [
        table
        for table, columns in ours["columns"].items()
        if "_dlt_parent_id" in columns and set(columns) > set(peer["columns"].get(table, ()))
    ]
    for outcome in (peer, ours := json.loads(json.dumps(ours))):
        for table in [name for name in outcome["columns"] if any(f"{name}__".startswith(f"{one}__") for one in more)]:
            del outcome["columns"][table], outcome["rows"][table]
    return ours


KNOWN = (
    Known("columns of a new nested table evolve for a whole run", _peer_froze_a_nested_table),
    Known("columns of a new nested table evolve for a whole run", _equal_but_for(_without_new_nested_tables)),
    Known("PyPI dlt knows no hints of nested tables if the table has another name", _peer_fails("Parent table `")),
    Known("an upsert inserts no row that says it is deleted", _equal_but_for(_without_inserted_deletions)),
    Known("the limit of nesting of a resource holds with frozen columns too", _equal_but_for(_without_documents)),
    Known("PyPI dlt fails with a number that its date or time cannot hold", _peer_fails("OSError: [Errno 75]")),
    Known("PyPI dlt cannot load a double beyond 38 digits beside integers", _peer_fails("BIGNUM value")),
    Known("nested tables of scd2 carry the id of their root row", _equal_but_for(_without_root_ids)),
    Known("a value that PyPI dlt changes, such as 2 to true, goes to a variant", _equal_but_for(_without_variants)),
    Known("a variant that holds moments is named by its type", _equal_but_for(_variants_named_by_text)),
)

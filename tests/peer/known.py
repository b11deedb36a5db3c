"""Where this library knowingly leaves something else than PyPI `dlt` 1.x; docs/differences.md tells users why."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Outcome = dict[str, Any]


@dataclass(frozen=True)
class Failure:
    """What PyPI `dlt` 1.x fails with where this library goes on, and why that is meant."""

    reason: str
    pattern: str


@dataclass(frozen=True)
class Difference:
    """What both leave otherwise: how it is taken out of both outcomes, and why it is meant."""

    reason: str
    taken_out: Callable[[Outcome, Outcome], Outcome]
    """Changes the outcome of the peer in place, and returns ours."""


def why(peer: Outcome, ours: Outcome) -> str | None:
    """Return the reasons of a difference, or None for one that nobody meant."""
    if ours["failed"] is not None:
        return None
    if peer["failed"] is not None:
        return next((known.reason for known in FAILURES if re.search(known.pattern, peer["error"])), None)
    reasons = []
    peer = json.loads(json.dumps(peer))
    for known in DIFFERENCES:
        before = json.dumps([peer, ours])
        ours = known.taken_out(peer, ours)
        if json.dumps([peer, ours]) != before:
            reasons.append(known.reason)
        # a pipeline may show several at once
        if peer == ours:
            return "; ".join(reasons)
    return None


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
            peer.update(_without_values(peer, table, changed, set()))
    return ours


def _without_values(outcome: Outcome, table: str, values: set[str], columns: set[str]) -> Outcome:
    """Take values out of the rows of a table, also where they are told as parents, and columns out of the table."""

    def cut(row: dict[str, Any], is_its_own: bool) -> dict[str, Any]:
        return {
            name: cut(value, True) if isinstance(value, dict) else value
            for name, value in row.items()
            if not (is_its_own and name in values)
        }

    rows = {
        other: sorted(json.dumps(cut(json.loads(row), other == table)) for row in found)
        if other == table or other.startswith(f"{table}__")
        else found
        for other, found in outcome["rows"].items()
    }
    kept = {name: kind for name, kind in outcome["columns"][table].items() if name not in columns}
    return {**outcome, "columns": {**outcome["columns"], table: kept}, "rows": rows}


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


def _moments_of_documents(peer: Outcome, ours: Outcome) -> Outcome:
    """Write moments in JSON columns of both in one way."""

    def even(found: re.Match[str]) -> str:
        moment = datetime.datetime.fromisoformat(found[1].replace("Z", "+00:00"))
        return moment.astimezone(datetime.timezone.utc).isoformat()

    def evened(outcome: Outcome) -> dict[str, list[str]]:
        # quotes of the document are escaped, as it stands in JSON itself
        pattern = re.compile(r'(?<=\\")(\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d))(?=\\")')
        return {table: sorted(pattern.sub(even, row) for row in rows) for table, rows in outcome["rows"].items()}

    peer["rows"] = evened(peer)
    return {**ours, "rows": evened(ours)}


FAILURES = (
    Failure("PyPI dlt fails with a number that its date or time cannot hold", r"OSError: \[Errno 75\]"),
    Failure("PyPI dlt cannot load a double beyond 38 digits beside integers", "BIGNUM value"),
    Failure("PyPI dlt knows no hints of nested tables if the table has another name", "Parent table `"),
    Failure("columns of a new nested table evolve for a whole run", r"In Table: `\w+__\w+`.*mode=freeze"),
)
DIFFERENCES = (
    Difference("nested tables of scd2 carry the id of their root row", _without_root_ids),
    Difference("moments in documents are written in UTC", _moments_of_documents),
    Difference("an upsert inserts no row that says it is deleted", _without_inserted_deletions),
    Difference("a variant that holds moments is named by its type", _variants_named_by_text),
    Difference("a value that PyPI dlt changes, such as 2 to true, goes to a variant", _without_variants),
    Difference("columns of a new nested table evolve for a whole run", _without_new_nested_tables),
    Difference("the limit of nesting of a resource holds with frozen columns too", _without_documents),
)

"""Where this library knowingly leaves something else than PyPI `dlt` 1.x; docs/differences.md tells users why.

Each difference says of which pipelines it is one, and takes out what it explains and nothing else: what is left must be
equal. So it hides no other difference, also where a pipeline shows several.
"""

from __future__ import annotations

import datetime
import json
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any

Case = dict[str, Any]
Outcome = dict[str, Any]
Row = dict[str, Any]


@dataclass(frozen=True)
class Failure:
    """What PyPI `dlt` 1.x fails with where this library goes on, and why that is meant."""

    reason: str
    pattern: str
    of: Callable[[Case], bool] = lambda _: True
    """Tells whether a pipeline can fail so."""


@dataclass(frozen=True)
class Difference:
    """What both leave otherwise: how it is taken out of both outcomes, and why it is meant."""

    reason: str
    taken_out: Callable[[Outcome, Outcome], None]
    """Changes both outcomes, of the peer and ours, in place."""
    of: Callable[[Case], bool] = lambda _: True
    """Tells whether a pipeline can show it."""


def why(case: Case, peer: Outcome, ours: Outcome) -> str | None:
    """Return the reasons of a difference, or None for one that nobody meant."""
    if ours["failed"] is not None:
        return None
    if peer["failed"] is not None:
        found = (known for known in FAILURES if known.of(case) and re.search(known.pattern, peer["error"]))
        return next((known.reason for known in found), None)
    reasons = []
    theirs, own = _parsed(peer), _parsed(ours)
    for known in DIFFERENCES:
        before = _texts([theirs, own])
        if known.of(case):
            known.taken_out(theirs, own)
        if _texts([theirs, own]) != before:
            reasons.append(known.reason)
        # a pipeline may show several at once
        if _sorted(theirs) == _sorted(own):
            return "; ".join(reasons)
    return None


def _parsed(outcome: Outcome) -> Outcome:
    columns = json.loads(json.dumps(outcome["columns"]))
    return {"columns": columns, "rows": {table: list(map(json.loads, rows)) for table, rows in outcome["rows"].items()}}


def _texts(value: object) -> str:
    return json.dumps(value, sort_keys=True)


def _sorted(outcome: Outcome) -> Outcome:
    return {**outcome, "rows": {table: sorted(map(_texts, rows)) for table, rows in outcome["rows"].items()}}


def _counted(rows: Collection[Row]) -> Counter[str]:
    return Counter(map(_texts, rows))


def _is_below(table: str, above: str) -> bool:
    return table.startswith(f"{above}__")


def _levels(row: Row, table: str) -> Iterator[tuple[str, Row]]:
    """Yield a row with the name of its table, and those that it is nested in."""
    yield table, row
    for key in ("_dlt_parent_id", "_dlt_root_id"):
        above = row.get(key)
        if isinstance(above, dict):
            # names of documents stand between those of tables: what is above is only known to be shorter
            yield from _levels(above, table.rpartition("__")[0])


def _change(outcome: Outcome, table: str, change: Callable[[Row], None]) -> None:
    """Change the rows of a table, also where they are told as those that others are nested in."""
    for name, rows in outcome["rows"].items():
        if name != table and not _is_below(name, table):
            continue
        for row in rows:
            for _, level in _levels(row, name):
                # a row above has none above it where it is of the table itself
                if name == table or level is not row:
                    change(level)


def _cut(names: Collection[str]) -> Callable[[Row], None]:
    def change(row: Row) -> None:
        for name in names:
            row.pop(name, None)

    return change


def _without(row: Row, names: Collection[str]) -> Row:
    return {name: value for name, value in row.items() if name not in names}


def _outermost(row: Row) -> Row:
    while isinstance(row.get("_dlt_parent_id"), dict):
        row = row["_dlt_parent_id"]
    return row


def _root_ids_of_histories(peer: Outcome, ours: Outcome) -> None:
    """Take the ids of root rows out of nested tables of `scd2`, where each names the row that it should."""
    histories = [table for table, columns in ours["columns"].items() if "_dlt_valid_from" in columns]
    for table, columns in ours["columns"].items():
        theirs = peer["columns"].get(table, columns)
        rows = ours["rows"][table]
        if (
            "_dlt_root_id" in columns
            and "_dlt_root_id" not in theirs
            and any(_is_below(table, root) for root in histories)
            and all(row["_dlt_root_id"] == _outermost(row) for row in rows)
        ):
            del columns["_dlt_root_id"]
            for row in rows:
                for _, level in list(_levels(row, table)):
                    level.pop("_dlt_root_id", None)


def _root_ids_of_parted_tables(peer: Outcome, ours: Outcome) -> None:
    """Take the ids of rows in which a table with a key of its own stood out of the peer, and out of tables below."""
    parted = [
        table
        for table, columns in peer["columns"].items()
        if "_dlt_root_id" in columns and "_dlt_parent_id" not in columns
    ]
    for table in [name for name in peer["columns"] if any(name == one or _is_below(name, one) for one in parted)]:
        for outcome in (peer, ours):
            outcome["columns"].get(table, {}).pop("_dlt_root_id", None)
            for row in outcome["rows"].get(table, ()):
                for _, level in list(_levels(row, table)):
                    level.pop("_dlt_root_id", None)


def _variants_named_by_text(peer: Outcome, ours: Outcome) -> None:
    """Give a variant of moments the name that 1.x gives it, which is that of the text that was parsed."""
    for table, columns in peer["columns"].items():
        for name, (kind, _) in columns.items():
            own = name.removesuffix("__v_text") + "__v_timestamp"
            known = ours["columns"].get(table, {})
            if name.endswith("__v_text") and kind.startswith("TIMESTAMP") and own in known and own not in columns:
                known[name] = known.pop(own)

                def rename(row: Row, name: str = name, own: str = own) -> None:
                    if own in row:
                        row[name] = row.pop(own)

                _change(ours, table, rename)


def _changed_values(peer: Outcome, ours: Outcome) -> None:
    """Take values out that went to a variant column which 1.x has not, because it changes them.

    All other values of the column are as they are there, and the column has nothing where the variant has something.
    """
    for table, columns in ours["columns"].items():
        more = {name for name in columns if "__v_" in name and name not in peer["columns"].get(table, columns)}
        if not more:
            continue
        changed = {name.partition("__v_")[0] for name in more}
        above = ("_dlt_parent_id", "_dlt_root_id")
        plain, moved = [], []
        for row in ours["rows"][table]:
            (moved if any(row[name] is not None for name in more) else plain).append(_without(row, {*more, *above}))
        theirs = _counted([_without(row, above) for row in peer["rows"][table]])
        rest = theirs - _counted(plain)
        if rest.total() != len(moved) or any(all(row[name] is not None for name in changed) for row in moved):
            continue
        for name in more:
            del columns[name]
        for outcome in (peer, ours):
            _change(outcome, table, _cut(more | changed))
            # what both have in the column, they have alike: the rows without a variant were compared
            for name in changed:
                outcome["columns"][table].pop(name, None)


def _inserted_deletions(peer: Outcome, ours: Outcome) -> None:
    """Take rows out of the peer that say they are deleted and are not here, and what is nested in them."""
    for table, rows in peer["rows"].items():
        here = _counted(ours["rows"].get(table, ()))
        peer["rows"][table] = [row for row in rows if _outermost(row).get("gone") is not True or here[_texts(row)]]


def _documents(peer: Outcome, ours: Outcome) -> None:
    """Take columns of JSON out of ours, and out of the peer the columns and tables that it made of them."""
    for table, columns in list(ours["columns"].items()):
        theirs = peer["columns"].get(table, columns)
        for name in [name for name, (kind, _) in columns.items() if kind == "JSON" and name not in theirs]:
            made = {other for other in theirs if other.startswith(f"{name}__")}
            del columns[name]
            _change(ours, table, _cut({name}))
            for other in made:
                del theirs[other]
            _change(peer, table, _cut(made))
            for nested in [other for other in peer["columns"] if other.startswith(f"{table}__{name}")]:
                if nested not in ours["columns"]:
                    del peer["columns"][nested], peer["rows"][nested]


def _new_nested_tables(peer: Outcome, ours: Outcome) -> None:
    """Take nested tables out of both that have more columns here, and all rows of the peer; and what is below them."""
    more = {
        table: {name for name in columns if name not in peer["columns"][table]}
        for table, columns in ours["columns"].items()
        if "_dlt_parent_id" in columns and set(columns) > set(peer["columns"].get(table, columns))
    }
    for table, names in more.items():
        here = json.loads(json.dumps(ours["rows"][table]))
        for row in here:
            for _, level in list(_levels(row, table)):
                _cut(names)(level)
        if _counted(peer["rows"][table]) - _counted(here):
            continue
        for outcome in (peer, ours):
            for gone in [name for name in outcome["columns"] if name == table or _is_below(name, table)]:
                del outcome["columns"][gone], outcome["rows"][gone]


def _moments_of_documents(peer: Outcome, ours: Outcome) -> None:
    """Write moments in columns of JSON of both in one way."""
    pattern = re.compile(r'(?<=")(\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d))(?=")')

    def even(found: re.Match[str]) -> str:
        moment = datetime.datetime.fromisoformat(found[1].replace("Z", "+00:00"))
        return moment.astimezone(datetime.timezone.utc).isoformat()

    for outcome in (peer, ours):
        for table, columns in outcome["columns"].items():
            for name in [name for name, (kind, _) in columns.items() if kind == "JSON"]:

                def change(row: Row, name: str = name) -> None:
                    if isinstance(row.get(name), str):
                        row[name] = pattern.sub(even, row[name])

                _change(outcome, table, change)


def _specs(case: Case) -> Iterator[Row]:
    for run in case["runs"]:
        yield from run["resources"]


def _has_contract(case: Case) -> bool:
    """Tell whether a contract says anything of columns that are new."""
    given = [run.get(key, {}).get("schema_contract") for run in case["runs"] for key in ("source", "run")]
    given += [spec.get("hints", {}).get("schema_contract") for spec in _specs(case)]
    modes = [one.get("columns", "evolve") if isinstance(one, dict) else one or "evolve" for one in given]
    return any(mode != "evolve" for mode in modes)


def _has_limit(case: Case) -> bool:
    return any("max_table_nesting" in spec.get("hints", {}) for spec in _specs(case))


def _deletes_in_upsert(case: Case) -> bool:
    return any(
        isinstance(disposition := spec.get("hints", {}).get("write_disposition"), dict)
        and disposition.get("strategy") == "upsert"
        and spec["hints"].get("columns", {}).get("gone", {}).get("hard_delete")
        for spec in _specs(case)
    )


def _parts_tables(case: Case) -> bool:
    """Tell whether a nested table has a key of its own."""
    return any(
        "primary_key" in hints or "merge_key" in hints
        for spec in _specs(case)
        for hints in spec.get("hints", {}).get("nested_hints", {}).values()
    )


def _renames_with_nested_hints(case: Case) -> bool:
    return any({"table_name", "nested_hints"} <= set(spec.get("hints", {})) for spec in _specs(case))


FAILURES = (
    Failure("PyPI dlt fails with a number that its date or time cannot hold", r"OSError: \[Errno 75\]"),
    Failure("PyPI dlt cannot load a double beyond 38 digits beside integers", "BIGNUM value"),
    Failure(
        "PyPI dlt knows no hints of nested tables if the table has another name",
        "Parent table `",
        of=_renames_with_nested_hints,
    ),
    Failure(
        "columns of a new nested table evolve for a whole run", r"In Table: `\w+__\w+`.*mode=freeze", of=_has_contract
    ),
)
DIFFERENCES = (
    Difference("nested tables of scd2 carry the id of their root row", _root_ids_of_histories),
    Difference("a table that its key parts has no id of a root row", _root_ids_of_parted_tables, of=_parts_tables),
    Difference("moments in documents are written in UTC", _moments_of_documents),
    Difference("an upsert inserts no row that says it is deleted", _inserted_deletions, of=_deletes_in_upsert),
    Difference(
        "a variant that holds moments is named by its type", _variants_named_by_text, of=lambda case: not case["compat"]
    ),
    Difference("a value that PyPI dlt changes, such as 2 to true, goes to a variant", _changed_values),
    Difference("columns of a new nested table evolve for a whole run", _new_nested_tables, of=_has_contract),
    Difference(
        "the limit of nesting of a resource holds with frozen columns too",
        _documents,
        of=lambda case: _has_contract(case) and _has_limit(case),
    ),
)

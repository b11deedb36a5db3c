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

from tests.peer.values import EASTERN

Case = dict[str, Any]
Outcome = dict[str, Any]
Row = dict[str, Any]


VARIANT = re.compile("(?:__|▶)v_(?=[a-z]+$)")
"""Stands between the name of a column and the type that its variant has."""


LEAVE_NESTED_ROWS = ("max_table_nesting", "write_disposition")
"""Hints that leave nested rows without their root row where they change."""

DECLARED_LATE = frozenset({"new", "typeless", "at"})
"""Columns of which hints say something, and which come after the run that makes their table."""


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
    if ours["failed"] is not None and not (peer["failed"] is not None and peer["failed"] < ours["failed"]):
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
    return table.startswith((f"{above}__", f"{above}▶"))


def _levels(row: Row, table: str) -> Iterator[tuple[str, Row]]:
    """Yield a row with the name of its table, and those that it is nested in."""
    yield table, row
    for key in ("_dlt_parent_id", "_dlt_root_id"):
        above = row.get(key)
        if isinstance(above, dict):
            # names of documents stand between those of tables: what is above is only known to be shorter
            yield from _levels(above, re.split("__|▶", table[::-1], maxsplit=1)[-1][::-1])


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


def _histories(outcome: Outcome) -> list[str]:
    return [table for table, columns in outcome["columns"].items() if columns.keys() & {"_dlt_valid_from", "since"}]


def _root_ids_of_histories(peer: Outcome, ours: Outcome) -> None:
    """Take the ids of root rows out of nested tables of `scd2`, where each names the row that it should."""
    histories = _histories(ours)
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


def _equal_rows(peer: Outcome, ours: Outcome) -> None:
    """Take one of two equal rows of a load out of tables of the peer that two resources share, as each gives all."""
    for table in [name for name in peer["rows"] if name == "shared" or _is_below(name, "shared")]:
        found = _counted(peer["rows"][table])
        if all(number % 2 == 0 for number in found.values()):
            peer["rows"][table] = [json.loads(text) for text, number in found.items() for _ in range(number // 2)]


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


def _rename(ours: Outcome, table: str, own: str, name: str) -> None:
    """Give a column of a table, and its values, another name."""
    columns = ours["columns"][table]
    columns[name] = columns.pop(own)

    def rename(row: Row) -> None:
        if own in row:
            row[name] = row.pop(own)

    _change(ours, table, rename)


def _variants_named_by_text(peer: Outcome, ours: Outcome) -> None:
    """Give a variant of moments the name that 1.x gives it, which is that of the text that was parsed."""
    for table, columns in peer["columns"].items():
        for name, (kind, _) in list(columns.items()):
            own = re.sub("(?:__|▶)v_text$", "__v_timestamp", name)
            known = ours["columns"].get(table, {})
            if own != name and kind.startswith("TIMESTAMP") and own in known and own not in columns:
                _rename(ours, table, own, name)


def _moments_without_zone(peer: Outcome, ours: Outcome) -> None:
    """Give moments of Arrow without a zone the one that they have in 1.x."""
    for table, columns in ours["columns"].items():
        for name, column in columns.items():
            theirs = peer["columns"].get(table, {}).get(name, column)
            if column[0] == "TIMESTAMP" and theirs[0] == "TIMESTAMP WITH TIME ZONE":
                column[0] = theirs[0]

                def change(row: Row, name: str = name) -> None:
                    if isinstance(row.get(name), list):
                        row[name] = ["datetime", f"{row[name][1]}+00:00"]

                _change(ours, table, change)


def _variants_of_direct_names(peer: Outcome, ours: Outcome) -> None:
    """Give a variant the mark that 1.x gives it with names as they are."""
    for table, columns in peer["columns"].items():
        for name in columns:
            own = name.replace("▶v_", "__v_")
            known = ours["columns"].get(table, {})
            if own != name and own in known:
                _rename(ours, table, own, name)


def _narrow_integers(peer: Outcome, ours: Outcome) -> None:
    """Widen integers of the peer where they are wide here."""
    for table, columns in peer["columns"].items():
        for name, column in columns.items():
            own = ours["columns"].get(table, {}).get(name, column)
            if column[0] in ("TINYINT", "SMALLINT", "INTEGER") and own[0] == "BIGINT":
                column[0] = own[0]


def _changed_values(peer: Outcome, ours: Outcome) -> None:
    """Take values out that went to a variant column and stand changed in the column itself in 1.x.

    All other rows are as they are there, and the column has nothing where the variant has something.
    """
    above = ("_dlt_parent_id", "_dlt_root_id")
    for table, columns in ours["columns"].items():
        variants = {name: VARIANT.split(name)[0] for name in columns if VARIANT.search(name)}
        missing = variants.keys() - peer["columns"].get(table, columns).keys()
        theirs = [{**dict.fromkeys(missing), **_without(row, above)} for row in peer["rows"].get(table, ())]
        own = [_without(row, above) for row in ours["rows"][table]]
        moved, changed = (
            list(map(json.loads, rows.elements())) for rows in _both_ways(_counted(own), _counted(theirs))
        )
        if len(moved) != len(changed) or not (moved or missing):
            continue
        # a row that comes with a variant in both is one that was not changed
        if not all(any(row[n] is not None and row.get(base) is None for n, base in variants.items()) for row in moved):
            continue
        gone = {*variants, *variants.values()} if moved else missing
        if _counted([_without(row, gone) for row in moved]) != _counted([_without(row, gone) for row in changed]):
            continue
        for outcome in (peer, ours):
            _change(outcome, table, _cut(gone))
            for name in gone:
                outcome["columns"][table].pop(name, None)


def _both_ways(one: Counter[str], other: Counter[str]) -> tuple[Counter[str], Counter[str]]:
    return one - other, other - one


def _inserted_deletions(peer: Outcome, ours: Outcome) -> None:
    """Take rows out of the peer that say they are deleted and are not here, and what is nested in them."""
    for table, rows in peer["rows"].items():
        here = _counted(ours["rows"].get(table, ()))
        peer["rows"][table] = [row for row in rows if _outermost(row).get("gone") is not True or here[_texts(row)]]


def _orphans(peer: Outcome, ours: Outcome) -> None:
    """Take nested rows out of the peer whose root row is gone, where there are none such here."""
    for table, rows in peer["rows"].items():
        if not any(_is_orphan(row) for row in ours["rows"].get(table, ())):
            peer["rows"][table] = [row for row in rows if not _is_orphan(row)]


def _is_orphan(row: Row) -> bool:
    return "nobody" in (_outermost(row).get("_dlt_parent_id"), row.get("_dlt_root_id"))


def _documents(peer: Outcome, ours: Outcome) -> None:
    """Take columns of JSON out of ours, and out of the peer the columns and tables that it made of them."""
    for table, columns in list(ours["columns"].items()):
        theirs = peer["columns"].get(table, columns)
        for name in [name for name, (kind, _) in columns.items() if kind == "JSON" and name not in theirs]:
            made = {other for other in theirs if _is_below(other, name)}
            del columns[name]
            _change(ours, table, _cut({name}))
            for other in made:
                del theirs[other]
            _change(peer, table, _cut(made))
            for nested in [other for other in peer["columns"] if _is_below(other, table)]:
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


def _moments_of_texts(peer: Outcome, ours: Outcome) -> None:
    """Write the moment of another zone in columns of text of the peer in UTC."""
    moment = datetime.datetime.fromisoformat(EASTERN).astimezone(datetime.timezone.utc).isoformat()
    for table, columns in peer["columns"].items():
        for name in [name for name, (kind, _) in columns.items() if kind == "VARCHAR"]:

            def change(row: Row, name: str = name) -> None:
                if row.get(name) == EASTERN:
                    row[name] = moment

            _change(peer, table, change)


def _declared_columns(peer: Outcome, ours: Outcome) -> None:
    """Take columns out of ours that hints name and a contract keeps out of the peer, and rows that have them."""
    for table, columns in ours["columns"].items():
        theirs = peer["columns"].get(table, columns)
        _let_in_here(peer, ours, table, {name for name in columns if name in DECLARED_LATE and name not in theirs})


def _types_of_discarded_rows(peer: Outcome, ours: Outcome) -> None:
    """Take columns out of both that have the type of a row which stayed here, and of a discarded one there."""
    for table, columns in ours["columns"].items():
        theirs = peer["columns"].get(table, {})
        others = {name for name in columns.keys() & theirs.keys() if columns[name][0] != theirs[name][0]}
        if others and not any(row[name] is not None for row in peer["rows"][table] for name in others):
            _change(peer, table, _cut(others))
            for name in others:
                del theirs[name]
            _let_in_here(peer, ours, table, others)


def _let_in_here(peer: Outcome, ours: Outcome, table: str, names: Collection[str]) -> None:
    """Take columns out of ours, and rows that the peer lacks and that have a value for one of them."""
    if not names:
        return
    for name in names:
        del ours["columns"][table][name]
    rows = ours["rows"][table]
    valued = {_texts(_without(row, names)) for row in rows if any(row[name] is not None for name in names)}
    _change(ours, table, _cut(names))
    refused = valued & (_counted(rows) - _counted(peer["rows"].get(table, ()))).keys()
    for below, found in ours["rows"].items():
        if below == table or _is_below(below, table):
            ours["rows"][below] = [row for row in found if _texts(_outermost(row)) not in refused]


def _discarded_histories(peer: Outcome, ours: Outcome) -> None:
    """End all versions of ours where the peer has ended all, as a contract discarded all rows of a load."""
    for table in _histories(ours):
        rows = peer["rows"].get(table, ())
        ends = [name for name in ("_dlt_valid_to", "until") if all(row.get(name) is not None for row in rows)]
        for name in ends if rows else ():

            def change(row: Row, name: str = name) -> None:
                if name in row and row[name] is None:
                    row[name] = True

            _change(ours, table, change)


def _rows_of_one_key(peer: Outcome, ours: Outcome) -> None:
    """Take rows out of the peer that an upsert made equal, where there is one of them here."""
    for table in [name for name, columns in ours["columns"].items() if "id" in columns]:
        here = _counted(ours["rows"][table])
        theirs = _counted(peer["rows"].get(table, ()))
        if all(number == here[text] or here[text] == 1 for text, number in theirs.items()):
            peer["rows"][table] = [json.loads(text) for text in here.elements() if theirs[text]]


def _emptied_tables(peer: Outcome, ours: Outcome) -> None:
    """Take all rows out of the peer of a table whose name has a mark of nesting and which is emptied here."""
    for table in [name for name in peer["rows"] if name == "order__lines" or _is_below(name, "order__lines")]:
        if not ours["rows"].get(table, [True]):
            peer["rows"][table] = []


def _keys_under_contract(peer: Outcome, ours: Outcome) -> None:
    """Take rows out of the peer that were not merged, as a contract kept the key out there."""
    for table in [
        name for name, columns in ours["columns"].items() if "id" in columns and "_dlt_parent_id" not in columns
    ]:
        ids = {row["id"] for row in ours["rows"][table]}
        more = _counted(peer["rows"].get(table, ())) - _counted(ours["rows"][table])
        if (
            more
            and not _counted(ours["rows"][table]) - _counted(peer["rows"][table])
            and all(json.loads(text)["id"] in ids for text in more)
        ):
            peer["rows"][table] = ours["rows"][table]


def _ranks_of_loads(peer: Outcome, ours: Outcome) -> None:
    """Number the loads of both by those that rows came with."""
    for outcome in (peer, ours):
        levels = [
            level for table, rows in outcome["rows"].items() for row in rows for _, level in list(_levels(row, table))
        ]
        known = sorted({level["_dlt_load_id"] for level in levels if level.get("_dlt_load_id")})
        for level in levels:
            if level.get("_dlt_load_id"):
                level["_dlt_load_id"] = f"rank {known.index(level['_dlt_load_id'])}"


def _specs(case: Case) -> Iterator[Row]:
    for run in case["runs"]:
        yield from run["resources"]


def _has_contract(case: Case) -> bool:
    """Tell whether a contract says anything of columns that are new."""
    given = [run.get(key, {}).get("schema_contract") for run in case["runs"] for key in ("source", "run")]
    given += [spec.get("hints", {}).get("schema_contract") for spec in _specs(case)]
    modes = [one.get("columns", "evolve") if isinstance(one, dict) else one or "evolve" for one in given]
    return any(mode != "evolve" for mode in modes)


def _discards_rows(case: Case) -> bool:
    return "discard_row" in _texts([run.get(key) for run in case["runs"] for key in ("source", "run", "resources")])


def _has_loads_without_rows(case: Case) -> bool:
    """Tell whether a source may give nothing in a run that says something else of its tables, or drops them."""
    return any(
        (run.get("two_sources") or not any(spec["pages"] for spec in run["resources"]))
        and {"schema_contract", "refresh", "write_disposition"} & set(run.get("run", {}))
        for run in case["runs"]
    )


def _replaces_named_tables(case: Case) -> bool:
    """Tell whether a run replaces what a resource left whose rows name their tables."""
    return any(
        run.get("run", {}).get("write_disposition") == "replace"
        and any("table_of" in spec for spec in run["resources"])
        for run in case["runs"]
    )


def _has_limit(case: Case) -> bool:
    return any("max_table_nesting" in spec.get("hints", {}) for spec in _specs(case))


def _merges_shared_rows(case: Case) -> bool:
    """Tell whether two resources give a table the same rows, and a strategy of 1.x that inserts them twice."""
    return any(
        hints.get("table_name") == "shared"
        and isinstance(disposition := hints.get("write_disposition"), dict)
        and disposition["strategy"] != "delete-insert"
        for hints in (spec.get("hints", {}) for spec in _specs(case))
    )


def _upserts_what_was_appended(case: Case) -> bool:
    """Tell whether a resource with an upsert is appended in one run, so that rows may share a key."""
    return any(run.get("run", {}).get("write_disposition") == "append" for run in case["runs"]) and any(
        isinstance(disposition := spec.get("hints", {}).get("write_disposition"), dict)
        and disposition.get("strategy") == "upsert"
        for spec in _specs(case)
    )


def _deletes_in_upsert(case: Case) -> bool:
    return any(
        isinstance(disposition := spec.get("hints", {}).get("write_disposition"), dict)
        and disposition.get("strategy") == "upsert"
        and spec["hints"].get("columns", {}).get("gone", {}).get("hard_delete")
        for spec in _specs(case)
    )


def _has_arrow(case: Case, kinds: set[str]) -> bool:
    return any(kinds & set(spec.get("arrow", {}).values()) for spec in _specs(case))


def _merges_later(case: Case) -> bool:
    """Tell whether a resource merges after a run in which it did not."""
    plain: set[str] = set()
    for run in case["runs"]:
        for spec in run["resources"]:
            disposition = run.get("run", {}).get("write_disposition", spec.get("hints", {}).get("write_disposition"))
            if disposition in (None, "append", "replace"):
                plain.add(spec["name"])
            elif spec["name"] in plain:
                return True
    return False


def _has_own_versions(case: Case) -> bool:
    return any(
        isinstance(disposition := spec.get("hints", {}).get("write_disposition"), dict)
        and "row_version_column_name" in disposition
        for spec in _specs(case)
    )


def _leaves_nested_rows(case: Case) -> bool:
    """Tell whether a resource is loaded otherwise than in its run before, or says versions of its rows itself."""
    before: dict[str, object] = {}
    for run in case["runs"]:
        for spec in run["resources"]:
            hints = [{**spec.get("hints", {}), **run.get("run", {})}.get(name) for name in LEAVE_NESTED_ROWS]
            if hints != before.setdefault(spec["name"], hints):
                return True
    return _has_own_versions(case)


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
    Failure(
        "PyPI dlt cannot load an integer beyond 64 bits",
        "Integer exceeds 64-bit range|Type INT128|too large to convert to C long",
    ),
    Failure("PyPI dlt gives unsigned integers of Arrow a type that cannot hold them", "Type UINT8 with value"),
    Failure(
        "PyPI dlt has no file for a table with such a name",
        "InvalidCharError",
        of=lambda case: case.get("naming") in ("direct", "duck_case"),
    ),
    Failure(
        "PyPI dlt takes no instances of a model where a contract changes it",
        "Input should be a valid dictionary or instance of",
        of=lambda case: any(spec.get("instances") for spec in _specs(case)),
    ),
    Failure(
        "PyPI dlt cannot merge into a table whose nested rows came without a merge",
        r"COULD NOT BE GENERATED|NOT NULL constraint failed: \S+\._dlt_root_id",
        of=_merges_later,
    ),
    Failure(
        "PyPI dlt cannot close a resource whose first items are out of range",
        "StopIteration",
        of=lambda case: any("row_order" in spec.get("incremental", {}) for spec in _specs(case)),
    ),
    Failure(
        "PyPI dlt cannot begin a history in a table that was loaded otherwise",
        "KeyError: None",
        of=lambda case: any("scd2" in _texts(spec.get("hints", {})) for spec in _specs(case)),
    ),
    Failure(
        "PyPI dlt cannot load a double beyond 38 digits where numbers came before", r"BIGNUM value|cast value \d{39}"
    ),
    Failure(
        "PyPI dlt knows no hints of nested tables if the table has another name",
        "Parent table `",
        of=_renames_with_nested_hints,
    ),
    Failure(
        "PyPI dlt does not find the table that an item names",
        "KeyError: 'more__x'",
        of=lambda case: any("marks" in spec for spec in _specs(case)),
    ),
    Failure(
        "PyPI dlt cannot leave out a value that does not fit a model",
        r"`data_mode='discard_value'`",
        of=lambda case: any("model" in spec for spec in _specs(case)),
    ),
    Failure(
        "PyPI dlt writes no statement for a name with a brace",
        "cannot switch from automatic field numbering",
        of=lambda case: case.get("naming") in ("direct", "duck_case") and "curly{0}" in _texts(case),
    ),
    Failure("PyPI dlt takes a precision of bytes for their length", "expected to be length 16 was 2"),
    Failure(
        "PyPI dlt cannot limit a resource that ends with its limit",
        "StopIteration",
        of=lambda case: any(["limit", 1] in spec.get("steps", ()) for spec in _specs(case)),
    ),
    Failure(
        "the limit of nesting of a resource holds with frozen columns too",
        r"Contract on `columns` with `contract_mode=freeze`",
        of=lambda case: _has_contract(case) and _has_limit(case),
    ),
    Failure(
        "a contract lets columns in that hints name",
        f"Column: `(?:{'|'.join(sorted(DECLARED_LATE))})`.*mode=freeze",
        of=_has_contract,
    ),
    Failure(
        "columns of a new nested table evolve for a whole run", r"In Table: `\w+__\w+`.*mode=freeze", of=_has_contract
    ),
)
DIFFERENCES = (
    Difference("nested tables of scd2 carry the id of their root row", _root_ids_of_histories),
    Difference(
        "equal rows of a load are one row for scd2, upsert and insert-only", _equal_rows, of=_merges_shared_rows
    ),
    Difference("rows of a merge take all that is nested in them with them", _orphans, of=_leaves_nested_rows),
    Difference("a table that its key parts has no id of a root row", _root_ids_of_parted_tables, of=_parts_tables),
    Difference("an upsert leaves one row of a key", _rows_of_one_key, of=_upserts_what_was_appended),
    Difference("moments in documents are written in UTC", _moments_of_documents),
    Difference("moments in columns of text are written in UTC", _moments_of_texts),
    Difference("an upsert inserts no row that says it is deleted", _inserted_deletions, of=_deletes_in_upsert),
    Difference(
        "moments of Arrow without a zone stay as they are",
        _moments_without_zone,
        of=lambda case: not case["compat"] and _has_arrow(case, {"naive", "seconds"}),
    ),
    Difference(
        "integers of Arrow with few bits are bigint",
        _narrow_integers,
        of=lambda case: _has_arrow(case, {"int32", "uint8"}),
    ),
    Difference(
        "a variant has the same mark with names as they are",
        _variants_of_direct_names,
        of=lambda case: case.get("naming") == "direct",
    ),
    Difference(
        "a variant that holds moments is named by its type", _variants_named_by_text, of=lambda case: not case["compat"]
    ),
    Difference("a value that PyPI dlt changes, such as 2 to true, goes to a variant", _changed_values),
    Difference("a contract lets columns in that hints name", _declared_columns, of=_has_contract),
    Difference("a run that replaces empties all tables of a resource", _emptied_tables, of=_replaces_named_tables),
    Difference("the first row that stays decides a type", _types_of_discarded_rows, of=_discards_rows),
    Difference("a history of which a contract discards all rows stays", _discarded_histories, of=_discards_rows),
    Difference("a contract keeps no key out", _keys_under_contract, of=_has_contract),
    Difference(
        "what is new in a schema is a load of a source without rows, and nothing to drop is none",
        _ranks_of_loads,
        of=_has_loads_without_rows,
    ),
    Difference("columns of a new nested table evolve for a whole run", _new_nested_tables, of=_has_contract),
    Difference(
        "the limit of nesting of a resource holds with frozen columns too",
        _documents,
        of=lambda case: _has_contract(case) and _has_limit(case),
    ),
)

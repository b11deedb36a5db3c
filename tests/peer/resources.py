"""Resources made by chance, as descriptions for `program.py`: for each run the same hints, other rows."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from tests.peer.values import ARROW_KINDS, CONTRACTS, DISPOSITIONS, KINDS, LEAVES, NAMES, Json, nested

STEPS: st.SearchStrategy[list[Any]] = st.lists(
    st.sampled_from([["limit", 1], ["filter", "x1"], ["map", "mapped"], ["yield_map", "copy"]]), min_size=1, max_size=2
)


@st.composite
def resource(draw: st.DrawFn, name: str, runs: int) -> list[Json]:
    """Make one resource for each run: the same hints, other rows."""
    keyed = draw(st.booleans())
    columns = {column: draw(st.sampled_from(sorted(KINDS))) for column in draw(_some_names(keyed))}
    with_nested = draw(st.booleans())
    mixed = draw(st.integers(0, 5)) == 0
    disposition = draw(st.sampled_from(DISPOSITIONS if keyed else ("append", "replace", DISPOSITIONS[5])))
    # PyPI dlt inserts equal versions twice, and takes a column that is NULL for a change
    is_versioned = disposition == DISPOSITIONS[5]
    hints: Json = {"write_disposition": disposition}
    if keyed:
        hints["primary_key"] = "id"
    by_group = keyed and not is_versioned and disposition in ("merge", DISPOSITIONS[6]) and draw(st.integers(0, 2)) == 0
    if by_group:
        hints["merge_key"] = "group"
    if draw(st.integers(0, 4)) == 0:
        hints["max_table_nesting"] = draw(st.integers(0, 2))
    declared = draw(st.integers(0, 4))
    if declared == 0 and columns:
        column = sorted(columns)[0]
        kind = "timestamp" if columns[column] == "iso" else columns[column]
        hints["columns"] = {column: {"data_type": kind, "nullable": True}}
    is_empty = draw(st.integers(0, 4)) == 0
    more: Json = {}
    if not keyed and not is_versioned and draw(st.integers(0, 3)) == 0:
        more["steps"] = draw(STEPS)
    if not is_versioned and draw(st.integers(0, 5)) == 0:
        more["transformer"] = {"write_disposition": draw(st.sampled_from(["append", "replace"]))}
    found = []
    for number in range(runs):
        if number and draw(st.integers(0, 3)) == 0:
            columns = {**columns, "later": draw(st.sampled_from(sorted(KINDS)))}
        rows = []
        for place in range(draw(st.integers(0 if number else 1, 4))):
            row: Json = {"id": draw(st.integers(0, 5)) if number else place} if keyed else {}
            if by_group:
                row["group"] = draw(st.integers(0, 2))
            if is_empty:
                row["nothing"] = None
            for column, kind in columns.items():
                what = 3 if is_versioned else draw(st.integers(0, 9))
                if what == 0:
                    row[column] = None
                elif what > 1:
                    row[column] = draw(LEAVES if mixed and what == 2 and kind != "bool" else KINDS[kind])
            if with_nested:
                # nor is an empty document the same to PyPI dlt as an empty list
                row["sub"] = [{"a": draw(KINDS["bigint"])}] if is_versioned else draw(nested())
            rows.append(row)
        if keyed:
            # which of two rows with one key stays is left open by the peer
            rows = list({row["id"]: row for row in rows}.values())
        if is_versioned:
            rows = [row for place, row in enumerate(rows) if row not in rows[:place]]
        cut = draw(st.integers(0, len(rows)))
        pages = [page for page in (rows[:cut], rows[cut:]) if page]
        found.append({"name": name, "pages": pages, "hints": hints, **more})
    return found


def _some_names(keyed: bool) -> st.SearchStrategy[list[str]]:
    names = [name for name in NAMES if not (keyed and name == "id")]
    return st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True)


@st.composite
def incremental(draw: st.DrawFn, name: str, runs: int) -> list[Json]:
    """Make a resource with a cursor for each run, whose rows overlap from run to run."""
    is_below = draw(st.integers(0, 4)) == 0
    cursor: Json = {"cursor_path": "doc.at" if is_below else "at"}
    if draw(st.integers(0, 5)) == 0:
        cursor["last_value_func"] = draw(st.sampled_from(["max", "min"]))
    numbers = draw(st.booleans())
    if draw(st.booleans()):
        cursor["initial_value"] = 2 if numbers else {"$": "datetime", "v": "2024-01-03T00:00:00+00:00"}
    if draw(st.integers(0, 2)) == 0:
        cursor["lag"] = 2 if numbers else 86400.0
    if draw(st.integers(0, 3)) == 0:
        cursor["on_cursor_value_missing"] = draw(st.sampled_from(["include", "exclude"]))
    if draw(st.integers(0, 4)) == 0:
        cursor["range_start"] = "open"
    if "initial_value" in cursor and draw(st.integers(0, 3)) == 0:
        cursor["end_value"] = 5 if numbers else {"$": "datetime", "v": "2024-01-05T00:00:00+00:00"}
        cursor["range_end"] = draw(st.sampled_from(["open", "closed"]))
    is_sorted = "on_cursor_value_missing" not in cursor and draw(st.integers(0, 4)) == 0
    if is_sorted:
        cursor["row_order"] = draw(st.sampled_from(["asc", "desc"]))
    hints: Json = {"write_disposition": draw(st.sampled_from(["append", "append", "merge", "merge", "replace"]))}
    if hints["write_disposition"] == "merge" or draw(st.booleans()):
        hints["primary_key"] = "id"
    found = []
    for number in range(runs):
        rows = []
        for _ in range(draw(st.integers(1, 4))):
            at = draw(st.integers(1, 4)) + 2 * number
            moment = at if numbers else {"$": "datetime", "v": f"2024-01-{at:02}T00:00:00+00:00"}
            row: Json = {"id": draw(st.integers(0, 6)), "at": moment, "v": draw(KINDS["bigint"])}
            if "on_cursor_value_missing" in cursor and draw(st.integers(0, 4)) == 0:
                row["at"] = None
            rows.append(row)
        rows = list({row["id"]: row for row in rows}.values())
        if is_below:
            rows = [{**row, "doc": {"at": row["at"]}} for row in rows]
        if is_sorted:
            rows.sort(key=lambda row: json.dumps(row["at"]), reverse=cursor["row_order"] == "desc")
        found.append({"name": name, "pages": [rows], "hints": hints, "incremental": cursor})
    return found


@st.composite
def contracted(draw: st.DrawFn, name: str, runs: int) -> list[Json]:
    """Make a resource whose contract later runs may break."""
    contract = draw(CONTRACTS)
    if isinstance(contract, dict) and contract.get("tables", "evolve") != "evolve" and draw(st.booleans()):
        contract = {**contract, "tables": "evolve"}
    found = []
    for number in range(runs):
        rows = []
        for place in range(draw(st.integers(1, 3))):
            row: Json = {"id": place + 10 * number, "v": draw(KINDS["bigint"])}
            if number:
                change = draw(st.sampled_from(["no", "column", "type", "table"]))
                if change == "column":
                    row["new"] = draw(KINDS["text"])
                elif change == "type":
                    row["v"] = draw(KINDS["text"])
                elif change == "table":
                    row["sub"] = [{"a": 1}]
            rows.append(row)
        found.append({"name": name, "pages": [rows], "hints": {"schema_contract": contract}})
    return found


@st.composite
def deleting(draw: st.DrawFn, name: str, runs: int) -> list[Json]:
    """Make a resource whose rows may delete earlier ones, and of which the one with the highest number counts."""
    hints: Json = {"write_disposition": "merge", "primary_key": "id", "columns": {}}
    if draw(st.booleans()):
        hints["write_disposition"] = {"disposition": "merge", "strategy": "upsert"}
    by_flag, sorted_by = draw(st.booleans()), draw(st.sampled_from([None, "desc", "asc"]))
    if by_flag:
        hints["columns"]["gone"] = {"data_type": "bool", "hard_delete": True}
    # with upsert PyPI dlt inserts all new rows of one key
    sorted_by = sorted_by if hints["write_disposition"] == "merge" else None
    if sorted_by:
        hints["columns"]["number"] = {"data_type": "bigint", "dedup_sort": sorted_by}
    found, number = [], 0
    for _ in range(runs):
        rows = []
        for _ in range(draw(st.integers(1, 4))):
            number += 1
            row: Json = {"id": draw(st.integers(0, 3)), "number": number, "v": draw(KINDS["text"])}
            if by_flag:
                row["gone"] = draw(st.sampled_from([True, False, None]))
            if draw(st.booleans()):
                row["sub"] = [{"a": number}, {"a": draw(KINDS["bigint"])}]
            rows.append(row)
        if not sorted_by:
            rows = list({row["id"]: row for row in rows}.values())
        found.append({"name": name, "pages": [rows], "hints": hints})
    return found


@st.composite
def dispatched(draw: st.DrawFn, name: str, runs: int) -> list[Json]:
    """Make a resource whose rows say in which table they belong."""
    tables = ("Orders", "returns", "order__lines")
    hints: Json = {"write_disposition": draw(st.sampled_from(["append", "replace"]))}
    found = []
    for _ in range(runs):
        rows = [
            {"kind": draw(st.sampled_from(tables)), "v": draw(KINDS["bigint"]), "sub": draw(nested())}
            for _ in range(draw(st.integers(1, 4)))
        ]
        found.append({"name": name, "pages": [rows], "hints": hints, "table_of": "kind"})
    return found


@st.composite
def tabular(draw: st.DrawFn, name: str, runs: int) -> list[Json]:
    """Make a resource of Arrow tables, whose columns may grow from run to run."""
    kinds = sorted(ARROW_KINDS)
    names = draw(st.lists(st.sampled_from(["v", "camelCase", "with space"]), min_size=1, max_size=2, unique=True))
    columns = {column: draw(st.sampled_from(kinds)) for column in names}
    hints: Json = {"write_disposition": draw(st.sampled_from(["append", "replace", "merge"]))}
    if hints["write_disposition"] == "merge":
        hints["primary_key"] = "id"
    found = []
    for number in range(runs):
        if number and draw(st.integers(0, 3)) == 0:
            columns = {**columns, "later": draw(st.sampled_from(kinds))}
        rows = []
        for place in range(draw(st.integers(1, 4))):
            row: Json = {"id": place + draw(st.integers(0, 1)) * 10}
            for column, kind in columns.items():
                row[column] = draw(st.none() | KINDS[ARROW_KINDS[kind]])
            rows.append(row)
        shape = {"id": "int64", **columns}
        found.append({"name": name, "pages": [rows], "hints": hints, "arrow": shape})
    return found


@st.composite
def declared(draw: st.DrawFn, name: str, runs: int) -> list[Json]:
    """Make a resource whose columns and nested tables are declared with more than a type."""
    columns: Json = {}
    for column, hint in {
        "short": {"data_type": "text", "precision": 40},
        "small": {"data_type": "bigint", "precision": 32},
        "money": {"data_type": "decimal", "precision": 12, "scale": 3},
        "needed": {"data_type": "text", "nullable": False},
        "doc": {"data_type": "json"},
        "never": {"data_type": "date"},
        "once": {"data_type": "text", "unique": True},
    }.items():
        if draw(st.booleans()):
            columns[column] = hint
    if draw(st.booleans()):
        # declared by key only: its type comes from the rows
        columns["typeless"] = {"nullable": True}
    hints: Json = {"write_disposition": draw(st.sampled_from(["append", "replace"])), "columns": columns}
    if draw(st.booleans()):
        hints["nested_hints"] = {"sub": {"columns": {"a": {"name": "a", "data_type": "double"}}}}
    if draw(st.booleans()):
        hints["table_name"] = draw(st.sampled_from(["Other Name", "other__name", "_table"]))
    found, number = [], 0
    for _ in range(runs):
        rows = []
        for _ in range(draw(st.integers(1, 3))):
            number += 1
            row: Json = {"needed": "yes", "once": str(number), "sub": [{"a": number}]}
            for column, values in {
                "short": KINDS["text"],
                "small": st.integers(-5, 5),
                "money": st.just({"$": "decimal", "v": "1.125"}),
                "doc": nested(),
                "typeless": KINDS["bigint"],
            }.items():
                if draw(st.booleans()):
                    row[column] = draw(values)
            rows.append(row)
        found.append({"name": name, "pages": [rows], "hints": hints})
    return found


@st.composite
def keyed_below(draw: st.DrawFn, name: str, runs: int) -> list[Json]:
    """Make a resource whose nested tables have keys, write dispositions and columns of their own."""
    hints: Json = {"write_disposition": draw(st.sampled_from(["append", "replace", "merge"])), "nested_hints": {}}
    if hints["write_disposition"] == "merge":
        hints["primary_key"] = "k"
    for path, key, value in (("lines", "id", "n"), ("lines.tags", "t", "u")):
        own: Json = {}
        if path == "lines" or draw(st.booleans()):
            own["primary_key"] = key
            if draw(st.integers(0, 3)):
                own["write_disposition"] = draw(st.sampled_from(["merge", "merge", "append", "replace"]))
        if draw(st.integers(0, 2)) == 0:
            own["columns"] = {value: {"name": value, "data_type": "double"}}
        if own:
            hints["nested_hints"][path] = own
    found = []
    for _ in range(runs):
        # which of two rows with one key stays is left open by the peer
        ids, tags = (draw(st.lists(st.integers(0, 6), max_size=5, unique=True)) for _ in range(2))
        rows: list[Json] = [{"k": k, "lines": []} for k in range(draw(st.integers(1, 2)))]
        for place, key in enumerate(ids):
            line: Json = {"id": key, "n": draw(st.integers(0, 9)), "tags": []}
            rows[place % len(rows)]["lines"].append(line)
            if place < len(tags):
                line["tags"].append({"t": tags[place], "u": place})
        found.append({"name": name, "pages": [rows], "hints": hints})
    return found


SIMPLE = (resource, incremental, contracted, deleting, dispatched, tabular, declared)

"""The same loads by rows, by pages and by Arrow tables, on two destinations, against what the documentation says."""

from __future__ import annotations

import json
import os
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import dlt

EXAMPLES = int(os.environ.get("DLT_TEST_EXAMPLES", "3"))
"""Each one makes some five loads; raise it to look for faults."""
MODES: dict[str, dict[str, Any]] = {
    "append": {"write_disposition": "append", "primary_key": "", "merge_key": ""},
    "replace": {"write_disposition": "replace", "primary_key": "", "merge_key": ""},
    "by primary key": {"write_disposition": "merge", "primary_key": "id", "merge_key": ""},
    "by merge key": {"write_disposition": "merge", "primary_key": "", "merge_key": "g"},
    "by both": {"write_disposition": "merge", "primary_key": "id", "merge_key": "g"},
    "upsert": {"write_disposition": {"disposition": "merge", "strategy": "upsert"}, "primary_key": "id"},
    "insert-only": {"write_disposition": {"disposition": "merge", "strategy": "insert-only"}, "primary_key": "id"},
}
KEYED = "keyed"
"""Marks the rows whose ids follow from their keys."""
TYPES = {"id": pa.int64(), "g": pa.string(), "v": pa.int64(), "x": pa.string(), "s": pa.int64(), "gone": pa.bool_()}
VALUES = {"number": (st.integers(0, 9), pa.int64()), "text": (st.sampled_from(["a", "7", ""]), pa.string())}
COLUMNS: dict[str, Any] = {"gone": {"hard_delete": True, "data_type": "bool"}, "v": {"data_type": "bigint"}}
COLUMNS["x"] = {"data_type": "bigint"}  # texts that are no number go to a variant column
COLUMNS["s"] = {"data_type": "bigint"}


def rows(kind: str, flat: bool) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Return rows whose column x has values of one kind."""
    nested = st.fixed_dictionaries({"n": st.integers(0, 9)}, optional={"subs": st.lists(st.integers(0, 9), max_size=2)})
    row = st.fixed_dictionaries(
        {"id": st.integers(1, 4), "g": st.sampled_from("ab"), "v": st.integers(0, 99), "x": VALUES[kind][0]},
        optional={
            "s": st.integers(1, 3),
            "gone": st.booleans(),
            **({} if flat else {"items": st.lists(nested, min_size=1, max_size=2)}),
        },
    )
    return st.lists(row, min_size=1, max_size=6)


def load(flat: bool) -> st.SearchStrategy[tuple[str, str, list[dict[str, Any]]]]:
    """Return a mode, the kind of the values and rows."""
    kinds = st.sampled_from(list(VALUES))
    return kinds.flatmap(lambda kind: st.tuples(st.sampled_from(list(MODES)), st.just(kind), rows(kind, flat)))


def last_of_each_key(new: list[dict[str, Any]], order: str | None, first: bool) -> list[dict[str, Any]]:
    """Return one row of each primary key."""
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in new:
        found[row["id"]].append(row)
    chosen = []
    for same in found.values():
        marked = [row["s"] for row in same if "s" in row]
        if order and marked:
            best = min(marked) if order == "asc" else max(marked)
            same = [row for row in same if row.get("s") == best]
        chosen.append(same[0 if first else -1])
    return chosen


def merged(
    table: list[dict[str, Any]], mode: str, new: list[dict[str, Any]], order: str | None
) -> list[dict[str, Any]]:
    """Return the rows of a table after a load, as the documentation says."""
    if mode in ("append", "replace"):
        return new if mode == "replace" else table + new
    ids, groups = {row["id"] for row in new}, {row["g"] for row in new}
    if mode == "insert-only":
        there = {row["id"] for row in table}
        fresh = [row for row in last_of_each_key(new, order, first=True) if not row.get("gone")]
        grown = {row["id"]: row.get("items", []) for row in fresh}
        # rows of other strategies have ids that do not follow from the key: no list of theirs is found
        kept = [with_more(row, grown[row["id"]]) if KEYED in row and row["id"] in grown else row for row in table]
        return kept + [{**row, KEYED: True} for row in fresh if row["id"] not in there]
    kept = [row for row in table if mode == "by merge key" or row["id"] not in ids]
    kept = [row for row in kept if mode in ("by primary key", "upsert") or row["g"] not in groups]
    fresh = new if mode == "by merge key" else last_of_each_key(new, order, first=False)
    mark = {KEYED: True} if mode == "upsert" else {}
    return kept + [{**row, **mark} for row in fresh if not row.get("gone")]


def with_more(row: dict[str, Any], items: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a row with what is new in its lists, by the place in them."""
    found = list(row.get("items", []))
    for place, item in enumerate(items):
        if place == len(found):
            found.append(item)
        else:
            subs = found[place].get("subs", [])
            found[place] = {**found[place], "subs": subs + item.get("subs", [])[len(subs) :]}
    return {**row, "items": found} if found else row


def as_stored(row: dict[str, Any]) -> str:
    """Return a row as it is read back."""
    found = {name: value for name, value in row.items() if name != KEYED}
    if isinstance(found["x"], str):
        text = found.pop("x")
        found.update({"x": int(text)} if text == "7" else {"x__v_text": text})
    if "items" in found:
        found["items"] = [{**item, "subs": [{"value": sub} for sub in item.get("subs", [])]} for item in found["items"]]
    return json.dumps(found, sort_keys=True)


def read(pipeline: Any) -> Counter[str]:
    """Return the documents of which the tables are made; nested rows of no document count too."""

    def of(table: str) -> list[dict[str, Any]]:
        known = pipeline.default_schema.tables.get(table)
        if known is None or not any("data_type" in column for column in known["columns"].values()):
            return []
        found: list[dict[str, Any]] = pipeline.dataset()[table].arrow().to_pylist()
        return [{name: value for name, value in row.items() if value is not None} for row in found]

    def plain(row: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in row.items() if not name.startswith("_dlt")}

    subs, items = defaultdict(list), defaultdict(list)
    for row in sorted(of("t__items__subs"), key=lambda row: int(row["_dlt_list_idx"])):
        subs[row["_dlt_parent_id"]].append(plain(row))
    for row in sorted(of("t__items"), key=lambda row: int(row["_dlt_list_idx"])):
        items[row["_dlt_parent_id"]].append({**plain(row), "subs": subs.pop(row["_dlt_id"], [])})
    found = []
    for row in of("t"):
        nested = items.pop(row.get("_dlt_id"), [])
        found.append(json.dumps({**plain(row), **({"items": nested} if nested else {})}, sort_keys=True))
    return Counter([*found, *map(str, items.values()), *map(str, subs.values())])


def given_as(way: str, kind: str, new: list[dict[str, Any]]) -> Iterator[Any]:
    """Yield rows alone, in pages, as Arrow tables, or in both forms."""
    half = len(new) // 2
    if way == "rows":
        yield from new
        return
    for number, page in enumerate((new[:half], new[half:])):
        if way == "pages" or (way == "both" and number):
            yield page
        else:
            types = {**TYPES, "x": VALUES[kind][1]}
            yield pa.table({name: pa.array([row.get(name) for row in page], types[name]) for name in types})


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # smaller examples of a fault would take minutes
)
@given(
    st.booleans().flatmap(lambda flat: st.lists(load(flat), min_size=2, max_size=3)),
    st.sampled_from([None, "asc", "desc"]),
    st.randoms(use_true_random=False),
)
def test_every_way_and_destination_gives_what_is_documented(loads: Any, order: str | None, random: Any) -> None:
    """Whatever the strategies of the loads: the tables hold the rows that the documentation says, each with its own."""
    flat = all("items" not in row for _, _, new in loads for row in new)
    ways = ("rows", "pages", "table", "both") if flat else ("rows", "pages")
    columns = {**COLUMNS, **({"s": {**COLUMNS["s"], "dedup_sort": order}} if order else {})}
    expected: list[dict[str, Any]] = []
    for mode, _, new in loads:
        expected = merged(expected, mode, new, order)
    with tempfile.TemporaryDirectory() as folder:
        places = {
            "duckdb": dlt.destinations.duckdb(f"{folder}/a.duckdb"),
            "sqlite": dlt.destinations.sqlalchemy(f"sqlite:///{folder}/a.db"),
        }
        for name, place in places.items():
            pipeline = dlt.pipeline(name, destination=place, dataset_name="d", pipelines_dir=folder)
            taken = [random.choice(ways) for _ in loads]
            for way, (mode, kind, new) in zip(taken, loads, strict=True):
                hints: dict[str, Any] = {"merge_key": "", **MODES[mode], "columns": columns}
                pipeline.run(dlt.resource(given_as(way, kind, new), name="t", **hints)).raise_on_failed_jobs()
            assert read(pipeline) == Counter(map(as_stored, expected)), (name, taken)
        dlt.context.activate(None)

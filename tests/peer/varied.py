"""More resources made by chance: types that change, difficult names, keys of several columns, models, frames."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.peer.values import DISPOSITIONS, KINDS, MODES, RARE, Json, nested

MERGES: tuple[Any, ...] = ("merge", DISPOSITIONS[3], DISPOSITIONS[4], DISPOSITIONS[6])
# of each group one name at most stands in a row: two that become one column are an error here
DIFFICULT = (
    ("userName", "user_name", "UserName", "user-name"),
    ("_x", "__x", "x_", "X__"),
    ("a__b", "a.b", "a/b"),
    ("2nd", "_2nd"),
    ("größe", "數", "🙂", "ﬁ"),
    ("select", "order", "Group"),
    ('quo"te', "back\\slash", "per%cent", "curly{0}"),
    ("n" * 70, "n" * 69 + "m"),
    ("XMLHttpRequest2", "aB1cD", "ALLCAPS"),
)


@st.composite
def varying(draw: st.DrawFn, name: str, runs: int) -> list[Json]:
    """Make a resource whose columns hold values of several types, in one run or from run to run."""
    kinds = sorted({**KINDS, **RARE})
    columns = {column: draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=3)) for column in ("a", "b")}
    hints: Json = {"write_disposition": draw(st.sampled_from(["append", "replace", "merge"]))}
    if hints["write_disposition"] == "merge":
        hints["primary_key"] = "id"
    found = []
    for _ in range(runs):
        rows = []
        for place in range(draw(st.integers(1, 4))):
            row: Json = {"id": place}
            for column, held in columns.items():
                if draw(st.integers(0, 3)):
                    row[column] = draw({**KINDS, **RARE}[draw(st.sampled_from(held))])
            rows.append(row)
        found.append({"name": name, "pages": [rows], "hints": hints})
    return found


@st.composite
def named(draw: st.DrawFn, name: str, runs: int) -> list[Json]:
    """Make a resource with names that need to be normalized, of columns, of documents and of tables."""
    used = [
        draw(st.sampled_from(group)) for group in draw(st.lists(st.sampled_from(DIFFICULT), max_size=3, unique=True))
    ]
    below = draw(st.sampled_from(draw(st.sampled_from(DIFFICULT))))
    hints: Json = {"write_disposition": draw(st.sampled_from(["append", "replace"]))}
    if draw(st.integers(0, 3)) == 0:
        hints["table_name"] = draw(st.sampled_from(draw(st.sampled_from(DIFFICULT))))
    if used and draw(st.integers(0, 2)) == 0:
        hints["write_disposition"], hints["primary_key"] = "merge", used[0]
    found = []
    for _ in range(runs):
        rows = []
        for place in range(draw(st.integers(1, 3))):
            row: Json = {column: place for column in used}
            row["sub"] = draw(st.sampled_from([{below: 1}, [{below: 1}], {"x": {below: 2}}, {"x": [{below: [1]}]}]))
            rows.append(row)
        found.append({"name": name, "pages": [rows], "hints": hints})
    return found


@st.composite
def compound(draw: st.DrawFn, name: str, runs: int) -> list[Json]:
    """Make a resource that is merged by keys of several columns, whatever their types are."""
    disposition = draw(st.sampled_from(MERGES))
    hints: Json = {"write_disposition": disposition, "primary_key": ["a", "b"]}
    if disposition in ("merge", DISPOSITIONS[6]) and draw(st.booleans()):
        hints["merge_key"] = draw(st.sampled_from(["c", ["c", "d"]]))
        if draw(st.booleans()):
            del hints["primary_key"]
    second = draw(st.sampled_from(["text", "date", "bool", "decimal", "timestamp", "binary", "double"]))
    found = []
    for _ in range(runs):
        rows: dict[str, Json] = {}
        for _ in range(draw(st.integers(1, 5))):
            row: Json = {"a": draw(st.integers(0, 1)), "b": draw(KINDS[second]), "c": draw(st.integers(0, 2))}
            row |= {"d": draw(st.sampled_from(["x", "y"])), "v": draw(KINDS["text"]), "sub": draw(nested())}
            rows[str((row["a"], row["b"]))] = row
        found.append({"name": name, "pages": [list(rows.values())], "hints": hints})
    return found


@st.composite
def historical(draw: st.DrawFn, name: str, runs: int) -> list[Json]:
    """Make a resource that is kept as a history, with what `scd2` has to set."""
    disposition: Json = {"disposition": "merge", "strategy": "scd2"}
    if draw(st.integers(0, 2)) == 0:
        disposition["validity_column_names"] = ["since", "until"]
    if draw(st.integers(0, 3)) == 0:
        disposition["active_record_timestamp"] = "9999-12-31"
    if draw(st.integers(0, 3)) == 0:
        disposition["row_version_column_name"] = "version"
    hints: Json = {"write_disposition": disposition}
    if draw(st.booleans()):
        hints["merge_key"] = draw(st.sampled_from(["id", "group"]))
    bounded = draw(st.integers(0, 3)) == 0
    found = []
    for number in range(runs):
        rows = []
        for key in draw(st.lists(st.integers(0, 4), min_size=1, max_size=4, unique=True)):
            value = draw(st.integers(0, 2))
            row: Json = {"id": key, "group": key % 2, "v": value, "sub": [{"a": value}, {"a": 7}]}
            if "row_version_column_name" in disposition:
                row["version"] = f"{key}-{value}"
            rows.append(row)
        if bounded:
            hints = {**hints, "write_disposition": {**disposition, "boundary_timestamp": f"2024-01-{number + 1:02}"}}
        found.append({"name": name, "pages": [rows], "hints": hints})
    return found


@st.composite
def modelled(draw: st.DrawFn, name: str, runs: int) -> list[Json]:
    """Make a resource whose columns are those of a model of pydantic, with types that `program.py` knows."""
    kinds = {
        "int": KINDS["bigint"],
        "str": KINDS["text"],
        "float": KINDS["double"],
        "bool": KINDS["bool"],
        "datetime": KINDS["timestamp"],
        "date": KINDS["date"],
        "decimal": KINDS["decimal"],
        "list[int]": st.lists(KINDS["bigint"], max_size=2),
        "dict": st.dictionaries(st.sampled_from(["a", "b"]), KINDS["bigint"], max_size=2),
        "inner": st.fixed_dictionaries({"x": KINDS["bigint"], "y": st.none() | KINDS["text"]}),
        "list[inner]": st.lists(st.fixed_dictionaries({"x": KINDS["bigint"]}), max_size=2),
    }
    model: Json = {"id": "int"}
    for column in draw(st.lists(st.sampled_from(["one", "Two", "three_x"]), max_size=3, unique=True)):
        model[column] = draw(st.sampled_from(["", "optional "])) + draw(st.sampled_from(sorted(kinds)))
    spec: Json = {
        "name": name,
        "model": model,
        "hints": {},
        "extra": draw(st.sampled_from(["ignore", "allow", "forbid"])),
    }
    spec["instances"] = draw(st.booleans())
    if draw(st.integers(0, 2)) == 0:
        spec["hints"]["schema_contract"] = {"columns": draw(st.sampled_from(MODES))}
    found = []
    for _ in range(runs):
        rows = []
        for place in range(draw(st.integers(1, 3))):
            row: Json = {"id": place}
            for column, kind in list(model.items())[1:]:
                value = kinds[kind.removeprefix("optional ")]
                row[column] = draw(st.none() | value if kind.startswith("optional ") else value)
            if draw(st.integers(0, 4)) == 0:
                row["more"] = 1
            rows.append(row)
        found.append({**spec, "pages": [rows]})
    return found


@st.composite
def framed(draw: st.DrawFn, name: str, runs: int) -> list[Json]:
    """Make a resource of frames of pandas, or of Arrow tables with types that rows do not have."""
    kinds = {
        "int64": KINDS["bigint"],
        "int32": st.integers(-5, 5),
        "uint8": st.integers(0, 255),
        "double": KINDS["double"],
        "float32": st.sampled_from([0.0, 1.5]),
        "string": KINDS["text"],
        "bool": KINDS["bool"],
        "timestamp": KINDS["timestamp"],
        "naive": st.just({"$": "datetime", "v": "2024-02-29T12:30:00.123456"}),
        "seconds": st.just({"$": "datetime", "v": "2024-02-29T12:30:00"}),
        "date": KINDS["date"],
        "time": KINDS["time"],
        "decimal": st.just({"$": "decimal", "v": "1.25"}),
        "binary": KINDS["binary"],
        "list": st.lists(st.integers(0, 3), max_size=2),
        "struct": st.fixed_dictionaries({"x": st.integers(0, 3)}),
    }
    is_frame = draw(st.booleans())
    usable = ["int64", "double", "string", "bool", "timestamp", "int32"] if is_frame else sorted(kinds)
    columns = {column: draw(st.sampled_from(usable)) for column in draw(st.lists(st.sampled_from("abC"), unique=True))}
    hints: Json = {"write_disposition": draw(st.sampled_from(["append", "replace"]))}
    key = draw(st.integers(0, 5))
    if key == 0:
        hints |= {"write_disposition": draw(st.sampled_from(MERGES)), "primary_key": "id"}
    elif key == 1:
        hints["columns"] = {"id": {"data_type": draw(st.sampled_from(["bigint", "double", "text", "decimal"]))}}
    found = []
    for _ in range(runs):
        rows = []
        for place in range(draw(st.integers(1, 3))):
            row: Json = {"id": place}
            for column, kind in columns.items():
                row[column] = draw(kinds[kind] if is_frame else st.none() | kinds[kind])
            rows.append(row)
        shape = {"id": "int64", **columns}
        found.append({"name": name, "pages": [rows], "hints": hints, "arrow": shape, "frames": is_frame})
    return found


@st.composite
def marked(draw: st.DrawFn, name: str, runs: int) -> list[Json]:
    """Make a resource whose items bring hints, or the name of their table, with them."""
    found = []
    for _ in range(runs):
        marks: list[Any] = []
        pages = []
        for place in range(draw(st.integers(1, 3))):
            pages.append([{"id": draw(st.integers(0, 2)) + 10 * place, "v": draw(KINDS["bigint"]), "sub": [{"a": 1}]}])
            mark = draw(st.sampled_from(["nothing", "table", "variant", "column"]))
            if mark == "table":
                marks.append({"table": draw(st.sampled_from(["Others", "more__x"]))})
            elif mark == "variant":
                marks.append({"variant": "other_" + name, "hints": {"primary_key": "id", "write_disposition": "merge"}})
            elif mark == "column":
                marks.append({"hints": {"columns": {"late": {"name": "late", "data_type": "date"}}}})
            else:
                marks.append(None)
        found.append({"name": name, "pages": pages, "hints": {}, "marks": marks})
    return found


@st.composite
def changing(draw: st.DrawFn, name: str, runs: int) -> list[Json]:
    """Make a resource whose hints change from run to run."""
    found = []
    for _ in range(runs):
        hints: Json = {"write_disposition": draw(st.sampled_from(["append", "replace", *MERGES[:2]]))}
        if hints["write_disposition"] not in ("append", "replace") or draw(st.booleans()):
            hints["primary_key"] = "id"
        if draw(st.integers(0, 2)) == 0:
            hints["max_table_nesting"] = draw(st.integers(0, 2))
        if draw(st.integers(0, 2)) == 0:
            # another type would be refused here once the table is loaded
            column = draw(st.sampled_from(["v", "new"]))
            hints["columns"] = {column: {"data_type": "bigint"}}
            hints["columns"][column] |= draw(st.sampled_from([{}, {"unique": True}, {"description": "said"}]))
        rows = [
            {"id": key, "v": draw(st.integers(0, 9)), "sub": [{"a": [key]}], "doc": {"b": {"c": key}}}
            for key in draw(st.lists(st.integers(0, 4), min_size=1, max_size=3, unique=True))
        ]
        found.append({"name": name, "pages": [rows], "hints": hints})
    return found


@st.composite
def precise(draw: st.DrawFn, name: str, runs: int) -> list[Json]:
    """Make a resource whose columns have precisions, scales and time zones, which the values fit."""
    moment = {"$": "datetime", "v": "2024-02-29T12:30:00.123000+00:00"}
    columns: Json = {}
    values: dict[str, Any] = {}
    for column, hint, value in (
        ("seconds", {"data_type": "timestamp", "precision": 3}, moment),
        ("naive", {"data_type": "timestamp", "timezone": False}, {"$": "datetime", "v": "2024-02-29T12:30:00.123000"}),
        ("aware", {"data_type": "timestamp", "timezone": False}, moment),
        ("nanos", {"data_type": "timestamp", "precision": 9}, moment),
        ("clock", {"data_type": "time", "precision": 3}, {"$": "time", "v": "12:30:00.123000"}),
        ("tiny", {"data_type": "bigint", "precision": 8}, 7),
        ("huge", {"data_type": "bigint", "precision": 64}, 2**40),
        ("money", {"data_type": "decimal", "precision": 10, "scale": 2}, {"$": "decimal", "v": "1.25"}),
        ("whole", {"data_type": "decimal", "precision": 10, "scale": 0}, {"$": "decimal", "v": "12"}),
        ("loose", {"data_type": "decimal"}, {"$": "decimal", "v": "1.123456789"}),
        ("wei", {"data_type": "wei"}, 2**70),
        ("bytes", {"data_type": "binary", "precision": 16}, {"$": "binary", "v": "AP8="}),
        ("code", {"data_type": "text", "precision": 3}, "abc"),
        ("from_text", {"data_type": "bigint"}, "12"),
        ("day", {"data_type": "date"}, "2024-02-29"),
        ("to_text", {"data_type": "text"}, 12),
        ("real", {"data_type": "double"}, 1),
    ):
        if draw(st.integers(0, 3)) == 0:
            columns[column] = {**hint, **draw(st.sampled_from([{}, {}, {"nullable": False}]))}
            values[column] = value
    hints: Json = {"write_disposition": draw(st.sampled_from(["append", "replace"])), "columns": columns}
    found = []
    for _ in range(runs):
        rows = [{"k": place, **values} for place in range(draw(st.integers(1, 2)))]
        for row in rows:
            for column in [column for column in values if columns[column].get("nullable", True)]:
                if draw(st.integers(0, 3)) == 0:
                    row[column] = None
        found.append({"name": name, "pages": [rows], "hints": hints})
    return found


KINDS_OF_RESOURCES = (varying, named, compound, historical, modelled, framed, marked, changing, precise)

"""Names, values and nested data of pipelines made by chance; what JSON does not have is {"$": kind, "v": text}."""

from __future__ import annotations

import base64
from typing import Any

from hypothesis import strategies as st

Json = dict[str, Any]

NAMES = ("id", "name", "value", "camelCase", "with space", "at", "UPPER", "x1", "1st", "a-b", "emoji_é", "long" * 20)
EASTERN = "1999-12-31T23:59:59+05:30"
"""The moment that is not of UTC; no text says it."""
KINDS: dict[str, st.SearchStrategy[Any]] = {
    "text": st.sampled_from(["", "a", "Ä", "it's", "line\nbreak", "2024-01-01x", "seven", "null", "🙂"]),
    "bigint": st.sampled_from([0, 1, -1, 7, 2**31, 2**53 + 1, -(2**63), 2**63 - 1]),
    "double": st.sampled_from([0.0, 1.5, -2.25, 1e300, 1e-300]),
    "bool": st.booleans(),
    "timestamp": st.sampled_from(
        [
            {"$": "datetime", "v": "2024-02-29T12:30:00.123456+00:00"},
            {"$": "datetime", "v": EASTERN},
        ]
    ),
    "iso": st.sampled_from(["2024-02-29T12:30:00.123456Z", "2023-01-01T00:00:00+02:00"]),
    "date": st.sampled_from([{"$": "date", "v": "2024-02-29"}, {"$": "date", "v": "1970-01-01"}]),
    "time": st.sampled_from([{"$": "time", "v": "12:30:00.123456"}, {"$": "time", "v": "00:00:00"}]),
    "decimal": st.sampled_from([{"$": "decimal", "v": "1.25"}, {"$": "decimal", "v": "-99999.000000001"}]),
    "binary": st.sampled_from([{"$": "binary", "v": base64.b64encode(b"\x00\xff").decode()}]),
}
RARE: dict[str, st.SearchStrategy[Any]] = {
    "wei": st.sampled_from([2**63, 2**70]),
    "uuid": st.just({"$": "uuid", "v": "12345678-1234-5678-1234-567812345678"}),
    "naive": st.just({"$": "datetime", "v": "2024-02-29T12:30:00"}),
    "digits": st.sampled_from(["12", "1.5", "2024-02-29"]),
    "list": st.lists(st.integers(0, 3), max_size=2),
    "document": st.just({"x": 1}),
    "nothing": st.none(),
}
# neither a text that only looks like a number, nor a number for a bool column: PyPI dlt changes such values
LEAVES = st.sampled_from(sorted(KINDS)).flatmap(lambda kind: KINDS[kind])
ARROW_KINDS = {"int64": "bigint", "double": "double", "string": "text", "bool": "bool", "timestamp": "timestamp"}
DISPOSITIONS: tuple[Any, ...] = (
    "append",
    "replace",
    "merge",
    {"disposition": "merge", "strategy": "upsert"},
    {"disposition": "merge", "strategy": "insert-only"},
    {"disposition": "merge", "strategy": "scd2"},
    {"disposition": "merge", "strategy": "delete-insert"},
)
MODES = ("evolve", "freeze", "discard_row", "discard_value")
CONTRACTS = st.sampled_from(MODES) | st.dictionaries(
    st.sampled_from(["tables", "columns", "data_type"]), st.sampled_from(MODES), min_size=1
)


@st.composite
def nested(draw: st.DrawFn) -> Any:
    """Make a document, a list of values or a list of rows, one or two levels deep."""
    kind = draw(st.sampled_from(["document", "values", "rows", "deep", "lists", "deeper"]))
    if kind == "document":
        return draw(st.dictionaries(st.sampled_from(["a", "b", "inner Key"]), LEAVES, max_size=2))
    if kind == "values":
        leaf = KINDS[draw(st.sampled_from(["text", "bigint", "double"]))]
        return draw(st.lists(leaf, max_size=3))
    if kind == "lists":
        return draw(st.lists(st.lists(KINDS["bigint"] | st.lists(KINDS["bigint"], max_size=2), max_size=2), max_size=2))
    if kind == "deeper":
        return {"a": {"b": [{"c": {"d": draw(st.lists(KINDS["text"], max_size=2))}}]}}
    rows = st.dictionaries(st.sampled_from(["a", "b", "id"]), KINDS["bigint"] | KINDS["text"], min_size=1, max_size=2)
    if kind == "rows":
        return draw(st.lists(rows, max_size=3))
    return draw(st.lists(st.fixed_dictionaries({"a": KINDS["bigint"], "more": st.lists(rows, max_size=2)}), max_size=2))

"""Replication of PostgreSQL: each type, in the snapshot and in the stream."""

from __future__ import annotations

import datetime
import math
from decimal import Decimal
from typing import Any

import pytest

from tests.sources_on_servers.replicated import Replicated

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("logical_postgres")]

UTC = datetime.timezone.utc
VALUES: dict[str, tuple[str, str, Any, dict[str, Any]]] = {
    # name: type, value in SQL, value at the destination, hints
    "b": ("bool", "true", True, {"data_type": "bool"}),
    "i2": ("int2", "-1", -1, {"data_type": "bigint"}),
    "i8": ("int8", "9007199254740993", 9007199254740993, {"data_type": "bigint"}),
    "f8": ("float8", "0.1", 0.1, {"data_type": "double"}),
    "f4": ("float4", "1.1", 1.1, {"data_type": "double"}),
    "n": ("numeric", "12.000000001", Decimal("12.000000001"), {"data_type": "decimal"}),
    "nn": (
        "numeric", "12345678901234567890.123456789012345", Decimal("12345678901234567890.123456789012345"),
        {"precision": 38, "scale": 15},
    ),
    "n5": ("numeric(30, 20)", "1.00000000000000000001", Decimal("1.00000000000000000001"), {"scale": 20}),
    "pos": ("positive", "1.5", Decimal("1.500"), {"data_type": "decimal", "precision": 10, "scale": 3}),
    "d": ("date", "'2024-02-29'", datetime.date(2024, 2, 29), {"data_type": "date"}),
    "t": ("time", "'23:59:59.12'", datetime.time(23, 59, 59, 120000), {"data_type": "time"}),
    "tz": ("timetz", "'12:00:00+02'", "12:00:00+02", {"data_type": "text"}),
    "ts": (
        "timestamp", "'2024-01-01 00:00:00.1'", datetime.datetime(2024, 1, 1, 0, 0, 0, 100000), {"timezone": False}
    ),
    "tsz": (
        "timestamptz", "'2024-01-01 00:00:00+05'", datetime.datetime(2023, 12, 31, 19, tzinfo=UTC), {"timezone": True}
    ),
    "iv": ("interval", "'1 year 2 days 03:04:05.6'", "1 year 2 days 03:04:05.6", {"data_type": "text"}),
    "u": (
        "uuid", "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", {"data_type": "text"}
    ),
    "by": ("bytea", r"'\xdeadbeef'", b"\xde\xad\xbe\xef", {"data_type": "binary"}),
    "js": ("json", """'{"a": [1, null]}'""", '{"a":[1,null]}', {"data_type": "json"}),
    "jb": ("jsonb", """'"12"'""", '"12"', {"data_type": "json"}),
    "jl": ("json", """'{"a": 0.12345678901234567890}'""", '{"a":0.12345678901234567890}', {"data_type": "json"}),
    "jla": ("jsonb[]", """ARRAY['{"a": 0.12345678901234567890}'::jsonb]""", '[{"a":"0.12345678901234567890"}]', {}),
    "ia": ("int[]", "'{{1,NULL},{3,4}}'", "[[1,null],[3,4]]", {"data_type": "json"}),
    "ta": ("text[]", """ARRAY['a,b', '"q"', 'NULL', '', '{}', NULL]""", r'["a,b","\"q\"","NULL","","{}",null]', {}),
    "na": ("numeric[]", "'{1.5,3,NULL}'", "[1.5,3,null]", {}),
    "tsa": ("timestamptz[]", "ARRAY['2024-01-01 00:00:00.5+00'::timestamptz]", '["2024-01-01T00:00:00.5+00:00"]', {}),
    "za": ("int[]", "'[0:1]={7,8}'", "[7,8]", {}),
    "bxa": ("box[]", "ARRAY[box '((1,1),(0,0))', box '((2,2),(1,1))']", '["(1,1),(0,0)","(2,2),(1,1)"]', {}),
    "mood": ("mood", "'so ''so'", "so 'so", {"data_type": "text"}),
    "moods": ("mood[]", """ARRAY['ok', 'so ''so']::mood[]""", '["ok","so \'so"]', {"data_type": "json"}),
    "inet": ("inet", "'10.0.0.1/24'", "10.0.0.1/24", {"data_type": "text"}),
    "r": ("int4range", "'[1,5)'", "[1,5)", {"data_type": "text"}),
    "mr": ("int4multirange", "'{[1,3),[5,7)}'", "{[1,3),[5,7)}", {"data_type": "text"}),
    "pt": ("point", "'(1,2)'", "(1,2)", {"data_type": "text"}),
    "mo": ("money", "'1234.50'", "$1,234.50", {"data_type": "text"}),
    "bi": ("bit(5)", "B'10101'", "10101", {"data_type": "text"}),
    "ch": ("char(5)", "'ab'", "ab   ", {"data_type": "text"}),
    "comp": ("comp", "ROW(1, 'x y')", '(1,"x y")', {"data_type": "text"}),
    "oid": ("oid", "42", 42, {"data_type": "bigint"}),
    "vector": ("int2vector", "'1 2'", "1 2", {"data_type": "text"}),
}  # fmt: skip
ODD = {
    "d": ("'infinity'", "infinity"),
    "ts": ("'-infinity'", "-infinity"),
    "tsz": ("'0044-03-15 BC'", "0044-03-15 00:00:00+00 BC"),
    "t": ("'24:00:00'", "24:00:00"),
    "n": ("'NaN'", "NaN"),
}
"""Values that Python does not have: their texts stand beside their columns."""


def test_values_are_those_of_the_source_from_the_snapshot_and_from_the_stream(replicated: Replicated) -> None:
    """Exact, and the same both ways; a value that has no place in its column keeps its text."""
    replicated.sql("CREATE TYPE mood AS ENUM ('ok', 'so ''so'); CREATE TYPE comp AS (a int, b text)")
    replicated.sql("CREATE DOMAIN positive AS numeric(10, 3) CHECK (value > 0)")
    columns = ", ".join(f'"{name}" {kind}' for name, (kind, *_) in VALUES.items())
    replicated.sql(f"CREATE TABLE t (id int PRIMARY KEY, {columns})")
    values = ", ".join(value for _, value, *_ in VALUES.values())
    odd = f"INSERT INTO t (id, {', '.join(ODD)}, f8) VALUES (%s, {', '.join(v for v, _ in ODD.values())}, 'NaN')"
    replicated.sql(f"INSERT INTO t VALUES (1, {values})")
    replicated.sql(odd, 2)
    snapshot = replicated.init("t", persist_snapshots=True)
    replicated.sql(f"INSERT INTO t VALUES (11, {values})")
    replicated.sql(odd, 12)
    replicated.pipeline.run(snapshot)
    replicated.run()
    rows = {row["id"]: row for row in replicated.pipeline.dataset()["t"].arrow().to_pylist()}
    for number in (1, 11):
        for name, (_, _, expected, _) in VALUES.items():
            assert (number, name, rows[number][name]) == (number, name, expected)
    for number in (2, 12):
        for name, (_, expected) in ODD.items():
            assert rows[number][name] is None and rows[number][f"{name}__v_text"] == expected
        assert math.isnan(rows[number]["f8"])
    known = replicated.pipeline.default_schema.tables["t"]["columns"]
    for name, (_, _, _, hints) in VALUES.items():
        found = known["comp" if name == "comp" else name]
        assert {key: found.get(key, False) for key in hints} == hints, name

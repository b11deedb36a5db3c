"""A state of PyPI `dlt` 1.x: rows at its last value were loaded, and are known by the hashes that it left."""

from __future__ import annotations

from datetime import date, datetime, timezone
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

import dlt
from dlt.extract.incremental.identity import row_hash_of_1x

_AT = datetime(2024, 1, 2, 3, 4, 5, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("row", "key", "left"),
    [
        # as its release 1.31 left them in states of pipelines
        ({"id": 3, "a": "x", "n": {"k": [1, None]}, "f": 1.5}, None, "mHdk3EEpqZEK"),
        ({"id": "äb", "v": 1}, "id", "9lyMSJUpwtHz"),
        ({"id": "äb", "v": 1}, ["id"], "9lyMSJUpwtHz"),
        ({"id": 3, "v": "z"}, ("id", "v"), "QYrF4ByFTBHb"),
        ({"k": _AT}, "k", "5JwkPaijmOvT"),
        ({"k": _AT.replace(tzinfo=None)}, "k", "5JwkPaijmOvT"),
        ({"k": _AT.replace(microsecond=120)}, "k", "NDkj7U55vtH1"),
        ({"k": Decimal("1.50")}, "k", "NryApKkv48uo"),
        ({"k": date(2024, 1, 2)}, "k", "Bkb6U0e63GvT"),
        ({"k": None}, "k", "KtLhiM3tliLb"),
        ({"id": 1, "k": {"b": _AT, "a": 1}}, None, "jAZjqclShp3i"),
        ({"id": 1, "k": b"ab"}, None, "71hRqkHiQyeD"),
        ({"id": 3, "at": _AT, "d": Decimal("1.50"), "b": b"ab"}, None, "H2YlRahAObw6"),
        ({"id": 2, "k": "2024-01-02T03:04:05Z"}, "k", "obhP0H3fhoum"),
    ],
)
def test_hashes_are_those_that_it_left(row: Any, key: Any, left: str) -> None:
    """Of keys, of whole rows in any order of their keys, of moments in any zone."""
    assert row_hash_of_1x(row, key, "orders", "id") == left
    assert row_hash_of_1x(dict(reversed(row.items())), key, "orders", "id") == left


def test_what_its_json_does_not_have_is_no_hash() -> None:
    """It is a new row then."""
    assert row_hash_of_1x({"id": 2**70}, "id", "orders", "id") == ""


@pytest.mark.parametrize("kind", ["rows", "arrow"])
@pytest.mark.parametrize(("key", "left"), [(None, "1b5h/6mj2D5F"), ("k", "Tp44cKMYfAuJ"), (("k", "v"), "f4BFfSV7rTHh")])
def test_rows_that_it_loaded_do_not_come_again(
    kind: str, key: Any, left: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two rows at the last value the one that is new comes, in this run and not in the next."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DLT_DATA_DIR", str(tmp_path / "data"))
    rows = [{"id": 1, "v": "a", "k": 1}, {"id": 3, "v": "z", "k": 2}, {"id": 3, "v": "y", "k": 3}]

    @dlt.resource(primary_key=key, write_disposition="append")
    def orders(at: Any = dlt.sources.incremental("id")) -> Any:
        yield pa.Table.from_pylist(rows) if kind == "arrow" else rows

    pipeline = dlt.pipeline("shop", destination="duckdb")
    cursor = {"initial_value": None, "last_value": 3, "unique_hashes": [left], "start_value": None}
    with pipeline.managed_state() as state:
        state["sources"] = {"shop": {"resources": {"orders": {"incremental": {"id": cursor}}}}}
    pipeline.run(orders())
    assert pipeline.dataset().orders.select("k").fetchall() == [(3,)]
    pipeline.run(orders())
    assert pipeline.dataset().orders.select("k").fetchall() == [(3,)]

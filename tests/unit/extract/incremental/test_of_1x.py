"""Rows that PyPI dlt 1.x has loaded: a pipeline that takes over its state does not load them again."""

from __future__ import annotations

import base64
import datetime
import decimal
import hashlib
import uuid
from typing import Any

import pyarrow as pa
import pytest

from dlt.extract.incremental import Incremental

UTC = datetime.timezone.utc
MOMENT = datetime.datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
# as PyPI dlt 1.31 keeps them in its state
ROWS: list[tuple[Any, Any, str]] = [
    ({"at": 1, "id": 7}, "id", "+ZB5qOrG8FH6"),
    ({"at": 1, "id": "x"}, "id", "SNIkKkSY307p"),
    ({"at": 1, "id": 7, "k": "z"}, ["id", "k"], "BAiehBKggp8B"),
    ({"at": 1, "id": MOMENT.replace(microsecond=678000)}, "id", "MHSqoaMbOGsH"),
    ({"t": MOMENT, "at": 1}, None, "o8hqKnaDTVKE"),
    ({"at": 1, "t": MOMENT.replace(tzinfo=None)}, None, "o8hqKnaDTVKE"),
    ({"at": 1, "t": MOMENT.replace(tzinfo=datetime.timezone(datetime.timedelta(hours=2)))}, None, "G03SMCzCBQXl"),
    ({"at": 1, "t": datetime.date(2024, 1, 2)}, None, "WF7ZU0OhUP/e"),
    ({"at": 1, "t": datetime.time(1, 2)}, None, "rV+wsXXiNAl5"),
    ({"at": 1, "t": decimal.Decimal("1.10")}, None, "WrI9b94DEM5J"),
    ({"at": 1, "t": None, "b": True, "f": 1.5, "u": "é"}, None, "tIkNUnZaxoKT"),
    ({"at": 1, "t": {"z": [1, {"b": 2, "a": 1}]}}, None, "VdoH0PqV81hp"),
    ({"at": 1, "t": b"ab"}, None, "Gy6VFt1/xn0O"),
    ({"at": 1, "t": uuid.UUID(int=5)}, None, "v3NruCsYGtXB"),
    (pa.table({"at": [1], "id": [7], "s": ["x"]}), None, "nquLVXHLFboe"),
    (pa.table({"at": [1], "id": [7], "s": ["x"]}), ["id", "s"], "ToL7f/+jNLbN"),
]


def kept(item: Any, key: Any, *hashes: str) -> Any:
    """Return what is new of an item at the last value of a state."""
    state = {"incremental": {"at": {"initial_value": None, "last_value": 1, "unique_hashes": list(hashes)}}}
    return Incremental[Any]("at", primary_key=key).bind_to("r", state)(item)


@pytest.mark.parametrize(("item", "key", "known"), ROWS)
def test_a_row_that_was_loaded_is_known(item: Any, key: Any, known: str) -> None:
    """By the hash of its key, or of all of it."""
    assert kept(item, key, "another hash", known) is None
    assert kept(item, key, "x" * 12) is not None


def test_hashes_of_earlier_versions_are_longer() -> None:
    """Moments are texts in them."""
    row = {"at": 1, "t": MOMENT}
    text = b'{"at":1,"t":"2024-01-02T03:04:05+00:00"}'
    known = base64.b64encode(hashlib.shake_128(text).digest(15)).decode()
    assert kept(row, None, known) is None
    assert kept({"at": 1, "t": object()}, None, known) is not None

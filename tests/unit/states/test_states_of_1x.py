"""States of PyPI `dlt` 1.x: JSON in which a character before a text tells the type of a value."""

from __future__ import annotations

import base64
import datetime
import decimal
import json
import uuid
import zlib
from typing import Any

import pytest

from dlt.states.model import decode, encode, loads

VALUES: dict[str, Any] = {
    "\uf0261.50": decimal.Decimal("1.50"),
    "\uf0272024-01-02T03:04:05.678901+00:00": datetime.datetime(2024, 1, 2, 3, 4, 5, 678901, datetime.timezone.utc),
    "\uf0272024-01-02T03:04:05Z": datetime.datetime(2024, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc),
    "\uf0272024-01-02T03:04:05": datetime.datetime(2024, 1, 2, 3, 4, 5),
    "\uf0282024-01-02": datetime.date(2024, 1, 2),
    "\uf02900000000-0000-0000-0000-000000000007": uuid.UUID(int=7),
    "\uf02a0x00ff": b"\x00\xff",
    "\uf02bAP8=": b"\x00\xff",
    "\uf02c5": decimal.Decimal(5),
    "\uf02d01:02:03": datetime.time(1, 2, 3),
    "\uf027": "\uf027",
    "\uf027no moment": "\uf027no moment",
    "plain": "plain",
}


@pytest.mark.parametrize("text", VALUES)
def test_a_value_has_its_type(text: str) -> None:
    """At the destination and in the working folder, inside of documents and lists."""
    state = {"_state_engine_version": 4, "sources": {"shop": {"kept": [text, {"value": text}]}}}
    written = json.dumps(state, separators=(",", ":"))
    found = decode(base64.b64encode(zlib.compress(written.encode())).decode(), "shop")
    value = VALUES[text]
    assert found["sources"]["shop"]["kept"] == [value, {"value": value}]
    assert loads(written)["sources"] == found["sources"]
    if not isinstance(value, uuid.UUID):  # which this library keeps as text
        assert decode(encode(found), "shop")["sources"] == found["sources"]


def test_a_text_of_this_library_stays_a_text() -> None:
    """Its own states say types otherwise, and whatever a program keeps is what it gets."""
    kept = {"sources": {"shop": {"kept": "\uf0282024-01-02"}}}
    assert decode(encode(kept), "shop")["sources"] == kept["sources"]

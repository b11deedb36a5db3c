"""Documents that tell whether they are still what was written."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest

from dlt.io import typed_json
from dlt.io.sealed import Damaged, seal, unseal

DOCUMENT: dict[str, Any] = {"name": "x", "rows": [1, 2.5, None], "at": dt.date(2024, 1, 2)}


def test_a_sealed_document_is_plain_json() -> None:
    """Other programs read it; without a seal, as earlier releases wrote it, it is read too."""
    text = typed_json.dumps(DOCUMENT).encode()
    assert unseal(seal(text), typed_json.loads) == unseal(text, typed_json.loads) == DOCUMENT
    assert json.loads(seal(text))["name"] == "x"


def test_no_flipped_bit_changes_what_is_read() -> None:
    """Any bit: the document is read as it was, but for a key beside it, or it is damaged."""
    sealed = seal(typed_json.dumps(DOCUMENT).encode())
    for position in range(len(sealed)):
        for bit in range(8):
            data = sealed[:position] + bytes([sealed[position] ^ (1 << bit)]) + sealed[position + 1 :]
            try:
                found = unseal(data, typed_json.loads)
            except Damaged:
                continue
            assert {key: found.get(key) for key in DOCUMENT} == DOCUMENT


@pytest.mark.parametrize("data", [b"", b"\0\0\0", b"[1]", b"{", b"\xff\xfe", b"null", b'{"crc32":"00000000","a":1}'])
def test_what_is_no_document_is_damaged(data: bytes) -> None:
    """Empty, cut, foreign."""
    with pytest.raises(Damaged):
        unseal(data)

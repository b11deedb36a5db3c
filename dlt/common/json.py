"""JSON as bytes and as text."""

from __future__ import annotations

from typing import Any, Protocol

import orjson

from dlt.io import typed_json
from dlt.schema.inference import json_text

Document = Any
"""What a JSON text says; only its reader knows which document it expects."""


class Writes(Protocol):
    """A file that takes bytes."""

    def write(self, data: bytes, /) -> object:
        """Write bytes."""


class Reads(Protocol):
    """A file of text or bytes."""

    def read(self) -> str | bytes:
        """Return all that is left of it."""


def dumps(obj: object, sort_keys: bool = False, pretty: bool = False) -> str:
    """Return a document as JSON text."""
    return dumpb(obj, sort_keys, pretty).decode()


def dumpb(obj: object, sort_keys: bool = False, pretty: bool = False) -> bytes:
    """Return a document as JSON bytes."""
    if not sort_keys and not pretty:
        return json_text(obj).encode()
    options = orjson.OPT_NON_STR_KEYS | orjson.OPT_UTC_Z
    options |= (orjson.OPT_SORT_KEYS if sort_keys else 0) | (orjson.OPT_INDENT_2 if pretty else 0)
    return orjson.dumps(obj, default=str, option=options)


def loads(text: str | bytes) -> Document:
    """Return the document of JSON text."""
    return orjson.loads(text)


loadb = loads


def dump(obj: object, fp: Writes, sort_keys: bool = False, pretty: bool = False) -> None:
    """Write a document to a binary file."""
    fp.write(dumpb(obj, sort_keys, pretty))


def load(fp: Reads) -> Document:
    """Read a document from a file."""
    return loads(fp.read())


def typed_dumps(obj: object) -> str:
    """Return a document as JSON text that keeps the types of Python values."""
    return typed_json.dumps(obj)


def typed_loads(text: str | bytes) -> Document:
    """Return the document that `typed_dumps` wrote."""
    return typed_json.loads(text)

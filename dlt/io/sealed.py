"""JSON documents that tell by themselves whether they are still what was written.

The CRC-32 of a document stands in its first key, so that it stays plain JSON. Documents without one, which earlier
releases wrote, are taken as they are.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable

import orjson

from dlt.types import JsonObject as JsonObject

_HEAD, _DIGITS = b'{"crc32":"', 8
_REST = len(_HEAD) + _DIGITS + len(b'",')


class Damaged(ValueError):
    """What was read is not what was written; the text says what was found."""


def seal(document: bytes) -> bytes:
    """Return a JSON object with its checksum in it.

    Args:
        document: Text of an object with at least one key.
    """
    return _HEAD + f"{zlib.crc32(document):08x}".encode() + b'",' + document[1:]


def unseal(data: bytes, loads: Callable[[bytes], object] = orjson.loads) -> JsonObject:
    """Return the object that was sealed.

    Args:
        data: What a file holds.
        loads: Reads JSON.

    Raises:
        Damaged: it is no JSON object, or not the one that was written.
    """
    # what a file holds after a loss of power, where it was not synced
    if not data.strip(b"\0 \t\r\n"):
        raise Damaged("it is empty")
    # by its bytes: the checksum is that of the text, which JSON that was parsed and written again need not give
    if data.startswith(_HEAD) and data[_REST - 2 : _REST] == b'",':
        said = data[len(_HEAD) : len(_HEAD) + _DIGITS].decode("ascii", "replace")
        data = b"{" + data[_REST:]
        found = f"{zlib.crc32(data):08x}"
        if found != said:
            raise Damaged(f"its checksum is {found}, and it says {said}")
    try:
        value = loads(data)
    except (ValueError, TypeError, KeyError, LookupError, ArithmeticError) as error:
        # values of other types are made while it is read, so their errors are those of reading
        plain = isinstance(error, (json.JSONDecodeError, UnicodeDecodeError))
        raise Damaged(f"{'it is not JSON' if plain else 'it has bad values'} ({error})") from error
    if not isinstance(value, dict):
        raise Damaged(f"it holds {type(value).__name__}, not an object")
    return value

"""JSON as bytes and as text, and JSON that keeps the types of Python values.

What JSON has no word for is text in the first form. In the typed one that text begins with a character of Unicode's
private use area, which tells the type: rows of PyPI `dlt` 1.x are written so.
"""

from __future__ import annotations

import base64
import dataclasses
import datetime
import enum
import sys
import uuid
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import IO, Any, Protocol

import orjson

from dlt.absent import absent
from dlt.common.libs.hexbytes import HexBytes
from dlt.common.wei import Wei
from dlt.io.exact_json import exact_document
from dlt.io.tagged_json import PUA_START, TAGS, kind_and_text, tag

__all__ = [
    "PUA_CHARACTER_MAX",
    "PUA_START",
    "JsonSerializable",
    "SupportsJson",
    "custom_encode",
    "custom_pua_decode",
    "custom_pua_decode_nested",
    "custom_pua_encode",
    "custom_pua_remove",
    "dump",
    "dumpb",
    "dumps",
    "json",
    "load",
    "loadb",
    "loads",
    "may_have_pua",
    "set_custom_encoder",
    "typed_dump",
    "typed_dumpb",
    "typed_dumps",
    "typed_loadb",
    "typed_loads",
]

JsonSerializable = str | dict[str, object]
"""What an encoder makes of a value that JSON has no word for."""

PUA_CHARACTER_MAX = len(TAGS)
# all characters of the range begin with these two bytes, so one search tells
_FIRST_BYTES = tag("decimal").encode()[:2]


def _moment(text: str) -> datetime.datetime:
    # Python 3.10 reads no Z
    return datetime.datetime.fromisoformat(text.removesuffix("Z") + "+00:00" if text.endswith("Z") else text)


DECODERS: list[Callable[[str], object]] = [
    Decimal,
    _moment,
    datetime.date.fromisoformat,
    uuid.UUID,
    HexBytes,
    lambda text: base64.b64decode(text, validate=True),
    Wei,
    datetime.time.fromisoformat,
]

_custom_encoder: Callable[[object], JsonSerializable] | None = None


class SupportsJson(Protocol):
    """What this module offers, for programs that pass it on."""

    def dumps(self, obj: object, sort_keys: bool = False, pretty: bool = False) -> str:
        """Return a document as JSON text."""

    def loads(self, s: str) -> object:
        """Return the document of JSON text."""


def set_custom_encoder(encoder: Callable[[object], JsonSerializable] | None) -> None:
    """Set what makes text or a dict of values that nothing else knows.

    Args:
        encoder: It raises TypeError for what it does not know either; None takes a former one away.
    """
    global _custom_encoder
    _custom_encoder = encoder


def custom_encode(obj: object) -> JsonSerializable:
    """Return what stands in a document for a value that JSON has no word for.

    Args:
        obj: The value.

    Raises:
        TypeError: Nothing does.
    """
    return _encoded(obj, _untyped)


def custom_pua_encode(obj: object) -> JsonSerializable:
    """Return what stands in a typed document for a value that JSON has no word for.

    Args:
        obj: The value.

    Raises:
        TypeError: Nothing does.
    """
    return _encoded(obj, str.__add__)


def custom_pua_decode(obj: object, decoders: Sequence[Callable[[str], object]] = DECODERS) -> object:
    """Return the value that a text of a typed document stands for; anything else as it is.

    Args:
        obj: The text.
        decoders: What reads each type.
    """
    # a character alone stands for nothing
    if not isinstance(obj, str) or len(obj) < 2:
        return obj
    place = ord(obj[0]) - PUA_START
    if not 0 <= place < PUA_CHARACTER_MAX:
        return obj
    try:
        return decoders[place](obj[1:])
    except (ValueError, ArithmeticError):
        # a text of the user that only looks like one
        return obj


def custom_pua_decode_nested(obj: object, decoders: Sequence[Callable[[str], object]] = DECODERS) -> object:
    """Return a document with the values that texts in it stand for.

    Args:
        obj: The document; dicts and lists stay.
        decoders: What reads each type.
    """
    if isinstance(obj, str):
        return custom_pua_decode(obj, decoders)
    if isinstance(obj, Mapping):
        return {key: custom_pua_decode_nested(value, decoders) for key, value in obj.items()}
    if isinstance(obj, list):
        return [custom_pua_decode_nested(value, decoders) for value in obj]
    return obj


def custom_pua_remove(obj: object) -> object:
    """Return a document without the characters that tell types.

    Args:
        obj: The document; dicts and lists stay.
    """
    if isinstance(obj, str):
        # one more than there are types: 1.x takes it off too
        return obj[1:] if obj and 0 <= ord(obj[0]) - PUA_START <= PUA_CHARACTER_MAX else obj
    if isinstance(obj, Mapping):
        return {key: custom_pua_remove(value) for key, value in obj.items()}
    if isinstance(obj, list):
        return [custom_pua_remove(value) for value in obj]
    return obj


def may_have_pua(line: bytes) -> bool:
    """Tell whether there may be typed values in a line of JSON."""
    return _FIRST_BYTES in line


def dumps(obj: object, sort_keys: bool = False, pretty: bool = False) -> str:
    """Return a document as JSON text.

    Args:
        obj: The document.
        sort_keys: Keys are in order.
        pretty: It is written in lines.

    Raises:
        TypeError: A value has no word in JSON.
    """
    return dumpb(obj, sort_keys, pretty).decode()


def dumpb(obj: object, sort_keys: bool = False, pretty: bool = False) -> bytes:
    """Return a document as JSON bytes; see `dumps`."""
    return orjson.dumps(obj, custom_encode, _options(sort_keys, pretty))


def dump(obj: object, fp: IO[bytes], sort_keys: bool = False, pretty: bool = False) -> None:
    """Write a document to a binary file; see `dumps`."""
    fp.write(dumpb(obj, sort_keys, pretty))


def typed_dumps(obj: object, sort_keys: bool = False, pretty: bool = False) -> str:
    """Return a document as JSON text that keeps the types of Python values; see `dumps`."""
    return typed_dumpb(obj, sort_keys, pretty).decode()


def typed_dumpb(obj: object, sort_keys: bool = False, pretty: bool = False) -> bytes:
    """Return a document as JSON bytes that keep the types of Python values; see `dumps`."""
    # orjson would write moments by itself, and then their type would be lost
    return orjson.dumps(obj, custom_pua_encode, _options(sort_keys, pretty) | orjson.OPT_PASSTHROUGH_DATETIME)


def typed_dump(obj: object, fp: IO[bytes], pretty: bool = False) -> None:
    """Write a document that keeps the types of Python values to a binary file; see `dumps`."""
    fp.write(typed_dumpb(obj, pretty=pretty))


def loads(s: str | bytes) -> Any:
    """Return the document of JSON text; numbers keep what they are."""
    return exact_document(s)


def loadb(s: bytes | bytearray | memoryview) -> Any:
    """Return the document of JSON bytes; see `loads`."""
    return exact_document(bytes(s))


def load(fp: IO[bytes] | IO[str]) -> Any:
    """Read a document from a file; see `loads`."""
    return loads(fp.read())


def typed_loads(s: str | bytes) -> Any:
    """Return the document that `typed_dumps` wrote."""
    return custom_pua_decode_nested(orjson.loads(s))


def typed_loadb(s: bytes | bytearray | memoryview) -> Any:
    """Return the document that `typed_dumpb` wrote."""
    return custom_pua_decode_nested(orjson.loads(s))


def _options(sort_keys: bool, pretty: bool) -> int:
    # keys of dicts may be numbers or dates, which orjson refuses unless it is told
    # infos are dataclasses that say themselves what is of interest
    plain = orjson.OPT_NON_STR_KEYS | orjson.OPT_PASSTHROUGH_DATACLASS
    return plain | (orjson.OPT_SORT_KEYS if sort_keys else 0) | (orjson.OPT_INDENT_2 if pretty else 0)


def _untyped(_kind: str, text: str) -> str:
    return text


def _encoded(obj: object, tagged: Callable[[str, str], str]) -> JsonSerializable:
    text = _text(obj, tagged)
    if text is not None:
        return text
    if isinstance(obj, enum.Enum):
        # the value of an enumeration may be something that JSON has a word for
        plain: JsonSerializable = obj.value
        return plain
    # what an object says of itself, as infos do, comes before its fields: those of a tuple, a model or a dataclass
    for name in ("asdict", "_asdict", "model_dump"):
        fields = getattr(obj, name, None)
        if callable(fields):
            found: dict[str, object] = fields()
            return found
    if dataclasses.is_dataclass(obj) and not isinstance(obj, type):
        return dataclasses.asdict(obj)
    # last, so that it changes nothing of what is known
    if _custom_encoder is not None:
        return _custom_encoder(obj)
    raise TypeError(f"{obj!r} is not JSON serializable: it is of type {type(obj).__name__}.")


def _text(obj: object, tagged: Callable[[str, str], str]) -> str | None:
    match obj:
        # the narrower classes first: Wei is a Decimal, HexBytes are bytes
        case Wei():
            return tagged(tag("wei"), str(obj))
        case HexBytes():
            return tagged(tag("hexbytes"), obj.hex())
    known = kind_and_text(obj)
    return None if known is None else tagged(tag(known[0]), known[1])


json = _orjson = sys.modules[__name__]
"""This module: programs write `from dlt.common.json import json` too."""

_simplejson = absent("dlt.common.json._simplejson", "There is one implementation, on orjson: use dlt.common.json.")
_impl_name = "orjson"

"""The JSON of PyPI `dlt` 1.x that keeps types: text of a value begins with a character that tells what it was.

The characters are those of a range of Unicode's private use area, in the order of `TAGS`.
"""

from __future__ import annotations

import base64
import datetime
import enum
import json
import os
import uuid
from decimal import Decimal

from dlt.late import orjson

# programs whose data uses these characters can move the range
PUA_START = int(os.environ.get("DLT_JSON_TYPED_PUA_START", "0xf026"), 16)
TAGS = ("decimal", "datetime", "date", "uuid", "hexbytes", "b64bytes", "wei", "time")


def tag(kind: str) -> str:
    """Return the character of a type; see `TAGS`."""
    return chr(PUA_START + TAGS.index(kind))


def kind_and_text(value: object) -> tuple[str, str] | None:
    """Return the type of a value that JSON has no word for, one of `TAGS`, and its text; None for other values."""
    match value:
        case Decimal():
            return "decimal", str(value)
        # the narrower class first: a datetime is a date
        case datetime.datetime():
            return "datetime", value.isoformat()
        case datetime.date():
            return "date", value.isoformat()
        case datetime.time():
            return "time", value.isoformat()
        case uuid.UUID():
            return "uuid", str(value)
        case bytes():
            return "b64bytes", base64.b64encode(value).decode()
    return None


def untagged(document: object) -> object:
    """Return a document with the values that its texts with tags stand for.

    Args:
        document: Dicts, lists and values, as JSON has them.
    """
    if isinstance(document, dict):
        return {key: untagged(value) for key, value in document.items()}
    if isinstance(document, list):
        return [untagged(value) for value in document]
    # a character alone stands for nothing
    if not isinstance(document, str) or len(document) < 2 or not 0 <= ord(document[0]) - PUA_START < len(TAGS):
        return document
    try:
        return _read(TAGS[ord(document[0]) - PUA_START], document[1:])
    except (ValueError, ArithmeticError):
        # a text of the user that only looks like one
        return document


def _read(kind: str, text: str) -> object:
    match kind:
        case "decimal" | "wei":
            return Decimal(text)
        case "datetime":
            # Python 3.10 reads no Z
            return datetime.datetime.fromisoformat(f"{text[:-1]}+00:00" if text.endswith("Z") else text)
        case "date":
            return datetime.date.fromisoformat(text)
        case "time":
            return datetime.time.fromisoformat(text)
        case "uuid":
            return uuid.UUID(text)
        case "hexbytes":
            return bytes.fromhex(text.removeprefix("0x"))
    return base64.b64decode(text, validate=True)


def dump_sorted(document: object) -> bytes:
    """Return a document as JSON with tags, the keys of objects in order.

    Args:
        document: Dicts, lists and values; what nothing is known of is written as its text.
    """
    options = orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS | orjson.OPT_PASSTHROUGH_DATETIME
    try:
        return orjson.dumps(document, _default, options)
    except TypeError:
        # whole numbers beyond 64 bits
        text = json.dumps(document, default=_default, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return text.encode(errors="surrogatepass")


def _default(value: object) -> object:
    if isinstance(value, enum.Enum):
        found: object = value.value
        return found
    known = kind_and_text(value)
    return str(value) if known is None else tag(known[0]) + known[1]

"""Documents as JSON text, and text that is a document."""

from __future__ import annotations

import datetime
import json
import math
import re
from base64 import b64encode

from dlt.io.exact_json import exact_document
from dlt.late import orjson

_LONE = re.compile("[\ud800-\udfff]")


def json_text(value: object) -> str:
    """Return the JSON text of a document; what JSON has no word for is written in its nearest form.

    Moments are ISO text in UTC, bytes base64, durations microseconds, decimals text, NaN and infinities text. Lone
    surrogates are written as escapes.
    """
    options = orjson.OPT_NON_STR_KEYS | orjson.OPT_PASSTHROUGH_DATETIME
    try:
        text = orjson.dumps(value, default=_json_default, option=options)
    except TypeError:
        # orjson knows no ints beyond 64 bits and no lone surrogates
        plain = json.dumps(_finite(value), default=_json_default, separators=(",", ":"), ensure_ascii=False)
        return _LONE.sub(lambda found: f"\\u{ord(found[0]):04x}", plain)
    # orjson writes NaN and infinities as null, which is looked for only where there is one
    if b"null" in text and _has_infinite(value):
        text = orjson.dumps(_finite(value), default=_json_default, option=options)
    return text.decode()


def is_strict(text: str) -> bool:
    """Tell whether JSON text is free of lone surrogates, which databases refuse."""
    if "\\ud" not in text and "\\uD" not in text:
        return True
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return False
    return True


def has_nul(text: str) -> bool:
    """Tell whether a string inside of JSON text holds the character NUL."""
    # an even number of backslashes before it is an escaped backslash, and u0000 plain text
    return "\\u0000" in text and re.search(r"(?<!\\)(?:\\\\)*\\u0000", text) is not None


def document_text(text: str) -> str | None:
    """Return JSON text without blanks around it; None where it is no JSON, or has a key twice, which would lose one."""
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    # the blanks of JSON only: others would make it no JSON
    text = text.strip(" \t\r\n")
    if isinstance(found, (dict, list)):
        # counted first, as a second look at every key is slow; an escaped quote or colon only makes the count uncertain
        written = text.count(":")
        if "\\" in text or written != orjson.dumps(found).count(b":"):
            return text if _keys_are_unique(text) else None
    return text


def read_document(text: str) -> object:
    """Return the document of a JSON text whose numbers keep what they are; see `exact_document`."""
    return exact_document(text)


def _keys_are_unique(text: str) -> bool:
    def unique(pairs: list[tuple[str, object]]) -> None:
        if len({key for key, _ in pairs}) < len(pairs):
            raise KeyError

    try:
        # the value of a number is of no concern here, and Python refuses to read very long ones
        json.loads(text, object_pairs_hook=unique, parse_int=str, parse_float=str)
    except (KeyError, RecursionError):
        return False
    return True


def _has_infinite(value: object) -> bool:
    if isinstance(value, float):
        return not math.isfinite(value)
    if isinstance(value, dict):
        return any(map(_has_infinite, value.values()))
    if isinstance(value, (list, tuple, set, frozenset)):
        return any(map(_has_infinite, value))
    return False


def _finite(value: object) -> object:
    if isinstance(value, float):
        return value if math.isfinite(value) else word_of(value)
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_finite(item) for item in value]
    return value


def word_of(value: float) -> str:
    """Return NaN, Infinity or -Infinity."""
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _json_default(value: object) -> object:
    if isinstance(value, (set, frozenset, tuple)):
        return list(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return b64encode(value).decode("ascii")
    if isinstance(value, datetime.timedelta):
        # as a column stores a duration
        return value // datetime.timedelta(microseconds=1)
    if isinstance(value, datetime.datetime):
        return moment_text(value, "Z")
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    return str(value)


def moment_text(value: datetime.datetime, utc: str = "+00:00") -> str:
    """Return a moment as ISO text: an aware one in UTC, unless UTC has no such year, a naive one without a zone.

    Args:
        value: The moment.
        utc: How UTC is written.
    """
    if value.utcoffset() is None:
        # a zone that knows no offset for this moment is none
        return value.replace(tzinfo=None).isoformat()
    try:
        return value.astimezone(datetime.timezone.utc).replace(tzinfo=None).isoformat() + utc
    except OverflowError:
        return value.isoformat()

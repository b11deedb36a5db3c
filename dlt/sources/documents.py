"""Documents of a database as JSON text that keeps all digits of its numbers."""

from __future__ import annotations

import json
import re
from decimal import Decimal, InvalidOperation

from dlt.late import orjson, pa
from dlt.schema.documents import json_text

# numbers that a float may not hold, and that orjson makes one of
_LONG_NUMBER = re.compile(r"\d[\d.]{15}|\d[eE]")
_BLANKS = re.compile(r'("(?:[^"\\]|\\.)*")|\s+')
_MOST_DIGITS = 308
"""Of a whole number that readers of JSON take; they refuse what is beyond all floats."""


def documents_of(texts: pa.Array) -> pa.Array:
    """Return JSON as the same documents without spaces between their parts, however a database writes them.

    A document that is null is no value, as it is none where documents are Python objects.
    """
    return pa.array([None if text in (None, "null") else compact(text) for text in texts.to_pylist()], pa.string())


def unquoted(texts: pa.ChunkedArray) -> pa.Array:
    """Return JSON that is the text of other JSON as the latter, and any other as it is."""
    return pa.array([_unquoted(text) for text in texts.to_pylist()], texts.type)


def _unquoted(text: str | None) -> str | None:
    if text is None or not text.startswith('"'):
        return text
    inner = json.loads(text)
    return inner if isinstance(inner, str) else text


def document_of(value: object) -> str:
    """Return a document as JSON without spaces between its parts, whatever a driver makes of it."""
    if isinstance(value, (bytes, bytearray, memoryview)):
        value = bytes(value).decode()
    return compact(value) if isinstance(value, str) else json_text(value)


def compact(text: str) -> str:
    """Return JSON without spaces between its parts, and with all digits of its numbers."""
    try:
        if not _LONG_NUMBER.search(text):
            return orjson.dumps(orjson.loads(text)).decode()
        if not is_held(text):
            return _BLANKS.sub(lambda found: found[1] or "", text)
        return json_text(json.loads(text))
    except ValueError:
        # SQLite holds what it is given
        return json_text(text)


def is_held(text: str) -> bool:
    """Tell whether Python has the numbers of a JSON text as they are.

    Raises:
        ValueError: it is no JSON.
    """
    if not _LONG_NUMBER.search(text):
        return True
    held = True

    def whole(digits: str) -> None:
        nonlocal held
        held = held and len(digits) <= _MOST_DIGITS

    def fraction(digits: str) -> None:
        nonlocal held
        held = held and _is_float(digits)

    json.loads(text, parse_int=whole, parse_float=fraction)
    return held


def _is_float(digits: str) -> bool:
    try:
        return Decimal(repr(float(digits))) == Decimal(digits)
    except InvalidOperation:
        # an exponent beyond all bounds
        return False


def structure_of(text: str) -> object:
    """Return the document of a JSON text, with a decimal for each number that no float is."""
    return json.loads(text, parse_float=lambda digits: float(digits) if _is_float(digits) else Decimal(digits))


def document_in_column(text: str) -> object:
    """Return the document of a JSON text, and the text itself where Python would round a number of it.

    A column for documents takes both, and a document that is a text only with its quotes.
    """
    if not is_held(text):
        return compact(text)
    found = json.loads(text)
    return text if isinstance(found, str) else found


def exact_lists(texts: pa.Array) -> pa.Array:
    """Return lists of numbers as JSON whose numbers are the same for each reader: those that no float is are texts.

    Args:
        texts: The lists as JSON.
    """
    return pa.array([text if text is None else _exact_list(text) for text in texts.to_pylist()], pa.string())


def _exact_list(text: str) -> str:
    return text if is_held(text) else json_text(document_in_list(text))


def document_in_list(text: str) -> object:
    """Return the document of a JSON text, with a text for each number that Python would round."""
    if is_held(text):
        return json.loads(text)
    return json.loads(text, parse_float=lambda digits: float(digits) if _is_float(digits) else digits, parse_int=_whole)


def _whole(digits: str) -> int | str:
    return int(digits) if len(digits) <= _MOST_DIGITS else digits

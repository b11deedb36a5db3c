"""Values of PostgreSQL: from the texts that the server writes to those of Python, and from its types to ours."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timezone
from decimal import Decimal
from typing import NamedTuple

from dlt.schema.typing import ColumnSchema
from dlt.sources.documents import document_in_column, document_in_list

Decoder = Callable[[str], object]
SERVER_SETTINGS = {
    # the texts of values depend on them, and servers, databases and roles may have others
    "datestyle": "ISO",
    "intervalstyle": "postgres",
    "timezone": "UTC",
    "bytea_output": "hex",
    "extra_float_digits": "3",
    "client_encoding": "UTF8",
}


class ServerType(NamedTuple):
    """A type of the server.

    Attributes:
        name: Its name, of a domain that of the type below.
        element: The type of the elements of an array; None for other types.
        modifier: Modifier that a domain has, -1 for none.
        delimiter: What stands between the elements of an array.
    """

    name: str
    element: ServerType | None = None
    modifier: int = -1
    delimiter: str = ","


def _moment(text: str) -> datetime:
    # Python 3.10 reads three or six digits of a second only, and the server leaves zeros out
    found = datetime.fromisoformat(text[:19])
    if len(text) == 19:
        return found
    if text[19] != ".":
        raise ValueError(text)  # a year before our era, or behind 9999
    return found.replace(microsecond=int(text[20:].ljust(6, "0")))


def _moment_in_utc(text: str) -> datetime:
    # the connection asks for UTC; eras stand behind the zone
    if not text.endswith("+00"):
        raise ValueError(text)
    return _moment(text[:-3]).replace(tzinfo=timezone.utc)


def _time(text: str) -> time:
    found = time.fromisoformat(text[:8])
    return found if len(text) == 8 else found.replace(microsecond=int(text[9:].ljust(6, "0")))


def _decimal(text: str) -> Decimal:
    found = Decimal(text)
    if not found.is_finite():
        # no column of numbers takes it, and a text is no loss
        raise ValueError(text)
    return found


def _bytes(text: str) -> bytes:
    # behind \x, which stands in front of every value
    return bytes.fromhex(text[2:])


_HSTORE = re.compile(r'"((?:[^"\\]|\\.)*)"=>(?:NULL|"((?:[^"\\]|\\.)*)")', re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


def _hstore(text: str) -> object:
    return {
        _ESCAPED.sub(r"\1", found[1]): None if found[2] is None else _ESCAPED.sub(r"\1", found[2])
        for found in _HSTORE.finditer(text)
    }


def _kept(decode: Decoder) -> Decoder:
    """Return a decoder that keeps the text of a value which Python does not have, such as infinity."""

    def decoded(text: str) -> object:
        try:
            return decode(text)
        except ValueError:
            return text

    return decoded


_WHOLE: tuple[ColumnSchema, Decoder] = ({"data_type": "bigint"}, int)
_FRACTION: tuple[ColumnSchema, Decoder] = ({"data_type": "double"}, float)
_TEXT: tuple[ColumnSchema, Decoder] = ({"data_type": "text"}, str)
_DOCUMENT: tuple[ColumnSchema, Decoder] = ({"data_type": "json"}, document_in_column)
_KNOWN: dict[str, tuple[ColumnSchema, Decoder]] = {
    **dict.fromkeys(("int2", "int4", "int8", "oid"), _WHOLE),
    **dict.fromkeys(("float4", "float8"), _FRACTION),
    **dict.fromkeys(("json", "jsonb"), _DOCUMENT),
    "bool": ({"data_type": "bool"}, "t".__eq__),
    "numeric": ({"data_type": "decimal"}, _kept(_decimal)),
    "date": ({"data_type": "date"}, _kept(date.fromisoformat)),
    "time": ({"data_type": "time"}, _kept(_time)),
    "timestamp": ({"data_type": "timestamp", "timezone": False}, _kept(_moment)),
    "timestamptz": ({"data_type": "timestamp", "timezone": True}, _kept(_moment_in_utc)),
    "bytea": ({"data_type": "binary"}, _bytes),
    "hstore": ({"data_type": "json"}, _hstore),
}
"""What becomes of the types; those that are not here, such as uuid, interval, inet, enums and ranges, are texts."""


def column_hints(kind: ServerType, modifier: int) -> ColumnSchema:
    """Return the data type of a column, with precision and scale.

    Args:
        kind: Its type.
        modifier: Modifier of the type, -1 for none.
    """
    if kind.element is not None:
        return {"data_type": "json"}
    hints = _KNOWN.get(kind.name, _TEXT)[0].copy()
    if modifier == -1:
        modifier = kind.modifier
    if kind.name == "numeric" and modifier >= 4:
        precision, scale = (modifier - 4) >> 16 & 0xFFFF, (modifier - 4) & 0x7FF
        # eleven bits with a sign: digits may be cut before the point, or begin far behind it
        scale = scale - 0x800 if scale & 0x400 else scale
        hints["precision"], hints["scale"] = max(precision - min(scale, 0), scale), max(scale, 0)
    return hints


def decoder_of(kind: ServerType) -> Decoder:
    """Return what makes a value of Python of a text of the server.

    Args:
        kind: Type of the value.
    """
    if kind.element is None:
        return _KNOWN.get(kind.name, _TEXT)[1]
    # boxes have commas in them, so that they are parted by semicolons
    element, delimiter = _element_of(kind.element), kind.delimiter
    return lambda text: _array(text, element, delimiter)


def _number(text: str) -> object:
    """Return a number of a document, or its text where no number of JSON is the same."""
    found = Decimal(text)
    if not found.is_finite():
        return text
    if found == found.to_integral_value():
        return int(found)
    near = float(text)
    return near if Decimal(repr(near)) == found else text


_IN_DOCUMENTS: dict[str, Decoder] = {
    # as the server writes them in its own documents
    **dict.fromkeys(("numeric", "float4", "float8"), _number),
    **dict.fromkeys(("date", "time", "bytea"), str),
    "timestamp": lambda text: text.replace(" ", "T", 1),
    "timestamptz": lambda text: text.replace(" ", "T", 1) + (":00" if text.endswith("+00") else ""),
    **dict.fromkeys(("json", "jsonb"), document_in_list),
}


def _element_of(kind: ServerType) -> Decoder:
    return _IN_DOCUMENTS.get(kind.name) or decoder_of(kind)


def _array(text: str, element: Decoder, delimiter: str) -> list[object]:
    # bounds that do not begin at 1 stand in front
    return _inner(iter(_tokens(text[text.index("{") + 1 :], delimiter)), element)


def _inner(tokens: Iterator[tuple[str, str]], element: Decoder) -> list[object]:
    found: list[object] = []
    for kind, text in tokens:
        if kind == "{":
            found.append(_inner(tokens, element))
        elif kind == "}":
            break
        elif kind == "plain" and text.upper() == "NULL":
            found.append(None)
        else:
            found.append(element(text))
    return found


def _tokens(text: str, delimiter: str) -> Iterator[tuple[str, str]]:
    mark = re.escape(delimiter)
    pattern = re.compile(rf'([{{}}])|{mark}|"((?:[^"\\]|\\.)*)"|((?:[^{{}}"\\{mark}]|\\.)+)', re.DOTALL)
    for found in pattern.finditer(text):
        if found[1]:
            yield found[1], ""
        elif found[2] is not None:
            yield "quoted", _ESCAPED.sub(r"\1", found[2])
        elif found[3] is not None:
            yield "plain", _ESCAPED.sub(r"\1", found[3])

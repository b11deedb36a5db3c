"""The version of a row: a hash of its values that does not depend on the order of keys, nor on how the row came.

A row has the same version from documents and from tables of Arrow. A value that is not there and NULL are the same, so
that a new column changes no row that has no value for it. The order inside of lists counts.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal

from dlt.late import orjson
from dlt.normalize.row_ids import key_id
from dlt.schema.naming import NamingConvention, name_of_key
from dlt.schema.renames import name_by_key
from dlt.schema.typing import ColumnSchema

_NUMBERS = ("decimal", "wei")


def version_of(
    row: Mapping[str, object], columns: Mapping[str, ColumnSchema], lists: Iterable[tuple[str, object]] = ()
) -> str:
    """Return the version of a root row.

    Args:
        row: Values of its columns.
        columns: The columns.
        lists: What else belongs to the row: pairs of a path and a list that becomes nested rows.
    """
    values = [
        # by its key: a new name of a column is no new version of its rows
        [name_by_key(name, column), _plain(value, column.get("data_type"))]
        for name, value, column in ((name, value, columns.get(name, {"name": name})) for name, value in row.items())
        if value is not None and not name.startswith("_dlt_")
    ]
    return key_id([sorted(values, key=_name), sorted(([path, _nested(value)] for path, value in lists), key=_name)])


def lists_of(
    document: object, naming: NamingConvention, row: Collection[str], prefix: str = ""
) -> Iterable[tuple[str, list[object]]]:
    """Yield the lists of a document that do not stay in a column, with their paths.

    Args:
        document: A document, or what is in a field of it.
        naming: Gives the names of columns.
        row: Names, by their keys, of the columns that were made of the document.
        prefix: Path of the field.
    """
    for key, value in document.items() if isinstance(document, dict) else ():
        if isinstance(value, (dict, list)) and value:
            name = name_of_key(naming, str(key))
            path = naming.shorten_fragments(prefix, name) if prefix else name
            # kept whole in a column, which counts already
            if path in row:
                continue
            if isinstance(value, list):
                yield path, value
            else:
                yield from lists_of(value, naming, row, path)


def _name(pair: list[object]) -> str:
    return str(pair[0])


def _plain(value: object, kind: str | None) -> object:
    if isinstance(value, (str, int, float)) and kind not in ("json", *_NUMBERS):
        # beyond 64 bits JSON has no integers here
        return str(value) if type(value) is int and not -(2**63) <= value < 2**63 else value
    if kind == "json":
        return _sorted(_read(value) if isinstance(value, str) else value, keeps_null=True)
    if isinstance(value, Decimal) or kind in _NUMBERS:
        # a number of a column that is decimal may still be an int, or a text
        return format(Decimal(value if isinstance(value, (Decimal, int, float)) else str(value)).normalize(), "f")
    if isinstance(value, datetime.datetime):
        # rows bring any zone, tables of Arrow UTC
        moment = value if value.tzinfo is None else value.astimezone(datetime.timezone.utc).replace(tzinfo=None)
        return moment.isoformat()
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    # orjson takes no bytes
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value).hex()
    return _sorted(value, keeps_null=True)


def _read(text: str) -> object:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text


def _nested(value: object) -> object:
    return _sorted(value, keeps_null=False)


def _sorted(value: object, keeps_null: bool) -> object:
    if isinstance(value, Mapping):
        pairs = [[str(key), _sorted(inner, keeps_null)] for key, inner in value.items()]
        return [sorted((pair for pair in pairs if keeps_null or pair[1] is not None), key=_name)]
    if isinstance(value, (list, tuple)):
        # marked by a 0, so that a list of pairs is no document
        return [0, *(_sorted(inner, keeps_null) for inner in value)]
    return value if value is None else _plain(value, None)

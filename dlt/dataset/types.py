"""Types of columns as sqlglot has them, and back."""

from __future__ import annotations

from typing import cast

from dlt.late import exp
from dlt.schema.typing import ColumnSchema, DataType

_WORDS: dict[DataType, str] = {
    "text": "TEXT",
    "double": "DOUBLE",
    "bool": "BOOLEAN",
    "timestamp": "TIMESTAMP",
    "bigint": "BIGINT",
    "binary": "VARBINARY",
    "json": "JSON",
    "decimal": "DECIMAL",
    "wei": "DECIMAL",
    "date": "DATE",
    "time": "TIME",
}
_FAMILIES: dict[DataType, str] = {
    "bigint": "TINYINT SMALLINT INT MEDIUMINT BIGINT INT128 UTINYINT USMALLINT UINT UBIGINT",
    "double": "FLOAT DOUBLE",
    "decimal": "DECIMAL DECIMAL32 DECIMAL64 DECIMAL128 MONEY SMALLMONEY BIGDECIMAL",
    "text": "TEXT VARCHAR CHAR NCHAR NVARCHAR NAME UUID",
    "bool": "BOOLEAN",
    "timestamp": "TIMESTAMP TIMESTAMPTZ TIMESTAMPLTZ TIMESTAMPNTZ TIMESTAMP_S TIMESTAMP_MS TIMESTAMP_NS DATETIME",
    "date": "DATE DATE32",
    "time": "TIME TIMETZ",
    "binary": "BINARY VARBINARY BLOB TINYBLOB MEDIUMBLOB LONGBLOB",
    "json": "JSON JSONB",
}
_KINDS: dict[str, DataType] = {word: kind for kind, words in _FAMILIES.items() for word in words.split()}
COLUMN = "column"
"""Where a type keeps the column that it was made of: its hints travel with it through a query."""


def to_sqlglot(column: ColumnSchema) -> exp.DataType:
    """Return the type of a column, which knows its column.

    Args:
        column: A column with a data type.
    """
    kind = column["data_type"]
    word = _WORDS[kind]
    sizes: list[int] = []
    if kind in ("decimal", "wei"):
        sizes = [column[key] for key in ("precision", "scale") if key in column and column[key] is not None]
    elif kind in ("text", "binary", "timestamp", "time") and column.get("precision") is not None:
        sizes = [column["precision"]]
    if kind == "timestamp" and column.get("timezone") is False:
        word = "TIMESTAMPNTZ"
    found = exp.DataType.build(f"{word}({', '.join(map(str, sizes))})" if sizes else word)
    found.meta[COLUMN] = column
    return found


def from_sqlglot(kind: exp.DataType | None) -> ColumnSchema:
    """Return what of a column a type says: nothing, where there is no such data type.

    Args:
        kind: The type, if it is known.
    """
    found: ColumnSchema = {}
    if kind is None or not isinstance(kind.this, exp.DataType.Type):
        return found
    family = _KINDS.get(kind.this.value)
    if family is None:
        return found
    found["data_type"] = family
    sizes = [int(size.name) for size in kind.expressions if size.name.isdigit()]
    if sizes and family in ("text", "binary", "decimal", "timestamp", "time"):
        found["precision"] = sizes[0]
        if family == "decimal":
            found["scale"] = sizes[1] if len(sizes) > 1 else 0
    if kind.this.value == "TIMESTAMPNTZ":
        found["timezone"] = False
    return found


def passed_on(column: ColumnSchema, name: str) -> ColumnSchema:
    """Return a column under the name that a query gives it; hints that hold for its values stay.

    Args:
        column: As the schema has it.
        name: Its name in the result.
    """
    kept = {
        key: value
        for key, value in column.items()
        if key in ("data_type", "nullable", "precision", "scale", "timezone") or key.startswith("x-annotation")
    }
    return cast("ColumnSchema", {"name": name, **kept})

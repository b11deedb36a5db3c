"""Data types as types of sqlglot, and back, as PyPI `dlt` 1.x reads them.

Queries of datasets have a reading of their own, `dlt.dataset.types`, in which a type keeps all hints of its column.
"""

from __future__ import annotations

from typing import cast

from dlt.late import exp
from dlt.schema.typing import ColumnSchema, DataType

_FAMILIES: dict[DataType, str] = {
    "json": "OBJECT STRUCT NESTED UNION ARRAY LIST VECTOR JSON",
    "bigint": "TINYINT SMALLINT MEDIUMINT INT BIGINT INT128 INT256 UTINYINT USMALLINT UMEDIUMINT UINT UBIGINT UINT128 "
    "UINT256 BIT",
    "double": "FLOAT DOUBLE",
    "decimal": "DECIMAL BIGDECIMAL UDECIMAL UDOUBLE MONEY SMALLMONEY DECIMAL32 DECIMAL64 DECIMAL128 DECIMAL256",
    "date": "DATE DATE32 DATETIME DATETIME2 DATETIME64 SMALLDATETIME",
    "timestamp": "TIMESTAMP TIMESTAMPNTZ TIMESTAMPLTZ TIMESTAMPTZ TIMESTAMP_S TIMESTAMP_MS TIMESTAMP_NS",
    "time": "TIME TIMETZ",
    "binary": "VARBINARY",
    "bool": "BOOLEAN",
}
_KINDS: dict[str, DataType] = {word: kind for kind, words in _FAMILIES.items() for word in words.split()}
_WORDS: dict[DataType, str] = {
    "json": "JSON",
    "text": "TEXT",
    "double": "DOUBLE",
    "bool": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "bigint": "BIGINT",
    "binary": "VARBINARY",
    "time": "TIME",
    "decimal": "DECIMAL",
    "wei": "DECIMAL",
}
_IN_ZONE = ("TIMESTAMPTZ", "TIMESTAMPLTZ", "TIMETZ")
_WITHOUT_ZONE = ("TIMESTAMPNTZ", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS", "TIME")
_INTEGERS = {3: "TINYINT", 5: "SMALLINT", 8: "MEDIUMINT", 10: "INT", 19: "BIGINT", 39: "INT128", 78: "INT256"}
"""Names of integers by the most digits that each has."""
_MOMENTS = {0: "TIMESTAMP_S", 3: "TIMESTAMP_MS", 9: "TIMESTAMP_NS"}
"""Names of timestamps by the most digits of a second that each has."""


def from_sqlglot_type(sqlglot_type: object) -> ColumnSchema:
    """Return what a type says of a column: "text", where there is no such data type, and nothing if it is not known.

    Args:
        sqlglot_type: The type, its name, or its kind.
    """
    kind = exp.DataType.build(cast("str", sqlglot_type), copy=False)
    word = kind.this.value
    found: ColumnSchema = {}
    # nobody knows it yet: a word such as text would be a guess
    if word == "UNKNOWN":
        return found
    found["data_type"] = _KINDS.get(word, "text")
    # MAX of SQL Server is a size, too, and no number
    sizes = [int(size.name) for size in kind.expressions if size.name.isdigit()]
    if sizes:
        found["precision"] = sizes[0]
    if len(sizes) > 1:
        found["scale"] = sizes[1]
    if word in _IN_ZONE or word in _WITHOUT_ZONE:
        found["timezone"] = word in _IN_ZONE
    if kind.args.get("nullable") is not None:
        found["nullable"] = kind.args["nullable"]
    return found


def to_sqlglot_type(
    dlt_type: DataType,
    precision: int | None = None,
    scale: int | None = None,
    timezone: bool | None = None,
    nullable: bool | None = None,
    use_named_types: bool = False,
) -> exp.DataType:
    """Return the type of a column.

    Args:
        dlt_type: Its data type.
        precision: Digits, characters or bytes of a value.
        scale: Digits after the point.
        timezone: Whether moments are of a zone; not said when None.
        nullable: Whether NULL is a value; not said when None.
        use_named_types: Say the precision by the name of the type where there are such names.
    """
    word, sizes = _WORDS[dlt_type], [size for size in (precision,) if size is not None]
    if dlt_type == "wei":
        # the largest that every engine has
        sizes = [38, 0]
    elif dlt_type == "decimal":
        sizes = [] if use_named_types else [*sizes, *(size for size in (scale,) if sizes and size is not None)]
    elif dlt_type == "bigint":
        word, sizes = _integer(precision, use_named_types)
    elif dlt_type == "timestamp":
        if timezone is not None:
            word = "TIMESTAMPTZ" if timezone else "TIMESTAMPNTZ"
        elif use_named_types and precision is not None:
            word, sizes = next((name for most, name in _MOMENTS.items() if precision <= most), "TIMESTAMP_NS"), []
    elif dlt_type == "time":
        if timezone:
            word, sizes = "TIMETZ", [] if use_named_types else sizes
    elif dlt_type not in ("text", "binary"):
        sizes = []
    found = exp.DataType(this=exp.DataType.Type[word])
    if sizes:
        found.set("expressions", [exp.DataTypeParam(this=exp.Literal.number(size)) for size in sizes])
    if nullable is not None:
        found.set("nullable", nullable)
    return found


def _integer(digits: int | None, named: bool) -> tuple[str, list[int]]:
    # programs pass -1 where nothing is known
    if digits is None or digits <= 0:
        return "BIGINT", []
    name = next((name for most, name in _INTEGERS.items() if digits <= most), None) if named else None
    return (name, []) if name else ("INT", [digits])

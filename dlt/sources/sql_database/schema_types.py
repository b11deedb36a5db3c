"""Tables of a database as hints of resources."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypedDict

import sqlalchemy as sa
from sqlalchemy.exc import NoReferencedTableError, SQLAlchemyError
from sqlalchemy.types import TypeEngine

from dlt.schema.typing import ColumnSchema, TableReference
from dlt.sources.sql_database.vocabulary import ReflectionLevel, SqlType, TTypeAdapter

Columns = dict[str, ColumnSchema]
_ARRAYS = ("ARRAY", "HSTORE", "MAP", "STRUCT", "LIST")
"""Types that hold more than one value: they become JSON."""
_TEXTS = (
    "INTERVAL", "INET", "CIDR", "MACADDR", "MACADDR8", "MONEY", "TSVECTOR", "TSQUERY", "UUID", "UNIQUEIDENTIFIER",
    "ENUM", "SET", "CITEXT", "XML", "BIT", "INET4", "INET6", "INT4RANGE", "INT8RANGE", "NUMRANGE", "DATERANGE",
    "TSRANGE", "TSTZRANGE", "INT4MULTIRANGE", "INT8MULTIRANGE", "NUMMULTIRANGE", "DATEMULTIRANGE", "TSMULTIRANGE",
    "TSTZMULTIRANGE", "REGCLASS", "REGCONFIG", "ROWID", "TIMETZ",
)  # fmt: skip
"""Types whose values have a text and no type of their own in a pipeline."""


class ReflectedHints(TypedDict, total=False):
    """What the database says of a table."""

    columns: Columns
    references: list[TableReference]
    primary_key: list[str]


def default_table_adapter(
    table: sa.Table, included_columns: Sequence[str] | None, excluded_columns: Sequence[str] | None = None
) -> None:
    """Leave columns out of a table, in place, and let UUIDs be texts.

    Args:
        table: A reflected table, or a subquery.
        included_columns: Names of those that stay; all when None.
        excluded_columns: Names of those that go.
    """
    for column in list(table.c):
        kept = included_columns is None or column.name in included_columns
        if not kept or column.name in (excluded_columns or ()):
            # tables have no method for it
            table._columns.remove(column)  # type: ignore[attr-defined, unused-ignore]  # noqa: SLF001
        elif _is_uuid_type(column.type) and "as_uuid" in vars(column.type):
            # as texts they are compared, hashed and loaded like everywhere else
            vars(column.type)["as_uuid"] = False


def _is_uuid_type(sql_t: SqlType) -> bool:
    return any(kind.__name__.upper() in ("UUID", "UNIQUEIDENTIFIER") for kind in type(sql_t).__mro__)


def name_of_type(sql_type: SqlType) -> str:
    """Return the name of a type in the database, in capitals and without sizes; that of a domain's own type."""
    # classes of drivers that have no name of their own take that of the class above them
    return str(plain_type(sql_type).__visit_name__).upper()


def plain_type(sql_type: SqlType) -> SqlType:
    """Return the type of a domain's values, and any other type as it is."""
    # of domains only: an array calls it otherwise
    inner = _attribute(sql_type, "data_type")
    return plain_type(inner) if isinstance(inner, TypeEngine) else sql_type


def sqla_col_to_column_schema(
    sql_col: sa.ColumnElement[Any],
    reflection_level: ReflectionLevel,
    type_adapter_callback: TTypeAdapter | None = None,
    skip_nested_columns_on_minimal: bool = False,
) -> ColumnSchema | None:
    """Return the hints of a column, None where it is to have none.

    Args:
        sql_col: The column.
        reflection_level: How much is taken.
        type_adapter_callback: Gives another type, or None for one that values tell.
        skip_nested_columns_on_minimal: Give no hints for documents when types are not taken: they become tables.
    """
    hints: ColumnSchema = {"name": str(sql_col.key if sql_col.key is not None else "")}
    nullable = _attribute(sql_col, "nullable")
    if nullable is not None:
        hints["nullable"] = bool(nullable)
    sql_type = adapted_type(sql_col.type, type_adapter_callback)
    if reflection_level == "minimal":
        own = None if sql_type is None else type_hints(sql_type, with_sizes=False).get("data_type")
        return None if skip_nested_columns_on_minimal and own == "json" else hints
    if sql_type is None:
        return hints
    hints.update(type_hints(sql_type, with_sizes=reflection_level == "full_with_precision"))
    return hints


def adapted_type(sql_type: SqlType, adapter: TTypeAdapter | None) -> SqlType | None:
    """Return what the program makes of a type, None for one that values tell.

    Args:
        sql_type: The type in the database.
        adapter: Gives another type, or a class of types.
    """
    found = sql_type if adapter is None else adapter(sql_type)
    return found() if isinstance(found, type) else found


def type_hints(sql_type: SqlType, with_sizes: bool) -> ColumnSchema:
    """Return data type and sizes for a type of a database; nothing for one that is not known.

    Args:
        sql_type: The type.
        with_sizes: Also the sizes of texts, bytes and whole numbers.
    """
    sql_type, name = plain_type(sql_type), name_of_type(sql_type)
    # what holds more than one value is a document, whatever the system calls it
    if isinstance(sql_type, sa.JSON) or any(name.endswith(kind) for kind in _ARRAYS):
        return {"data_type": "json"}
    if isinstance(sql_type, sa.ARRAY):
        return {"data_type": "json"}
    if isinstance(sql_type, sa.Time) and sql_type.timezone:
        # dlt's times have no zone
        return {"data_type": "text"}
    # SQLAlchemy knows some of them by classes that all systems share
    if _is_uuid_type(sql_type) or isinstance(sql_type, (sa.Enum, sa.Interval)):
        return {"data_type": "text"}
    if name in _TEXTS and not (name == "BIT" and type(sql_type).__module__.endswith("mysql.types")):
        return {"data_type": "text"}
    return _scalar_hints(sql_type, name, with_sizes)


def _scalar_hints(sql_type: SqlType, name: str, with_sizes: bool) -> ColumnSchema:
    if isinstance(sql_type, sa.Float) or name in ("BINARY_FLOAT", "BINARY_DOUBLE"):
        return {"data_type": "double"}
    if isinstance(sql_type, sa.Numeric):
        found: ColumnSchema = {"data_type": "decimal"}
        if sql_type.precision is not None:
            # of fewer digits than zero behind the point so many more stand before it
            scale = sql_type.scale or 0
            found["precision"], found["scale"] = max(sql_type.precision - min(scale, 0), scale), max(scale, 0)
        return found
    if isinstance(sql_type, sa.Integer) or name in ("OID", "YEAR"):
        is_small = with_sizes and isinstance(sql_type, sa.SmallInteger)
        return {"data_type": "bigint", "precision": 32} if is_small else {"data_type": "bigint"}
    if isinstance(sql_type, sa.Boolean):
        return {"data_type": "bool"}
    # before dates: Oracle's has a time of day
    if isinstance(sql_type, sa.DateTime) or name == "DATETIMEOFFSET":
        return {
            "data_type": "timestamp",
            "timezone": name == "DATETIMEOFFSET" or bool(_attribute(sql_type, "timezone")),
        }
    if isinstance(sql_type, sa.Date):
        return {"data_type": "date"}
    if isinstance(sql_type, sa.Time):
        return {"data_type": "time"}
    sized: ColumnSchema = {}
    if isinstance(sql_type, sa.String):
        sized["data_type"] = "text"
    elif isinstance(sql_type, (sa.LargeBinary, sa.BINARY, sa.VARBINARY)) or name == "BIT":
        sized["data_type"] = "binary"
    length = _attribute(sql_type, "length")
    if sized and with_sizes and isinstance(length, int) and name != "BIT":
        sized["precision"] = length
    return sized


def _attribute(thing: object, name: str) -> object:
    # types of other dialects have what those of SQLAlchemy have, or lack it
    return getattr(thing, name, None)


def name_of_column(column: sa.ColumnElement[Any]) -> str:
    """Return the name of a column of a query; one that is computed without a label has a key, or none.

    Args:
        column: The column.
    """
    return str(_attribute(column, "name") or column.key or "column")


def table_to_columns(
    table: sa.Table,
    reflection_level: ReflectionLevel = "full",
    type_conversion_fallback: TTypeAdapter | None = None,
    skip_nested_columns_on_minimal: bool = False,
) -> Columns:
    """Return the hints of the columns of a table by name, in their order.

    Args:
        table: A reflected table, or a subquery.
        reflection_level: How much is taken.
        type_conversion_fallback: Gives another type for one of the database.
        skip_nested_columns_on_minimal: Give no hints for documents when types are not taken.
    """
    found: Columns = {}
    for column in table.c:
        hints = sqla_col_to_column_schema(
            column, reflection_level, type_conversion_fallback, skip_nested_columns_on_minimal
        )
        if hints is not None:
            found[str(column.name)] = {**hints, "name": str(column.name)}
    return found


def get_primary_key(table: sa.Table) -> list[str] | None:
    """Return the names of the columns of the primary key, None where there is none.

    Args:
        table: A reflected table, or a subquery.
    """
    # a subquery has a collection without names of constraints, and columns that were left out are in no key
    keys = [str(column.name) for column in table.primary_key if column.name in table.c]
    return keys or None


def get_table_references(table: sa.Table) -> list[TableReference]:
    """Return the foreign keys of a table whose tables are reflected and stand in the same schema.

    Args:
        table: A reflected table.
    """
    found: list[TableReference] = []
    # a subquery has none
    for key in table.foreign_key_constraints if isinstance(table, sa.Table) else ():
        try:
            other = key.referred_table
        except NoReferencedTableError:
            continue
        except SQLAlchemyError:
            # a key whose column was left out of one of the tables
            continue
        # a reference names a table only, and all tables of a source have one schema
        if other.schema != table.schema:
            continue
        found.append(
            {
                "columns": [str(element.parent.name) for element in key.elements],
                "referenced_table": str(other.name),
                "referenced_columns": [str(element.column.name) for element in key.elements],
            }
        )
    # they come in any order, and the schema is to be the same in each run
    return sorted(found, key=lambda reference: list(reference["columns"]))


def table_to_resource_hints(
    table: sa.Table,
    reflection_level: ReflectionLevel = "full",
    type_conversion_fallback: TTypeAdapter | None = None,
    skip_nested_columns_on_minimal: bool = False,
    resolve_foreign_keys: bool = False,
) -> ReflectedHints:
    """Return columns, primary key and references of a table as hints of a resource.

    Args:
        table: A reflected table, or a subquery.
        reflection_level: How much is taken.
        type_conversion_fallback: Gives another type for one of the database.
        skip_nested_columns_on_minimal: Give no hints for documents when types are not taken.
        resolve_foreign_keys: Foreign keys become references.
    """
    found: ReflectedHints = {
        "columns": table_to_columns(table, reflection_level, type_conversion_fallback, skip_nested_columns_on_minimal)
    }
    key = get_primary_key(table)
    if key is not None:
        found["primary_key"] = key
    references = get_table_references(table) if resolve_foreign_keys else []
    if references:
        found["references"] = references
    return found


TReflectedHints = ReflectedHints

"""What is asked of a database for each column, so that no driver loses anything on the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import NullType

from dlt.late_dataclass import dataclass
from dlt.schema.typing import ColumnSchema
from dlt.sources.sql_database.schema_types import adapted_type, name_of_column, name_of_type, plain_type, type_hints
from dlt.sources.sql_database.vocabulary import SelectAny, SelectClause, SqlType, TTypeAdapter

_BARE = (sa.Integer, sa.Numeric, sa.Boolean, sa.Date, sa.DateTime, sa.String, sa.LargeBinary)
"""Types that every driver of PostgreSQL reads."""


@dataclass(frozen=True)
class Wanted:
    """A column of a query as it is read.

    Attributes:
        name: Its name.
        hints: Its type, from what the program says, or else the database.
        unsized: A number of PostgreSQL of any size: values tell which one is needed.
        single: A number of 32 bits that comes with 64.
        listed: A list of PostgreSQL, which comes as a document.
        foreign: The server tells a type that no other system has.
    """

    name: str
    hints: ColumnSchema
    unsized: bool = False
    single: bool = False
    listed: bool = False
    foreign: bool = False

    @property
    def is_known(self) -> bool:
        """Tell whether it has a type."""
        return "data_type" in self.hints


def columns_of(query: SelectClause, columns: Mapping[str, ColumnSchema], dialect: str) -> list[Wanted] | None:
    """Return the columns of a query; None for one that is text and does not tell them.

    Args:
        query: The query.
        columns: What is known of them, by name.
        dialect: Name of the database system.
    """
    if not isinstance(query, sa.Select):
        return None
    found = []
    for column in query.selected_columns:
        name = name_of_column(column)
        given = columns.get(name, {})
        own = type_hints(column.type, with_sizes=False)
        # what the program says of a column comes before what the database says
        hints: ColumnSchema = {**own, **given} if given.get("data_type") in (None, own.get("data_type")) else {**given}
        sql_type = plain_type(column.type)
        unsized = (
            hints.get("data_type") == "decimal"
            and hints.get("precision") is None
            and dialect == "postgresql"
            and isinstance(sql_type, sa.Numeric)
        )
        listed = hints.get("data_type") == "json" and dialect == "postgresql" and isinstance(sql_type, sa.ARRAY)
        found.append(Wanted(name, hints, unsized, _is_single(sql_type, dialect), listed))
    return found


def without_loss(query: SelectAny, dialect: str, with_copy: bool, casts: Mapping[str, SqlType]) -> SelectAny:
    """Return a query whose values the driver gives as the database has them.

    Args:
        query: The query.
        dialect: Name of the database system.
        with_copy: Rows come as text by COPY, where only what holds more than one value needs another form.
        casts: Types that the program wants in place of those of the database, by the names of columns.
    """
    chosen = [_expression(column, dialect, with_copy, casts) for column in query.selected_columns]
    # the order and the limit of the query stay as they are
    return query.with_only_columns(*chosen, maintain_column_froms=True)


def _expression(column: Any, dialect: str, with_copy: bool, casts: Mapping[str, SqlType]) -> sa.ColumnElement[Any]:
    name, sql_type = name_of_column(column), plain_type(column.type)
    bare: sa.ColumnElement[Any] = column
    if name in casts:
        bare = sa.cast(column, casts[name])
    elif dialect == "postgresql":
        if type_hints(sql_type, with_sizes=False).get("data_type") == "json" and not isinstance(sql_type, sa.JSON):
            bare = sa.cast(sa.func.to_jsonb(column), sa.Text)
        elif not with_copy and not _is_bare(sql_type):
            bare = sa.cast(column, sa.Text)
    elif _is_single(sql_type, dialect):
        # shown with six digits otherwise
        bare = sa.cast(column, sa.Double())
    # what the driver gives, and not what SQLAlchemy makes of it
    return sa.type_coerce(bare, NullType()).label(name)


def _is_bare(sql_type: SqlType) -> bool:
    if isinstance(sql_type, sa.Time):
        return not sql_type.timezone
    if isinstance(sql_type, sa.Enum):
        return False
    return isinstance(sql_type, _BARE)


def _is_single(sql_type: SqlType, dialect: str) -> bool:
    return dialect in ("mysql", "mariadb") and name_of_type(sql_type) == "FLOAT"


def casts_of(table: sa.Table, adapter: TTypeAdapter | None) -> dict[str, SqlType]:
    """Return the types in which a database is to give numbers, where the program's adapter says another one.

    Args:
        table: The table.
        adapter: Gives other types.
    """
    found = {}
    for column in table.c if adapter is not None else ():
        wanted = adapted_type(column.type, adapter)
        kinds = [
            None if kind is None else type_hints(kind, with_sizes=False).get("data_type")
            for kind in (column.type, wanted)
        ]
        # other types go over into each other when they are loaded, and numbers lose digits only where it is wanted
        if wanted is not None and kinds[0] != kinds[1] and set(kinds) <= {"bigint", "double", "decimal"}:
            found[str(column.name)] = wanted
    return found


def hints_by_name(wanted: Sequence[Wanted]) -> dict[str, ColumnSchema]:
    """Return what is known of columns, by name."""
    return {column.name: column.hints for column in wanted}

"""The words and callbacks of the source, as their types."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, Union

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.sql.elements import TextClause

from dlt.extract.incremental import Incremental

TableBackend = Literal["sqlalchemy", "pyarrow", "pandas", "connectorx", "auto"]
"""How rows come out: as dicts, Arrow tables or frames; whatever it is, they have the same values."""
ReflectionLevel = Literal["minimal", "full", "full_with_precision"]
"""What is taken from the database: names and nullability, types too, or sizes of texts and numbers as well."""
SelectAny = sa.Select[Any]
SelectClause = Union[SelectAny, TextClause]
SqlType = sa.types.TypeEngine[Any]
TTypeAdapter = Callable[[SqlType], Union[SqlType, type[SqlType], None]]
"""Gives another type for one of the database, or None where values tell it."""
TTableAdapter = Callable[[sa.Table], Union[sa.Table, SelectAny, sa.Subquery, None]]
"""Changes a table that was reflected, or gives what is selected from in its place."""
TQueryAdapter = Union[
    Callable[[SelectAny, sa.Table], SelectClause],
    Callable[[SelectAny, sa.Table, Union[Incremental[Any], None], Engine], SelectClause],
]
"""Gives another query for that of a table."""
EngineAdapter = Callable[[Engine], Engine]
"""Changes an engine before it is used, or gives another one."""

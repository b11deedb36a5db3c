"""SQLAlchemy under the names of PyPI `dlt` 1.x."""

import sqlalchemy as sa
from sqlalchemy import Column, Connection, Engine, MetaData, Select, Table, TextClause, create_engine
from sqlalchemy import types as sqltypes
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import CompileError, NoSuchTableError

__all__ = [
    "IS_SQL_ALCHEMY_20",
    "URL",
    "Column",
    "CompileError",
    "Connection",
    "Engine",
    "MetaData",
    "NoSuchTableError",
    "Select",
    "Table",
    "TextClause",
    "create_engine",
    "make_url",
    "sa",
    "sqltypes",
]

IS_SQL_ALCHEMY_20 = not sa.__version__.startswith("1.")

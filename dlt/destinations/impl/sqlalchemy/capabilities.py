"""What the database systems that SQLAlchemy reaches can do, known without a connection."""

from __future__ import annotations

from dataclasses import replace

from dlt.schema.capabilities import Capabilities
from dlt.schema.typing import CHECK_KINDS

SQLITE = Capabilities(
    max_columns=2_000,
    # SQLite has no NaN: it stores NULL
    supports_nan=False,
    sqlglot_dialect="sqlite",
)
MYSQL = Capabilities(
    # 64 characters, of which files of the server hold fewer when they are not ASCII
    max_identifier_length=64,
    max_column_identifier_length=64,
    max_columns=1_017,
    supports_ddl_transactions=False,
    supports_nan=False,
    enforces_length=True,
    max_decimal=(65, 30),
    sqlglot_dialect="mysql",
)
STANDARD = Capabilities(
    max_identifier_length=63,
    max_column_identifier_length=63,
    supports_ddl_transactions=False,
    enforces_length=True,
    max_decimal=(38, 38),
    # each has another word for regular expressions, if it has them
    supported_checks=tuple(kind for kind in CHECK_KINDS if kind != "matches"),
)
NO_MERGE = replace(STANDARD, supported_merge_strategies=(), renames_columns=False)
"""Of databases that cannot make a temporary table of a query the standard way, nor, most of them, rename a column."""
_NO_MERGE = ("mssql", "oracle", "ibm_db_sa", "db2", "hana", "firebird")
_KNOWN = {"sqlite": SQLITE, "mysql": MYSQL, "mariadb": MYSQL}


def capabilities_of(name: str) -> Capabilities:
    """Return what a database can do.

    Args:
        name: Name of the dialect in SQLAlchemy.
    """
    return _KNOWN.get(name) or (NO_MERGE if name in _NO_MERGE else STANDARD)

"""Queries that programs make with other libraries, as trees of sqlglot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlt.errors import RelationException
from dlt.late import exp, imported, sqlglot

if TYPE_CHECKING:
    from dlt.dataset.ibis_backend import Native


def tree_of(query: exp.Expr | Native, dialect: str | None) -> exp.Expr:
    """Return the tree of a query.

    Args:
        query: A tree of sqlglot, or an expression of ibis.
        dialect: Dialect of the destination.

    Raises:
        RelationException: it is something else.
    """
    if isinstance(query, exp.Expression):
        return query.copy()
    ibis = imported("ibis")
    if ibis is not None and isinstance(query, ibis.Expr):
        # by its text: ibis may have another version of the tree
        return sqlglot.parse_one(str(ibis.to_sql(query, dialect=dialect)), dialect=dialect)
    raise RelationException(
        f"a query is SQL, a tree of sqlglot or an expression of ibis, and not a {type(query).__name__}."
    )

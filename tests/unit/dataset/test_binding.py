"""The text of a query is in the SQL of its destination."""

from __future__ import annotations

from sqlglot import exp

from dlt.dataset.binding import text_of


def test_quotes_are_doubled_for_redshift_and_backslashes_too() -> None:
    """Every engine and parser of its family reads a doubled quote; a single backslash would begin an escape there."""
    query = exp.select("a").from_("t").where(exp.column("n").eq(exp.Literal.string("it's a\\b")))
    assert text_of(query, "redshift") == r"SELECT a FROM t WHERE n = 'it''s a\\b'"

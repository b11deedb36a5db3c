"""Queries that are made of names, as trees of sqlglot."""

from __future__ import annotations

from collections.abc import Sequence

from dlt.absent import absent_names
from dlt.late import exp

__getattr__ = absent_names(__name__, "Write SQL: pipeline.dataset()(query).", "bind_query")


def build_select_expr(
    table_name: str, selected_columns: Sequence[str] | None = None, quoted_identifiers: bool = True
) -> exp.Select:
    """Return the query for columns of a table.

    Args:
        table_name: The table.
        selected_columns: Its columns; all when None.
        quoted_identifiers: Put names in quotes.
    """
    names = [name for name in selected_columns or () if name != "*"]
    columns: list[exp.Expr] = [exp.column(exp.to_identifier(name, quoted=quoted_identifiers)) for name in names]
    return exp.select(*(columns or [exp.Star()])).from_(_table(table_name, quoted_identifiers))


def build_row_counts_expr(
    table_name: str,
    quoted_identifiers: bool = True,
    dlt_load_id_col: str | None = None,
    load_id: str | None = None,
) -> exp.Select:
    """Return the query for the number of rows of a table, with columns table_name and row_count.

    Args:
        table_name: The table.
        quoted_identifiers: Put names in quotes.
        dlt_load_id_col: Column with the load ids.
        load_id: Count only rows of this load.

    Raises:
        ValueError: only one of column and load id is given.
    """
    if (load_id is None) != (dlt_load_id_col is None):
        raise ValueError("Both `load_id` and `dlt_load_id_col` must be provided together.")
    query = exp.select(
        exp.convert(table_name).as_("table_name"), exp.Count(this=exp.Star(), big_int=True).as_("row_count")
    ).from_(_table(table_name, quoted_identifiers))
    if load_id is None or dlt_load_id_col is None:
        return query
    column = exp.column(exp.to_identifier(dlt_load_id_col, quoted=quoted_identifiers))
    return query.where(column.eq(exp.convert(load_id)))


def _table(name: str, quoted: bool) -> exp.Table:
    return exp.Table(this=exp.to_identifier(name, quoted=quoted))

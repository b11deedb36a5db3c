"""A table or a query of a dataset: narrowed step by step, and read when it is asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from dlt.dataset import cursors, joining
from dlt.dataset.query import comparison, is_flat, ordered, quoted, selecting, star, takes_columns, wrapped
from dlt.dataset.selection import Selection, Tables
from dlt.errors import RelationException, RelationHasQueryException, UnknownTable
from dlt.late import exp
from dlt.schema.system_columns import LOAD_ID
from dlt.types import Unread
from dlt.user_log import tell_without_effect

TJoinType = Literal["inner", "left", "right", "full"]
_KINDS = ("inner", "left", "right", "full")


def whole(dataset: Tables, table_name: str) -> Relation:
    """Return a table; nothing is read yet.

    Args:
        dataset: The dataset.
        table_name: Name of the table.

    Raises:
        UnknownTable: there is no such table.
    """
    if dataset.find(table_name) is None:
        raise UnknownTable(
            f"Table `{table_name}` not found in dataset schema: {dataset.dataset_name} has "
            f"{', '.join(dataset.tables)}.",
            table_name=table_name,
        )
    return Relation(dataset, star(table_name), table=table_name)


class Relation(Selection):
    """A table or a query that is read when asked; each method that narrows it returns a new one."""

    def __copy__(self) -> Relation:
        query, table = self._query, self._table
        return Relation(
            self._dataset, query, table=table, base=self._base, raw=self._raw, is_incremental=self.is_incremental
        )

    def _with(self, query: exp.Query, base: str | None = None) -> Relation:
        return Relation(self._dataset, query, base=base, is_incremental=self.is_incremental)

    # -- narrowing

    def select(self, *columns: str) -> Relation:
        """Keep columns.

        Raises:
            RelationUnknownColumnException: the table has no such column.
        """
        # some programs pass a list
        names = tuple(columns[0]) if len(columns) == 1 and isinstance(columns[0], (list, tuple)) else columns
        if not names:
            return self
        self._need_columns(names)
        query, base = self.sqlglot_expression, self._base
        if not takes_columns(query):
            query, base = wrapped(query), None
        return self._with(selecting(query, map(quoted, names)), base)

    def __getitem__(self, columns: str | Sequence[str]) -> Relation:
        if not isinstance(columns, (str, list, tuple)):
            raise TypeError(f"a relation is asked for columns by name, and not by {columns!r}.")
        return self.select(*([columns] if isinstance(columns, str) else columns))

    def limit(self, limit: int) -> Relation:
        """Keep at most so many rows."""
        return self._with(self.sqlglot_expression.limit(int(limit)), self._base)

    # five as in PyPI dlt 1.x
    def head(self, limit: int = 5) -> Relation:
        """Keep the first rows."""
        return self.limit(limit)

    def order_by(self, column_name: str, direction: str = "asc") -> Relation:
        """Sort by a column, "asc" or "desc"; NULL comes last."""
        self._need_columns((column_name,))
        return self._with(ordered(self.sqlglot_expression, self._column(column_name), direction), self._base)

    def where(self, column_or_expr: str | exp.Expr, operator: str | None = None, value: object = None) -> Relation:
        """Keep rows.

        Args:
            column_or_expr: A column, or a whole condition in SQL or as a tree of sqlglot.
            operator: eq, ne, gt, lt, gte, lte, like, in or not_in; None when a condition is given.
            value: What the column is compared with.
        """
        if operator is None or not isinstance(column_or_expr, str):
            return self._filtered(exp.condition(column_or_expr, dialect=self.query_dialect, copy=True))
        self._need_columns((column_or_expr,))
        known = self._known_columns().get(column_or_expr)
        column = self._column(column_or_expr)
        return self._filtered(comparison(column, operator, value, known, self._dataset.literal))

    filter = where

    def _filtered(self, condition: exp.Expr) -> Relation:
        query = self.sqlglot_expression
        if isinstance(query, exp.Select) and is_flat(query):
            return self._with(query.where(condition), self._base)
        return self._with(wrapped(query).where(condition))

    def _column(self, name: str) -> exp.Column:
        # a name that several of the joined tables have is meant of the first one
        of_base = self._query is not None and self._query.args.get("joins") and name in self._columns_of(self._base)
        return quoted(name, self._base if of_base else None)

    def max(self) -> Relation:
        """Return the largest value of the one selected column."""
        return self._aggregate(exp.Max)

    def min(self) -> Relation:
        """Return the smallest value of the one selected column."""
        return self._aggregate(exp.Min)

    def _aggregate(self, function: type[exp.Expr]) -> Relation:
        query = self.sqlglot_expression
        if len(query.selects) != 1 or query.selects[0].is_star:
            name = function.__name__.lower()
            raise RelationException(
                f"{name}() requires a query with exactly one select expression. Use select() first."
            )
        column = query.selects[0].unalias()
        if not is_flat(query) or query.args.get("limit"):
            column, query = quoted(query.selects[0].alias_or_name), wrapped(query)
        # one row is in order, and engines refuse a column that is not part of it
        query.set("order", None)
        return self._with(selecting(query, [function(this=column)]))

    # -- loads and cursors

    def with_load_id_col(self) -> Relation:
        """Add the load id to rows of a nested table: that of their root row; others have it."""
        table = self._whole_table("with_load_id_col")
        load_id = self._load_id()
        if load_id in self._columns_of(table):
            return self
        root = next(schema.root_of(table) for schema in self._dataset.schemas if table in schema.tables)
        query, name = self._join(whole(self._dataset, root), "inner")
        return self._with(query.select(quoted(load_id, name)), table)

    def from_loads(self, load_ids: Sequence[str] | str, add_load_id_column: bool = False) -> Relation:
        """Keep rows of some loads; rows of nested tables belong to the load of their root row.

        Args:
            load_ids: The loads.
            add_load_id_column: Add the load id to rows of a nested table; those of others have it.
        """
        table, columns = self._whole_table("from_loads"), self.columns
        wanted = [load_ids] if isinstance(load_ids, str) else list(load_ids)
        found = self.with_load_id_col().where(self._load_id(), "in", wanted)
        if add_load_id_column or self._load_id() in columns:
            return found
        return self._with(exp.select(*map(quoted, columns)).from_(found.sqlglot_expression.subquery(table)))

    def _load_id(self) -> str:
        return self._dataset.schemas[0].naming.normalize_identifier(LOAD_ID)

    def _whole_table(self, what: str) -> str:
        if self._table is None:
            raise RelationHasQueryException(
                f"{what}() only works on relations created via .table(), before they are narrowed. Start there."
            )
        return self._table

    def incremental(self, incremental: cursors.Cursor, *, advance: bool = True) -> Relation:
        """Keep rows that a cursor has not passed.

        Args:
            incremental: The cursor; its path is a column, or a table and its column with a dot between.
            advance: False is without effect, and that is said.

        Raises:
            RelationException: there is no such column.
        """
        if not advance:
            tell_without_effect("incremental: advance=False", "a cursor follows the rows that its resource gives")
        table, _, column = str(incremental.cursor_path or "").rpartition(".")
        known = self._columns_of(table) if table else self._known_columns()
        if column not in known:
            raise RelationException(
                f"Incremental cursor `{incremental.cursor_path}` is not a materialized column on this relation. Its "
                f"columns are {', '.join(known)}."
            )
        found, place = self, self._column(column)
        if table and table != self._base:
            joined, name = self._join(whole(self._dataset, table), "inner")
            found, place = self._with(joined, self._base), quoted(column, name)
        condition = cursors.condition(incremental, place, known[column], self._dataset.literal)
        if condition is not None:
            found = found._filtered(condition)  # noqa: SLF001 - of its own class
        return Relation(self._dataset, found.sqlglot_expression, base=self._base, is_incremental=True)

    # -- joins

    def join(
        self,
        other: Relation | str,
        on: str | exp.Expr | None = None,
        *,
        kind: TJoinType = "inner",
        alias: str | None = None,
    ) -> Relation:
        """Join another table; its columns come last, named `<table>__<column>`.

        Args:
            other: Table or relation.
            on: Condition, with names of tables before those of columns. Left out where tables are nested, or
                references lead from one to the other, also over others.
            kind: inner, left, right or full.
            alias: Stands in place of the table's name.

        Raises:
            RelationException: the relations do not belong together, or names of columns would be there twice.
        """
        if alias == "":
            raise RelationException("join: alias must be a non-empty string, or None.")
        if kind not in _KINDS:
            raise RelationException(f"join: kind {kind!r} is not known. Use one of {', '.join(_KINDS)}.")
        relation = whole(self._dataset, other) if isinstance(other, str) else other
        if not isinstance(relation, Relation):
            raise RelationException(
                f"join: `other` must be a table name or a base table relation, and not a {type(other).__name__}."
            )
        columns, there = relation.columns, self.columns
        if on is None:
            query, name = self._join(relation, kind)
        else:
            right = relation._as_right(alias)  # noqa: SLF001 - of its own class
            condition = exp.condition(on, dialect=self.query_dialect, copy=True)
            query, name = joining.join_on(self._view, right, condition, alias, kind), right.name
        prefix = alias or relation._base or name  # noqa: SLF001 - of its own class
        named = {f"{prefix}__{column}": column for column in columns}
        if on is None and set(named) <= set(there) and name in joining.sources(self.sqlglot_expression):
            # it was joined before, under the same names
            return self
        if twice := sorted(set(named) & set(there)):
            raise RelationException(
                f"join: columns {', '.join(twice)} conflict with existing columns. Give another alias."
            )
        selected = [quoted(column, name).as_(shown, quoted=True) for shown, column in named.items()]
        return self._with(query.select(*selected), self._base)

    @property
    def _view(self) -> joining.View:
        return joining.View(self.sqlglot_expression, self._base)

    def _as_right(self, alias: str | None) -> joining.Right:
        if self._table is not None:
            return joining.Right(self._located(self._table, alias), self._table, self.columns)
        return joining.right_of(self._view, self.columns, alias)

    def _join(self, relation: Relation, kind: str) -> tuple[exp.Select, str]:
        if not self._dataset.is_same_dataset(relation._dataset):
            raise RelationException("join: the relations are of different datasets, and a query reads one of them.")
        links = joining.links_of(self._dataset.schemas)
        return joining.join_nested(self._view, relation._as_right(None), links, self._located, kind)

    def _located(self, table: str, alias: str | None = None) -> exp.Table:
        known = self._dataset.find(table)
        return exp.table_(table, db=known.dataset if known is not None else None, quoted=True, alias=alias)


# rows of a relation are data for a pipeline, as those of a frame are
Unread.register(Relation)

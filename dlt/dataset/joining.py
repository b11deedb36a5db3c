"""How tables belong together, and queries that join them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from dlt.dataset.query import is_flat, name_of, quoted, source_of, wrapped
from dlt.errors import RelationException
from dlt.late import exp
from dlt.late_dataclass import dataclass
from dlt.schema.schema import Schema
from dlt.schema.system_tables import PREFIX

_BETWEEN = "_dlt_int_t"
"""Begins the names of tables that only lead from one to the other."""


class Link(NamedTuple):
    """Columns of a table that name rows of another one, seen from either side."""

    table: str
    other: str
    pairs: tuple[tuple[str, str], ...]

    def turned(self) -> Link:
        """Return it as the other table sees it."""
        return Link(self.other, self.table, tuple((right, left) for left, right in self.pairs))


def links_of(schemas: Iterable[Schema]) -> list[Link]:
    """Return how the tables of schemas belong together: nested tables, loads, and references that were declared."""
    found = [
        Link(
            reference["table"] or "",
            reference["referenced_table"],
            tuple(zip(reference["columns"], reference["referenced_columns"], strict=True)),
        )
        for schema in schemas
        for reference in schema.references
    ]
    return [*found, *(link.turned() for link in found)]


def chain(links: Sequence[Link], start: str, goal: str) -> list[Link]:
    """Return the shortest way from one table to another.

    Args:
        links: How tables belong together.
        start: Name of the first table.
        goal: Name of the last table.

    Raises:
        RelationException: there is none, or both are one table.
    """
    if start == goal:
        raise RelationException(f"Cannot join a table to itself: {start}. Give a condition as on= and an alias.")
    ways: dict[str, list[Link]] = {start: []}
    waiting = [start]
    while waiting:
        table = waiting.pop(0)
        for link in links:
            if link.table != table or link.other in ways:
                continue
            ways[link.other] = [*ways[table], link]
            if link.other == goal:
                return ways[goal]
            # all rows of a load belong together by their load only, which is no way from one table to another
            if not link.other.startswith(PREFIX):
                waiting.append(link.other)
    raise RelationException(
        f"Unable to resolve reference chain between {start} and {goal}: they are not nested, and no references lead "
        "from one to the other. Give the condition as on=."
    )


def sources(query: exp.Query) -> dict[str, str]:
    """Return the tables that a query joins, by the name that they have in it.

    Args:
        query: Its first source may be a query for the table, under its name.
    """
    first = source_of(query)
    joined = [join.this for join in query.args.get("joins") or ()]
    found = {}
    for source in [first, *joined]:
        if isinstance(source, (exp.Table, exp.Subquery)):
            found[source.alias_or_name] = source.name if isinstance(source, exp.Table) else source.alias
    return found


@dataclass(frozen=True)
class View:
    """A query, and the table of whose rows each of its rows is made; None where that cannot be said."""

    query: exp.Query
    base: str | None


@dataclass(frozen=True)
class Right:
    """What is joined: a table or a query with a name, the table whose rows it has, and its columns."""

    source: exp.Table | exp.Subquery
    base: str | None
    columns: Sequence[str]

    @property
    def name(self) -> str:
        """Return its name in the query."""
        return str(self.source.alias_or_name)

    def with_columns(self, keys: Iterable[str]) -> Right:
        """Return it with columns that are needed to join it, and not shown."""
        inner = self.source.this
        if isinstance(self.source, exp.Table) or any(isinstance(one, exp.Star) for one in inner.expressions):
            return self
        missing = [key for key in keys if key not in {one.alias_or_name for one in inner.expressions}]
        return replace(self, source=inner.select(*map(quoted, missing)).subquery(self.name)) if missing else self


def right_of(view: View, columns: Sequence[str], alias: str | None) -> Right:
    """Return a query as what is joined, under the name of its first table if it has no other.

    Args:
        view: The query.
        columns: Its columns.
        alias: Another name.
    """
    return Right(view.query.subquery(alias or name_of(view.query)), view.base, columns)


Locate = Callable[[str, str], exp.Table]
"""Returns a table by its name, under another name."""


def join_nested(view: View, right: Right, links: Sequence[Link], locate: Locate, kind: str) -> tuple[exp.Select, str]:
    """Join what belongs to the rows of a query, over other tables if need be.

    Args:
        view: The query.
        right: What is joined.
        links: How tables belong together.
        locate: Finds the tables between.
        kind: inner, left, right or full.

    Returns:
        The query, and the name in it of what was joined.

    Raises:
        RelationException: nobody knows of which table the rows are, or nothing leads from one to the other.
    """
    if view.base is None or right.base is None:
        raise RelationException(
            "join: the relation has no base table to resolve references. Give the condition as on=."
        )
    hops = chain(links, view.base, right.base)
    query = opened(view, [left for left, _ in hops[0].pairs])
    there = {table: name for name, table in reversed(sources(query).items())}
    current = there.get(view.base, view.base)
    for hop in hops:
        if hop.other in there:
            current = there[hop.other]
            continue
        if hop is hops[-1]:
            target: exp.Expr = right.with_columns(key for _, key in hop.pairs).source
            name = right.name
        else:
            name = f"{_BETWEEN}{sum(known.startswith(_BETWEEN) for known in there.values()) + 1}"
            target = locate(hop.other, name)
        pairs = [quoted(left, current).eq(quoted(other, name)) for left, other in hop.pairs]
        add_join(query, target, exp.and_(*pairs), kind)
        there[hop.other] = current = name
    return query, current


def join_on(view: View, right: Right, condition: exp.Expr, alias: str | None, kind: str) -> exp.Select:
    """Join what belongs together by a condition.

    Args:
        view: The query.
        right: What is joined.
        condition: The condition; its columns may have the alias before them.
        alias: Name that stands for the right side.
        kind: inner, left, right or full.

    Raises:
        RelationException: the query has a table of this name.
    """
    query = opened(view, ())
    if right.name in sources(query):
        raise RelationException(f"join: {right.name} is part of the query already. Give an alias.")
    for column in condition.find_all(exp.Column):
        if alias and column.table == alias:
            column.set("table", exp.to_identifier(right.name))
    add_join(query, right.source, condition, kind)
    return query


def opened(view: View, keys: Sequence[str]) -> exp.Select:
    """Return a query to which a join can be added.

    Args:
        view: The query.
        keys: Columns of its base table that are needed.

    Raises:
        RelationException: the columns cannot be had.
    """
    query = view.query.copy()
    if not isinstance(query, exp.Select) or not is_flat(query) or query.args.get("limit"):
        if keys and not all(isinstance(one, exp.Star) for one in query.selects):
            raise RelationException(
                "join: the relation has no base table to resolve references: it is limited to some columns and rows. "
                "Join first, or give the condition as on=."
            )
        query = wrapped(query)
    return query if query.args.get("joins") else of_table(query, name_of(query))


def add_join(query: exp.Select, right: exp.Expr, condition: exp.Expr, kind: str) -> None:
    """Add a join to a query.

    Args:
        query: It is changed.
        right: What is joined.
        condition: When rows belong together.
        kind: inner, left, right or full.
    """
    query.append("joins", exp.Join(this=right, kind=kind.upper(), on=condition))


def of_table(query: exp.Select, name: str) -> exp.Select:
    """Return a query of one table that says so of all its columns, so that others can be joined.

    Args:
        query: It is changed.
        name: Name of the table in it.
    """
    for column in list(query.find_all(exp.Column)):
        if not column.table and column.parent_select is query:
            column.set("table", exp.to_identifier(name))
    selected = [exp.column(exp.Star(), name) if isinstance(one, exp.Star) else one for one in query.expressions]
    query.set("expressions", selected)
    return query

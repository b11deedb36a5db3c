"""A query brought to the destination: names said in full, and where its tables lie there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, ClassVar, Protocol

from dlt.dataset.lineage import Columns, columns_of, exact, in_full, is_plain, layout_for, spell
from dlt.errors import LineageFailedException
from dlt.late import exp
from dlt.late_dataclass import dataclass
from dlt.schema.system_tables import OCCASIONAL
from dlt.schema.typing import ColumnSchema

if TYPE_CHECKING:
    from sqlglot.dialects.dialect import Dialect


@dataclass(frozen=True)
class Known:
    """A table that schemas have.

    Attributes:
        dataset: Dataset that holds it.
        name: Its name.
        columns: Its columns at the destination.
    """

    dataset: str
    name: str
    columns: Mapping[str, ColumnSchema]


class Names(Protocol):
    """The tables of a dataset, as a query needs them."""

    @property
    def destination_dialect(self) -> str | None:
        """Return the name that sqlglot has for the SQL of the destination."""

    @property
    def tables(self) -> list[str]:
        """Return the names of all tables."""

    def find(self, table: str, dataset: str = "") -> Known | None:
        """Return a table of any of the datasets, or of one; None if there is none of this name."""


PathOf = Callable[[str, str], Sequence[str]]
"""Returns the parts of the name of a table in a dataset, not quoted."""


@dataclass(frozen=True)
class Bound:
    """A query that says all names in full.

    Attributes:
        query: Its tree.
        tables: The tables of it that are known.
        columns: What it gives; None if only the destination knows.
        stored: Those of its columns that are columns of tables, as they are.
    """

    query: exp.Query
    tables: Sequence[Known]
    columns: Columns | None
    stored: Columns

    @property
    def datasets(self) -> frozenset[str]:
        """Return the datasets in which its tables are."""
        return frozenset(table.dataset for table in self.tables)


def bind(query: exp.Query, names: Names) -> Bound:
    """Return a query that says all names in full.

    Args:
        query: As it was asked; it stays as it is.
        names: The tables.

    Raises:
        LineageFailedException: all its tables are known, and none has one of its columns.
    """
    query = query.copy()
    tables, all_known = _known_tables(query, names)
    layout: dict[str, dict[str, Mapping[str, ColumnSchema]]] = {}
    for known in tables:
        layout.setdefault(known.dataset, {})[known.name] = known.columns
    dialect = names.destination_dialect
    full, columns, stored = query, None, {}
    try:
        full = in_full(query, layout_for(layout, dialect), exact(dialect), validate=all_known)
        columns = columns_of(full)
        if isinstance(full, exp.Select):
            stored = {name: columns[name] for name in _plain_names(full) if "data_type" in columns[name]}
    except LineageFailedException:
        # what other tables have, and what functions give, only the destination knows
        if all_known:
            raise
        full = query
    return Bound(full, tables, columns, stored)


def _plain_names(full: exp.Select) -> Iterable[str]:
    return [select.alias_or_name for select in full.selects if is_plain(select)]


def _known_tables(query: exp.Query, names: Names) -> tuple[list[Known], bool]:
    """Give the tables of a query the names that they have; return those that are known, and whether all are."""
    # names that differ by case only may all be tables: what is written as it is stands for itself
    every = (*names.tables, *OCCASIONAL)
    spelled = {name.casefold(): name for name in every} | {name: name for name in every}
    within = {cte.alias for cte in query.find_all(exp.CTE)}
    found: list[tuple[exp.Table, Known]] = []
    all_known = not any(not isinstance(source, exp.Values) for source in query.find_all(exp.UDTF))
    for table in query.find_all(exp.Table):
        if table.name in within and not table.db:
            continue
        known = names.find(spelled.get(table.name) or spelled.get(table.name.casefold(), ""), table.db)
        if known is None:
            all_known = False
        else:
            found.append((table, known))
    spell(query, [*names.tables, *(column for _, known in found for column in known.columns)])
    for table, known in found:
        table.set("db", exp.to_identifier(known.dataset, quoted=True))
        table.set("catalog", None)
    return list({(known.dataset, known.name): known for _, known in found}.values()), all_known


def located(bound: Bound, path_of: PathOf) -> exp.Query:
    """Return a query that says where its tables lie at the destination.

    Args:
        bound: The query; it stays as it is.
        path_of: Tells the parts of a table's name there.
    """
    query = bound.query.copy()
    known = {(table.dataset, table.name) for table in bound.tables}
    for table in query.find_all(exp.Table):
        name, dataset = table.name, table.db
        if (dataset, name) not in known:
            continue
        if not table.alias:
            table.set("alias", exp.TableAlias(this=exp.to_identifier(name, quoted=True)))
        *above, last = [exp.to_identifier(part, quoted=True) for part in path_of(name, dataset)]
        table.set("this", last)
        table.set("db", above[-1] if above else None)
        table.set("catalog", above[-2] if len(above) > 1 else None)
    return query


def text_of(query: exp.Query, dialect: str | None, pretty: bool = False) -> str:
    """Return the text of a query.

    Args:
        query: Its tree; it is changed.
        dialect: Name of the SQL of the destination.
        pretty: Begin each clause on a line of its own.
    """
    if dialect == "redshift":
        # a text is one without a cast; the type without a length that it would be cast to, only Redshift itself has
        for cast in list(query.find_all(exp.Cast)):
            if cast.this.is_string and cast.to.this == exp.DataType.Type.TEXT:
                cast.replace(cast.this)
        return query.sql(_redshift(), pretty=pretty)
    return query.sql(dialect, pretty=pretty)


@cache
def _redshift() -> type[Dialect]:
    """Return Redshift's SQL with quotes doubled, as every engine reads them; sqlglot puts a backslash before them."""
    from sqlglot.dialects import redshift

    class Quoting(redshift.Redshift):
        class Tokenizer(redshift.Redshift.Tokenizer):
            STRING_ESCAPES: ClassVar[list[str]] = ["'", "\\"]

    return Quoting

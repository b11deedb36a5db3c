"""What columns a query gives, worked out from its text and the schema, without the destination."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from dlt.dataset.types import COLUMN, from_sqlglot, passed_on, to_sqlglot
from dlt.errors import LineageFailedException
from dlt.late import exp, sqlglot
from dlt.schema.schema import Schema
from dlt.schema.table import typed_columns
from dlt.schema.typing import ColumnSchema

if TYPE_CHECKING:
    from sqlglot.dialects.dialect import Dialect
    from sqlglot.schema import MappingSchema
    from sqlglot.schema import Schema as SqlglotSchema

Columns = dict[str, ColumnSchema]
Layout = Mapping[str, Mapping[str, Mapping[str, ColumnSchema]]]
"""Columns by dataset and table."""


def exact(dialect: str | Dialect | None) -> Dialect:
    """Return a dialect of sqlglot that leaves the case of names as it is.

    Args:
        dialect: Its name, or the dialect of a schema; None for SQL of no engine.
    """
    from sqlglot.dialects.dialect import Dialect

    if isinstance(dialect, Dialect):
        return type(dialect)(normalization_strategy="case_sensitive")
    return Dialect.get_or_raise(f"{dialect or ''}, normalization_strategy = case_sensitive")


def layout_for(layout: Layout, dialect: str | None) -> MappingSchema:
    """Return tables and columns as sqlglot looks them up.

    Args:
        layout: Columns by dataset and table.
        dialect: Name of the dialect.
    """
    from sqlglot.schema import MappingSchema

    types: dict[str, object] = {
        dataset: {
            table: {name: to_sqlglot(column) for name, column in columns.items() if "data_type" in column}
            for table, columns in tables.items()
        }
        for dataset, tables in layout.items()
    }
    return MappingSchema(types, dialect=exact(dialect), normalize=False)


def create_sqlglot_schema(schemas: Mapping[str, Sequence[Schema]], dialect: str | None = None) -> MappingSchema:
    """Return the tables of schemas as sqlglot looks them up; a table of several schemas has the columns of all.

    Args:
        schemas: Schemas by dataset.
        dialect: Name of the dialect.
    """
    layout: dict[str, dict[str, Columns]] = {}
    for dataset, several in schemas.items():
        tables = layout.setdefault(dataset, {})
        for schema in several:
            for name, table in schema.tables.items():
                for column, found in typed_columns(table).items():
                    tables.setdefault(name, {}).setdefault(column, found)
    return layout_for(layout, dialect)


def compute_columns_schema(
    expression: exp.Expr,
    sqlglot_schema: SqlglotSchema,
    dialect: str | Dialect | None = None,
    infer_sqlglot_schema: bool = True,
    allow_anonymous_columns: bool = True,
    allow_partial: bool = False,
) -> tuple[Columns, exp.Query | None]:
    """Return the columns of a query, and the query with each of its names said in full.

    Args:
        expression: The query.
        sqlglot_schema: Tables and columns that are known.
        dialect: The dialect, or its name.
        infer_sqlglot_schema: Take columns of unknown tables as they are written.
        allow_anonymous_columns: Name columns without a name `_col_0` and so on.
        allow_partial: Return nothing where the columns cannot be told.

    Raises:
        LineageFailedException: it is no SELECT, or its columns cannot be told.
    """
    try:
        query = need_query(expression)
        if not allow_anonymous_columns and any(not column.output_name for column in query.selects):
            raise LineageFailedException(f"a column of the query has no name: {query.sql()}. Give it one with AS.")
        unknown = infer_sqlglot_schema and any(
            not sqlglot_schema.column_names(table) for table in query.find_all(exp.Table)
        )
        full = in_full(query, sqlglot_schema, exact(dialect), validate=not unknown)
        return columns_of(full), full
    except LineageFailedException:
        if allow_partial:
            return {}, None
        raise


def need_query(expression: exp.Expr | None, text: str = "") -> exp.Query:
    """Return a query.

    Args:
        expression: The tree.
        text: What it was made of.

    Raises:
        LineageFailedException: it is a statement that gives no rows.
    """
    if isinstance(expression, exp.Query):
        return expression
    found = text or ("nothing" if expression is None else expression.sql())
    raise LineageFailedException(
        f"the query is not a SELECT statement. It is {found}. Run others with the sql_client of the pipeline."
    )


def in_full(query: exp.Query, schema: SqlglotSchema, dialect: Dialect, validate: bool = True) -> exp.Query:
    """Return a query that says of each column which table it is of, and names all columns of a star.

    Args:
        query: The query, which stays as it is.
        schema: Tables and columns that are known.
        dialect: How it was written.
        validate: Refuse columns that no table has.

    Raises:
        LineageFailedException: a column is in no table.
    """
    from sqlglot.errors import SqlglotError
    from sqlglot.optimizer.annotate_types import annotate_types
    from sqlglot.optimizer.qualify import qualify

    try:
        full = qualify(query.copy(), schema=schema, dialect=dialect, validate_qualify_columns=validate)
        return _ordered(need_query(annotate_types(full, schema=schema, dialect=dialect)))
    except SqlglotError as error:
        raise LineageFailedException(
            f"Failed to resolve SQL query against the schema received: {error}. The query is: {query.sql(dialect)}"
        ) from error


def _ordered(full: exp.Query) -> exp.Query:
    """Let a query sort by columns of tables where it sorts by those of its result: versions of sqlglot differ in it."""
    order = full.args.get("order")
    if order is None or not isinstance(full, exp.Select) or full.args.get("distinct"):
        return full
    columns = {select.alias_or_name: select.unalias() for select in full.selects if is_plain(select)}
    for term in order.expressions:
        if isinstance(term.this, exp.Column) and not term.this.table and term.this.name in columns:
            term.set("this", columns[term.this.name].copy())
    return full


def columns_of(full: exp.Query) -> Columns:
    """Return the columns of a query that says all in full, with hints of those that are columns of tables.

    Raises:
        LineageFailedException: it has a star of which nobody knows the columns.
    """
    found: Columns = {}
    for select in full.selects:
        if select.is_star:
            raise LineageFailedException(
                "the `*` of the query stands for columns that are not known. Name the columns, or the tables whose "
                f"columns are meant, as in known_table.*. The query is: {full.sql()}"
            )
        name = select.alias_or_name
        kind = select.type if isinstance(select.type, exp.DataType) else None
        source = kind.meta.get(COLUMN) if kind is not None and is_plain(select) else None
        found[name] = passed_on(source, name) if source is not None else {"name": name, **from_sqlglot(kind)}
    return found


def is_plain(select: exp.Expr) -> bool:
    """Tell whether what is selected is a column as it is, maybe under another name."""
    return isinstance(select.unalias(), exp.Column)


def spell(query: exp.Query, names: Iterable[str]) -> None:
    """Write names in the query as they are, where it has them in another case.

    Args:
        query: It is changed.
        names: Tables and columns that are known.
    """
    own = {node.alias for node in query.find_all(exp.Alias, exp.TableAlias, exp.CTE)}
    there = {*names, *own}
    folded: dict[str, str | None] = {}
    for name in there:
        # of two that differ by case only nobody knows which one is meant
        folded[name.casefold()] = None if name.casefold() in folded else name
    for identifier in query.find_all(exp.Identifier):
        written = identifier.name
        if written not in there and (meant := folded.get(written.casefold())):
            identifier.set("this", meant)


def parse(text: str, dialect: str | None) -> exp.Query:
    """Return the tree of a query.

    Args:
        text: SQL.
        dialect: Name of the dialect in which it is written.

    Raises:
        LineageFailedException: it is no SELECT, or no SQL that sqlglot reads.
    """
    from sqlglot.errors import ParseError, SqlglotError

    try:
        return need_query(sqlglot.parse_one(text, dialect=dialect), text)
    except SqlglotError as error:
        # the text of the error has escape sequences for a terminal
        said = error.errors[0].get("description") if isinstance(error, ParseError) and error.errors else error
        raise LineageFailedException(
            f"the query cannot be read as SQL of {dialect or 'no dialect'}: {said}. Run it as it is written with "
            f"_execute_raw_query=True, or with the sql_client of the pipeline. The query is: {text}"
        ) from error

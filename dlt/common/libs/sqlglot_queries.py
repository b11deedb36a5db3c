"""Queries brought into the shape of a table, as PyPI `dlt` 1.x does it with trees of sqlglot."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TypeVar

from dlt.errors import CannotCoerceNullException
from dlt.late import exp
from dlt.schema.naming import NamingConvention
from dlt.schema.typing import ColumnSchema

DLT_SUBQUERY_NAME = "_dlt_subquery"
Query = TypeVar("Query", bound="exp.Query")
_BEYOND_SELECT = ("with_", "with", "joins", "group", "having", "distinct", "windows", "qualify")


def get_select_column_names(selects: Sequence[exp.Expr], dialect: str | None = None) -> list[str]:
    """Return the names that selected columns have in the result.

    Args:
        selects: What a query selects.
        dialect: Dialect in which messages show it.

    Raises:
        ValueError: one is a star, or has no name.
    """
    return [_name_of(selected, dialect) for selected in selects]


def _name_of(selected: exp.Expr, dialect: str | None) -> str:
    # in the dialect of the user, who has to find it in the query
    shown = selected.sql(dialect)
    if selected.is_star:
        raise ValueError(f"Star in a list of columns: {shown!r} has no names. Write the columns out.")
    if isinstance(selected, exp.Alias):
        return str(selected.alias)
    if isinstance(selected, exp.Column):
        return str(selected.name)
    if isinstance(selected, exp.Dot):
        return str(selected.expression.name)
    raise ValueError(f"{shown!r} has no name. Give it one: {shown} AS name.")


def filter_select_column_names(
    selects: Sequence[exp.Expr],
    discard_columns: Collection[str],
    normalize_fn: Callable[[str], str],
    dialect: str | None = None,
) -> list[str]:
    """Return the names of selected columns without some of them.

    Args:
        selects: What a query selects.
        discard_columns: Names to leave out, normalized.
        normalize_fn: Normalizes a name.
        dialect: Dialect in which messages show a query.
    """
    return [name for name in get_select_column_names(selects, dialect) if normalize_fn(name) not in discard_columns]


def validate_no_star_select(parsed_select: exp.Select, dialect: str) -> None:
    """Check that a query names its columns.

    Raises:
        ValueError: it selects a star.
    """
    if parsed_select.is_star:
        raise ValueError(
            f"A `SELECT *` cannot be brought into the shape of a table: {parsed_select.sql(dialect)}. Write the "
            "columns out."
        )


def uuid_expr_for_dialect(dialect: str, load_id: str) -> exp.Expr:
    """Return an expression that gives each row an id of its own.

    Args:
        dialect: Dialect of the engine.
        load_id: The load, which tells rows apart where an engine has no random ids.
    """
    if dialect == "redshift":
        # without random ids the load and the number of the row are what no other row has
        text = exp.Literal.string
        number = exp.Window(this=exp.RowNumber())
        return exp.func("MD5", exp.DPipe(this=exp.DPipe(this=text(load_id), expression=text("-")), expression=number))
    if dialect == "clickhouse":
        return exp.Anonymous(this="generateUUIDv4")
    if dialect == "sqlite":
        return exp.Lower(this=exp.Hex(this=exp.Anonymous(this="RANDOMBLOB", expressions=[exp.Literal.number(16)])))
    # an id of Athena is of a type of its own, which is no text
    return exp.cast(exp.Uuid(), "VARCHAR") if dialect == "athena" else exp.Uuid()


def build_outer_select_statement(
    select_dialect: str,
    parsed_select: exp.Select,
    columns: Mapping[str, ColumnSchema],
    normalize_casefold_fn: Callable[[str], str],
) -> tuple[exp.Select, bool]:
    """Return a query around another one that gives its columns their names at the destination.

    Args:
        select_dialect: Dialect of the query.
        parsed_select: The query.
        columns: Columns of the table.
        normalize_casefold_fn: Gives a name the case that the destination has.

    Returns:
        The query, and whether its columns are others than those of the table, or in another order.
    """
    names = get_select_column_names(parsed_select.selects, select_dialect)
    folded = [normalize_casefold_fn(name) for name in names]
    # quoted, so that an engine takes the names as they are
    selected = [
        exp.alias_(exp.column(exp.to_identifier(name, quoted=True), table=DLT_SUBQUERY_NAME), fold, quoted=True)
        for name, fold in zip(names, folded, strict=True)
    ]
    return exp.select(*selected).from_(parsed_select.subquery(DLT_SUBQUERY_NAME)), folded != list(columns)


def reorder_or_adjust_outer_select(
    outer_parsed_select: exp.Select,
    columns: Mapping[str, ColumnSchema],
    normalize_casefold_fn: Callable[[str], str],
    schema_name: str,
    table_name: str,
) -> None:
    """Give a query the columns of a table, in its order: NULL where it has none, and no others.

    Args:
        outer_parsed_select: The query; it is changed.
        columns: Columns of the table.
        normalize_casefold_fn: Gives a name the case that the destination has.
        schema_name: Name of the schema, for messages.
        table_name: Name of the table, for messages.

    Raises:
        CannotCoerceNullException: a column that takes no NULL is not selected.
    """
    there = {normalize_casefold_fn(selected.alias): selected for selected in outer_parsed_select.selects}
    # checked before anything is changed: the query stays whole when it is refused
    for name, column in columns.items():
        if normalize_casefold_fn(name) not in there and column.get("nullable") is False:
            raise CannotCoerceNullException(
                f"schema {schema_name}: {table_name}.{name} takes no NULL, and the query does not select it. Select "
                "it.",
                schema_name=schema_name,
                table=table_name,
                column=name,
            )
    absent = {name: exp.alias_(exp.Null(), normalize_casefold_fn(name), quoted=True) for name in columns}
    outer_parsed_select.set("expressions", [there.get(normalize_casefold_fn(name), absent[name]) for name in columns])


def normalize_query_identifiers(query: Query, naming_convention: NamingConvention) -> Query:
    """Return a query with the names that a convention gives to its tables, columns and aliases; datasets stay.

    Args:
        query: The query; it is not changed.
        naming_convention: The convention.
    """
    # programs go on with the query that they passed
    tree = query.copy()
    given = {alias.name for alias in _aliases(tree)}

    def table_name(name: str) -> str:
        path, table = naming_convention.normalize_path, naming_convention.normalize_tables_path
        # what the query itself calls so is no table of the schema
        return path(name) if name in given else table(name)

    # a list, as nodes are changed while one goes over them
    for node in list(tree.find_all(exp.Table, exp.Column)):
        if isinstance(node, exp.Table):
            _rename(node.this, table_name)
        else:
            _rename(node.this, naming_convention.normalize_path)
            _rename(node.args.get("table"), table_name)
    for alias in _aliases(tree):
        _rename(alias, naming_convention.normalize_path)
    for selected in tree.find_all(exp.Alias):
        _rename(selected.args.get("alias"), naming_convention.normalize_path)
    return tree


def _aliases(tree: exp.Expr) -> list[exp.Identifier]:
    return [alias.this for alias in tree.find_all(exp.TableAlias) if isinstance(alias.this, exp.Identifier)]


def _rename(name: object, normalize: Callable[[str], str]) -> None:
    if isinstance(name, exp.Identifier):
        name.set("this", normalize(name.name))


def query_is_complex(parsed_select: exp.Query, columns: Collection[str]) -> bool:
    """Tell whether a query does more than rename, order and filter all rows of one table.

    Args:
        parsed_select: The query.
        columns: Columns of the table; those of the library need not be selected.
    """
    if not isinstance(parsed_select, exp.Select) or any(parsed_select.args.get(part) for part in _BEYOND_SELECT):
        return True
    # duplicates count: a column that is selected twice is none that is renamed
    wanted = sorted(name for name in columns if not name.startswith("_dlt"))
    values = [selected.unalias() for selected in parsed_select.selects]
    plain = [value for value in values if isinstance(value, exp.Column) and not value.is_star]
    if any(not (value.is_star or isinstance(value, (exp.Column, exp.Literal))) for value in values):
        return True
    # a star has all columns already, and one beside it would be there twice
    if any(value.is_star for value in values):
        return bool(plain)
    return sorted(column.name for column in plain if not column.name.startswith("_dlt")) != wanted

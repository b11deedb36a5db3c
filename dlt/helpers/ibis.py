"""What ibis and datasets have in common, under the names of PyPI `dlt` 1.x."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dlt.absent import absent_names
from dlt.errors import IbisNotAvailable, MissingDependencyException, SchemaException

if TYPE_CHECKING:
    from sqlglot.expressions import Query

    from dlt.schema.schema import Schema

__all__ = ["compile_ibis_to_sqlglot", "create_unbound_ibis_table"]

__getattr__ = absent_names(
    __name__, "pipeline.dataset().ibis() is a connection of ibis that reads the dataset.", "create_ibis_backend"
)
_ALIASES = {"redshift": "postgres", "spark": "pyspark", "spark2": "pyspark", "presto": "trino", "tsql": "mssql"}
"""What ibis calls dialects of sqlglot."""
# ibis has no types
Native = Any


def _ibis(caller: str) -> Native:
    try:
        import ibis
    except ImportError as error:
        raise MissingDependencyException(
            f"{caller}: ibis is not installed. Run: pip install 'ibis-framework[duckdb]'"
        ) from error
    return ibis


def create_unbound_ibis_table(schema: Schema, dataset_name: str, table_name: str) -> Native:
    """Return a table of ibis with the columns of a table of a schema, and no connection.

    Args:
        schema: The schema.
        dataset_name: Dataset that queries of the table name.
        table_name: The table.

    Raises:
        MissingDependencyException: ibis is not installed.
        SchemaException: The schema has no such table, or the table no columns.
    """
    ibis = _ibis("create_unbound_ibis_table")
    # it imports ibis at its top
    from dlt.dataset.ibis_backend import schema_of

    columns = schema.tables.get(table_name, {}).get("columns", {})
    known = {name: column for name, column in columns.items() if "data_type" in column}
    if not known:
        raise SchemaException(
            f"schema {schema.name!r} has no table {table_name!r} with columns that have a type. "
            f"It has {', '.join(schema.tables)}."
        )
    return ibis.table(schema_of(known), name=table_name, database=dataset_name)


def compile_ibis_to_sqlglot(ibis_expr: Native, dialect: str) -> Query:
    """Return the query of an expression of ibis as a tree of sqlglot.

    Args:
        ibis_expr: The expression.
        dialect: Name that sqlglot has for the SQL of a destination.

    Raises:
        MissingDependencyException: ibis is not installed.
        IbisNotAvailable: ibis does not write this SQL.
    """
    # unbound: a table of a connection would bring what only that connection knows
    tree: Query = _get_ibis_to_sqlglot_compiler(dialect).to_sqlglot(ibis_expr.unbind())
    return tree


# imported by programs under this name
def _get_ibis_to_sqlglot_compiler(dialect: str) -> Native:
    """Return what writes SQL of a dialect.

    Raises:
        MissingDependencyException: ibis is not installed.
        IbisNotAvailable: ibis does not write this SQL.
    """
    _ibis("compile_ibis_to_sqlglot")
    from ibis.backends.sql import compilers

    known = {name: found.compiler for name, found in vars(compilers).items() if hasattr(found, "compiler")}
    name = _ALIASES.get(dialect, dialect)
    if name not in known:
        raise IbisNotAvailable(f"ibis writes no SQL of the dialect {dialect!r}. It writes {', '.join(sorted(known))}.")
    return known[name]

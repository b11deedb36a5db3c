"""Queries that ibis makes for tables of a schema, without asking a destination."""

from __future__ import annotations

from typing import Any

import pytest

import dlt
from dlt.errors import IbisNotAvailable, SchemaException
from dlt.helpers.ibis import _get_ibis_to_sqlglot_compiler, compile_ibis_to_sqlglot, create_unbound_ibis_table


def _schema(tmp_path: Any) -> dlt.Schema:
    pipeline = dlt.pipeline("ibis_helper", pipelines_dir=str(tmp_path), destination="dummy")
    pipeline.extract([{"id": 1, "name": "a", "price": 1.5}], table_name="items")
    pipeline.normalize()
    return pipeline.default_schema


def test_a_table_of_a_schema_is_a_table_of_ibis(tmp_path: Any) -> None:
    """With its columns, and no connection; its queries are written for a destination."""
    schema = _schema(tmp_path)
    table = create_unbound_ibis_table(schema, "shop", "items")
    assert {"id", "name", "price"} <= set(table.columns)
    query = compile_ibis_to_sqlglot(table.filter(table.price > 1).select("name"), "postgres")
    assert query.sql("postgres") == 'SELECT "t0"."name" FROM "shop"."items" AS "t0" WHERE "t0"."price" > 1'
    with pytest.raises(SchemaException, match="no table 'nothing'"):
        create_unbound_ibis_table(schema, "shop", "nothing")


@pytest.mark.parametrize(
    ("dialect", "compiler"),
    [("redshift", "PostgresCompiler"), ("tsql", "MSSQLCompiler"), ("duckdb", "DuckDBCompiler")],
)
def test_dialects_have_the_names_of_sqlglot(dialect: str, compiler: str) -> None:
    """Redshift speaks as Postgres; what ibis does not speak is told."""
    assert type(_get_ibis_to_sqlglot_compiler(dialect)).__name__ == compiler
    with pytest.raises(IbisNotAvailable, match="writes no SQL of the dialect 'drill'"):
        _get_ibis_to_sqlglot_compiler("drill")

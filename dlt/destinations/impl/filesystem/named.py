"""Which tables a query names, as DuckDB's own parser tells it."""

from __future__ import annotations

from collections.abc import Iterator

from dlt.late import duckdb, orjson

_CATALOGS = ("information_schema", "pg_catalog")
_OF_CATALOGS = ("duckdb_", "pragma_", "sqlite_", "pg_", "query")
"""Beginnings of the names of tables and functions that tell of tables, or take the name of one as a text."""


def tables_in(connection: duckdb.DuckDBPyConnection, sql: str) -> frozenset[str] | None:
    """Return the names that statements read from, as they are written; None where it may be any table.

    Names of common table expressions are among them: `WITH t AS (SELECT * FROM t)` reads a table of this name, too.

    Args:
        connection: Any connection; nothing runs in its transaction.
        sql: Statements, also with places for values.
    """
    # the binder, which `get_table_names` asks, refuses places for values, and columns of tables that are not there
    with connection.cursor() as parser:
        try:
            statements = [statement.query for statement in parser.extract_statements(sql)]
        except duckdb.Error:
            # whoever runs it is told what is wrong
            return frozenset()
        found: set[str] = set()
        for statement in statements:
            row = parser.execute("SELECT json_serialize_sql(?)", [statement]).fetchone()
            tree = orjson.loads(row[0]) if row is not None else {"error": True}
            if tree.get("error") or not tree["statements"]:
                # DuckDB 1 makes several statements of a PIVOT, and tells the text of none of them;
                # a statement that only begins with a query, such as CREATE TABLE ... AS, or asks for a catalog
                return None
            for node in _nodes(tree):
                kind, name = node.get("type"), str(node.get("table_name", ""))
                if kind == "TABLE_FUNCTION" and isinstance(function := node.get("function"), dict):
                    name = str(function.get("function_name", ""))
                if _may_be_any(kind, name, node.get("schema_name")):
                    return None
                if kind == "BASE_TABLE":
                    found.add(name)
    return frozenset(found)


def _may_be_any(kind: object, name: str, schema: object) -> bool:
    if kind not in ("BASE_TABLE", "TABLE_FUNCTION", "SHOW_REF"):
        return False
    # SHOW and DESCRIBE list tables
    return kind == "SHOW_REF" or schema in _CATALOGS or name.lower().startswith(_OF_CATALOGS)


def _nodes(tree: object) -> Iterator[dict[str, object]]:
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            yield node
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)

"""A schema as text that programs draw: Mermaid, Graphviz, DBML."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

from dlt.schema.schema import Schema
from dlt.schema.system_columns import PARENT_ID, ROW_ID
from dlt.schema.typing import TableSchema

Diagram = Literal["mermaid", "dot", "dbml"]


def to_diagram(schema: Schema, kind: Diagram) -> str:
    """Return the tables of a schema, their columns, and how nested and referenced tables hang together.

    Args:
        schema: The schema.
        kind: Which program draws it.
    """
    return {"mermaid": _mermaid, "dot": _dot, "dbml": _dbml}[kind](schema.tables)


def _columns(table: TableSchema) -> Iterator[tuple[str, str, bool]]:
    for name, column in table["columns"].items():
        yield name, str(column.get("data_type", "text")), bool(column.get("primary_key") or column.get("row_key"))


def _references(tables: Mapping[str, TableSchema]) -> Iterator[tuple[str, str, str, str]]:
    """Yield table, column, table that it refers to, and column there."""
    for name, table in tables.items():
        # nested tables hang on their parents without being declared so
        if table.get("parent"):
            yield name, PARENT_ID, table["parent"], ROW_ID
        for reference in table.get("references") or []:
            pairs = zip(reference["columns"], reference["referenced_columns"], strict=True)
            for column, other in pairs:
                yield name, column, reference["referenced_table"], other


def _mermaid(tables: Mapping[str, TableSchema]) -> str:
    lines = ["erDiagram"]
    for name, table in tables.items():
        columns = [f"        {kind} {column}{' PK' if key else ''}" for column, kind, key in _columns(table)]
        lines += [f"    {name} {{", *columns, "    }"]
    # two columns of one reference are one line between the tables
    pairs = dict.fromkeys((other, name) for name, _, other, _ in _references(tables))
    lines += [f'    {other} ||--o{{ {name} : ""' for other, name in pairs]
    return "\n".join(lines)


def _dot(tables: Mapping[str, TableSchema]) -> str:
    lines = ["digraph schema {", "    rankdir=LR", "    node [shape=record]"]
    for name, table in tables.items():
        columns = "".join(f"|<{column}> {column}: {kind}" for column, kind, _ in _columns(table))
        lines.append(f'    "{name}" [label="{name}{columns}"]')
    lines += [f'    "{name}":"{column}" -> "{other}":"{there}"' for name, column, other, there in _references(tables)]
    return "\n".join([*lines, "}"])


def _dbml(tables: Mapping[str, TableSchema]) -> str:
    lines: list[str] = []
    for name, table in tables.items():
        columns = [f'  "{column}" {kind}{" [pk]" if key else ""}' for column, kind, key in _columns(table)]
        lines += [f'Table "{name}" {{', *columns, "}", ""]
    lines += [f'Ref: "{name}"."{column}" > "{other}"."{there}"' for name, column, other, there in _references(tables)]
    return "\n".join(lines).rstrip()

"""A schema as text that programs draw: Mermaid, Graphviz, DBML."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from dlt.schema.chains import root_of
from dlt.schema.references import LOAD_LABEL, PARENT_LABEL, ROOT_LABEL, SCHEMA_NAME_LABEL, SCHEMA_VERSION_LABEL
from dlt.schema.system_tables import is_system_name
from dlt.schema.typing import ColumnSchema, TableReference, TableSchema

Tables = Mapping[str, TableSchema]

_LEFT = {"zero": "|o", "one": "||", "many": "}|"}
_RIGHT = {"zero": "o|", "one": "||", "many": "|{"}
"""How Mermaid draws how many rows stand at an end of a line. Zero of them is the one that may be missing."""


class Lines(NamedTuple):
    """Which lines between tables are drawn.

    Attributes:
        dlt_tables: Tables of the library, and the lines to them.
        internal: Lines between loads and versions, and from rows to their loads.
        parents: Lines from nested rows to those around them.
        roots: Lines from nested rows to the rows of the root table.
        by_resource: Tables of one resource stand in one box.
    """

    dlt_tables: bool = True
    internal: bool = True
    parents: bool = True
    roots: bool = True
    by_resource: bool = False

    def takes(self, reference: TableReference) -> bool:
        """Tell whether a reference is drawn."""
        label = reference.get("label")
        if label in (LOAD_LABEL, SCHEMA_NAME_LABEL, SCHEMA_VERSION_LABEL):
            return self.internal
        return {PARENT_LABEL: self.parents, ROOT_LABEL: self.roots}.get(label or "", True)


ALL = Lines()
"""All of a schema."""


def mermaid(
    tables: Tables,
    references: Iterable[TableReference],
    hide_columns: bool = False,
    hide_descriptions: bool = False,
    include_dlt_tables: bool = True,
) -> str:
    """Return a diagram as Mermaid draws it, line by line what PyPI `dlt` writes.

    Args:
        tables: Tables by name.
        references: The lines between them.
        hide_columns: Only the names of tables.
        hide_descriptions: Columns without what is said of them.
        include_dlt_tables: Tables of the library too.
    """
    lines = ["erDiagram"]
    for name, columns in _drawn(tables, include_dlt_tables).items():
        lines += [f"    {name}{{", *([] if hide_columns else _mermaid_columns(columns, hide_descriptions)), "}"]
    for reference in references:
        ends = (reference.get("table") or "", reference["referenced_table"])
        if include_dlt_tables or not any(map(is_system_name, ends)):
            lines.append(f'    {ends[0]} {_arrow(reference)} {ends[1]} : "{reference.get("label") or ""}"')
    return "\n".join([*lines, ""])


def dot(tables: Tables, references: Iterable[TableReference], lines: Lines = ALL) -> str:
    """Return a diagram as Graphviz draws it.

    Args:
        tables: Tables by name.
        references: The lines between them.
        lines: What of it is drawn.
    """
    boxes: dict[str, list[str]] = {}
    for name, columns in _drawn(tables, lines.dlt_tables).items():
        fields = "".join(f"|<{column}> {column}: {hints['data_type']}" for column, hints in columns.items())
        boxes.setdefault(_resource(tables, name), []).append(f'"{name}" [label="{name}{fields}"]')
    out = ["digraph schema {", "    rankdir=LR", "    node [shape=record]"]
    for resource, drawn in boxes.items():
        if lines.by_resource:
            out += [f'    subgraph "cluster_{resource}" {{', f'        label="{resource}"']
            out += [*(f"        {box}" for box in drawn), "    }"]
        else:
            out += [f"    {box}" for box in drawn]
    out += [f'    "{a}":"{column}" -> "{b}":"{there}"' for a, column, b, there in _pairs(tables, references, lines)]
    return "\n".join([*out, "}"])


def dbml(tables: Tables, references: Iterable[TableReference], lines: Lines = ALL) -> str:
    """Return a diagram in the markup language for databases, DBML.

    Args:
        tables: Tables by name.
        references: The lines between them.
        lines: What of it is drawn.
    """
    blocks: list[str] = []
    groups: dict[str, list[str]] = {}
    for name, columns in _drawn(tables, lines.dlt_tables).items():
        fields = [
            f'  "{column}" {hints["data_type"]}{" [pk]" if hints.get("primary_key") or hints.get("row_key") else ""}'
            for column, hints in columns.items()
        ]
        blocks.append("\n".join([f'Table "{name}" {{', *fields, "}"]))
        groups.setdefault(_resource(tables, name), []).append(f'  "{name}"')
    found = _pairs(tables, references, lines)
    if found:
        blocks.append("\n".join(f'Ref: "{a}"."{column}" > "{b}"."{there}"' for a, column, b, there in found))
    if lines.by_resource:
        blocks += ["\n".join([f'TableGroup "{name}" {{', *members, "}"]) for name, members in groups.items()]
    return "\n\n".join(blocks)


def _drawn(tables: Tables, include_dlt_tables: bool) -> dict[str, dict[str, ColumnSchema]]:
    """Return the columns of the tables that are drawn: without a type nothing of a column is known."""
    found = {}
    for name, table in tables.items():
        columns = {key: hints for key, hints in table["columns"].items() if "data_type" in hints}
        if columns and (include_dlt_tables or not is_system_name(name)):
            found[name] = columns
    return found


def _mermaid_columns(columns: Mapping[str, ColumnSchema], hide_descriptions: bool) -> list[str]:
    lines = []
    for name, hints in columns.items():
        keys = ",".join(mark for mark, key in (("PK", "primary_key"), ("UK", "unique")) if hints.get(key))
        said = "" if hide_descriptions else hints.get("description") or ""
        # a quote would end the text
        said = f'"{said.replace(chr(34), chr(39))}"' if said else ""
        lines.append(" ".join(part for part in (f"    {hints['data_type']} {name}", keys, said) if part))
    return lines


def _arrow(reference: TableReference) -> str:
    left, _, right = (reference.get("cardinality") or "one_to_many").partition("_to_")
    # where one side may be missing, "one" is drawn as "one or none" too
    if "zero" in (left, right):
        left, right = ("zero" if end == "one" else end for end in (left, right))
    return f"{_LEFT[left]}--{_RIGHT[right]}"


def _resource(tables: Tables, name: str) -> str:
    root = root_of(tables, name)
    return tables[root].get("resource") or root


def _pairs(tables: Tables, references: Iterable[TableReference], lines: Lines) -> list[tuple[str, str, str, str]]:
    """Return table, column, table that it refers to, and column there."""
    drawn = _drawn(tables, lines.dlt_tables)
    found = []
    for reference in filter(lines.takes, references):
        name, other = reference.get("table") or "", reference["referenced_table"]
        columns: Sequence[tuple[str, str]] = [*zip(reference["columns"], reference["referenced_columns"], strict=True)]
        if name in drawn and other in drawn:
            found += [(name, column, other, there) for column, there in columns]
    return found

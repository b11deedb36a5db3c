"""A change of a schema, as a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from dlt.late_dataclass import dataclass
from dlt.schema.typing import TableSchema


@dataclass(frozen=True)
class SchemaUpdate:
    """Tables, each with only the columns and hints that are new or different."""

    tables: Mapping[str, TableSchema] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.tables)

    def merged(self, later: SchemaUpdate) -> SchemaUpdate:
        """Return this update followed by another one."""
        tables: dict[str, TableSchema] = {name: {**table} for name, table in self.tables.items()}
        for name, table in later.tables.items():
            known = tables.get(name)
            if known is None:
                tables[name] = {**table}
                continue
            # the later of two packages may have added hints to a column of the first
            columns = {**known.get("columns", {}), **table.get("columns", {})}
            tables[name] = {**known, **table, "columns": columns}
        return SchemaUpdate(tables)

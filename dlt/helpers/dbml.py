"""Schemas as DBML diagrams under the name of PyPI `dlt` 1.x."""

from __future__ import annotations

from pathlib import Path

from dlt.absent import absent_names
from dlt.schema.schema import Schema

__all__ = ["export_to_dbml"]

__getattr__ = absent_names(__name__, "Schema.to_dbml() writes a schema as DBML.", "schema_to_dbml")


def export_to_dbml(schema: Schema, *, path: str | Path | None = None) -> str:
    """Return a diagram of a schema, and write it to a file where one is named.

    Args:
        schema: The schema.
        path: The file.
    """
    text = schema.to_dbml()
    if path is not None:
        Path(path).write_text(text, encoding="utf-8")
    return text

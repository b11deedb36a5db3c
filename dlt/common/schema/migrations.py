"""Stored schemas of earlier versions under the name of PyPI `dlt` 1.x."""

from __future__ import annotations

from dlt.schema.schema import Schema


def migrate_schema(schema_dict: dict[str, object], from_engine: int, to_engine: int) -> dict[str, object]:
    """Return a stored schema as the engine of this library stores it.

    Args:
        schema_dict: The stored schema.
        from_engine: Version of the engine that stored it.
        to_engine: Version that is wanted; this library knows one.
    """
    del from_engine, to_engine
    return dict(Schema.from_dict(schema_dict).to_dict())

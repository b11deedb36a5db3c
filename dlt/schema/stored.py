"""Schemas as dicts and files; schemas that earlier versions stored are read as well."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Mapping
from typing import Any

from dlt.errors import SchemaCorruptedException, SchemaEngineNoUpgradePathException
from dlt.schema.typing import DataType, TableSchema
from dlt.schema.x_keys import NEW_TABLE, SEEN_DATA, X_NORMALIZER

ENGINE_VERSION = 11
OLD_TYPES: dict[str, DataType] = {"complex": "json"}
"""Names of data types that programs still write, and what they are called now."""


def migrate(stored: dict[str, Any]) -> dict[str, Any]:
    """Return a stored schema in the present layout.

    Raises:
        SchemaCorruptedException: it is no schema.
        SchemaEngineNoUpgradePathException: a later version of the library stored it.
    """
    if not isinstance(stored, dict) or not isinstance(stored.get("name"), str):
        raise SchemaCorruptedException("The stored schema is not a dict with a name. Restore the file, or delete it.")
    engine = int(stored.get("engine_version", ENGINE_VERSION))
    if engine > ENGINE_VERSION:
        raise SchemaEngineNoUpgradePathException(
            f"schema {stored['name']}: it was stored with engine version {engine}, this library reads up to "
            f"{ENGINE_VERSION}. Upgrade the library."
        )
    tables = {}
    for name, table in (stored.get("tables") or {}).items():
        columns = {}
        for column_name, column in (table.get("columns") or {}).items():
            if column.get("data_type") in OLD_TYPES:
                column = {**column, "data_type": OLD_TYPES[column["data_type"]]}
            columns[column_name] = {"name": column_name, **{k: v for k, v in column.items() if v is not None}}
        tables[name] = {"name": name, **table, "columns": columns}
    return {**stored, "engine_version": ENGINE_VERSION, "tables": tables}


def without_defaults(stored: dict[str, Any]) -> dict[str, Any]:
    """Return a stored schema without what `migrate` puts back: names inside tables and columns."""
    tables = {}
    for name, table in stored["tables"].items():
        columns = {
            column_name: {key: value for key, value in column.items() if key != "name"}
            for column_name, column in table["columns"].items()
        }
        tables[name] = {**{key: value for key, value in table.items() if key != "name"}, "columns": columns}
    return {**stored, "tables": tables}


def without_processing_hints(tables: Mapping[str, TableSchema]) -> dict[str, TableSchema]:
    """Return tables without what normalize notes in them for itself."""
    found: dict[str, Any] = {}
    for name, table in tables.items():
        others = {key: value for key, value in table.items() if key != X_NORMALIZER}
        kept = {k: v for k, v in table.get(X_NORMALIZER, {}).items() if k not in (SEEN_DATA, NEW_TABLE)}
        found[name] = {**others, X_NORMALIZER: kept} if kept else others
    return found


def to_yaml(stored: dict[str, Any]) -> str:
    """Return a stored schema as YAML."""
    import yaml

    text: str = yaml.dump(stored, allow_unicode=True, default_flow_style=False, sort_keys=False)
    return text


def from_yaml(text: str) -> dict[str, Any]:
    """Return a stored schema from YAML or JSON text."""
    import yaml

    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


def packed(text: str) -> str:
    """Return the text of a schema so that it needs less room, for destinations whose texts are short."""
    return base64.b64encode(zlib.compress(text.encode(), 9)).decode("ascii")


def unpacked(text: str) -> str:
    """Return the text of a schema, whether it was packed or not."""
    return text if text.startswith("{") else zlib.decompress(base64.b64decode(text)).decode()

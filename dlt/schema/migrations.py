"""Schemas that earlier versions of PyPI `dlt` stored, brought to the present layout step by step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from dlt.schema.system_columns import PARENT_ID, ROW_ID
from dlt.schema.system_tables import PREFIX, loads_table, version_table
from dlt.schema.typing import OLD_TYPES
from dlt.schema.x_keys import SEEN_DATA, X_NORMALIZER

Hints = dict[str, object]


def upgraded(stored: Mapping[str, object], engine: int) -> dict[str, object]:
    """Return a stored schema in the layout of the present engine version; it stays as it is.

    Args:
        stored: The stored schema; its tables and their columns are mappings.
        engine: The engine version that stored it.
    """
    found = dict(stored)
    if engine < 3:
        _settings_apart(found)
    tables = {
        name: _table(name, dict(table), engine) for name, table in cast("dict[str, Hints]", found["tables"]).items()
    }
    if engine < 3:
        _nest(tables)
    found["tables"] = tables
    settings = dict(cast(Hints, found.get("settings") or {}))
    settings.pop("schema_sealed", None)
    _new_words(settings, engine)
    found["settings"] = settings
    if engine < 11:
        normalizers = dict(cast(Hints, found.get("normalizers") or {}))
        # before, two underscores inside a name became one: a pipeline that goes on keeps its columns
        normalizers.setdefault("use_break_path_on_normalize", False)
        if "detections" in normalizers:
            settings.setdefault("detections", normalizers.pop("detections"))
        # rows always have ids
        json_normalizer = cast(Hints, normalizers.get("json") or {})
        config = cast(Hints, json_normalizer.get("config") or {})
        if "generate_dlt_id" in config:
            kept = {key: value for key, value in config.items() if key != "generate_dlt_id"}
            normalizers["json"] = {**json_normalizer, "config": kept}
        found["normalizers"] = normalizers
    return found


def _settings_apart(found: Hints) -> None:
    """Engines 1 and 2 had patterns at the top, without a mark of what is a pattern."""
    hints = cast("Mapping[str, list[str]]", found.pop("hints", None) or {})
    types = cast("Mapping[str, str]", found.pop("preferred_types", None) or {})
    found["settings"] = {
        "default_hints": {hint: [f"re:{pattern}" for pattern in patterns] for hint, patterns in hints.items()},
        "preferred_types": {f"re:{pattern}": kind for pattern, kind in types.items()},
    }
    filters = {key: [f"re:{pattern}" for pattern in cast("list[str]", found.pop(key, None) or [])] for key in _FILTERS}
    tables = cast("Mapping[str, Hints]", found["tables"])
    found["tables"] = {name: {"columns": columns} for name, columns in tables.items()}
    # patterns were those of whole names, and a filter begins behind the name of its root table
    for name, table in cast("dict[str, Hints]", found["tables"]).items():
        own = {
            key: [pattern.replace(f"re:^{name}__", "re:^") for pattern in patterns if f"^{name}__" in pattern]
            for key, patterns in filters.items()
        }
        if any(own.values()):
            table["filters"] = own
    found["normalizers"] = {
        "names": "snake_case",
        "json": {
            "module": "dlt.common.normalizers.json.relational",
            "config": {"propagation": {"root": {ROW_ID: "_dlt_root_id"}}},
        },
    }


_FILTERS = ("excludes", "includes")


def _nest(tables: dict[str, Hints]) -> None:
    """Give the nested tables of engines 1 and 2 their parents, which only their names told."""
    for name, table in tables.items():
        parents = [other for other in tables if name.startswith(f"{other}__")]
        if parents:
            table["parent"] = max(parents, key=len)
            del table["resource"], table["write_disposition"]


def _table(name: str, table: Hints, engine: int) -> Hints:
    table.pop("table_sealed", None)
    columns = cast("Mapping[str, Hints]", table.get("columns") or {})
    table["columns"] = {column: _column(column, dict(hints or {}), engine) for column, hints in columns.items()}
    system = {"_dlt_version": version_table, "_dlt_loads": loads_table}.get(name)
    if system is not None:
        # early ones had fewer columns
        table["columns"] = {**cast(Hints, table["columns"]), **system()["columns"]}
        table["write_disposition"] = "skip"
    if engine < 11 and not table.get("parent"):
        table.setdefault("write_disposition", "append")
        table.setdefault("resource", name)
    typed = any("data_type" in column for column in cast("dict[str, Hints]", table["columns"]).values())
    if engine < 9 and typed and not name.startswith(PREFIX):
        # it was not noted, and whatever had columns had rows
        table[X_NORMALIZER] = {**cast(Hints, table.get(X_NORMALIZER) or {}), SEEN_DATA: True}
    return table


def _column(name: str, column: Hints, engine: int) -> Hints:
    if engine < 10:
        column.pop("foreign_key", None)
        # files of the first versions may name a column in two ways: the key counted
        column["name"] = name
        # both hints were made by the library itself, and are what merges join by
        if name == ROW_ID and column.get("unique"):
            column["row_key"] = True
        if name == PARENT_ID:
            column["parent_key"] = True
        # what was not said was false in the first versions
        for hint in [hint for hint, value in column.items() if value is False and hint != "nullable"]:
            del column[hint]
    return column


def _new_words(settings: Hints, engine: int) -> None:
    """Bring types and hints of the settings to their present names."""
    types = cast("Mapping[str, str]", settings.get("preferred_types") or {})
    if types:
        settings["preferred_types"] = {pattern: OLD_TYPES.get(kind, kind) for pattern, kind in types.items()}
    hints = cast("Mapping[str, list[str]]", settings.get("default_hints") or {})
    if hints and engine < 10:
        kept = {hint: patterns for hint, patterns in hints.items() if hint != "foreign_key"}
        settings["default_hints"] = {**kept, "row_key": [ROW_ID], "parent_key": [PARENT_ID]}

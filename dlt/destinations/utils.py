"""What adapters of destinations share, under the names of PyPI `dlt` 1.x."""

from __future__ import annotations

import importlib
import re
from typing import Any

from dlt.schema.system_tables import state_table
from dlt.schema.typing import TableSchema

_SIZED = re.compile(r"\s*([^(]+?)\s*\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)\s*(.*)")


# a resource stands above destinations, so that its class has no name here
def get_resource_for_adapter(data: object) -> Any:
    """Return data as a resource that takes hints.

    Args:
        data: A resource, or anything that makes one.
    """
    if hasattr(data, "apply_hints"):
        return data
    # resources stand above destinations, which know them in this place only
    kind = importlib.import_module("dlt.extract.resource").DltResource
    return kind.from_data(data, name=getattr(data, "__name__", None) or "content")


def info_schema_null_to_bool(v: str) -> bool:
    """Return what INFORMATION_SCHEMA says with YES and NO.

    Raises:
        ValueError: it says something else.
    """
    if v in ("YES", "NO"):
        return v == "YES"
    raise ValueError(f"is_nullable is {v!r}, neither YES nor NO.")


def parse_db_data_type_str_with_precision(db_type: str) -> tuple[str, int | None, int | None]:
    """Return the name, the precision and the scale of a type such as "numeric(38, 9)"."""
    match = _SIZED.fullmatch(db_type)
    if match is None:
        return db_type.strip(), None, None
    name = f"{match[1]} {match[4]}".strip()
    return name, int(match[2]), int(match[3]) if match[3] else None


def get_pipeline_state_query_columns() -> TableSchema:
    """Return the table with the states of pipelines, with the columns that are read from it."""
    return state_table()

"""From resolved hints to a partial table schema, with names as the user wrote them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dlt.extract.hint_checks import check_write_disposition, moment
from dlt.extract.hints import DEFAULT_VALIDITY_COLUMNS, as_names
from dlt.extract.models import columns_dict, is_columns_class, skipped_of
from dlt.schema.checks import check_together
from dlt.schema.x_keys import (
    OPEN_COLUMNS,
    X_ACTIVE_TIMESTAMP,
    X_BOUNDARY_TIMESTAMP,
    X_DEDUPLICATED,
    X_MERGE_STRATEGY,
    X_NORMALIZER,
    X_ROW_VERSION,
    X_VALID_FROM,
    X_VALID_TO,
)

if TYPE_CHECKING:
    from dlt.schema.typing import TableSchema

_COPIED = ("schema_contract", "table_format", "file_format", "references")
_STRATEGY_KEYS = {
    "deduplicated": X_DEDUPLICATED,
    "active_record_timestamp": X_ACTIVE_TIMESTAMP,
    "boundary_timestamp": X_BOUNDARY_TIMESTAMP,
    "row_version_column_name": X_ROW_VERSION,
}
_MOMENTS = ("active_record_timestamp", "boundary_timestamp")
STRATEGY_HINTS = (X_MERGE_STRATEGY, X_VALID_FROM, X_VALID_TO, *_STRATEGY_KEYS.values())
"""What a write disposition says of a table; all of it goes when another one comes."""


def build_table(hints: Mapping[str, Any], name: str) -> TableSchema:
    """Return the partial schema of a table: its name, the columns with hints, and what the hints say of the table.

    Args:
        hints: Hints without functions.
        name: Name of the table.
    """
    columns = _hinted_columns(hints)
    table: dict[str, Any] = {"name": name, "columns": columns}
    check_together(f"table {name!r}", columns)
    if hints.get("parent"):
        table["parent"] = hints["parent"]
    for key in _COPIED:
        if hints.get(key) is not None:
            table[key] = hints[key]
    if hints.get("write_disposition"):
        _add_disposition(table, hints["write_disposition"])
    if hints.get("max_table_nesting") is not None:
        table[X_NORMALIZER] = {"max_nesting": hints["max_table_nesting"]}
    if is_columns_class(hints.get("columns")):
        skipped = skipped_of(hints["columns"])
        if skipped:
            table[X_NORMALIZER] = {**table.get(X_NORMALIZER, {}), OPEN_COLUMNS: skipped}
    for key, value in (hints.get("additional_table_hints") or {}).items():
        table[key] = {**table.get(key, {}), **value} if isinstance(value, Mapping) else value
    return table  # type: ignore[return-value] # built key by key


def _hinted_columns(hints: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    columns = {
        key: {hint: value for hint, value in column.items() if value is not None}
        for key, column in columns_dict(hints.get("columns")).items()
    }
    for key_hint in ("primary_key", "merge_key"):
        names = as_names(hints.get(key_hint))
        if names or hints.get(key_hint) is not None:
            # the key as a whole comes before what columns say of it
            for column in columns.values():
                column.pop(key_hint, None)
        for column_name in names:
            columns.setdefault(column_name, {"name": column_name}).update({key_hint: True, "nullable": False})
    return columns


def _add_disposition(table: dict[str, Any], disposition: Any) -> None:
    check_write_disposition(disposition)
    if isinstance(disposition, str):
        table["write_disposition"] = disposition
        return
    table["write_disposition"] = disposition["disposition"]
    if disposition["disposition"] != "merge":
        return
    strategy = table[X_MERGE_STRATEGY] = disposition.get("strategy", "delete-insert")
    for key, target in _STRATEGY_KEYS.items():
        value = disposition.get(key)
        if key in _MOMENTS:
            value = moment(value, f"{key} of write_disposition")
        if value is not None:
            table[target] = value
    if strategy == "scd2":
        _add_validity(table, disposition)


def _add_validity(table: dict[str, Any], disposition: Mapping[str, Any]) -> None:
    valid_from, valid_to = disposition.get("validity_column_names") or DEFAULT_VALIDITY_COLUMNS
    table[X_VALID_FROM], table[X_VALID_TO] = valid_from, valid_to
    for name in (valid_from, valid_to):
        column = table["columns"].setdefault(name, {"name": name})
        column.update({"data_type": "timestamp", "nullable": True})

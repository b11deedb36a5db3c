"""From resolved hints to a partial table schema, with names as the user wrote them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, cast

from dlt.extract.hint_checks import check_write_disposition, moment
from dlt.extract.hints import DEFAULT_VALIDITY_COLUMNS, ResolvedHints, as_names
from dlt.extract.model_fields import is_columns_class
from dlt.extract.models import Columns, columns_dict, skipped_of
from dlt.schema.checks import check_together
from dlt.schema.x_keys import (
    OPEN_COLUMNS,
    X_ACTIVE_TIMESTAMP,
    X_BOUNDARY_TIMESTAMP,
    X_CHECKS,
    X_DECLARED_CHECKS,
    X_DEDUPLICATED,
    X_MERGE_STRATEGY,
    X_NORMALIZER,
    X_ROW_VERSION,
    X_VALID_FROM,
    X_VALID_TO,
)

if TYPE_CHECKING:
    from dlt.extract.vocabulary import Checks, DispositionDict, DispositionName
    from dlt.schema.typing import TableSchema
    from dlt.schema.x_keys import NormalizerSettings

_COPIED = ("schema_contract", "table_format", "file_format", "references")
StrategyHint = Literal[
    "x-merge-strategy",
    "x-valid-from",
    "x-valid-to",
    "x-deduplicated",
    "x-active-record-timestamp",
    "x-boundary-timestamp",
    "x-row-version",
]
_STRATEGY_KEYS: dict[str, StrategyHint] = {
    "deduplicated": X_DEDUPLICATED,
    "active_record_timestamp": X_ACTIVE_TIMESTAMP,
    "boundary_timestamp": X_BOUNDARY_TIMESTAMP,
    "row_version_column_name": X_ROW_VERSION,
}
_MOMENTS = ("active_record_timestamp", "boundary_timestamp")
STRATEGY_HINTS: tuple[StrategyHint, ...] = (X_MERGE_STRATEGY, X_VALID_FROM, X_VALID_TO, *_STRATEGY_KEYS.values())
"""What a write disposition says of a table; all of it goes when another one comes."""


def build_table(hints: ResolvedHints, name: str) -> TableSchema:
    """Return the partial schema of a table: its name, the columns with hints, and what the hints say of the table.

    Args:
        hints: Hints without functions.
        name: Name of the table.
    """
    columns = _hinted_columns(hints)
    check_together(f"table {name!r}", columns)
    table: dict[str, object] = {"name": name, "columns": columns}
    if hints.get("parent"):
        table["parent"] = hints["parent"]
    given: Mapping[str, object] = hints
    for key in _COPIED:
        if given.get(key) is not None:
            table[key] = given[key]
    disposition = hints.get("write_disposition")
    if disposition:
        _add_disposition(table, columns, disposition)
    if hints.get("checks") is not None:
        _add_checks(table, hints["checks"])
    normalizer = _normalizer_settings(hints)
    if normalizer:
        table[X_NORMALIZER] = normalizer
    # last, as they say what no other hint does, and may say more of what one did
    for key, value in (hints.get("additional_table_hints") or {}).items():
        known = table.get(key)
        table[key] = {**known, **value} if isinstance(known, Mapping) and isinstance(value, Mapping) else value
    return cast("TableSchema", table)  # every hint was checked; additional ones may be of any name


def _add_checks(table: dict[str, object], checks: Checks) -> None:
    from dlt.schema.data_checks import check_of, check_typed

    place = f"table {table['name']!r}"
    found = [check_of(check, place) for check in checks]
    for check in found:
        check_typed(cast("TableSchema", table), check, place)
    table[X_CHECKS], table[X_DECLARED_CHECKS] = [check.to_dict() for check in found], True


def _normalizer_settings(hints: ResolvedHints) -> NormalizerSettings:
    settings: NormalizerSettings = {}
    nesting, columns = hints.get("max_table_nesting"), hints.get("columns")
    if nesting is not None:
        settings["max_nesting"] = nesting
    if is_columns_class(columns):
        skipped = skipped_of(columns)
        if skipped:
            settings[OPEN_COLUMNS] = skipped
    return settings


def _hinted_columns(hints: ResolvedHints) -> Columns:
    columns = {
        key: {hint: value for hint, value in column.items() if value is not None}
        for key, column in columns_dict(hints.get("columns")).items()
    }
    for key_hint, key in (("primary_key", hints.get("primary_key")), ("merge_key", hints.get("merge_key"))):
        names = as_names(key)
        if key is not None:
            # the key as a whole comes before what columns say of it
            for column in columns.values():
                column.pop(key_hint, None)
        for column_name in names:
            column = columns.setdefault(column_name, {"name": column_name})
            column[key_hint] = True
            # a column may say for itself that a row of the key may lack it
            column.setdefault("nullable", False)
    return columns


def _add_disposition(
    table: dict[str, object], columns: Columns, disposition: DispositionName | DispositionDict
) -> None:
    check_write_disposition(disposition)
    if isinstance(disposition, str):
        table["write_disposition"] = disposition
        return
    table["write_disposition"] = disposition["disposition"]
    if disposition["disposition"] != "merge":
        return
    strategy = table[X_MERGE_STRATEGY] = disposition.get("strategy", "delete-insert")
    given: Mapping[str, object] = disposition
    for key, target in _STRATEGY_KEYS.items():
        value = given.get(key)
        if key in _MOMENTS:
            value = moment(value, f"{key} of write_disposition")
        if value is not None:
            table[target] = value
    if strategy == "scd2":
        valid_from, valid_to = disposition.get("validity_column_names") or DEFAULT_VALIDITY_COLUMNS
        table[X_VALID_FROM], table[X_VALID_TO] = valid_from, valid_to
        for name in (valid_from, valid_to):
            # the library fills them, so they are of its type whatever the hints say
            columns.setdefault(name, {"name": name}).update({"data_type": "timestamp", "nullable": True})

"""Hints of resources checked when they are given, or computed; before any data moves."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, get_args

from dlt.errors import InconsistentTableTemplate, InvalidHint, ValueErrorWithKnownValues
from dlt.extract.models import columns_dict
from dlt.schema.checks import check_columns, check_key, known_values
from dlt.schema.contract import check_contract
from dlt.schema.inference import parse_timestamp
from dlt.schema.typing import ReplaceStrategy, TableFormat, WriteDisposition
from dlt.types import TDataItem
from dlt.user_log import tell_without_effect

if TYPE_CHECKING:
    from typing import TypeGuard

STRATEGIES = ("delete-insert", "scd2", "upsert", "insert-only", "cdc")
FILE_FORMATS = (
    "preferred", "arrow", "parquet", "jsonl", "csv", "typed-jsonl", "insert_values", "model", "reference",
)  # fmt: skip
_DISPOSITION_KEYS = (
    "disposition",
    "strategy",
    "deduplicated",
    "skip_unchanged_rows",
    "validity_column_names",
    "row_version_column_name",
    "active_record_timestamp",
    "boundary_timestamp",
)
_MOMENTS = ("active_record_timestamp", "boundary_timestamp")
_NESTED = frozenset(
    {
        "write_disposition",
        "columns",
        "primary_key",
        "merge_key",
        "schema_contract",
        "table_format",
        "file_format",
        "references",
        "max_table_nesting",
        "additional_table_hints",
        "checks",
    }
)
HINTS = (*sorted({*_NESTED, "table_name", "parent", "incremental", "nested_hints"}), "original_columns", "validator")


def is_dynamic(value: object) -> TypeGuard[Callable[[TDataItem], object]]:
    """Return True when a hint is a function of the item."""
    # a class stands for its columns, and can be called too
    return callable(value) and not isinstance(value, type)


def check_hints(place: str, hints: Mapping[str, object], columns: Mapping[str, object] | None) -> None:
    """Check hints; those that are functions of the item are left for later.

    Args:
        place: What they belong to, for messages.
        hints: The hints.
        columns: Its columns by name, or None while they are not known.

    Raises:
        InvalidHint: a hint is not known, or has a value that cannot be.
        ValueErrorWithKnownValues: the write disposition or its strategy is not known.
    """
    for hint, value in hints.items():
        if hint not in HINTS:
            raise InvalidHint(f"{place}: there is no hint {hint!r}. {known_values(hint, HINTS)}", hint=hint)
        # what a function gives is checked for the item that it is called with
        if value is None or is_dynamic(value):
            continue
        check = _CHECKS.get(hint)
        if check is not None:
            check(place, hint, value)
    if columns:
        check_columns(place, columns)


def check_write_disposition(value: object, place: str = "") -> None:
    """Check a write disposition that is not a function.

    Args:
        value: A name, or a dict with the strategy.
        place: What it belongs to, for messages.

    Raises:
        ValueErrorWithKnownValues: the disposition or its strategy is not known.
        InvalidHint: another key of the dict is not known, or has a value that cannot be.
    """
    if callable(value):
        return
    before = f"{place}: " if place else ""
    name = value.get("disposition") if isinstance(value, Mapping) else value
    known = get_args(WriteDisposition)
    if not isinstance(name, str) or name not in known:
        raise ValueErrorWithKnownValues(f"{before}write_disposition", name, known)
    if not isinstance(value, Mapping):
        return
    strategies = (*STRATEGIES, *get_args(ReplaceStrategy)) if name == "replace" else STRATEGIES
    if value.get("strategy", "delete-insert") not in strategies:
        raise ValueErrorWithKnownValues(f"{before}strategy of write_disposition", value.get("strategy"), strategies)
    for key in value:
        if key not in _DISPOSITION_KEYS:
            raise InvalidHint(
                f"{before}write_disposition has no key {key!r}. {known_values(key, _DISPOSITION_KEYS)}",
                hint="write_disposition",
                found=key,
            )
    if value.get("skip_unchanged_rows"):
        what = f"{before}skip_unchanged_rows of write_disposition"
        tell_without_effect(what, "a row that comes again is merged again")
    if value.get("deduplicated") not in (None, True, False):
        raise InvalidHint(
            f"{before}found deduplicated={value['deduplicated']!r} in write_disposition. It is True or False.",
            hint="write_disposition",
            found=value["deduplicated"],
        )
    for key in _MOMENTS:
        moment(value.get(key), f"{before}{key} of write_disposition")
    _check_names(before, value)


def _check_names(before: str, value: Mapping[str, object]) -> None:
    pair = value.get("validity_column_names")
    if pair is not None and not (
        isinstance(pair, (list, tuple)) and len({*map(str, pair)}) == len(pair) == 2 and all(map(_is_name, pair))
    ):
        raise InvalidHint(
            f"{before}found validity_column_names={pair!r}. Give two different names, [from, to].",
            hint="write_disposition",
            found=pair,
        )
    version = value.get("row_version_column_name")
    if version is not None and not _is_name(version):
        raise InvalidHint(
            f"{before}found row_version_column_name={version!r}. Give the name of the column with the version.",
            hint="write_disposition",
            found=version,
        )


def moment(value: object, what: str) -> str | None:
    """Return a moment of a write disposition as ISO text; None where there is none.

    Args:
        value: Text in ISO 8601, a datetime or date, or seconds since 1970.
        what: What it is, for the message.

    Raises:
        InvalidHint: it is no moment.
    """
    if value is None or value == "":
        return None
    try:
        # True is a number to Python, and would be the first second of 1970
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return datetime.datetime.fromtimestamp(value, datetime.timezone.utc).isoformat()
        if isinstance(value, (datetime.date, str)):
            # text stays as it was written; datetimes are dates too
            text = value if isinstance(value, str) else value.isoformat()
            parse_timestamp(text)
            return text
    except (ValueError, OverflowError, OSError):
        pass  # told below, in the words of this hint
    raise InvalidHint(
        f"{what}: found {value!r}, which is no moment. Give a datetime, or text such as '2024-01-31T10:00:00Z'.",
        hint="write_disposition",
        found=value,
    )


def _is_name(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _disposition(place: str, _hint: str, value: object) -> None:
    if value != "":
        check_write_disposition(value, place)


def _text(place: str, hint: str, value: object) -> None:
    if not isinstance(value, str):
        raise InvalidHint(f"{place}: found {hint}={value!r}. Give a name.", hint=hint, found=value)


def _contract(place: str, _hint: str, value: object) -> None:
    if value != "":
        check_contract(value, place)


def _one_of(known: tuple[str, ...]) -> Callable[[str, str, object], None]:
    def check(place: str, hint: str, value: object) -> None:
        if value != "" and value not in known:
            raise InvalidHint(f"{place}: found {hint}={value!r}. {known_values(value, known)}", hint=hint, found=value)

    return check


def _levels(place: str, hint: str, value: object) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise InvalidHint(f"{place}: found {hint}={value!r}. Give a number of levels.", hint=hint, found=value)


def _mapping(place: str, hint: str, value: object) -> None:
    if value and not isinstance(value, Mapping):
        raise InvalidHint(f"{place}: found {hint}={value!r}. Give a dict.", hint=hint, found=value)


def _references(place: str, hint: str, value: object) -> None:
    wanted = ("columns", "referenced_table", "referenced_columns")
    for reference in value if isinstance(value, (list, tuple)) else [value]:
        if not isinstance(reference, Mapping) or any(key not in reference for key in wanted):
            raise InvalidHint(
                f"{place}: found {reference!r} in references. Each is a dict with {', '.join(wanted)}.",
                hint=hint,
                found=reference,
            )


def _data_checks(place: str, hint: str, value: object) -> None:
    from dlt.schema.data_checks import check_of

    if isinstance(value, (str, Mapping)) or not isinstance(value, Iterable):
        raise InvalidHint(
            f"{place}: found {hint}={value!r}. Give a list of checks of dlt.check.", hint=hint, found=value
        )
    for check in value:
        check_of(check, place)


def _nested(place: str, hint: str, value: object) -> None:
    _mapping(place, hint, value)
    for path, hints in (value if isinstance(value, Mapping) else {}).items():
        parts = [path] if isinstance(path, str) else path
        if not isinstance(parts, (list, tuple)) or not parts or not all(map(_is_name, parts)):
            raise InvalidHint(
                f"{place}: found the path {path!r} in nested_hints. Give the key of a list, or a tuple of keys.",
                hint=hint,
                found=path,
            )
        if is_dynamic(hints):
            continue
        inner = f"{place}, nested_hints of {'.'.join(parts)!r}"
        _mapping(inner, hint, hints)
        # before the checks of values: a nested table has neither a name nor a cursor of its own
        unknown = [key for key in hints or {} if key not in _NESTED]
        if unknown:
            raise InconsistentTableTemplate(
                f"{inner}: there is no hint {unknown[0]!r} for a nested table. "
                f"{known_values(unknown[0], sorted(_NESTED))}"
            )
        columns = (hints or {}).get("columns")
        check_hints(inner, hints or {}, None if is_dynamic(columns) else columns_dict(columns, inner))


_CHECKS: dict[str, Callable[[str, str, object], None]] = {
    "table_name": _text,
    "parent": _text,
    "write_disposition": _disposition,
    "primary_key": check_key,
    "merge_key": check_key,
    "schema_contract": _contract,
    "table_format": _one_of(get_args(TableFormat)),
    "file_format": _one_of(FILE_FORMATS),
    "max_table_nesting": _levels,
    "references": _references,
    "nested_hints": _nested,
    "additional_table_hints": _mapping,
    "checks": _data_checks,
}

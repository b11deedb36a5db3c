"""Columns from classes: Pydantic models, TypedDicts and dataclasses."""

from __future__ import annotations

import datetime
import decimal
import enum
import types
import typing
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Union

from dlt.errors import InvalidHint
from dlt.extract.model_fields import fields_of, is_columns_class, model_config
from dlt.extract.model_masks import masks_of
from dlt.schema.masks import MaskFunction
from dlt.schema.typing import OLD_TYPES

if TYPE_CHECKING:
    pass

Columns = dict[str, dict[str, object]]
"""Columns by name, each with what its hints say; checks come later, so any key and value may stand there."""

SCALARS: tuple[tuple[type, str], ...] = (
    (bool, "bool"),
    (int, "bigint"),
    (str, "text"),
    (float, "double"),
    (datetime.datetime, "timestamp"),
    (datetime.date, "date"),
    (datetime.time, "time"),
    (decimal.Decimal, "decimal"),
    (bytes, "binary"),
    (uuid.UUID, "text"),
)


def columns_dict(columns: object, place: str = "columns") -> Columns:
    """Return columns by name from any form that users give, with the present names of types.

    Args:
        columns: A dict by name, a list of dicts with "name", or a class.
        place: What they belong to, for messages.

    Raises:
        InvalidHint: the form is not known.
    """
    if not columns:
        return {}
    if is_columns_class(columns):
        return columns_of(columns)
    if isinstance(columns, Mapping):
        named = list(columns.items())
    elif isinstance(columns, Iterable) and not isinstance(columns, (str, bytes)):
        named = [(column.get("name") if isinstance(column, Mapping) else None, column) for column in columns]
        for name, column in named:
            if not name:
                raise InvalidHint(f"{place}: found {column!r} in the list of columns. Each is a dict with 'name'.")
    else:
        raise InvalidHint(
            f"{place}: found {type(columns).__name__} as columns. Give a dict by name, a list of dicts with 'name', a "
            "Pydantic model, a TypedDict or a dataclass.",
            found=columns,
        )
    return {name: _column(place, name, column) for name, column in named}


def _column(place: str, name: object, column: object) -> dict[str, object]:
    if not isinstance(column, Mapping):
        raise InvalidHint(
            f"{place}, column {name!r}: found {column!r}. Give a dict of hints, such as {{'data_type': 'text'}}.",
            column_name=name,
        )
    found: dict[str, object] = {**column, "name": column.get("name") or name}
    data_type = found.get("data_type")
    if isinstance(data_type, str):
        # programs still write names that types had before
        found["data_type"] = OLD_TYPES.get(data_type, data_type)
    if callable(mask := found.get("mask")):
        found["mask"] = MaskFunction(mask)
    return found


def columns_of(model: type) -> Columns:
    """Return the columns that a class declares.

    Args:
        model: Pydantic model, TypedDict or dataclass.
    """
    columns = _columns(model, _skips_nested(model), ())
    for name, mask in masks_of(model).items():
        columns[name] = {**columns.get(name, {"name": name}), "mask": mask}
    return columns


def _skips_nested(model: type) -> bool:
    return bool(model_config(model).get("skip_nested_types") or model_config(model).get("skip_complex_types"))


def _columns(model: type, skip_nested: bool, outer: tuple[type, ...]) -> Columns:
    """Return the columns of a class without masks; `outer` are the classes that it stands in."""
    columns: Columns = {}
    for name, annotation in fields_of(model):
        data_type, nullable = _data_type(annotation)
        if data_type == "json" and skip_nested:
            inner = _model_in(annotation)
            # lists and dicts come with the data, see skipped_of; so does a class that contains itself
            if inner is None or inner in (model, *outer):
                continue
            for key, found in _columns(inner, skip_nested, (model, *outer)).items():
                path = f"{name}__{key}"
                columns[path] = {**found, "name": path, "nullable": bool(nullable or found["nullable"])}
            continue
        column: dict[str, object] = {"name": name, "nullable": nullable}
        if data_type:
            column["data_type"] = data_type
        columns[name] = column
    return columns


def skipped_of(model: type) -> list[str]:
    """Return the fields with documents or lists that a class declares and whose columns and tables come with the data.

    Args:
        model: Pydantic model, TypedDict or dataclass.
    """
    declared = _columns(model, _skips_nested(model), ())
    return [name for name, _ in fields_of(model) if name not in declared]


def _model_in(annotation: object) -> type | None:
    """Return the class of a document, also of one that may be None; None for lists and other types."""
    from typing_extensions import NotRequired, Required

    if is_columns_class(annotation):
        return annotation
    if typing.get_origin(annotation) in (typing.Annotated, Required, NotRequired):
        return _model_in(typing.get_args(annotation)[0])
    if typing.get_origin(annotation) in (Union, types.UnionType):
        parts = [part for part in typing.get_args(annotation) if part is not type(None)]
        return _model_in(parts[0]) if len(parts) == 1 else None
    return None


def _data_type(annotation: object) -> tuple[str | None, bool]:
    """Return the data type, None where any may come, and whether None may come."""
    from typing_extensions import NotRequired, Required

    # what wraps a type says whether a value may be missing; the type itself lies inside
    origin = typing.get_origin(annotation)
    if origin is NotRequired:
        return _data_type(typing.get_args(annotation)[0])[0], True
    if origin in (typing.Annotated, Required):
        return _data_type(typing.get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        parts = typing.get_args(annotation)
        kinds = {_data_type(part)[0] for part in parts if part is not type(None)}
        nullable = type(None) in parts or any(_data_type(part)[1] for part in parts)
        return (kinds.pop() if len(kinds) == 1 else None), nullable
    if origin is Literal:
        values = typing.get_args(annotation)
        return _scalar(type(next((v for v in values if v is not None), ""))), None in values
    if annotation is Any or annotation is None or annotation is type(None):
        return None, True
    return _scalar(origin or annotation), False


def _scalar(kind: object) -> str | None:
    if not isinstance(kind, type):
        return None
    if issubclass(kind, enum.Enum):
        values = {type(member.value) for member in kind}
        return _scalar(values.pop()) if len(values) == 1 else "text"
    for known, name in SCALARS:
        if issubclass(kind, known):
            return name
    nested = is_columns_class(kind) or issubclass(kind, (Mapping, Sequence, set, frozenset, dict, list))
    return "json" if nested else None

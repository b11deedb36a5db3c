"""Columns from classes: Pydantic models, TypedDicts and dataclasses."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import types
import typing
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Union

from dlt.errors import InvalidHint
from dlt.schema.masks import MaskFunction
from dlt.schema.typing import OLD_TYPES

if TYPE_CHECKING:
    from typing import TypeGuard

    from pydantic import BaseModel

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


def is_model(kind: object) -> TypeGuard[type[BaseModel]]:
    """Return True for the class of a Pydantic model."""
    # by what it can do: Pydantic need not be there, and models of Pydantic 1 cannot
    return isinstance(kind, type) and hasattr(kind, "model_validate")


def is_model_item(item: object) -> TypeGuard[BaseModel]:
    """Return True for an instance of a Pydantic model."""
    return is_model(type(item))


def is_columns_class(value: object) -> TypeGuard[type]:
    """Return True for a class from which columns can be read."""
    if not isinstance(value, type):
        return False
    return is_model(value) or dataclasses.is_dataclass(value) or "__required_keys__" in vars(value)


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
    skip_nested = bool(model_config(model).get("skip_nested_types") or model_config(model).get("skip_complex_types"))
    return _columns(model, skip_nested, ())


def _columns(model: type, skip_nested: bool, outer: tuple[type, ...]) -> Columns:
    """Return the columns of a class; `outer` are the classes that it stands in."""
    columns: Columns = {}
    masks = _masks(model)
    for name, annotation in _fields(model):
        data_type, nullable = _data_type(annotation)
        columns.update(_inner_masks(name, annotation, (model, *outer)))
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
        columns[name] = {**column, **masks.get(name, {})}
    return columns


def _masks(model: type) -> Columns:
    """Return the masks of a model's own fields, as `Field(json_schema_extra={"mask": "hash"})` gives them."""
    found: Columns = {}
    for name, field in model.model_fields.items() if is_model(model) else ():
        extra = field.json_schema_extra
        if isinstance(extra, Mapping) and "mask" in extra:
            mask: object = extra["mask"]
            found[field.alias or name] = {"mask": MaskFunction(mask) if callable(mask) else mask}
    return found


def _inner_masks(name: str, annotation: object, outer: tuple[type, ...]) -> Columns:
    """Return the masks inside of a field with a model, or a list of one, by their paths."""
    parts = typing.get_args(annotation)
    inner, between = _model_in(annotation), "__"
    if inner is None and typing.get_origin(annotation) in (list, tuple, set, frozenset, Sequence) and parts:
        inner, between = _model_in(parts[0]), "[*]."
    if inner is None and typing.get_origin(annotation) in (Union, types.UnionType, typing.Annotated):
        # a list that may be None
        found = [_inner_masks(name, part, outer) for part in parts if isinstance(part, (type, types.GenericAlias))]
        return {key: column for columns in found for key, column in columns.items()}
    if inner is None or inner in outer:
        return {}
    masked = {key: {"mask": c["mask"]} for key, c in _columns(inner, False, outer).items() if "mask" in c}
    return {f"{name}{between}{key}": {"name": f"{name}{between}{key}", **mask} for key, mask in masked.items()}


def skipped_of(model: type) -> list[str]:
    """Return the fields with documents or lists that a class declares and whose columns and tables come with the data.

    Args:
        model: Pydantic model, TypedDict or dataclass.
    """
    declared = columns_of(model)
    return [name for name, _ in _fields(model) if name not in declared]


def model_config(model: type) -> dict[str, object]:
    """Return the `dlt_config` of a class."""
    found = getattr(model, "dlt_config", None)
    return dict(found) if isinstance(found, Mapping) else {}


def choices_of(model: object) -> list[type[BaseModel]]:
    """Return the models that the rows of a root model may be: `RootModel[Click | Purchase]`; none of another class."""
    if not is_model(model) or not model.__pydantic_root_model__:
        return []
    annotation = model.model_fields["root"].annotation
    found = typing.get_args(annotation) if typing.get_origin(annotation) in (Union, types.UnionType) else (annotation,)
    # one that may be something else too is a value
    return [part for part in found if is_model(part)] if all(is_model(part) for part in found) else []


def _fields(model: type) -> list[tuple[str, object]]:
    choices = [dict(_fields(choice)) for choice in choices_of(model)]
    if choices:
        # a row is known to have what each of the models has
        names = [name for name in choices[0] if all(name in choice for choice in choices)]
        return [(name, Union[tuple(choice[name] for choice in choices)]) for name in names]
    if is_model(model):
        return [(field.alias or name, field.annotation) for name, field in model.model_fields.items()]
    from typing_extensions import Required, get_type_hints

    # with extras, as NotRequired written as text is in no `__optional_keys__`
    hints: dict[str, object] = get_type_hints(model, include_extras=True)
    if dataclasses.is_dataclass(model):
        return [(field.name, hints[field.name]) for field in dataclasses.fields(model)]
    optional: frozenset[str] = vars(model).get("__optional_keys__", frozenset())
    # so is Required, which a class whose fields are optional has for some of them
    return [
        (name, Union[hint, None] if name in optional and typing.get_origin(hint) is not Required else hint)
        for name, hint in hints.items()
    ]


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

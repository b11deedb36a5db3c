"""Classes that declare what an item has: Pydantic models, TypedDicts and dataclasses, and their fields."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from typing import TYPE_CHECKING, Union

if TYPE_CHECKING:
    from typing import TypeGuard

    from pydantic import BaseModel


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


def fields_of(model: type) -> list[tuple[str, object]]:
    """Return the fields of a class as its items have them when they are written, with their annotations."""
    choices = [dict(fields_of(choice)) for choice in choices_of(model)]
    if choices:
        # a row is known to have what each of the models has
        names = [name for name in choices[0] if all(name in choice for choice in choices)]
        return [(name, Union[tuple(choice[name] for choice in choices)]) for name in names]
    if is_model(model):
        # by the alias that a dump has
        named = model.model_fields.items()
        return [(field.serialization_alias or field.alias or name, field.annotation) for name, field in named]
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

"""Masks that the fields of a Pydantic model say, at whatever place inside of it they stand."""

from __future__ import annotations

import typing
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from dlt.errors import InvalidHint
from dlt.extract.list_paths import LIST
from dlt.extract.model_fields import choices_of, fields_of, is_columns_class, is_model
from dlt.schema.masks import MaskFunction

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

Masks = dict[str, object]
"""Masks by the path that leads to their values."""
_KEY = "\0"
"""Stands between two keys of a path, as the name of a field may have any other character."""


def masks_of(model: type) -> Masks:
    """Return the masks inside of a class, as `Field(json_schema_extra={"mask": "hash"})` gives them, by hints' paths.

    Args:
        model: Pydantic model, TypedDict or dataclass.

    Raises:
        InvalidHint: a mask stands where no path tells all of its values.
    """
    found = _Walk().inside_of(model)
    # a path through a list has dots, and one that leads into documents alone is a column of the table
    return {path.replace(_KEY, "." if LIST in path else "__"): mask for path, mask in found.items()}


class _Walk:
    """Goes through the classes that stand in a class."""

    def __init__(self) -> None:
        self._outer: list[type] = []
        self._again: set[type] = set()

    def inside_of(self, model: type) -> Masks:
        """Return the masks of the fields of a class, and those further inside."""
        found: Masks = {}
        self._outer.append(model)
        for choice in choices_of(model):
            # a row may be of any of them, and none may show what another one hides
            found.update(self.inside_of(choice))
        if is_model(model) and not model.__pydantic_root_model__:
            taken = {name for name, _ in fields_of(model)}
            for name, field in model.model_fields.items():
                found.update(self._of_field(name, field, taken))
        elif not is_model(model):
            for name, annotation in fields_of(model):
                found.update({name + path: mask for path, mask in self._of_value(annotation).items()})
        self._outer.pop()
        if model in self._again and any(found.values()):
            raise InvalidHint(
                f"model {model.__name__}: it contains itself, and has the masks of {', '.join(map(_shown, found))}. "
                "How deep they stand is known with the data only. Give the field that leads back to the model a mask, "
                "which covers all of it.",
                hint="mask",
            )
        return found

    def _of_field(self, name: str, field: FieldInfo, taken: Collection[str]) -> Masks:
        extra = field.json_schema_extra
        mask = extra.get("mask") if isinstance(extra, Mapping) else None
        found: Masks = {"": MaskFunction(mask) if callable(mask) else mask} if mask is not None else {}
        # a mask covers all of a field
        if not mask:
            found.update(self._of_value(field.annotation))
        return {own + path: mask for own in _names(name, field, taken) for path, mask in found.items()}

    def _of_value(self, annotation: object) -> Masks:
        """Return the masks inside of a value; their paths go on from that of the value."""
        if is_columns_class(annotation):
            if is_model(annotation) and annotation.__pydantic_root_model__:
                return self._of_value(annotation.model_fields["root"].annotation)
            if annotation in self._outer:
                self._again.add(annotation)
                return {}
            return {_KEY + path: mask for path, mask in self.inside_of(annotation).items()}
        return self._of_parts(annotation)

    def _of_parts(self, annotation: object) -> Masks:
        origin, parts = typing.get_origin(annotation), typing.get_args(annotation)
        # a name for a type, as Python 3.12 has it
        named = getattr(annotation, "__value__", None) or getattr(origin, "__value__", None)
        if named is not None:
            return self._of_value(named)
        if is_columns_class(origin):
            return self._of_value(origin)
        if origin is typing.Annotated:
            return self._of_value(parts[0])
        if not isinstance(origin, type) or not issubclass(origin, Iterable):
            # what wraps a type, or a choice of several
            return {path: mask for part in parts for path, mask in self._of_value(part).items()}
        if not issubclass(origin, Mapping):
            return {LIST + path: mask for part in parts for path, mask in self._of_value(part).items()}
        if inner := self._of_value(parts[-1]):
            raise InvalidHint(
                f"{annotation}: it has the masks of {', '.join(map(_shown, inner))} below keys that come with the "
                "data, so that no column is known by its name. Give the field with the dict a mask, which covers all "
                "of it, or make it a list.",
                hint="mask",
            )
        return {}


def _names(name: str, field: FieldInfo, taken: Collection[str]) -> Iterator[str]:
    """Yield the names under which a field may stand in an item: a contract lets items pass as they were given."""
    own = field.serialization_alias or field.alias or name
    yield own
    yield from {field.alias or name, name} - {*taken, own}
    alias = field.validation_alias
    for choice in getattr(alias, "choices", [alias]):
        path = getattr(choice, "path", [choice])
        if path[0] is not None and path[0] not in taken:
            keys = (LIST if isinstance(key, int) else f"{_KEY}{key}" for key in path)
            yield "".join(keys).removeprefix(_KEY)


def _shown(path: str) -> str:
    return path.strip(_KEY).replace(_KEY, ".")

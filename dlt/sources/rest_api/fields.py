"""Fields of a parent's items: those that a child asks its endpoint with, and those that go into its rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache

from dlt.extract.incremental.cursor import MISSING, finder
from dlt.sources.rest_api.exceptions import ParentFieldMissing
from dlt.sources.rest_api.typing import ResolvedParam
from dlt.types import TDataItem


# a path is parsed once, and not for each item of a parent
@lru_cache(maxsize=1000)
def field_finder(path: str) -> Callable[[TDataItem], TDataItem]:
    """Return a function that gives a field of an item, or MISSING.

    Args:
        path: A key, a dotted path, or a JSONPath.

    Raises:
        ValueError: it is no JSONPath.
    """
    return finder(path)


def make_parent_key_name(resource_name: str, field_name: str) -> str:
    """Return the name of a parent's field in the rows of a child."""
    return f"_{resource_name}_{field_name}"


def resolved_values(item: TDataItem, resolved_params: Iterable[ResolvedParam]) -> dict[str, object]:
    """Return the values of parameters and placeholders that are fields of a parent's item.

    Raises:
        ParentFieldMissing: the item has no such field.
    """
    found: dict[str, object] = {}
    for name, config in resolved_params:
        value = field_finder(config["field"])(item)
        if value is MISSING:
            raise _missing(config["resource"], config["field"], f"bind it to `{name}`", item)
        found[name] = value
    return found


def parent_fields(item: TDataItem, parent: str, fields: Sequence[str] | None) -> dict[str, object]:
    """Return the fields of a parent's item that go into each row of its child, by their names there.

    Raises:
        ParentFieldMissing: the item has no such field.
    """
    found: dict[str, object] = {}
    for field in fields or ():
        # the key as it is written comes first, as in PyPI dlt 1.x; a path leads inside of documents
        value = item[field] if isinstance(item, Mapping) and field in item else field_finder(field)(item)
        if value is MISSING:
            raise _missing(parent, field, f"include it as `{make_parent_key_name(parent, field)}`", item)
        found[make_parent_key_name(parent, field)] = value
    return found


def _missing(parent: str, field: str, purpose: str, item: TDataItem) -> ParentFieldMissing:
    # the names only: the values of an item are data
    has = ", ".join(map(str, item)) if isinstance(item, Mapping) else type(item).__name__
    return ParentFieldMissing(
        f"An item of the resource `{parent}` has no field `{field}`, and its child is to {purpose}. The item has: "
        f"{has or 'nothing'}. Name a field that each item has, or a JSONPath to it; leave other items out with "
        "{'filter': ...} among the processing steps of the parent.",
        field=field,
        resource_name=parent,
    )

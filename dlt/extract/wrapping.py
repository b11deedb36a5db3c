"""Sources around whatever is given to `run` and `extract`, and around what a source function returns."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from dlt.errors import DataLocationKindRequired
from dlt.extract.function import Function
from dlt.extract.hints import given_hints
from dlt.extract.resource import Resource, make_resource
from dlt.extract.source import Source
from dlt.schema.contract import check_contract

if TYPE_CHECKING:
    from dlt.schema.schema import Schema

_TABLE_HINTS = ("table_name", "parent_table_name", "primary_key", "merge_key", "columns")


def wrap_data(data: Any, schema: Schema | None = None, default_name: str = "dlt", **hints: Any) -> list[Source]:
    """Return sources for anything that `run` and `extract` take.

    Bare data comes back in one source with `implicit` set; `generator_name` is that of an undecorated generator.

    Args:
        data: Sources, resources, functions, iterators, rows, frames, or a list of them.
        schema: Schema to use for all of it.
        default_name: Name of the schema for bare data.
        **hints: Those of `make_hints`, for data of one table.

    Raises:
        DataLocationKindRequired: a table name or the like was given for sources.
        ResourceNameMissing: bare data has no name and no table name was given.
    """
    given = {key: value for key, value in hints.items() if value is not None}
    data = _called(data)
    if isinstance(data, Source):
        return [_hinted(data, schema, given)]
    if not isinstance(data, (list, tuple)) or not _holds_parts(data):
        return [_implicit([data], schema, default_name, given)]
    sources: list[Source] = []
    bare: list[Any] = []
    for part in map(_called, data):
        if isinstance(part, Source):
            sources.append(_hinted(part, schema, given))
        else:
            bare.append(part)
    if bare:
        sources.append(_implicit(bare, schema, default_name, given))
    return sources


def _called(data: Any) -> Any:
    """Call the function of a source that was passed without a call."""
    return data() if hasattr(data, "is_source_factory") else data


def _holds_parts(data: Any) -> bool:
    first = next(iter(data), None)
    parts = (Source, Resource, Iterator, AsyncIterator)
    return isinstance(first, parts) or hasattr(first, "is_source_factory") or inspect.isgeneratorfunction(first)


def _hinted(source: Source, schema: Schema | None, hints: dict[str, Any]) -> Source:
    _refuse_hints_for(source, [key for key in _TABLE_HINTS if key in hints])
    if schema is not None:
        source.schema = schema
    own = {key: value for key, value in hints.items() if key != "schema_contract"}
    check_contract(hints.get("schema_contract"), "run")
    source.run_contract = hints.get("schema_contract")
    if own:
        for resource in source.selected_resources.values():
            resource.apply_hints(**own)
    return source


def _implicit(parts: list[Any], schema: Schema | None, default_name: str, hints: dict[str, Any]) -> Source:
    from dlt.schema.schema import Schema

    if len(parts) > 1:
        _refuse_hints_for(parts, [key for key in _TABLE_HINTS if key in hints and key != "table_name"])
    resources = [_bare_resource(part, hints) for part in parts]
    first = parts[0]
    source = Source(schema or Schema(default_name), None, _distinct(resources))
    source.implicit = schema is None
    source.run_contract = hints.get("schema_contract")
    undecorated = inspect.isgenerator(first) or (inspect.isfunction(first) and inspect.isgeneratorfunction(first))
    source.generator_name = first.__name__ if undecorated else None
    return source


def _bare_resource(part: Any, hints: dict[str, Any]) -> Resource:
    template = given_hints(**hints)
    if isinstance(part, Resource):
        found = part.clone() if hints else part
        if hints:
            found.merge_hints(template)
        found.selected = True
        return found
    if _is_iterable_of_rows(part):
        return make_resource(part, hints.get("table_name"), hints=template)
    name = None if isinstance(part, Function) else getattr(part, "__name__", None)
    return make_resource(part, name or hints.get("table_name"), hints=template)


def _is_iterable_of_rows(part: Any) -> bool:
    return not callable(part) and not hasattr(part, "__name__")


def _distinct(resources: list[Resource]) -> list[Resource]:
    """Give resources of one name names of their own, so that none is lost; their tables stay."""
    seen: dict[str, int] = {}
    out = []
    for resource in resources:
        count = seen[resource.name] = seen.get(resource.name, 0) + 1
        if count > 1:
            table = resource.table_name
            resource = resource.with_name(f"{resource.name}_{count}")
            resource.apply_hints(table_name=table)
        out.append(resource)
    return out


def _refuse_hints_for(data: Any, given: Iterable[str]) -> None:
    """Refuse hints that would hold for many tables at once.

    Raises:
        DataLocationKindRequired: hints were given.
    """
    names = ", ".join(given)
    if names:
        raise DataLocationKindRequired(
            f"{names} cannot be given for {type(data).__name__}: they name one table, and a source may have many. "
            "Use apply_hints on its resources."
        )

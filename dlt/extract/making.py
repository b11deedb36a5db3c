"""Resources and sources from whatever users pass."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from typing import Any

from dlt.context import current
from dlt.errors import (
    DataLocationKindRequired,
    InvalidParentResourceDataType,
    InvalidResourceDataTypeBasic,
    InvalidResourceDataTypeIsNone,
    InvalidTransformerGeneratorFunction,
    ResourceNameMissing,
)
from dlt.extract.function import Function
from dlt.extract.hints import TableHints
from dlt.extract.items import is_frame
from dlt.extract.pipe import Pipe
from dlt.extract.resource import Resource

NO_PARENT = object()
"""`data_from` of a transformer that is bound with `|` later."""


def make_resource(
    data: Any,
    name: str | None = None,
    *,
    section: str | None = None,
    hints: TableHints | None = None,
    selected: bool = True,
    data_from: Any = None,
    spec: Any = None,
) -> Resource:
    """Make a resource.

    Args:
        data: Function, generator, iterator, iterable, frame or resource.
        name: Name of the resource, unless the data has one.
        section: Section of its configuration; that of the source at work by default.
        hints: Hints of its table.
        selected: Load it when its source is loaded.
        data_from: Parent of a transformer, `NO_PARENT` to bind it later.
        spec: Configuration of the function.

    Raises:
        ResourceNameMissing: there is no name to be found.
        InvalidResourceDataType: the data is no resource's data.
    """
    if isinstance(data, Resource):
        found = data.with_name(name) if name and name != data.name else data
        if hints:
            found.merge_hints(hints)
        return found
    name = name or _name_of(data)
    if data is None:
        raise InvalidResourceDataTypeIsNone(
            f"Resource '{name}': the data is None. Did the function forget to return or yield it?", resource_name=name
        )
    _check_name(name, data)
    if isinstance(data, (str, bytes, Mapping)) and not is_frame(data):
        raise InvalidResourceDataTypeBasic(
            f"Resource '{name}': found {type(data).__name__}. Pass a list, [data], or a generator function.",
            resource_name=name,
            item=data,
        )
    if not callable(data) and not is_frame(data) and not isinstance(data, (Iterable, AsyncIterator)):
        raise InvalidResourceDataTypeBasic(
            f"Resource '{name}': found {type(data).__name__}, which cannot be iterated. Pass [data].",
            resource_name=name,
            item=data,
        )
    section = section or current().section or _section_of(data)
    gen = _function(data, str(name), section, data_from, spec) if callable(data) else data
    hints = {**(hints or {})}
    incremental = hints.pop("incremental", None)
    pipe = Pipe(str(name), gen, parent=_parent(data_from, str(name)))
    made = Resource(pipe, hints, selected=selected, section=section)
    if incremental is not None:
        made.set_incremental(incremental)
    return made


def _name_of(data: Any) -> str | None:
    if isinstance(data, (str, bytes, Mapping)) or is_frame(data):
        return None
    name = getattr(data, "__name__", None)
    return name if isinstance(name, str) and name != "<lambda>" else None


def _section_of(data: Any) -> str:
    module = getattr(data, "__module__", None)
    return str(module).rpartition(".")[2] if module else ""


def _check_name(name: Any, data: Any) -> None:
    if not isinstance(name, str) or not name:
        raise ResourceNameMissing(
            f"A resource made of {type(data).__name__} has no name. Pass name= to dlt.resource, or table_name= to run "
            "and extract."
        )


def _function(data: Callable[..., Any], name: str, section: str, data_from: Any, spec: Any) -> Function:
    function = Function(data, data_from is not None, spec=spec, sections=("sources", section, name))
    if data_from is not None and not _takes_item(data):
        raise InvalidTransformerGeneratorFunction(
            f"Transformer '{name}': its function needs a first positional parameter, the item of the parent.",
            transformer_name=name,
        )
    return function


def _takes_item(data: Callable[..., Any]) -> bool:
    first = next(iter(inspect.signature(data).parameters.values()), None)
    return first is not None and first.kind not in (first.KEYWORD_ONLY, first.VAR_KEYWORD)


def _parent(data_from: Any, name: str) -> Pipe | None:
    if data_from is None or data_from is NO_PARENT:
        return None
    if isinstance(data_from, Resource):
        return data_from.pipe
    if isinstance(data_from, Iterable) or callable(data_from):
        return make_resource(data_from, None if callable(data_from) else f"{name}_input").pipe
    raise InvalidParentResourceDataType(
        f"Transformer '{name}': data_from is {type(data_from).__name__}. Pass a resource.", resource_name=name
    )


def refuse_hints_for(data: Any, given: Iterable[str]) -> None:
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

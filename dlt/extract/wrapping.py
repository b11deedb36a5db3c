"""Sources around whatever is given to `run` and `extract`, and around what a source function returns."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import TYPE_CHECKING

from dlt.extract.hints import TableHints, given_hints
from dlt.extract.resource import DltResource, make_resource
from dlt.extract.source import DltSource
from dlt.extract.source_factory import SourceFactory
from dlt.schema.contract import check_contract
from dlt.schema.schema import Schema

if TYPE_CHECKING:
    from dlt.extract.vocabulary import ContractHint


def wrap_data(
    data: object, schema: Schema | None = None, default_name: str = "dlt", **hints: object
) -> list[DltSource]:
    """Return sources for anything that `run` and `extract` take.

    Bare data comes back in one source with `implicit` set; `generator_name` is that of an undecorated generator.

    Args:
        data: Sources, resources, functions, iterators, rows, frames, or a list of them.
        schema: Schema to use for all of it.
        default_name: Name of the schema for bare data.
        **hints: Those of `make_hints`; each resource gets them, so that with a table name all go to one table.

    Raises:
        ResourceNameMissing: bare data has no name and no table name was given.
    """
    given = given_hints(**hints)
    data = _called(data)
    if isinstance(data, DltSource):
        return [_hinted(data, schema, given)]
    # a list of rows and a list of resources look alike but for what is in them
    if not isinstance(data, (list, tuple)) or not _holds_parts(data):
        return [_implicit([data], schema, default_name, given)]
    sources: list[DltSource] = []
    bare: list[object] = []
    for part in map(_called, data):
        if isinstance(part, DltSource):
            sources.append(_hinted(part, schema, given))
        else:
            bare.append(part)
    if bare:
        sources.append(_implicit(bare, schema, default_name, given))
    return sources


def _called(data: object) -> object:
    """Call the function of a source that was passed without a call."""
    return data() if isinstance(data, SourceFactory) else data


def _holds_parts(data: Iterable[object]) -> bool:
    # one look: a list of a million rows is asked no further
    first = next(iter(data), None)
    parts = (DltSource, SourceFactory, DltResource, Iterator, AsyncIterator)
    return isinstance(first, parts) or inspect.isgeneratorfunction(first)


def _hinted(source: DltSource, schema: Schema | None, hints: TableHints) -> DltSource:
    if schema is not None:
        source.schema = schema
    own = hints.copy()
    # it comes before those of resources, and must not stay on them
    check_contract(own.pop("schema_contract", None), "run")
    source.run_contract, source.run_disposition = _contract(hints), hints.get("write_disposition") or None
    if own:
        for resource in source.selected_resources.values():
            resource.merge_hints(own)
    for resource in source.resources.values():
        if resource.validator is not None:
            resource.validator = resource.validator.under(source.run_contract)
    return source


def _implicit(parts: list[object], schema: Schema | None, default_name: str, hints: TableHints) -> DltSource:
    resources = [_bare_resource(part, hints) for part in parts]
    first = parts[0]
    # resources of one section have it in common, those of several have that of the pipeline
    sections = {resource.section for resource in resources}
    section = sections.pop() if len(sections) == 1 else None
    source = DltSource(schema or Schema(default_name), section, _distinct(resources))
    source.implicit = schema is None
    source.run_contract, source.run_disposition = _contract(hints), hints.get("write_disposition") or None
    if inspect.isgenerator(first) or (inspect.isfunction(first) and inspect.isgeneratorfunction(first)):
        source.generator_name = first.__name__
    return source


def _contract(hints: TableHints) -> ContractHint | None:
    """Return the contract of the run; a function of the item stays a hint of the resource."""
    found = hints.get("schema_contract")
    return None if callable(found) else found


def _bare_resource(part: object, hints: TableHints) -> DltResource:
    if isinstance(part, DltResource):
        # a copy, so that what this run says of it is not said of it in the next one
        found = part.clone() if hints else part
        if hints:
            found.merge_hints(hints)
        found.selected = True
        return found
    table_name = hints.get("table_name")
    # functions and generators have a name, rows have not
    name = getattr(part, "__name__", None) or (table_name if isinstance(table_name, str) else None)
    return make_resource(part, name, hints=hints)


def _distinct(resources: list[DltResource]) -> list[DltResource]:
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

"""Requests of a resource: placeholders filled, parameters of the cursor set, pages read."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from typing import Any, NamedTuple

from jsonpath_ng import JSONPath

from dlt.extract.incremental import Incremental
from dlt.extract.items import DataItemWithMeta, is_frame, one_by_one
from dlt.sources.helpers.rest_client import RESTClient
from dlt.sources.helpers.rest_client.paginators import BasePaginator
from dlt.sources.rest_api.cursors import CursorPerParent, ParentMeta, parent_key
from dlt.sources.rest_api.exceptions import RestApiConfigurationError
from dlt.sources.rest_api.fields import parent_fields, resolved_values
from dlt.sources.rest_api.incremental import (
    Convert,
    Cursor,
    CursorValues,
    IncrementalParam,
    with_incremental_params,
)
from dlt.sources.rest_api.placeholders import (
    expand_path,
    expand_placeholders,
    find_placeholders,
    single_placeholder,
)
from dlt.sources.rest_api.typing import HTTPMethodBasic, ResolvedParam
from dlt.types import TDataItem, TDataItems

logger = logging.getLogger("dlt")
Document = dict[str, Any]
Page = Any
"""A page of rows, marked with its parent where a cursor asks for that."""


@dataclass(frozen=True)
class Request:
    """What is asked of an API, with placeholders or without."""

    path: str
    headers: Mapping[str, Any] | None = None
    params: Document | None = None
    json: Any = None
    data: Any = None

    def filled(self, values: Mapping[str, object]) -> Request:
        """Return the request with values in place of its placeholders.

        Args:
            values: Values by the names of the placeholders.
        """
        return replace(
            self,
            path=expand_path(self.path, values),
            headers=_texts(self.headers, values),
            params=_texts(self.params, values),
            json=expand_placeholders(self.json, values, preserve_value_type=True),
            data=expand_placeholders(self.data, values),
        )


def _texts(content: Mapping[str, Any] | None, values: Mapping[str, object]) -> Document | None:
    if content is None:
        return None
    found: Document = {}
    for key, value in content.items():
        name = single_placeholder(value) if isinstance(value, str) and value.startswith("{") else None
        # one without a value is left out, as requests does; the word None would be asked for otherwise
        missing = name is not None and name in values and values[name] is None
        found[str(expand_placeholders(key, values))] = None if missing else expand_placeholders(value, values)
    return found


class ProcessedParentData(NamedTuple):
    """The request for one item of a parent, and what of the item goes into each row."""

    path: str
    headers: Document | None
    params: Document
    json: Any
    data: Any
    parent_record: Document


@dataclass(frozen=True)
class Walk:
    """How the pages of an endpoint are read.

    Attributes:
        client: The client.
        method: Method of the requests.
        request: The request, with placeholders.
        paginator: How pages follow each other.
        data_selector: Where the rows are in an answer.
        hooks: Hooks of the requests.
        resource: Name of the resource, for messages.
    """

    client: RESTClient
    method: HTTPMethodBasic
    request: Request
    paginator: BasePaginator | None = None
    data_selector: str | JSONPath | None = None
    hooks: Document | None = None
    resource: str = ""

    def pages(self, request: Request) -> Iterator[Page]:
        """Yield the pages of a request whose placeholders are filled."""
        # only what there is: a client of a program's own may take less
        more = {} if request.data is None else {"data": request.data}
        yield from self.client.paginate(
            path=request.path,
            method=self.method,
            headers=request.headers,
            params=request.params,
            json=request.json,
            paginator=self.paginator,
            data_selector=self.data_selector,
            hooks=self.hooks,
            **more,
        )


def paginate_resource(
    method: HTTPMethodBasic,
    path: str,
    headers: Mapping[str, Any] | None,
    params: Document,
    json: Any,
    data: Any,
    paginator: BasePaginator | None,
    data_selector: Any,
    hooks: Document | None,
    client: RESTClient,
    incremental_object: Incremental[Any] | None,
    incremental_param: IncrementalParam | None,
    incremental_cursor_transform: Callable[..., Any] | None,
) -> Iterator[Page]:
    """Yield the pages of a resource.

    Args:
        method: Method of the requests.
        path: Path, or the whole URL.
        headers: Headers.
        params: Parameters of the query.
        json: Body as JSON.
        data: Body as form or text.
        paginator: How pages follow each other; told from the first answer by default.
        data_selector: Where the rows are in an answer; told from the first answer by default.
        hooks: Hooks of the requests.
        client: The client.
        incremental_object: The cursor of the resource.
        incremental_param: The parameters that its start and end go into.
        incremental_cursor_transform: Makes of a value what the API takes.
    """
    values: dict[str, object] = {}
    # once, before the first page: rows of this walk must not move the start of its next pages
    if incremental_object is not None:
        at = CursorValues.of(incremental_object)
        params = with_incremental_params(params, at, incremental_param, incremental_cursor_transform)
        values = at.named(incremental_cursor_transform)
    request = Request(path, headers, params, json, data)
    _refuse_none_in_path(path, values)
    walk = Walk(client, method, request, paginator, data_selector, hooks)
    yield from walk.pages(request.filled(values))


def _refuse_none_in_path(path: str, values: Mapping[str, object]) -> None:
    for name in find_placeholders(path):
        if name.startswith("incremental.") and name in values and values[name] is None:
            raise RestApiConfigurationError(
                f"endpoint.path: {path!r} asks with {{{name}}}, which has no value in this run. Give 'initial_value' "
                "(and 'end_value' where the path has it) in 'incremental'.",
                path="endpoint.path",
                field=name,
            )


@dataclass(frozen=True)
class Children:
    """What a child takes of its parent.

    Attributes:
        resolved_params: Fields that the child asks with.
        include_from_parent: Fields that go into each of its rows.
        parent_key: Fields of the parent's primary key.
        cursor: Cursor of the child.
        param: The parameters that its start and end go into.
        convert: Makes of a value what the API takes.
        in_path: Names of values that stand in the path.
    """

    resolved_params: Sequence[ResolvedParam]
    include_from_parent: Sequence[str] = ()
    parent_key: Sequence[str] = ()
    cursor: Cursor | None = None
    param: IncrementalParam | None = None
    convert: Convert | None = None
    in_path: frozenset[str] = field(default_factory=frozenset)


def paginate_dependent_resource(
    items: Any,
    method: HTTPMethodBasic,
    path: str,
    headers: Mapping[str, Any] | None,
    params: Document,
    json: Any,
    data: Any,
    paginator: BasePaginator | None,
    data_selector: Any,
    hooks: Document | None,
    client: RESTClient,
    resolved_params: Sequence[ResolvedParam],
    include_from_parent: Sequence[str],
    incremental_object: Incremental[Any] | None,
    incremental_param: IncrementalParam | None,
    incremental_cursor_transform: Callable[..., Any] | None,
    parallelized: bool = False,
    parent_key: Sequence[str] = (),
) -> Iterator[Page]:
    """Yield the pages of a child for each of its parent's items.

    Args:
        items: Items of the parent: a page of them, or one.
        method: Method of the requests.
        path: Path, or the whole URL.
        headers: Headers.
        params: Parameters of the query.
        json: Body as JSON.
        data: Body as form or text.
        paginator: How pages follow each other; told from the first answer by default.
        data_selector: Where the rows are in an answer; told from the first answer by default.
        hooks: Hooks of the requests.
        client: The client.
        resolved_params: Fields of the parent's items that the child asks with.
        include_from_parent: Fields of the parent's items that go into each of its rows.
        incremental_object: The cursor of the child.
        incremental_param: The parameters that its start and end go into.
        incremental_cursor_transform: Makes of a value what the API takes.
        parallelized: Ask for several items of the parent at once.
        parent_key: Fields of the parent's primary key, which tell whose cursor a row belongs to.

    Raises:
        ParentFieldMissing: an item of the parent lacks a field.
    """
    walk = Walk(client, method, Request(path, headers, params, json, data), paginator, data_selector, hooks)
    children = Children(
        resolved_params, include_from_parent or (), parent_key, incremental_object, incremental_param,
        incremental_cursor_transform, frozenset(find_placeholders(path)),
    )  # fmt: skip
    left_out = 0
    for item in _items_of(items):
        values = resolved_values(item, resolved_params)
        if any(values[name] is None for name in children.in_path & values.keys()):
            left_out += 1
            continue
        read = _pages_of_parent(walk, children, item, values)
        if parallelized:
            yield partial(_read_all, read)
        else:
            yield from read
    if left_out:
        # once for a page, as a parent may have as many of them as it has items
        logger.warning("'%s': %d items of the parent have None in a field of this path, and no rows", path, left_out)


def _items_of(page: TDataItems) -> Iterable[TDataItem]:
    """Return the items of what a parent yielded: a resource that is no endpoint yields them in any form."""
    if isinstance(page, Mapping):
        return [page]
    if is_frame(page):
        # Arrow has a name of its own for it
        rows: list[TDataItem] = page.to_pylist() if hasattr(page, "to_pylist") else page.to_dict("records")
        return rows
    return one_by_one(page)


def _read_all(pages: Iterator[Page]) -> Iterator[Page]:
    # an iterator, whose pages go on one by one: a list would be a page of pages
    return iter(list(pages))


def _pages_of_parent(walk: Walk, children: Children, item: TDataItem, values: Mapping[str, object]) -> Iterator[Page]:
    # not a generator itself: the cursor of the parent begins here, and not in a thread
    cursor = children.cursor
    mark: ParentMeta | None = None
    if isinstance(cursor, CursorPerParent):
        key = parent_key(item, children.parent_key, values, children.in_path)
        mark = ParentMeta(key, cursor.of_parent(key))
        cursor = mark.cursor
    at = None if cursor is None else CursorValues.of(cursor)
    parent = children.resolved_params[0].resolve_config["resource"]
    processed = _processed(walk.request, item, values, parent, children, at)
    request = Request(processed.path, processed.headers, processed.params, processed.json, processed.data)
    return _marked(walk, request, processed.parent_record, cursor, mark)


def _marked(
    walk: Walk, request: Request, parent_record: Document, cursor: Cursor | None, mark: ParentMeta | None
) -> Iterator[Page]:
    for page in walk.pages(request):
        if parent_record:
            _include(parent_record, page, walk.request.path)
        yield page if mark is None else DataItemWithMeta(mark, page)  # type: ignore[arg-type] # for the cursor alone
        # its rows have gone through the steps by now, unless they are read in a thread
        if cursor is not None and cursor.can_close():
            return


def _include(parent_record: Document, page: Iterable[Any], path: str) -> None:
    # a selector may find texts and numbers, which have no fields
    rows = [row for row in page if isinstance(row, dict)]
    overwritten = parent_record.keys() & rows[0].keys() if rows else ()
    if overwritten:
        _tell_overwritten(path, ", ".join(sorted(overwritten)))
    # in place, as the page was made for this walk and is nobody else's
    for row in rows:
        row.update(parent_record)


# once for a resource, which may have as many pages as its parent has items
@lru_cache(maxsize=1000)
def _tell_overwritten(path: str, names: str) -> None:
    logger.warning(
        "'%s': rows have %s already, and the field of the parent took its place. Rename it among the processing steps "
        "of the parent to keep both.",
        path,
        names,
    )


def process_parent_data_item(
    path: str,
    item: TDataItem,
    resolved_params: Sequence[ResolvedParam],
    headers: Mapping[str, Any] | None = None,
    params: Document | None = None,
    request_json: Any = None,
    request_data: Any = None,
    include_from_parent: Sequence[str] | None = None,
    incremental: Cursor | None = None,
    incremental_value_convert: Convert | None = None,
) -> ProcessedParentData:
    """Return the request for one item of a parent, and what of the item goes into each row.

    Args:
        path: Path with placeholders.
        item: The item.
        resolved_params: Fields that the child asks with.
        headers: Headers with placeholders.
        params: Parameters with placeholders.
        request_json: Body with placeholders.
        request_data: Form or text with placeholders.
        include_from_parent: Fields that go into each row.
        incremental: Cursor of the child.
        incremental_value_convert: Makes of a value what the API takes.

    Raises:
        ParentFieldMissing: the item lacks a field.
    """
    children = Children(resolved_params, include_from_parent or (), convert=incremental_value_convert)
    at = None if incremental is None else CursorValues.of(incremental)
    values = resolved_values(item, resolved_params)
    parent = resolved_params[0].resolve_config["resource"]
    request = Request(path, headers, params, request_json, request_data)
    return _processed(request, item, values, parent, children, at)


def _processed(
    request: Request,
    item: TDataItem,
    values: Mapping[str, object],
    parent: str,
    children: Children,
    at: CursorValues | None,
) -> ProcessedParentData:
    named = {} if at is None else at.named(children.convert)
    if at is not None:
        params = with_incremental_params(request.params or {}, at, children.param, children.convert)
        request = replace(request, params=params)
    _refuse_none_in_path(request.path, named)
    made = request.filled({**named, **values})
    record = parent_fields(item, parent, children.include_from_parent)
    return ProcessedParentData(
        made.path, _document(made.headers), _document(made.params) or {}, made.json, made.data, record
    )


def _document(content: Mapping[str, Any] | None) -> Document | None:
    return None if content is None else dict(content)

"""Clients of REST APIs, which walk over pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from dlt.sources.helpers.rest_client.auth import AuthConfigBase
from dlt.sources.helpers.rest_client.client import PageData, RESTClient
from dlt.sources.helpers.rest_client.paginators import BasePaginator
from dlt.sources.helpers.rest_client.typing import Hooks, HTTPMethodBasic

if TYPE_CHECKING:
    from dlt.jsonpath import TJsonPath

__all__ = ["AuthConfigBase", "BasePaginator", "HTTPMethodBasic", "Hooks", "PageData", "RESTClient", "paginate"]


def paginate(
    url: str,
    method: HTTPMethodBasic = "GET",
    headers: Mapping[str, str] | None = None,
    params: dict[str, Any] | None = None,
    json: Any = None,
    auth: Any = None,
    paginator: BasePaginator | None = None,
    data_selector: TJsonPath | None = None,
    hooks: Hooks | None = None,
    *,
    data: Any = None,
) -> Iterator[PageData]:
    """Return the pages of an endpoint, one after the other; see `RESTClient.paginate`.

    Args:
        url: The URL.
        method: The method.
        headers: The headers.
        params: Parameters of the URL.
        json: The body as a document.
        auth: Credentials.
        paginator: How to get from page to page, found by the first answer when None.
        data_selector: JSONPath of the items, found by the first answer when None.
        hooks: Functions that see each answer, under `response`.
        data: The body as a form, text or bytes.
    """
    client = RESTClient(base_url=url, headers=headers)
    return client.paginate("", method, params, json, auth, paginator, data_selector, hooks, data=data)

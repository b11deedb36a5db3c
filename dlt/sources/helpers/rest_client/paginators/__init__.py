"""How to get from one page of an API to the next."""

from dlt.sources.helpers.rest_client.paginators.base import BasePaginator, SinglePagePaginator
from dlt.sources.helpers.rest_client.paginators.ranges import OffsetPaginator, PageNumberPaginator, RangePaginator
from dlt.sources.helpers.rest_client.paginators.references import (
    BaseNextUrlPaginator,
    BaseReferencePaginator,
    HeaderCursorPaginator,
    HeaderLinkPaginator,
    JSONLinkPaginator,
    JSONResponseCursorPaginator,
    JSONResponsePaginator,
)

__all__ = [
    "BaseNextUrlPaginator",
    "BasePaginator",
    "BaseReferencePaginator",
    "HeaderCursorPaginator",
    "HeaderLinkPaginator",
    "JSONLinkPaginator",
    "JSONResponseCursorPaginator",
    "JSONResponsePaginator",
    "OffsetPaginator",
    "PageNumberPaginator",
    "RangePaginator",
    "SinglePagePaginator",
]

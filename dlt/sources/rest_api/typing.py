"""What configurations of REST APIs are made of: type checkers read it, and `rest_api_source` checks by it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple, Union

from jsonpath_ng import JSONPath
from requests import Session
from requests.auth import AuthBase
from typing_extensions import TypedDict

from dlt.extract.resource import DltResource
from dlt.extract.vocabulary import (
    Checks,
    ColumnNamesHint,
    ColumnsHint,
    ContractHint,
    FileFormatHint,
    Hint,
    NestedHints,
    References,
    TableFormatHint,
    WriteDispositionHint,
)
from dlt.schema.data_checks import Check  # noqa: F401 - the hints are evaluated, and those of checks name it
from dlt.sources.helpers.requests.retry import Client
from dlt.sources.helpers.rest_client.auth import (
    APIKeyAuth,
    AuthConfigBase,
    BearerTokenAuth,
    HttpBasicAuth,
    OAuth2ClientCredentials,
)
from dlt.sources.helpers.rest_client.paginators import (
    BasePaginator,
    HeaderCursorPaginator,
    HeaderLinkPaginator,
    JSONLinkPaginator,
    JSONResponseCursorPaginator,
    JSONResponsePaginator,
    OffsetPaginator,
    PageNumberPaginator,
    SinglePagePaginator,
)
from dlt.sources.helpers.rest_client.typing import HTTPMethodBasic, TApiKeyLocation

__all__ = [
    "APIKeyAuth",
    "ApiKeyAuthConfig",
    "AuthConfig",
    "AuthConfigBase",
    "AuthType",
    "AuthTypeConfig",
    "BasePaginator",
    "BearerTokenAuth",
    "BearerTokenAuthConfig",
    "ClientConfig",
    "Endpoint",
    "EndpointResource",
    "EndpointResourceBase",
    "HTTPMethodBasic",
    "HeaderCursorPaginator",
    "HeaderCursorPaginatorConfig",
    "HeaderLinkPaginator",
    "HeaderLinkPaginatorConfig",
    "HttpBasicAuth",
    "HttpBasicAuthConfig",
    "IncrementalConfig",
    "IncrementalParamConfig",
    "IncrementalRESTArgs",
    "JSONLinkPaginator",
    "JSONLinkPaginatorConfig",
    "JSONResponseCursorPaginator",
    "JSONResponseCursorPaginatorConfig",
    "JSONResponsePaginator",
    "OAuth2ClientCredentials",
    "OAuth2ClientCredentialsConfig",
    "OffsetPaginator",
    "OffsetPaginatorConfig",
    "PageNumberPaginator",
    "PageNumberPaginatorConfig",
    "PaginatorConfig",
    "PaginatorType",
    "PaginatorTypeConfig",
    "ParamBindConfig",
    "ParamBindType",
    "ProcessingSteps",
    "RESTAPIConfig",
    "RESTAPIConfigBase",
    "ResolveParamConfig",
    "ResolvedParam",
    "ResourceBase",
    "ResponseAction",
    "ResponseActionDict",
    "SinglePagePaginator",
]

Path = Union[str, JSONPath]
"""A JSONPath, as text or parsed."""

# -- paginators

PaginatorType = Literal[
    "json_link",
    "json_response",
    "header_link",
    "header_cursor",
    "auto",
    "single_page",
    "cursor",
    "offset",
    "page_number",
]


class PaginatorTypeConfig(TypedDict, total=True):
    """A paginator by its type alone."""

    type: PaginatorType


class PageNumberPaginatorConfig(PaginatorTypeConfig, total=False):
    """Pages by their number."""

    base_page: int
    page: int | None
    page_param: str | None
    total_path: Path | None
    maximum_page: int | None
    stop_after_empty_page: bool | None
    has_more_path: Path | None
    page_body_path: str | None


class OffsetPaginatorConfig(PaginatorTypeConfig, total=False):
    """Pages by the number of rows before them."""

    limit: int
    offset: int
    offset_param: str | None
    offset_body_path: str | None
    limit_param: str | None
    limit_body_path: str | None
    total_path: Path | None
    maximum_offset: int | None
    stop_after_empty_page: bool | None
    has_more_path: Path | None


class HeaderLinkPaginatorConfig(PaginatorTypeConfig, total=False):
    """The address of the next page is in the header `Link`."""

    links_next_key: str


class JSONLinkPaginatorConfig(PaginatorTypeConfig, total=False):
    """The address of the next page is in the answer."""

    next_url_path: Path


class JSONResponseCursorPaginatorConfig(PaginatorTypeConfig, total=False):
    """A cursor in the answer asks for the next page."""

    cursor_path: Path
    cursor_param: str | None
    cursor_body_path: str | None
    stop_after_empty_page: bool | None
    has_more_path: Path | None


class HeaderCursorPaginatorConfig(PaginatorTypeConfig, total=False):
    """A cursor in a header asks for the next page."""

    cursor_key: str
    cursor_param: str


PaginatorConfig = Union[
    PaginatorType,
    PageNumberPaginatorConfig,
    OffsetPaginatorConfig,
    HeaderLinkPaginatorConfig,
    HeaderCursorPaginatorConfig,
    JSONLinkPaginatorConfig,
    JSONResponseCursorPaginatorConfig,
    PaginatorTypeConfig,
    BasePaginator,
]

# -- authentication

AuthType = Literal["bearer", "api_key", "http_basic", "oauth2_client_credentials"]


class AuthTypeConfig(TypedDict, total=True):
    """Authentication by its type alone; secrets come from the configuration."""

    type: AuthType


class BearerTokenAuthConfig(TypedDict, total=False):
    """A token in the header `Authorization`; the type may be left out."""

    type: AuthType
    token: str


class ApiKeyAuthConfig(AuthTypeConfig, total=False):
    """A key in a header, a cookie or a parameter."""

    name: str | None
    api_key: str
    location: TApiKeyLocation | None


class HttpBasicAuthConfig(AuthTypeConfig, total=False):
    """A user and a password."""

    username: str
    password: str


class OAuth2ClientCredentialsConfig(AuthTypeConfig, total=False):
    """A token that a server gives to a client."""

    access_token: str | None
    access_token_url: str
    client_id: str
    client_secret: str
    access_token_request_data: dict[str, Any] | None
    default_token_expiration: int | None
    session: Session | None


AuthConfig = Union[
    AuthType,
    BearerTokenAuthConfig,
    ApiKeyAuthConfig,
    HttpBasicAuthConfig,
    OAuth2ClientCredentialsConfig,
    AuthTypeConfig,
    AuthConfigBase,
    AuthBase,
]


class ClientConfig(TypedDict, total=False):
    """What all endpoints have in common."""

    base_url: str
    headers: Mapping[str, Any] | None
    auth: AuthConfig | None
    paginator: PaginatorConfig | None
    session: Session | Client | None
    rate_limit: float | None
    parallel_pages: int | None


# -- incremental loading


class IncrementalPath(TypedDict, total=True):
    """Where the cursor is in a row."""

    cursor_path: str


class IncrementalRESTArgs(IncrementalPath, total=False):
    """A cursor; `convert` makes what the API is asked with, `per_parent` keeps one cursor for each parent."""

    initial_value: Any
    last_value_func: Callable[..., Any] | Literal["min", "max"] | None
    primary_key: str | Sequence[str] | None
    end_value: Any
    row_order: Literal["asc", "desc"] | None
    allow_external_schedulers: bool | None
    lag: float | None
    on_cursor_value_missing: Literal["raise", "include", "exclude"]
    range_start: Literal["open", "closed"]
    range_end: Literal["open", "closed"]
    convert: Callable[..., Any] | None
    transform: Callable[..., Any] | None
    per_parent: bool | None


class IncrementalConfig(IncrementalRESTArgs, total=False):
    """A cursor, and the parameters that start and end go into."""

    start_param: str | None
    end_param: str | None


ParamBindType = Literal["resolve", "incremental"]


class ParamBindConfig(TypedDict, total=True):
    """A parameter whose value is found when the request is made."""

    type: ParamBindType


class ResolveParamConfig(ParamBindConfig, total=True):
    """A parameter that is a field of the parent's item."""

    resource: str
    field: str


class IncrementalParamConfig(ParamBindConfig, IncrementalRESTArgs, total=False):
    """A parameter that is the start of a cursor."""


# as of PyPI dlt 1.x, whose programs make some themselves
class ResolvedParam(NamedTuple):
    """A parameter or placeholder that is a field of the parent's item."""

    param_name: str
    resolve_config: ResolveParamConfig


# -- endpoints and resources


class ResponseActionDict(TypedDict, total=False):
    """What is done with answers of a status, or that hold a text."""

    status_code: int | str | None
    content: str | None
    action: Literal["ignore"] | Callable[..., Any] | list[Callable[..., Any]] | None


ResponseAction = Union[ResponseActionDict, Callable[..., Any]]


class Endpoint(TypedDict, total=False):
    """How an endpoint is asked, and where its rows are in the answer."""

    path: str | None
    method: HTTPMethodBasic | Literal["PUT", "PATCH"] | None
    params: dict[str, ResolveParamConfig | IncrementalParamConfig | Any] | None
    json: dict[str, Any] | list[Any] | None
    data: Any
    paginator: PaginatorConfig | None
    data_selector: Path | None
    response_actions: list[ResponseAction] | None
    incremental: IncrementalConfig | None
    auth: AuthConfig | None
    headers: Mapping[str, Any] | None


class ProcessingSteps(TypedDict, total=False):
    """A function that rows go through; one of the three."""

    filter: Callable[[Any], bool]
    map: Callable[[Any], Any]
    yield_map: Callable[[Any], Iterator[Any]]


class ResourceBase(TypedDict, total=False):
    """Hints of a resource."""

    table_name: Hint[str] | None
    parent_table_name: Hint[str] | None
    write_disposition: WriteDispositionHint | None
    primary_key: ColumnNamesHint | None
    merge_key: ColumnNamesHint | None
    columns: ColumnsHint | None
    schema_contract: Hint[ContractHint] | None
    table_format: TableFormatHint | None
    file_format: FileFormatHint | None
    references: Hint[References] | None
    checks: Hint[Checks] | None
    nested_hints: NestedHints | None
    max_table_nesting: int | None
    selected: bool | None
    parallelized: bool | None
    processing_steps: list[ProcessingSteps] | None


class EndpointResourceBase(ResourceBase, total=False):
    """A resource without its name: also what holds for all of them."""

    endpoint: str | Endpoint | None
    include_from_parent: list[str] | None


class EndpointResource(EndpointResourceBase, total=False):
    """A resource of an endpoint."""

    name: Hint[str]


class RESTAPIConfigBase(TypedDict):
    """A client, and resources that use it."""

    client: ClientConfig
    resources: list[Union[str, EndpointResource, DltResource]]


class RESTAPIConfig(RESTAPIConfigBase, total=False):
    """A client, resources that use it, and what they have in common."""

    resource_defaults: EndpointResourceBase | None

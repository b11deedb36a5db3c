"""Resources of endpoints."""

from __future__ import annotations

import graphlib
import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

from requests.auth import AuthBase

from dlt.errors import DltSourceException
from dlt.extract.decorators import resource
from dlt.extract.incremental import Incremental
from dlt.extract.resource import DltResource
from dlt.redact import remember
from dlt.sources.helpers.requests.limits import RateLimiter
from dlt.sources.helpers.rest_client import RESTClient
from dlt.sources.rest_api.actions import create_response_hooks
from dlt.sources.rest_api.checks import ROOT
from dlt.sources.rest_api.components import AUTO, create_auth, create_paginator
from dlt.sources.rest_api.cursors import CursorPerParent
from dlt.sources.rest_api.exceptions import RestApiConfigurationError
from dlt.sources.rest_api.graph import ParamMap, ResourceMap, ordered
from dlt.sources.rest_api.incremental import setup_incremental_object
from dlt.sources.rest_api.requesting import paginate_dependent_resource, paginate_resource
from dlt.sources.rest_api.typing import ClientConfig, Endpoint, EndpointResource, ResolvedParam

# the arguments are a dict, of which no type checker knows what is in it
_make: Any = resource
_NO_HINTS = frozenset({"endpoint", "include_from_parent", "processing_steps", "name", "parallelized"})
"""Keys of a resource that are no hints of its table."""


def create_resources(
    client_config: ClientConfig,
    dependency_graph: graphlib.TopologicalSorter[str],
    endpoint_resource_map: ResourceMap,
    resolved_param_map: ParamMap,
) -> dict[str, DltResource]:
    """Return the resources by name, parents before their children.

    Args:
        client_config: What all endpoints have in common.
        dependency_graph: The graph of the resources.
        endpoint_resource_map: The resources in their long form, by name.
        resolved_param_map: What each takes of its parent, by name.

    Raises:
        RestApiConfigurationError: the resources take their items from each other in a circle, or a part of a
            configuration is not as it must be.
    """
    clients = Clients(client_config)
    made: dict[str, DltResource] = {}
    places = {name: f"{ROOT}.resources[{number}]" for number, name in enumerate(endpoint_resource_map)}
    for name in ordered(dependency_graph):
        found = endpoint_resource_map[name]
        if isinstance(found, DltResource):
            made[name] = found
            continue
        params = resolved_param_map.get(name) or []
        parent = made[params[0].resolve_config["resource"]] if params else None
        made[name] = _resource(name, found, clients, params, parent, places[name])
    return made


class Clients:
    """The clients of one configuration.

    Args:
        config: What all endpoints have in common.
    """

    def __init__(self, config: ClientConfig) -> None:
        self.base_url = config.get("base_url") or ""
        self.has_paginator = config.get("paginator") is not None
        self._headers = config.get("headers")
        # a token may stand there too, and no message is to show it
        remember(self._headers)
        self._auth = create_auth(config.get("auth"), f"{ROOT}.client.auth")
        self._session = config.get("session")
        self._paginator = create_paginator(config.get("paginator"), f"{ROOT}.client.paginator")
        rate_limit, parallel_pages = config.get("rate_limit"), config.get("parallel_pages")
        _check_number(rate_limit, "rate_limit")
        _check_number(parallel_pages, "parallel_pages")
        # one for all endpoints, also those with authentication of their own
        self._rate_limit = None if rate_limit is None else RateLimiter(rate_limit)
        self._parallel_pages = parallel_pages or 1
        self._made: dict[tuple[int | None, bool], RESTClient] = {}

    def of(self, auth: AuthBase | None, detects: bool) -> RESTClient:
        """Return a client; endpoints without words of their own share one.

        Args:
            auth: Authentication of the endpoint, in place of that of all.
            detects: The endpoint tells its paginator from the first answer, whatever holds for all.
        """
        # connections are kept by a client, so as few of them as there are differences
        key = (None if auth is None else id(auth), detects)
        if key not in self._made:
            self._made[key] = RESTClient(
                base_url=self.base_url,
                headers=cast("dict[str, str] | None", self._headers),
                auth=auth or self._auth,
                paginator=None if detects else self._paginator,
                session=self._session,
                rate_limit=self._rate_limit,
                parallel_pages=self._parallel_pages,
            )
        return self._made[key]


def _check_number(number: float | None, key: str) -> None:
    # not the other way round: NaN is neither
    if number is not None and not number > 0:
        raise RestApiConfigurationError(
            f"{ROOT}.client.{key}: found {number!r}, and there must be a number above zero.",
            path=f"{ROOT}.client",
            field=key,
        )


def _resource(
    name: str,
    config: EndpointResource,
    clients: Clients,
    resolved_params: Sequence[ResolvedParam],
    parent: DltResource | None,
    place: str,
) -> DltResource:
    endpoint = cast(Endpoint, config["endpoint"])
    at = f"{place}.endpoint"
    cursor, param, convert = setup_incremental_object(endpoint.get("params") or {}, endpoint.get("incremental"), at)
    if cursor is not None and parent is not None and _per_parent(endpoint):
        cursor = CursorPerParent.of_cursor(cursor)
    # a field of a parent may be a whole address
    if not clients.base_url and not re.match(r"\{(?!\{)|[A-Za-z][\w+.-]*://", str(endpoint["path"])):
        raise RestApiConfigurationError(
            f"{ROOT}.client.base_url is missing, and {at}.path is {endpoint['path']!r}, which needs one.",
            path=f"{ROOT}.client",
            field="base_url",
        )
    auth = create_auth(endpoint.get("auth"), f"{at}.auth")
    paginator = endpoint.get("paginator")
    arguments: dict[str, Any] = {
        "method": endpoint.get("method") or "GET",
        "path": endpoint["path"],
        "headers": endpoint.get("headers"),
        "params": _plain_params(endpoint),
        "json": endpoint.get("json"),
        "data": endpoint.get("data"),
        "paginator": create_paginator(paginator, f"{at}.paginator"),
        "data_selector": endpoint.get("data_selector"),
        "hooks": create_response_hooks(endpoint.get("response_actions")),
        "client": clients.of(auth, _is_auto(paginator) and clients.has_paginator),
        "incremental_object": cursor,
        "incremental_param": param,
        "incremental_cursor_transform": convert,
    }
    hints: Any = {key: value for key, value in config.items() if key not in _NO_HINTS and value is not None}
    # a name that is a function is asked with the arguments of the resource
    given = config.get("name")
    named: Any = given if callable(given) else name
    parallelized = bool(config.get("parallelized"))
    try:
        if parent is None:
            bound = _make(paginate_resource, name=named, parallelized=parallelized, **hints)(**arguments)
        else:
            # several requests at once, and not the pages of the parent in threads
            arguments.update(
                resolved_params=resolved_params,
                include_from_parent=config.get("include_from_parent") or [],
                parallelized=parallelized,
                parent_key=_key_of(parent),
            )
            bound = _make(paginate_dependent_resource, name=named, data_from=parent, **hints)(**arguments)
    except (ValueError, TypeError, DltSourceException) as error:
        if isinstance(error, RestApiConfigurationError):
            raise
        raise RestApiConfigurationError(f"{place}: {error}", path=place, field=None) from error
    if not isinstance(bound.name, str):
        raise RestApiConfigurationError(
            f"{place}.name: the function gave {type(bound.name).__name__}, and there must be text.",
            path=place,
            field="name",
        )
    return _with_steps(bound, cast("Sequence[Mapping[str, Any]]", config.get("processing_steps") or ()))


def _per_parent(endpoint: Endpoint) -> bool:
    said = [endpoint.get("incremental"), *(endpoint.get("params") or {}).values()]
    return all(value.get("per_parent") is not False for value in said if isinstance(value, Mapping))


def _plain_params(endpoint: Endpoint) -> dict[str, Any]:
    """Return the parameters whose values are there already, or stand in placeholders."""
    params = endpoint.get("params") or {}
    return {
        name: value
        for name, value in params.items()
        if not isinstance(value, Incremental)
        and not (isinstance(value, Mapping) and value.get("type") in ("resolve", "incremental"))
    }


def _is_auto(paginator: object) -> bool:
    return paginator == AUTO or (isinstance(paginator, Mapping) and paginator.get("type") == AUTO)


def _key_of(parent: DltResource) -> tuple[str, ...]:
    # one that is a function of the row is known for no item yet
    key = parent.static_primary_key
    return () if key is None else (key,) if isinstance(key, str) else tuple(key)


def _with_steps(resource: DltResource, steps: Sequence[Mapping[str, Any]]) -> DltResource:
    for step in steps:
        if "filter" in step:
            resource.add_filter(step["filter"])
        if "map" in step:
            resource.add_map(step["map"])
        if "yield_map" in step:
            resource.add_yield_map(step["yield_map"])
    return resource

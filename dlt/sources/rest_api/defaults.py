"""What `resource_defaults` say is put below what each resource says itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import cast

from dlt.sources.helpers.rest_client.detector import single_entity_path
from dlt.sources.helpers.rest_client.paginators import SinglePagePaginator
from dlt.sources.rest_api.typing import Endpoint, EndpointResource, EndpointResourceBase

Document = dict[str, object]
_PLACEHOLDER = re.compile(r"\{[^{}]*\}")
_KEY_BY_KEY = ("params", "json", "headers")
"""Parts of an endpoint of which a resource may say some keys and the defaults the others."""


def make_endpoint_resource(
    resource: str | EndpointResource, default_config: EndpointResourceBase | None
) -> EndpointResource:
    """Return a resource in its long form, with the defaults where it says nothing; what is given stays as it is.

    Args:
        resource: A text, which is name and path, or a dict.
        default_config: What all resources have in common.
    """
    own: Document = {"name": resource} if isinstance(resource, str) else dict(resource)
    merged = cast("Document", merge_resource(default_config or {}, cast(EndpointResource, own)))
    endpoint = dict(cast("Mapping[str, object]", merged.get("endpoint") or {}))
    # behind the defaults: an API of one address says its path there, once for all
    if endpoint.get("path") is None and "name" in merged:
        endpoint["path"] = merged["name"]
    merged["endpoint"] = endpoint
    return cast(EndpointResource, merged)


def merge_resource(default_config: EndpointResourceBase, config: EndpointResource) -> EndpointResource:
    """Return a resource with the defaults where it says nothing; None says something.

    Args:
        default_config: The defaults.
        config: The resource.
    """
    defaults, own = cast("Document", default_config), cast("Document", config)
    merged: Document = {**defaults, **own}
    if defaults.get("columns") is not None and own.get("columns") is not None:
        merged["columns"] = _columns(defaults["columns"], own["columns"])
    if "endpoint" in merged:
        merged["endpoint"] = _endpoint(_long(defaults.get("endpoint")), _long(own.get("endpoint")))
    return cast(EndpointResource, merged)


def _long(endpoint: object) -> Document:
    if isinstance(endpoint, str):
        return {"path": endpoint}
    return dict(endpoint) if isinstance(endpoint, Mapping) else {}


def _endpoint(defaults: Document, own: Document) -> Document:
    merged: Document = {**defaults, **own}
    for key in _KEY_BY_KEY:
        below, above = defaults.get(key), own.get(key)
        if isinstance(below, Mapping) and isinstance(above, Mapping):
            merged[key] = {**below, **above}
    return merged


def _columns(defaults: object, own: object) -> object:
    below, above = _by_name(defaults), _by_name(own)
    # a model, or a function of the item, is whole as it is
    if below is None or above is None:
        return own
    return {name: {**below.get(name, {}), **above.get(name, {})} for name in {**below, **above}}


def _by_name(columns: object) -> dict[str, Mapping[str, object]] | None:
    if isinstance(columns, Mapping):
        return {str(name): {"name": name, **column} for name, column in columns.items() if isinstance(column, Mapping)}
    if isinstance(columns, (list, tuple)):
        return {str(column["name"]): column for column in columns if isinstance(column, Mapping) and "name" in column}
    return None


def setup_single_entity_endpoint(endpoint: Endpoint) -> Endpoint:
    """Return an endpoint that gives a single entity, if it is one, with what such an endpoint needs.

    Its path ends in a placeholder: without other words the answer is the row, and there is one page.

    Args:
        endpoint: The endpoint, with its path.
    """
    # whatever a placeholder is called
    if not single_entity_path(_PLACEHOLDER.sub("{id}", str(endpoint.get("path")))):
        return endpoint
    made = Endpoint(**endpoint)
    if made.get("data_selector") is None:
        made["data_selector"] = "$"
    if made.get("paginator") is None:
        made["paginator"] = SinglePagePaginator()
    return made

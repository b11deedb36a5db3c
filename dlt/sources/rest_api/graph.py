"""Which resource takes its items from which: parents come before their children."""

from __future__ import annotations

import graphlib
from collections.abc import Iterable, Mapping, Sequence
from typing import cast

from dlt.configuration.similar import did_you_mean
from dlt.extract.resource import DltResource
from dlt.sources.rest_api.checks import ROOT
from dlt.sources.rest_api.defaults import make_endpoint_resource, setup_single_entity_endpoint
from dlt.sources.rest_api.exceptions import RestApiConfigurationError, RestApiResourceCycle
from dlt.sources.rest_api.incremental import has_incremental
from dlt.sources.rest_api.placeholders import bind_template, checked_placeholders, find_placeholders
from dlt.sources.rest_api.typing import (
    Endpoint,
    EndpointResource,
    EndpointResourceBase,
    ResolvedParam,
    ResolveParamConfig,
)

RESOURCES, INCREMENTAL = "resources.", "incremental."
PARTS = ("path", "params", "headers", "json", "data")
"""Parts of a request in which placeholders are filled."""
ResourceMap = dict[str, "EndpointResource | DltResource"]
ParamMap = dict[str, "list[ResolvedParam] | None"]


def build_resource_dependency_graph(
    resource_defaults: EndpointResourceBase | None, resource_list: Sequence[str | EndpointResource | DltResource]
) -> tuple[graphlib.TopologicalSorter[str], ResourceMap, ParamMap]:
    """Return the graph of the resources, the resources in their long form by name, and what each takes of its parent.

    Args:
        resource_defaults: What all of them have in common.
        resource_list: Texts, dicts and resources.

    Raises:
        RestApiConfigurationError: a name is there twice, a parent is none of the resources, a resource has two
            parents, a placeholder has no value, or a parameter is used nowhere.
    """
    resources, places = _by_name(resource_defaults, resource_list)
    graph: graphlib.TopologicalSorter[str] = graphlib.TopologicalSorter()
    resolved: ParamMap = {}
    for name, resource in resources.items():
        if isinstance(resource, DltResource):
            resolved[name] = None
            graph.add(name)
            continue
        # the plain parameters first, as what they hold may be placeholders itself
        endpoint = bind_path_params(resource, places[name])
        resource["endpoint"] = setup_single_entity_endpoint(endpoint)
        resolved[name] = params = find_resolved_params(endpoint, places[name])
        parent = _parent(params, name, resources, endpoint, places[name])
        if parent is None:
            graph.add(name)
            _refuse_without_parent(resource, places[name])
        else:
            graph.add(name, parent)
    return graph, resources, resolved


def ordered(graph: graphlib.TopologicalSorter[str]) -> list[str]:
    """Return the names of resources, parents before their children.

    Raises:
        RestApiResourceCycle: they take their items from each other in a circle.
    """
    try:
        return list(graph.static_order())
    except graphlib.CycleError as error:
        circle = [str(name) for name in error.args[1]]
        raise RestApiResourceCycle(
            f"{ROOT}.resources: they take their items from each other in a circle: {' -> '.join(circle)}. One of them "
            "must be asked without the others.",
            path=f"{ROOT}.resources",
            field=None,
            circle=circle,
        ) from error


def _by_name(
    defaults: EndpointResourceBase | None, resource_list: Iterable[str | EndpointResource | DltResource]
) -> tuple[ResourceMap, dict[str, str]]:
    resources: ResourceMap = {}
    places: dict[str, str] = {}
    for number, given in enumerate(resource_list):
        place = f"{ROOT}.resources[{number}]"
        found = given if isinstance(given, DltResource) else make_endpoint_resource(given, defaults)
        if isinstance(found, DltResource):
            name = found.name
        else:
            # one whose name is a function of its arguments is nobody's parent, and only has to be told from others
            name = str(found["name"]) if not callable(found["name"]) else f"{place}.name"
        if name in resources:
            raise RestApiConfigurationError(
                f"{place}.name: there is a resource {name!r} already, at {places[name]}. Give one of them another "
                "name; 'table_name' lets both go to one table.",
                path=place,
                field="name",
            )
        resources[name], places[name] = found, place
    return resources, places


def bind_path_params(resource: EndpointResource, place: str = ROOT) -> Endpoint:
    """Return the endpoint of a resource with its plain parameters put into the path where that names them.

    Args:
        resource: The resource; it is changed.
        place: Where it stands, for messages.

    Raises:
        RestApiConfigurationError: the path names a parameter that is not there.
    """
    endpoint = cast(Endpoint, resource["endpoint"])
    path = str(endpoint.get("path"))
    params = dict(endpoint.get("params") or {})
    bound: dict[str, object] = {}
    # in one order at each run, so that of several mistakes the same one is told
    for name in sorted(checked_placeholders(path, f"{place}.endpoint.path")):
        if name.startswith((RESOURCES, INCREMENTAL)):
            continue
        if name not in params:
            raise RestApiConfigurationError(
                f"{place}.endpoint.path: {path!r} names {name!r}, which is none of 'params'"
                f"{did_you_mean(name, params) or '.'} Give params.{name} a value, write {{resources.<parent>.<field>}} "
                "for a field of a parent, or double the braces if they are meant as they are.",
                path=f"{place}.endpoint.path",
                field=name,
            )
        value = params[name]
        if not _is_bound(value):
            # once it stands in the path it is no parameter of the query any more
            bound[name] = params.pop(name)
        elif _kind(value) == "incremental":
            raise RestApiConfigurationError(
                f"{place}.endpoint.params.{name}: a cursor cannot be put into the path by its name. Move it into "
                "'incremental' beside 'params', and write {incremental.start_value} into the path.",
                path=f"{place}.endpoint.params.{name}",
                field="type",
            )
    made = Endpoint(**endpoint)
    made["path"] = bind_template(path, bound) if bound else path
    if endpoint.get("params") is not None:
        made["params"] = params
    resource["endpoint"] = made
    return made


def _kind(value: object) -> object:
    return value.get("type") if isinstance(value, Mapping) else None


def _is_bound(value: object) -> bool:
    return _kind(value) in ("resolve", "incremental")


def find_resolved_params(endpoint: Endpoint, place: str) -> list[ResolvedParam]:
    """Return the parameters and placeholders of an endpoint that are fields of its parent's items.

    Args:
        endpoint: The endpoint.
        place: Where its resource stands, for messages.

    Raises:
        RestApiConfigurationError: a placeholder has no value, or a parameter is used nowhere.
    """
    params = endpoint.get("params") or {}
    by_params = [
        ResolvedParam(name, cast(ResolveParamConfig, value))
        for name, value in params.items()
        if _kind(value) == "resolve"
    ]
    by_name = {param.param_name: param.resolve_config for param in by_params}
    names = set(by_name)
    used: set[str] = set()
    for part in PARTS:
        content = endpoint.get(part)
        if part == "params":
            content = {name: value for name, value in params.items() if not _is_bound(value)}
        at = f"{place}.endpoint.{part}"
        for found in sorted(checked_placeholders(content, at)):
            _check_placeholder(found, names, endpoint, at)
            used.add(found)
    # a field of the parent that goes nowhere is a child that asks the same for each of them
    for name in sorted(names - used):
        raise RestApiConfigurationError(
            f"{place}.endpoint.params.{name}: nothing uses it. Write {{{name}}} where its value belongs, such as into "
            f"the path; for a parameter of the query give it the value "
            f"'{{resources.{by_name[name]['resource']}.{by_name[name]['field']}}}'.",
            path=f"{place}.endpoint.params.{name}",
            field=name,
        )
    expressions = {name for name in used if name.startswith(RESOURCES)}
    return [*by_params, *expressions_to_resolved_params(expressions, place)]


def _check_placeholder(found: str, names: set[str], endpoint: Endpoint, place: str) -> None:
    allowed = [f"{{{name}}}" for name in sorted(names)] + ["{resources.<parent>.<field>}"]
    if has_incremental(endpoint):
        allowed.append("{incremental.start_value}")
        known = found.startswith((RESOURCES, INCREMENTAL))
    else:
        known = found.startswith(RESOURCES)
    if known or found in names:
        return
    advice = ""
    if found.startswith(INCREMENTAL):
        advice = " The endpoint has no 'incremental'."
    raise RestApiConfigurationError(
        f"{place}: nothing has a value for the placeholder {{{found}}}{did_you_mean(found, names) or '.'}{advice} "
        f"Allowed: {', '.join(allowed)}. Braces that are meant as they are have to be doubled: {{{{ and }}}}.",
        path=place,
        field=found,
    )


def expressions_to_resolved_params(expressions: Iterable[str], place: str = ROOT) -> list[ResolvedParam]:
    """Return what placeholders such as `resources.posts.id` take of which parent.

    Args:
        expressions: Their names.
        place: Where the resource stands, for messages.

    Raises:
        RestApiConfigurationError: one names no field.
    """
    made = []
    for expression in sorted(expressions):
        # the field may be a path with dots of its own
        _, _, rest = expression.partition(".")
        parent, _, field = rest.partition(".")
        if not parent or not field:
            raise RestApiConfigurationError(
                f"{place}: {{{expression}}} names no field of a parent. Expected {{resources.<parent>.<field>}}.",
                path=place,
                field=expression,
            )
        made.append(ResolvedParam(expression, {"type": "resolve", "resource": parent, "field": field}))
    return made


def _parent(
    params: list[ResolvedParam], name: str, resources: ResourceMap, endpoint: Endpoint, place: str
) -> str | None:
    parents = dict.fromkeys(param.resolve_config["resource"] for param in params)
    # two parents would mean each pair of their items, and nobody has asked for that yet
    if len(parents) > 1:
        told = ", ".join(f"{param.param_name} of '{param.resolve_config['resource']}'" for param in params)
        raise RestApiConfigurationError(
            f"{place}: the resource '{name}' takes fields of several parents ({told}), and it can have one. Let one "
            "parent carry the fields of the other with 'include_from_parent', and take both from it.",
            path=place,
            field=None,
        )
    for parent in parents:
        if parent not in resources:
            where = _place_of(parent, params, endpoint, place)
            raise RestApiConfigurationError(
                f"{where}: '{name}' takes its items from {parent!r}, which is no resource here"
                f"{did_you_mean(parent, resources) or '.'} There are: {', '.join(resources)}.",
                path=where,
                field="resource",
            )
        return parent
    return None


def _place_of(parent: str, params: list[ResolvedParam], endpoint: Endpoint, place: str) -> str:
    """Return where an endpoint names a parent."""
    names = [param.param_name for param in params if param.resolve_config["resource"] == parent]
    for part in PARTS:
        if set(names) & find_placeholders(endpoint.get(part)) and names[0].startswith(RESOURCES):
            return f"{place}.endpoint.{part}"
    return f"{place}.endpoint.params.{names[0]}.resource"


def _refuse_without_parent(resource: EndpointResource, place: str) -> None:
    if resource.get("include_from_parent"):
        raise RestApiConfigurationError(
            f"{place}.include_from_parent: the resource has no parent. One that has writes "
            "{resources.<parent>.<field>} into its path, parameters, headers or body.",
            path=place,
            field="include_from_parent",
        )

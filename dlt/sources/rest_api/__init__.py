"""Sources of REST APIs that a dict describes: endpoints, pages, authentication, parents and children, cursors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dlt.configuration.spec import BaseConfiguration, configspec
from dlt.configuration.values import CONFIG_VALUE
from dlt.extract.decorators import source
from dlt.extract.resource import DltResource
from dlt.extract.source import DltSource
from dlt.sources.rest_api import config_setup
from dlt.sources.rest_api.actions import create_response_hooks
from dlt.sources.rest_api.checks import PARAM_TYPES, check_config, validate_param_type
from dlt.sources.rest_api.components import create_auth, create_paginator
from dlt.sources.rest_api.exceptions import ParentFieldMissing, RestApiConfigurationError, RestApiResourceCycle
from dlt.sources.rest_api.graph import build_resource_dependency_graph
from dlt.sources.rest_api.incremental import IncrementalParam, convert_incremental_values, setup_incremental_object
from dlt.sources.rest_api.placeholders import expand_placeholders
from dlt.sources.rest_api.requesting import (
    paginate_dependent_resource,
    paginate_resource,
    process_parent_data_item,
)
from dlt.sources.rest_api.resources import create_resources
from dlt.sources.rest_api.typing import (
    ClientConfig,
    Endpoint,
    EndpointResource,
    EndpointResourceBase,
    ResolvedParam,
    RESTAPIConfig,
)
from dlt.sources.rest_api.utils import check_connection

if TYPE_CHECKING:
    from dlt.extract.vocabulary import ContractHint
    from dlt.schema.schema import Schema

__all__ = [
    "PARAM_TYPES",
    "ClientConfig",
    "Endpoint",
    "EndpointResource",
    "EndpointResourceBase",
    "IncrementalParam",
    "ParentFieldMissing",
    "RESTAPIConfig",
    "ResolvedParam",
    "RestApiConfiguration",
    "RestApiConfigurationError",
    "RestApiResourceCycle",
    "build_resource_dependency_graph",
    "check_connection",
    "config_setup",
    "convert_incremental_values",
    "create_auth",
    "create_paginator",
    "create_resources",
    "create_response_hooks",
    "expand_placeholders",
    "paginate_dependent_resource",
    "paginate_resource",
    "process_parent_data_item",
    "rest_api",
    "rest_api_resources",
    "rest_api_source",
    "setup_incremental_object",
]


@configspec
class RestApiConfiguration(BaseConfiguration):
    """What `rest_api` takes from the configuration.

    Args:
        client: What all endpoints have in common.
        resources: The resources.
        resource_defaults: What all resources have in common.
    """

    # documents: `check_config` says what is in them
    client: dict[str, Any] = None  # type: ignore[assignment] # a field without a default, as in all specs
    resources: list[Any] = None  # type: ignore[assignment] # as above
    resource_defaults: dict[str, Any] | None = None


# stands for a value of any type
_CONFIGURED: Any = CONFIG_VALUE


@source(name="rest_api", section="rest_api", spec=RestApiConfiguration)
def rest_api(
    client: ClientConfig = _CONFIGURED,
    resources: list[Any] = _CONFIGURED,
    resource_defaults: EndpointResourceBase | None = None,
) -> list[DltResource]:
    """Make a source of a REST API; all of it may stand in config.toml, in the section `sources.rest_api`.

    Args:
        client: What all endpoints have in common: `base_url`, `headers`, `auth`, `paginator`, `session`.
        resources: Texts, dicts and resources.
        resource_defaults: What all resources have in common.

    Raises:
        RestApiConfigurationError: the configuration is not as it must be; the message says where.
        ConfigFieldMissingException: a secret, or the configuration itself, is nowhere.
    """
    config: RESTAPIConfig = {"client": client, "resources": resources}
    if resource_defaults is not None:
        config["resource_defaults"] = resource_defaults
    return rest_api_resources(config)


def rest_api_source(
    config: RESTAPIConfig,
    name: str | None = None,
    section: str | None = None,
    max_table_nesting: int | None = None,
    root_key: bool | None = None,
    schema: Schema | None = None,
    schema_contract: ContractHint | None = None,
    parallelized: bool = False,
) -> DltSource:
    """Make a source of a REST API.

    Args:
        config: Client, resources, and what resources have in common.
        name: Name of the source and its schema, "rest_api" by default.
        section: Section of its configuration, "rest_api" by default.
        max_table_nesting: Levels of nested tables.
        root_key: Nested rows carry the id of their root row.
        schema: Schema to start with.
        schema_contract: What may change in the schema.
        parallelized: Read the resources at once.

    Raises:
        RestApiConfigurationError: the configuration is not as it must be; the message says where.
        ConfigFieldMissingException: a secret is nowhere.
    """
    # here, as a key that is missing would be looked for in config.toml
    check_config(config)
    factory = rest_api.clone(
        name=name, section=section, max_table_nesting=max_table_nesting, root_key=root_key, schema=schema,
        schema_contract=schema_contract, parallelized=parallelized,
    )  # fmt: skip
    return factory(config["client"], config["resources"], config.get("resource_defaults"))


def rest_api_resources(config: RESTAPIConfig) -> list[DltResource]:
    """Make the resources of a REST API, for a source of your own.

    Args:
        config: Client, resources, and what resources have in common.

    Raises:
        RestApiConfigurationError: the configuration is not as it must be; the message says where.
        ConfigFieldMissingException: a secret is nowhere.
    """
    check_config(config)
    graph, resources, params = build_resource_dependency_graph(config.get("resource_defaults"), config["resources"])
    return list(create_resources(config["client"], graph, resources, params).values())


# tests of programs import it too
_validate_param_type = validate_param_type

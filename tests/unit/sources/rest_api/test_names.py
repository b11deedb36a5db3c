"""What programs for PyPI `dlt` 1.x import."""

from __future__ import annotations

import importlib
import inspect

import pytest

from dlt.sources import rest_api

NAMES = {
    "dlt.sources.rest_api": "ClientConfig Endpoint EndpointResource EndpointResourceBase IncrementalParam "
    "RESTAPIConfig ResolvedParam RestApiConfiguration build_resource_dependency_graph check_connection "
    "convert_incremental_values "
    "create_auth create_paginator create_resources create_response_hooks expand_placeholders "
    "paginate_dependent_resource paginate_resource process_parent_data_item rest_api rest_api_resources "
    "rest_api_source setup_incremental_object",
    "dlt.sources.rest_api.config_setup": "AUTH_MAP PAGINATOR_MAP DirectKeyFormatter IncrementalParam "
    "ProcessedParentData ResolvedParam create_auth create_paginator get_auth_class get_paginator_class "
    "make_parent_key_name register_auth register_paginator",
    "dlt.sources.rest_api.utils": "check_connection join_url",
    "dlt.sources.rest_api.exceptions": "RestApiConfigurationError",
    "dlt.sources.rest_api.typing": "ApiKeyAuthConfig AuthConfig AuthConfigBase AuthType AuthTypeConfig "
    "BearerTokenAuthConfig ClientConfig Endpoint EndpointResource EndpointResourceBase HTTPMethodBasic "
    "HeaderCursorPaginatorConfig HeaderLinkPaginatorConfig HttpBasicAuthConfig IncrementalConfig "
    "IncrementalParamConfig IncrementalRESTArgs JSONLinkPaginatorConfig JSONResponseCursorPaginatorConfig "
    "OAuth2ClientCredentialsConfig OffsetPaginatorConfig PageNumberPaginatorConfig PaginatorConfig PaginatorType "
    "PaginatorTypeConfig ProcessingSteps RESTAPIConfig ResolveParamConfig ResolvedParam ResourceBase ResponseAction "
    "ResponseActionDict",
}


@pytest.mark.parametrize(
    ("module", "name"), [(module, name) for module, names in NAMES.items() for name in names.split()]
)
def test_a_name_can_be_imported(module: str, name: str) -> None:
    """From the module that has it there."""
    assert hasattr(importlib.import_module(module), name)


def test_parameters_are_those_of_1x() -> None:
    """In their order, with their defaults."""
    shown = {
        "config": inspect.Parameter.empty, "name": None, "section": None, "max_table_nesting": None, "root_key": None,
        "schema": None, "schema_contract": None, "parallelized": False,
    }  # fmt: skip
    found = inspect.signature(rest_api.rest_api_source).parameters
    assert {name: parameter.default for name, parameter in found.items()} == shown
    assert list(found) == list(shown)
    assert list(inspect.signature(rest_api.rest_api).parameters) == ["client", "resources", "resource_defaults"]
    assert list(rest_api.RestApiConfiguration.get_resolvable_fields()) == ["client", "resources", "resource_defaults"]


def test_the_key_of_a_field_of_a_parent() -> None:
    """As it is called in the rows of a child."""
    assert rest_api.config_setup.make_parent_key_name("issues", "id") == "_issues_id"

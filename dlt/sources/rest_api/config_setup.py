"""Names of PyPI `dlt` 1.x for the parts of which a REST API source is made."""

from dlt.sources.rest_api.actions import create_response_hooks, handle_response_action
from dlt.sources.rest_api.components import (
    AUTH_MAP,
    PAGINATOR_MAP,
    create_auth,
    create_paginator,
    get_auth_class,
    get_paginator_class,
    register_auth,
    register_paginator,
)
from dlt.sources.rest_api.defaults import make_endpoint_resource, merge_resource, setup_single_entity_endpoint
from dlt.sources.rest_api.fields import make_parent_key_name
from dlt.sources.rest_api.graph import bind_path_params, build_resource_dependency_graph, expressions_to_resolved_params
from dlt.sources.rest_api.incremental import (
    IncrementalParam,
    convert_incremental_values,
    setup_incremental_object,
    with_incremental_params,
)
from dlt.sources.rest_api.placeholders import DirectKeyFormatter, expand_placeholders, find_expressions
from dlt.sources.rest_api.requesting import ProcessedParentData, process_parent_data_item
from dlt.sources.rest_api.typing import ResolvedParam

__all__ = [
    "AUTH_MAP",
    "PAGINATOR_MAP",
    "DirectKeyFormatter",
    "IncrementalParam",
    "ProcessedParentData",
    "ResolvedParam",
    "build_resource_dependency_graph",
    "convert_incremental_values",
    "create_auth",
    "create_paginator",
    "create_response_hooks",
    "expand_placeholders",
    "get_auth_class",
    "get_paginator_class",
    "make_parent_key_name",
    "process_parent_data_item",
    "register_auth",
    "register_paginator",
    "setup_incremental_object",
]

# tests of programs import these too
_bind_path_params = bind_path_params
_expressions_to_resolved_params = expressions_to_resolved_params
_find_expressions = find_expressions
_handle_response_action = handle_response_action
_make_endpoint_resource = make_endpoint_resource
_merge_resource_endpoints = merge_resource
_set_incremental_params = with_incremental_params
_setup_single_entity_endpoint = setup_single_entity_endpoint

"""Whether a configuration has the keys and values that it may have; an error names the place and what is allowed."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal, Union, cast, get_args, get_origin, get_type_hints

from jsonpath_ng import JSONPath
from typing_extensions import is_typeddict

from dlt.configuration.similar import did_you_mean
from dlt.errors import ValueErrorWithKnownValues
from dlt.extract.incremental import Incremental
from dlt.extract.resource import DltResource
from dlt.extract.source import DltSource
from dlt.sources.rest_api.components import check_auth, check_keys, check_paginator
from dlt.sources.rest_api.exceptions import RestApiConfigurationError
from dlt.sources.rest_api.fields import field_finder
from dlt.sources.rest_api.typing import (
    ClientConfig,
    Endpoint,
    EndpointResource,
    EndpointResourceBase,
    IncrementalConfig,
    IncrementalParamConfig,
    ParamBindType,
    ProcessingSteps,
    ResolveParamConfig,
    ResourceBase,
    ResponseActionDict,
    RESTAPIConfig,
)

ROOT = "rest_api"
"""What the places in messages begin with."""
Check = Callable[[object, str], None]
PARAM_TYPES: tuple[str, ...] = get_args(ParamBindType)


def check_config(config: object) -> None:
    """Check a configuration of a REST API.

    Args:
        config: The dict.

    Raises:
        RestApiConfigurationError: a key is missing or unknown, or a value is of another kind.
    """
    _typed(config, RESTAPIConfig, ROOT)


def check_params(params: object, place: str) -> None:
    """Check the parameters of an endpoint: a dict with a `type` says where the value comes from.

    Raises:
        RestApiConfigurationError: the type is none, or it has not what it must have.
    """
    if not isinstance(params, Mapping):
        raise _wrong(params, place, "a dict of parameters")
    for name, value in params.items():
        at = f"{place}.{name}"
        # a cursor of the program's own is a mapping too
        if not isinstance(value, Mapping) or isinstance(value, Incremental):
            continue
        kind = value.get("type")
        if kind is None:
            if {"cursor_path", "resource", "field", "start_param"} & set(value):
                raise RestApiConfigurationError(
                    f"{at}.type is missing. Allowed: {', '.join(PARAM_TYPES)}.", path=at, field="type"
                )
        elif kind not in PARAM_TYPES:
            raise RestApiConfigurationError(
                f"{at}.type: {kind!r} is not known{did_you_mean(str(kind), PARAM_TYPES) or '.'} Allowed: "
                f"{', '.join(PARAM_TYPES)}.",
                path=at,
                field="type",
            )
        elif kind == "incremental":
            _refuse_end(value, at)
            _typed(value, IncrementalParamConfig, at)
        else:
            _typed(value, ResolveParamConfig, at)
            _path(value["field"], f"{at}.field")


def validate_param_type(request_params: Mapping[str, object]) -> None:
    """Check the types of parameters.

    Raises:
        ValueErrorWithKnownValues: a type is none.
    """
    for name, value in request_params.items():
        if isinstance(value, Mapping) and value.get("type") not in PARAM_TYPES:
            raise ValueErrorWithKnownValues(f"{name}['type']", value.get("type"), PARAM_TYPES)


def _refuse_end(value: Mapping[str, object], at: str) -> None:
    for key in ("end_value", "end_param", "start_param"):
        if value.get(key) is not None:
            raise RestApiConfigurationError(
                f"{at}.{key}: a parameter of this type is the start of the cursor, and there is nowhere for its end to "
                "go. Move the cursor into 'incremental' beside 'params', and write {incremental.start_value} and "
                "{incremental.end_value} where the API takes them.",
                path=at,
                field=key,
            )


# -- documents


def _typed(value: object, kind: type, place: str) -> None:
    if not isinstance(value, Mapping):
        raise _wrong(value, place, "a dict")
    # an unknown key first: it is often the one that is missing, written in another way
    hints = _hints(kind)
    check_keys(value, list(hints), place, _elsewhere(value, kind))
    required: frozenset[str] = kind.__required_keys__  # type: ignore[attr-defined] # of each TypedDict
    for name in hints:
        if name in required and name not in value:
            raise RestApiConfigurationError(
                f"{place}.{name} is missing. Allowed here: {', '.join(hints)}.", path=place, field=name
            )
    for name, item in value.items():
        _value(item, hints[name], str(name), f"{place}.{name}", kind)


# evaluating the hints of one class takes as long as checking a whole configuration
@lru_cache(maxsize=50)
def _hints(kind: type) -> Mapping[str, object]:
    return get_type_hints(kind)


def _elsewhere(value: Mapping[str, object], kind: type) -> str:
    """Return where a key belongs that was written one level too high or too low."""
    if kind in (EndpointResource, EndpointResourceBase) and any(key in _hints(Endpoint) for key in value):
        found = [key for key in value if key in _hints(Endpoint)]
        return f" {', '.join(map(repr, found))} goes into 'endpoint'."
    if kind is Endpoint and any(key in _hints(EndpointResource) for key in value):
        found = [key for key in value if key in _hints(EndpointResource)]
        return f" {', '.join(map(repr, found))} goes beside 'endpoint', not into it."
    return ""


def _value(value: object, hint: object, name: str, place: str, kind: type) -> None:
    special = _SPECIAL.get((kind, name))
    choices = list(_choices(hint))
    # None takes a default away wherever it may stand
    if value is None and type(None) in choices:
        return
    if special is not None:
        return special(value, place)
    if kind in (EndpointResource, EndpointResourceBase) and name in _HINTS_OF_TABLES:
        # the resource checks what it is given, and knows more of it
        return
    _any_of(value, choices, place)


def _choices(hint: object) -> Iterator[object]:
    if get_origin(hint) in (Union, types.UnionType):
        for choice in get_args(hint):
            yield from _choices(choice)
    else:
        yield hint


def _any_of(value: object, choices: Sequence[object], place: str) -> None:
    # a dict is meant to be the document, and its keys tell more than that it is of none of the types
    document = next((choice for choice in choices if is_typeddict(choice)), None)
    if document is not None and isinstance(value, Mapping):
        return _typed(value, cast(type, document), place)
    items = next((choice for choice in choices if get_origin(choice) is list), None)
    if items is not None and isinstance(value, list):
        for number, item in enumerate(value):
            _any_of(item, list(_choices(get_args(items)[0])), f"{place}[{number}]")
        return
    if not any(_is(value, choice) for choice in choices):
        raise _wrong_choice(value, choices, place)


def _is(value: object, choice: object) -> bool:
    origin = get_origin(choice)
    if choice is Any:
        return True
    if origin is Literal:
        return isinstance(value, (str, int)) and value in get_args(choice)
    if origin is Callable:
        return callable(value)
    if is_typeddict(choice):
        return False
    kind = origin or choice
    # True is a number for Python, and a mistake here
    if kind is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool)
    if kind is Sequence:
        return isinstance(value, (list, tuple))
    return isinstance(kind, type) and isinstance(value, kind)


def _wrong_choice(value: object, choices: Sequence[object], place: str) -> RestApiConfigurationError:
    words = [str(word) for choice in choices if get_origin(choice) is Literal for word in get_args(choice)]
    # a misspelt word, as names of secrets are never among these
    if isinstance(value, str) and words:
        return RestApiConfigurationError(
            f"{place}: {value!r} is not known{did_you_mean(value, words) or '.'} Allowed: {', '.join(words)}.",
            path=place,
            field=place.rpartition(".")[2],
        )
    known = [f"one of {', '.join(words)}"] if words else []
    known += [_told(choice) for choice in choices if choice is not type(None) and get_origin(choice) is not Literal]
    return _wrong(value, place, " or ".join(dict.fromkeys(known)))


def _told(choice: object) -> str:
    origin = get_origin(choice)
    if origin is Callable:
        return "a function"
    if is_typeddict(choice):
        return f"a dict with {', '.join(_hints(cast(type, choice)))}"
    kind = origin or choice
    words = {str: "text", int: "a whole number", float: "a number", bool: "True or False", Mapping: "a dict"}
    words |= {dict: "a dict", list: "a list", Sequence: "a list"}
    return words.get(cast(type, kind), getattr(kind, "__name__", str(kind)))


def _wrong(value: object, place: str, wanted: str) -> RestApiConfigurationError:
    # the type alone: the value may be a secret
    found = f"the class {value.__name__}" if isinstance(value, type) else type(value).__name__
    return RestApiConfigurationError(
        f"{place}: found {found}, and there must be {wanted}.", path=place, field=place.rpartition(".")[2]
    )


# -- parts that their types do not say all of


def _resources(value: object, place: str) -> None:
    if not isinstance(value, (list, tuple)):
        raise _wrong(value, place, "a list of texts, dicts and resources")
    for number, item in enumerate(value):
        at = f"{place}[{number}]"
        if isinstance(item, (str, DltResource)):
            continue
        if isinstance(item, DltSource):
            raise _wrong(
                item, at, "a text, a dict, or a resource; write *source.resources.values() for those of a source"
            )
        if not isinstance(item, Mapping):
            raise _wrong(item, at, "a text, a dict, or a resource of dlt, which @dlt.resource makes")
        _typed(item, EndpointResource, at)
        if not item.get("name"):
            raise RestApiConfigurationError(
                f"{at}.name is missing: it is the name of the resource, and of its table.", path=at, field="name"
            )
        if callable(item["name"]) and _own_path(item) is None:
            raise RestApiConfigurationError(
                f"{at}.endpoint.path is missing: where the name is a function it cannot be the path too.",
                path=f"{at}.endpoint",
                field="path",
            )


def _own_path(resource: Mapping[str, object]) -> object:
    endpoint = resource.get("endpoint")
    return endpoint.get("path") if isinstance(endpoint, Mapping) else endpoint


def _base_url(value: object, place: str) -> None:
    if not isinstance(value, str):
        raise _wrong(value, place, "text")
    # an empty one is left to endpoints with whole addresses, and other schemes to sessions that know them
    if value and "://" not in value:
        raise RestApiConfigurationError(
            f"{place}: {value!r} does not begin with https:// or http://.", path=place, field="base_url"
        )


def _processing_steps(value: object, place: str) -> None:
    if not isinstance(value, (list, tuple)):
        raise _wrong(value, place, "a list of steps, each a dict with 'filter', 'map' or 'yield_map'")
    known = list(_hints(ProcessingSteps))
    for number, step in enumerate(value):
        at = f"{place}[{number}]"
        if not isinstance(step, Mapping):
            raise _wrong(step, at, f"a dict with one of {', '.join(known)}")
        check_keys(step, known, at)
        # of two keys nobody could say which one comes first
        if len(step) != 1:
            raise RestApiConfigurationError(
                f"{at} has {len(step)} keys, and a step is one of {', '.join(known)}. Write a dict for each step.",
                path=at,
                field=None,
            )
        for key, function in step.items():
            if not callable(function):
                raise _wrong(function, f"{at}.{key}", "a function of the row")


def _response_actions(value: object, place: str) -> None:
    if not isinstance(value, (list, tuple)):
        raise _wrong(value, place, "a list of actions")
    for number, action in enumerate(value):
        at = f"{place}[{number}]"
        if callable(action):
            continue
        _typed(action, ResponseActionDict, at)
        if action.get("status_code") is None and action.get("content") is None:
            raise RestApiConfigurationError(
                f"{at} has neither 'status_code' nor 'content', so nothing says which answers it is for. A function "
                "in place of the dict is called for all of them.",
                path=at,
                field=None,
            )
        if action.get("action") is None:
            raise RestApiConfigurationError(
                f"{at}.action is missing. Allowed: 'ignore', a function of the response, or a list of functions.",
                path=at,
                field="action",
            )


def _incremental(value: object, place: str) -> None:
    # a cursor of the program's own, where the configuration has a dict
    if not isinstance(value, Incremental):
        _typed(value, IncrementalConfig, place)


def _endpoint(value: object, place: str) -> None:
    if isinstance(value, str):
        return
    _typed(value, Endpoint, place)
    found = cast("Mapping[str, object]", value)
    if found.get("json") is not None and found.get("data") is not None:
        raise RestApiConfigurationError(
            f"{place} has both 'json' and 'data', and a request has one body. Leave one of them out.",
            path=place,
            field="data",
        )


def _path(value: object, place: str) -> None:
    # parsed paths of jsonpath_ng are what they are
    if isinstance(value, str) and value:
        try:
            field_finder(value)
        except ValueError as error:
            raise RestApiConfigurationError(f"{place}: {error}", path=place, field=None) from error
    elif not isinstance(value, JSONPath):
        raise _wrong(value, place, "a key or a JSONPath")


_SPECIAL: dict[tuple[type, str], Check] = {
    (ClientConfig, "auth"): check_auth,
    (ClientConfig, "base_url"): _base_url,
    (ClientConfig, "paginator"): check_paginator,
    (Endpoint, "auth"): check_auth,
    (Endpoint, "data_selector"): _path,
    (Endpoint, "incremental"): _incremental,
    (Endpoint, "paginator"): check_paginator,
    (Endpoint, "params"): check_params,
    (Endpoint, "response_actions"): _response_actions,
    (EndpointResource, "endpoint"): _endpoint,
    (EndpointResource, "processing_steps"): _processing_steps,
    (EndpointResourceBase, "endpoint"): _endpoint,
    (EndpointResourceBase, "processing_steps"): _processing_steps,
    (RESTAPIConfig, "resources"): _resources,
}
"""What a value is checked with where its type alone would not tell enough, or too much."""
_HINTS_OF_TABLES = frozenset(_hints(ResourceBase)) - {"max_table_nesting", "selected", "parallelized"}

"""The cursor of an endpoint: how it is set up, and which values the API is asked with."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, cast

from dlt.extract.incremental import Incremental
from dlt.extract.incremental.settings import SETTINGS
from dlt.sources.rest_api.exceptions import RestApiConfigurationError
from dlt.sources.rest_api.typing import Endpoint, IncrementalConfig

Cursor = Incremental[Any]
"""A cursor of whatever values the API has."""
Convert = Callable[..., object]
_VALUES = ("initial_value", "start_value", "last_value", "end_value")
_OF_REQUESTS = ("type", "start_param", "end_param", "convert", "transform", "per_parent")
"""Keys of a configuration that are no settings of the cursor itself."""


class IncrementalParam(NamedTuple):
    """The parameters that start and end of the cursor go into."""

    start: str | None
    end: str | None


class CursorValues(NamedTuple):
    """What a cursor stands at when a walk begins."""

    initial_value: object
    start_value: object
    last_value: object
    end_value: object
    settings: Mapping[str, object]

    @classmethod
    def of(cls, cursor: Cursor) -> CursorValues:
        """Return the values of a cursor; its rows do not move them any more.

        Args:
            cursor: One that is bound to a run, or not yet.
        """
        start = cursor.start_value
        # as it was when the run began: pages of other parents move the cursor on, and this one needs rows before that
        settings = {name: vars(cursor).get(name) for name in SETTINGS if name not in _VALUES}
        return cls(cursor.initial_value, start, start, cursor.end_value, settings)

    def named(self, convert: Convert | None = None) -> dict[str, object]:
        """Return the values by the names of their placeholders.

        Args:
            convert: Makes of a value what the API takes.
        """
        found: dict[str, object] = {f"incremental.{name}": value for name, value in self.settings.items()}
        for name in _VALUES:
            value = getattr(self, name)
            # there is no end to convert in most runs
            found[f"incremental.{name}"] = value if convert is None or value is None else convert(value)
        return found


def convert_incremental_values(incremental: Cursor, convert: Convert) -> dict[str, object]:
    """Return the values of a cursor as the API takes them, by name.

    Args:
        incremental: The cursor.
        convert: Makes of a value what the API takes.
    """
    found = CursorValues.of(incremental).named(convert)
    return {name: found[f"incremental.{name}"] for name in _VALUES}


def has_incremental(endpoint: Endpoint) -> bool:
    """Tell whether an endpoint has a cursor."""
    return endpoint.get("incremental") is not None or any(map(_is_cursor, (endpoint.get("params") or {}).values()))


def _is_cursor(value: object) -> bool:
    return isinstance(value, Incremental) or (isinstance(value, Mapping) and value.get("type") == "incremental")


def setup_incremental_object(
    request_params: Mapping[str, Any],
    incremental_config: IncrementalConfig | None = None,
    place: str = "endpoint",
) -> tuple[Cursor | None, IncrementalParam | None, Convert | None]:
    """Return the cursor of an endpoint, the parameters that it goes into, and what converts its values.

    Args:
        request_params: Parameters of the endpoint.
        incremental_config: Its own section, or a cursor.
        place: Where the endpoint stands, for messages.

    Raises:
        RestApiConfigurationError: there are several cursors.
    """
    found = [name for name, value in request_params.items() if _is_cursor(value)]
    where = [f"params.{name}" for name in found] + (["incremental"] if incremental_config and found else [])
    if len(where) > 1:
        raise RestApiConfigurationError(
            f"{place}: a resource has one cursor, and here are several: {', '.join(where)}. Keep one, and write "
            "{incremental.start_value} wherever else its value is needed.",
            path=f"{place}.params",
            field=where[-1],
        )
    # there is one at most
    for name in found:
        return _of_param(name, request_params[name], place)
    if incremental_config is None:
        return None, None, None
    # one of the program is for placeholders: it names no parameters
    if isinstance(incremental_config, Incremental):
        return incremental_config, None, None
    param = IncrementalParam(incremental_config.get("start_param"), incremental_config.get("end_param"))
    return _made(incremental_config), param, _converter(incremental_config)


def _of_param(name: str, value: object, place: str) -> tuple[Cursor, IncrementalParam, Convert | None]:
    if isinstance(value, Incremental):
        if value.end_value is not None:
            raise _without_end(name, place)
        return value, IncrementalParam(start=name, end=None), None
    config = cast(IncrementalConfig, value)
    if config.get("end_value") is not None or config.get("end_param") is not None:
        raise _without_end(name, place)
    return _made(config), IncrementalParam(start=name, end=None), _converter(config)


def _without_end(name: str, place: str) -> RestApiConfigurationError:
    return RestApiConfigurationError(
        f"{place}.params.{name}: the cursor has an end, and a parameter is its start only. Move it into 'incremental' "
        "beside 'params', with {incremental.start_value} and {incremental.end_value} where the API takes them.",
        path=f"{place}.params.{name}",
        field="end_value",
    )


def _made(config: IncrementalConfig) -> Cursor:
    said: dict[str, Any] = {key: value for key, value in config.items() if key not in _OF_REQUESTS}
    return Incremental(**said)


def _converter(config: IncrementalConfig) -> Convert | None:
    old = config.get("transform")
    if old is not None:
        warnings.warn("'transform' of a cursor is the older name of 'convert'.", DeprecationWarning, stacklevel=4)
    return config.get("convert") or old


def with_incremental_params(
    params: Mapping[str, Any], values: CursorValues | Cursor, param: IncrementalParam | None, convert: Convert | None
) -> dict[str, Any]:
    """Return the parameters of a request with start and end of the cursor in theirs.

    Args:
        params: Parameters.
        values: What the cursor stands at.
        param: The parameters that start and end go into.
        convert: Makes of a value what the API takes.
    """
    made = dict(params)
    for name, value in ((param.start, values.last_value), (param.end, values.end_value)) if param else ():
        # an API that is asked for everything after nothing gives everything
        if name and value is not None:
            made[name] = convert(value) if convert else value
    return made

"""Arguments of functions from the configuration."""

from __future__ import annotations

import functools
import inspect
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from dlt.configuration.coerce import coerce
from dlt.configuration.lookup import MISSING, LookupTrace, find_value, missing
from dlt.configuration.resolve import resolve_configuration
from dlt.configuration.sections import current_sections
from dlt.configuration.spec import BaseConfiguration
from dlt.configuration.values import Placeholder, bare, is_secret

Function = TypeVar("Function", bound=Callable[..., Any])
_KINDS = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


class _Plan:
    """What of a function can be injected; made once."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.signature = inspect.signature(function)
        hints = _hints(function)
        self.parameters = [
            (parameter, hints.get(parameter.name, Any))
            for parameter in self.signature.parameters.values()
            if parameter.kind in _KINDS and parameter.name != "self"
        ]


def _hints(function: Callable[..., Any]) -> Mapping[str, Any]:
    try:
        return typing.get_type_hints(inspect.unwrap(function), include_extras=True)
    except (NameError, TypeError):
        # a hint names something that exists for type checkers only
        return {
            name: hint
            for name, hint in getattr(inspect.unwrap(function), "__annotations__", {}).items()
            if not isinstance(hint, str)
        }


def with_config(
    func: Function | None = None,
    spec: type[BaseConfiguration] | None = None,
    sections: str | Sequence[str] = (),
    **options: Any,
) -> Any:
    """Decorate a function so that arguments that are not passed come from the configuration.

    Args:
        func: The function.
        spec: Spec whose fields are arguments of the function.
        sections: Sections, from general to specific.
        options: Accepted for programs that pass them.

    Raises:
        ConfigFieldMissingException: at a call, when a required argument is nowhere; it is a TypeError too.
    """
    if func is None:
        return lambda f: with_config(f, spec, sections, **options)
    places = (sections,) if isinstance(sections, str) else tuple(sections)
    plan: list[_Plan] = []

    @functools.wraps(func)
    def injected(*args: Any, **kwargs: Any) -> Any:
        if not plan:
            plan.append(_Plan(func))
        given = plan[0].signature.bind_partial(*args, **kwargs)
        _inject(plan[0], given.arguments, places or current_sections().sections, spec, func.__name__)
        return func(*given.args, **given.kwargs)

    return injected


def _inject(
    plan: _Plan,
    arguments: dict[str, Any],
    places: Sequence[str],
    spec: type[BaseConfiguration] | None,
    function_name: str,
) -> None:
    from_spec = _spec_fields(spec, places, arguments) if spec is not None else {}
    absent: dict[str, list[LookupTrace]] = {}
    secret_names: set[str] = set()
    for parameter, hint in plan.parameters:
        name, default = parameter.name, parameter.default
        if name in arguments and not isinstance(arguments[name], Placeholder):
            continue
        if isinstance(bare(hint), type) and spec is not None and issubclass(bare(hint), spec):
            arguments[name] = from_spec["__spec__"]
            continue
        if name in from_spec:
            arguments[name] = from_spec[name]
            continue
        marked = arguments.get(name, default)
        secret = marked.secret if isinstance(marked, Placeholder) else is_secret(hint)
        found, trace = _configured(name, hint, places, secret, default)
        if found is not MISSING:
            arguments[name] = found
        elif default is inspect.Parameter.empty or isinstance(marked, Placeholder):
            absent[name] = trace
            if secret:
                secret_names.add(name)
    if absent:
        raise missing(function_name, absent, secret_names)


def _configured(
    name: str, hint: Any, places: Sequence[str], secret: bool, default: Any
) -> tuple[Any, list[LookupTrace]]:
    """Return the configured value or MISSING, and the places that were asked."""
    plain = bare(hint)
    kinds = [part for part in (plain, *typing.get_args(plain)) if isinstance(part, type)]
    specs = [kind for kind in kinds if issubclass(kind, BaseConfiguration)]
    if specs:
        return _configured_spec(name, specs, places, default), []
    value, trace = find_value(name, places, secret=secret)
    if value is MISSING:
        return MISSING, trace
    if hasattr(default, "cursor_path") and hasattr(default, "merge") and isinstance(value, Mapping):
        made = type(default)()
        made.parse_native_representation(value)
        return default.merge(made), trace
    return coerce(value, hint, name, secret=secret), trace


def _configured_spec(name: str, specs: list[type[Any]], places: Sequence[str], default: Any) -> Any:
    failure: Exception | None = None
    for kind in specs:
        try:
            native, _ = find_value(name, places, secret=kind.is_credentials)
            explicit = None if native is MISSING or isinstance(native, Mapping) else native
            return resolve_configuration(kind(), sections=(*places, name), explicit_value=explicit)
        except (KeyError, ValueError) as error:
            failure = failure or error
    if default is not inspect.Parameter.empty and not isinstance(default, Placeholder):
        return default
    assert failure is not None
    raise failure


def _spec_fields(
    spec: type[BaseConfiguration], places: Sequence[str], arguments: Mapping[str, Any]
) -> dict[str, Any]:
    explicit = {
        name: value
        for name, value in arguments.items()
        if name in spec.__config_fields__ and not isinstance(value, Placeholder)
    }
    made = resolve_configuration(spec(), sections=places, explicit_value=explicit or None)
    return {**dict(made.items()), "__spec__": made}

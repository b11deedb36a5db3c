"""Specs of the parameters of functions, under the names of PyPI `dlt` 1.x."""

from __future__ import annotations

import inspect
from collections.abc import Callable

from dlt.configuration import signature
from dlt.configuration.spec import BaseConfiguration
from dlt.configuration.values import Placeholder

__all__ = ["get_spec_name_from_f", "spec_from_signature"]


def get_spec_name_from_f(f: Callable[..., object], kind: str = "Configuration") -> str:
    """Return the name that the spec of a function gets.

    Args:
        f: The function.
        kind: End of the name.
    """
    return "".join(part.capitalize() for part in f.__name__.strip("_").split("_")) + kind


def spec_from_signature(
    f: Callable[..., object],
    sig: inspect.Signature,
    include_defaults: bool = True,
    base: type[BaseConfiguration] = BaseConfiguration,
) -> tuple[type[BaseConfiguration], dict[str, object]]:
    """Return a spec whose fields are the parameters of a function, and the defaults of those that have one.

    A parameter that must be configured has the default None.

    Args:
        f: The function.
        sig: Its signature.
        include_defaults: Take parameters with a default too; only those that must be configured otherwise.
        base: Spec to derive from.
    """
    kept = [
        parameter
        for parameter in sig.parameters.values()
        if include_defaults or isinstance(parameter.default, Placeholder)
    ]
    made = signature.spec_from_signature(f, sig.replace(parameters=kept), base)
    defaults = {
        parameter.name: None if isinstance(parameter.default, Placeholder) else parameter.default
        for parameter in kept
        if parameter.name in made.__config_fields__ and parameter.default is not inspect.Parameter.empty
    }
    return made, defaults

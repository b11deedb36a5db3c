"""Specs made from the parameters of functions."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Annotated, Union

from dlt.configuration.hints import INJECTED_KINDS, function_hints, hint_of_default
from dlt.configuration.spec import RESERVED, BaseConfiguration, configspec, is_secret
from dlt.configuration.values import SECRET, Placeholder


def spec_from_signature(
    function: Callable[..., object],
    signature: inspect.Signature | None = None,
    base: type[BaseConfiguration] = BaseConfiguration,
) -> type[BaseConfiguration]:
    """Return a spec whose fields are the parameters of a function that may come from the configuration.

    A parameter without default, or with `dlt.config.value` or `dlt.secrets.value`, is a required field. Parameters that
    bear the name of a method of specs, such as `items`, are left out.

    Args:
        function: The function.
        signature: Its signature, when it differs from the function's own.
        base: Spec to derive from.
    """
    hints = function_hints(function)
    annotations: dict[str, object] = {}
    defaults: dict[str, object] = {}
    for parameter in (signature or inspect.signature(function)).parameters.values():
        # arguments without names of their own cannot be configured by name
        if parameter.kind not in INJECTED_KINDS or parameter.name in ("self", "cls", *RESERVED):
            continue
        hint, default = hints.get(parameter.name, hint_of_default(parameter.default)), parameter.default
        required = default is inspect.Parameter.empty or isinstance(default, Placeholder)
        if isinstance(default, Placeholder) and default.secret and not is_secret(hint):
            hint = Annotated[hint, SECRET]
        # a parameter whose default is None is not required, whatever its type says
        annotations[parameter.name] = Union[hint, None] if default is None else hint
        if not required:
            defaults[parameter.name] = default
    name = "".join(part.capitalize() for part in function.__name__.strip("_").split("_")) + "Configuration"
    body = {"__module__": function.__module__, "__doc__": f"Arguments of {function.__name__}.", **defaults}
    made = type(name, (base,), {**body, "__annotations__": annotations})
    return configspec(made)

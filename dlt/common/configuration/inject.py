"""Injection under the names of PyPI `dlt` 1.x."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping

from dlt.absent import absent_names
from dlt.configuration.inject import LAST_CONFIG, ORIGINAL_ARGUMENTS, spec_of, with_config
from dlt.configuration.sections_object import inject_section
from dlt.configuration.signature import spec_from_signature
from dlt.configuration.spec import BaseConfiguration
from dlt.configuration.values import ConfigValue

__all__ = ["get_fun_spec", "get_orig_args", "inject_section", "last_config", "spec_from_signature", "with_config"]
_LAST_DLT_CONFIG = LAST_CONFIG
_ORIGINAL_ARGS = ORIGINAL_ARGUMENTS


def get_fun_spec(f: Callable[..., object]) -> type[BaseConfiguration] | None:
    """Return the spec whose fields are the arguments of a function that come from the configuration.

    Args:
        f: A function, source or resource that was decorated; None comes back for any other.
    """
    found = spec_of(f)
    if found is not None:
        return found
    inner = inspect.unwrap(f)
    return spec_from_signature(inner) if inner is not f and inspect.isfunction(inner) else None


def last_config(**injection_kwargs: ConfigValue) -> ConfigValue:
    """Return the spec that the arguments of the running function were taken from.

    Args:
        **injection_kwargs: The keyword arguments that the function did not name; `with_config` puts it there.

    Raises:
        KeyError: the function is not decorated with `with_config`, or does not take further keyword arguments.
    """
    return injection_kwargs[LAST_CONFIG]


def get_orig_args(**injection_kwargs: ConfigValue) -> tuple[tuple[object, ...], Mapping[str, object]]:
    """Return the arguments that the running function was called with.

    Args:
        **injection_kwargs: The keyword arguments that the function did not name; `with_config` puts them there.

    Raises:
        KeyError: the function is not decorated with `with_config`, or does not take further keyword arguments.
    """
    args, kwargs = injection_kwargs[ORIGINAL_ARGUMENTS]
    return args, kwargs


__getattr__ = absent_names(
    __name__,
    "A function that takes **kwargs finds its spec with last_config(**kwargs).",
    "get_fun_last_config set_fun_last_config set_fun_spec create_resolved_partial",
)

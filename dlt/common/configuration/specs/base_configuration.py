"""Bases of specs, and what tells type hints apart, under the names of PyPI `dlt` 1.x."""

from __future__ import annotations

from typing import TypeVar, get_args, get_origin

from dlt.absent import absent_names
from dlt.configuration.coerce import can_become
from dlt.configuration.contexts import ContainerInjectableContext
from dlt.configuration.resolve import spec_kinds
from dlt.configuration.spec import BaseConfiguration, CredentialsConfiguration, configspec, is_final, resolve_type
from dlt.configuration.spec import is_secret as is_secret_hint
from dlt.configuration.values import NotResolved, bare, choices_of, is_class

__all__ = [
    "BaseConfiguration",
    "ContainerInjectableContext",
    "CredentialsConfiguration",
    "CredentialsWithDefault",
    "NotResolved",
    "configspec",
    "extract_inner_hint",
    "get_config_if_union_hint",
    "is_base_configuration_inner_hint",
    "is_context_inner_hint",
    "is_credentials_inner_hint",
    "is_hint_not_resolvable",
    "is_secret_hint",
    "is_valid_hint",
    "resolve_type",
]
TSpec = TypeVar("TSpec", bound=BaseConfiguration)


class CredentialsWithDefault:
    """Credentials that a machine or a driver may bring along, beside those that are configured."""

    def has_default_credentials(self) -> bool:
        """Tell whether there are some."""
        return self.__dict__.get("_default_credentials") is not None

    def _set_default_credentials(self, credentials: object) -> None:
        self.__dict__["_default_credentials"] = credentials

    def default_credentials(self) -> object:
        """Return them."""
        return self.__dict__.get("_default_credentials")


def is_hint_not_resolvable(hint: object) -> bool:
    """Tell whether a type is marked with `NotResolved`, or final."""
    return is_final(hint)


def is_valid_hint(hint: object) -> bool:
    """Tell whether a field may have a type: one that text can become, a spec, or one that is not configured.

    Args:
        hint: The type.
    """
    # what the program alone sets may be anything
    return is_final(hint) or can_become(hint)


def is_base_configuration_inner_hint(inner_hint: object) -> bool:
    """Tell whether a type is a spec."""
    return is_class(inner_hint) and issubclass(inner_hint, BaseConfiguration)


def is_context_inner_hint(inner_hint: object) -> bool:
    """Tell whether a type is a context of the container."""
    return is_class(inner_hint) and issubclass(inner_hint, ContainerInjectableContext)


def is_credentials_inner_hint(inner_hint: object) -> bool:
    """Tell whether a type is a spec of credentials."""
    return is_class(inner_hint) and issubclass(inner_hint, CredentialsConfiguration)


def get_config_if_union_hint(hint: object) -> type[BaseConfiguration] | None:
    """Return the first spec of a union, None if it has none or is none."""
    kinds = spec_kinds(hint) if len(choices_of(hint)) > 1 else []
    return kinds[0] if kinds else None


def extract_inner_hint(hint: object, preserve_new_types: bool = False, preserve_literal: bool = False) -> object:
    """Return the class that values of a type have: without None, marks and parameters.

    Args:
        hint: The type.
        preserve_new_types: Keep a NewType as it is.
        preserve_literal: Keep a Literal as it is.
    """
    if found := get_config_if_union_hint(hint):
        return found
    inner = bare(next((part for part in choices_of(hint) if part is not type(None)), hint))
    supertype = getattr(inner, "__supertype__", None)
    if supertype is not None and not preserve_new_types:
        return extract_inner_hint(supertype, preserve_new_types, preserve_literal)
    origin = get_origin(inner)
    if origin is None or (preserve_literal and not isinstance(origin, type)):
        return inner
    return origin if isinstance(origin, type) else type(get_args(inner)[0])


__getattr__ = absent_names(
    __name__,
    "A field has the type that its annotation says.",
    "is_valid_configspec_field",
)
